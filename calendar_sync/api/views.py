"""GET /api/v1/events/: what do the clinic's linked calendars hold?"""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from atendeai.common.errors import IntegrationError, NotConfigured
from calendar_sync.api.serializers import EventListSerializer, EventSerializer, PeriodSerializer
from calendar_sync.service import GoogleCalendarService

QUERY = [
    OpenApiParameter("from", str, required=True, description="Start with offset, inclusive."),
    OpenApiParameter("to", str, required=True, description="End with offset, exclusive."),
    OpenApiParameter("professional", int, description="Only this professional's calendar."),
]


class EventListView(APIView):
    """Asks Google at each call.

    200 the list · 409 `not_linked` no calendar is linked · 502 `google_unavailable` Google refused ·
    503 `google_unavailable` Google is not reachable or asks for a pause: try again later.
    """

    @extend_schema(parameters=QUERY, responses=EventListSerializer)
    def get(self, request: Request) -> Response:
        """Every event of the period, by start."""
        period = PeriodSerializer(data=request.query_params)
        period.is_valid(raise_exception=True)
        asked = period.validated_data
        service = GoogleCalendarService(request.auth.clinic_id)
        try:
            found = service.list_events(asked["from"], asked["to"], professional_id=asked.get("professional"))
        except IntegrationError as error:
            return _refusal(error)
        results = EventSerializer(found, many=True).data
        return Response({"next": None, "previous": None, "results": results})


def _refusal(error: IntegrationError) -> Response:
    if isinstance(error, NotConfigured) and error.code == "not_linked":
        body = {"code": "not_linked", "detail": "no calendar is linked"}
        return Response(body, status=409)
    body = {"code": "google_unavailable", "detail": type(error).__name__}
    # A status Google answered with is its refusal; without one it did not answer at all.
    answered = error.status is not None and 400 <= error.status < 500 and error.status != 429
    return Response(body, status=502 if answered else 503)
