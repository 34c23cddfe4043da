"""GET /api/v1/events/: what do the clinic's linked calendars hold?"""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from atendeai.common.errors import IntegrationError
from calendar_sync.api.paging import Cursor, part_of
from calendar_sync.api.serializers import EventPage, EventQuery, EventSerializer
from calendar_sync.event_rows import json_of
from calendar_sync.models import Link
from calendar_sync.service import EventRows, GoogleCalendarService, NotLinked
from clinics.api.base import ClinicView
from clinics.api.errors import Refusal


class Events(ClinicView):
    """`/events/`

    409 `not_linked`: no calendar is linked. 502 `google_unavailable`: Google refused. 503 `google_unavailable`: Google
    is not reachable or asks for a pause, and nothing is known from the last 24 h. Half a list is never given.
    """

    serializer_class = EventSerializer
    rows = Link.objects.all()

    @extend_schema(parameters=[EventQuery], responses=EventPage, operation_id="events_list")
    def get(self, request: Request) -> Response:  # noqa: ARG002 - the key and the query are read by the base
        """Events of the linked calendars that touch [from, to), at most 92 days, by start; `limit` from 1 to 200, 50
        unless asked for; `cursor` as given in `next` or `previous`."""
        wanted = self.read_query(EventQuery)
        found = self._ask(wanted)
        part = part_of(found.rows, limit=wanted["limit"], cursor=wanted.get("cursor"))
        edges = {"next": self._address(part.next), "previous": self._address(part.previous)}
        answer = {"as_of": found.as_of, "is_stale": found.is_stale, "stale_professionals": found.stale_professionals}
        return Response({**edges, **answer, "results": [json_of(row) for row in part.rows]})

    def _address(self, cursor: Cursor | None) -> str | None:
        if cursor is None:
            return None
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor.written())

    def _ask(self, wanted: dict[str, Any]) -> EventRows:
        professional = wanted.get("professional")
        try:
            return GoogleCalendarService(self.clinic.pk, clinic=self.clinic).list_rows(
                wanted["from"],
                wanted["to"],
                professional_id=professional.pk if professional else None,
                only_ours=wanted["own"],
                only_busy=wanted["busy"],
            )
        except NotLinked:
            raise Refusal(status.HTTP_409_CONFLICT, "not_linked", _("No calendar is linked.")) from None
        except IntegrationError as error:
            raise _unavailable(error) from None


def _unavailable(error: IntegrationError) -> Refusal:
    # With a 4xx Google did answer; without, or with 429 and 5xx, a later call may do.
    answered = error.status is not None and 400 <= error.status < 500 and error.status != 429
    code = status.HTTP_502_BAD_GATEWAY if answered else status.HTTP_503_SERVICE_UNAVAILABLE
    words = _("Google did not answer. Please try again later.")
    return Refusal(code, "google_unavailable", words, retry_after_seconds=error.retry_after_seconds)
