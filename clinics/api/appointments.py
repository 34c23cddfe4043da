"""Appointments for programs: every change goes through the use cases of `clinics.booking`."""

# ruff: noqa: ARG002 - the frameworks call with more than is needed here

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from atendeai.common import clock
from clinics import booking, calendar_looks
from clinics.api.appointment_extras import calendar_states
from clinics.api.appointment_shapes import (
    AppointmentChange,
    AppointmentFilters,
    AppointmentSerializer,
    Cancellation,
    NewAppointment,
)
from clinics.api.base import ClinicView
from clinics.models import Appointment, Offering, Professional, Source, Status

_USE_CASES: dict[str, Callable[..., Appointment]] = {
    Status.CONFIRMED: booking.confirm,
    Status.NO_SHOW: booking.no_show,
    Status.COMPLETED: booking.complete,
}


class AppointmentView(ClinicView):
    """What the addresses of appointments share."""

    serializer_class = AppointmentSerializer
    rows = Appointment.objects.select_related("professional", "offering", "patient")

    def shown(self, appointment: Appointment, status_code: int = status.HTTP_200_OK) -> Response:
        """One appointment as the answer."""
        context = {"calendar": calendar_states([appointment.pk])}
        return Response(AppointmentSerializer(appointment, context=context).data, status=status_code)

    def look(
        self,
        *,
        professional: Professional,
        offering: Offering,
        starts_at: datetime,
        is_bold: bool,
        now: datetime,
        appointment: Appointment | None = None,
    ) -> None:
        """The last look at the professional's calendar, outside any transaction."""
        wish = calendar_looks.wish_for(
            clinic=self.clinic,
            professional=professional,
            offering=offering,
            starts_at=starts_at,
            appointment=appointment,
        )
        try:
            calendar_looks.require_free(wish, now=now)
        except calendar_looks.CalendarUnknown:
            if not is_bold:
                raise


class Appointments(AppointmentView):
    """`/appointments/`"""

    @extend_schema(
        parameters=[AppointmentFilters],
        responses=AppointmentSerializer(many=True),
        operation_id="appointments_list",
    )
    def get(self, request: Request) -> Response:
        """The clinic's appointments, newest first; `from` (inclusive) and `to` (exclusive) bound the start."""
        page = self.page(_filtered(self.get_queryset(), self.read_query(AppointmentFilters)))
        states = calendar_states([appointment.pk for appointment in page])
        return self.answer_page(AppointmentSerializer, page, calendar=states)

    @extend_schema(request=NewAppointment, responses={201: AppointmentSerializer})
    def post(self, request: Request) -> Response:
        """Books. 409 `slot_taken` when the time is gone, `calendar_unknown` when the professional's calendar could not
        be asked (`even_if_unknown` books all the same); 422 when the clinic's rules do not allow it."""
        wanted, now = self.read(NewAppointment), clock.now()
        is_bold = wanted.pop("even_if_unknown")
        self.look(
            is_bold=is_bold, now=now, **{name: wanted[name] for name in ("professional", "offering", "starts_at")}
        )
        made = booking.book(clinic=self.clinic, by=self.actor, now=now, source=Source.API, **wanted)
        return self.shown(made, status.HTTP_201_CREATED)


class AppointmentDetail(AppointmentView):
    """`/appointments/<id>/`"""

    def get(self, request: Request, pk: int) -> Response:
        """One appointment."""
        return self.shown(self.get_object())

    @extend_schema(request=AppointmentChange)
    def patch(self, request: Request, pk: int) -> Response:
        """Another time or professional (409 as above), or another status (`confirmed`, `no_show`, `completed`)."""
        appointment = self.get_object()
        return self.shown(self._changed(appointment, self.read(AppointmentChange), clock.now()))

    def _changed(self, appointment: Appointment, wanted: dict[str, Any], now: datetime) -> Appointment:
        common: dict[str, Any] = {"clinic": self.clinic, "appointment": appointment, "by": self.actor, "now": now}
        if "status" in wanted:
            return _USE_CASES[wanted["status"]](**common, source=Source.API)
        starts_at = wanted.get("starts_at", appointment.starts_at)
        professional = wanted.get("professional")
        self.look(
            professional=professional or appointment.professional,
            offering=appointment.offering,
            starts_at=starts_at,
            appointment=appointment,
            is_bold=wanted["even_if_unknown"],
            now=now,
        )
        return booking.reschedule(**common, source=Source.API, starts_at=starts_at, professional=professional)


class AppointmentCancel(AppointmentView):
    """`/appointments/<id>/cancel/`"""

    @extend_schema(request=Cancellation)
    def post(self, request: Request, pk: int) -> Response:
        """Cancels; the time is free at once. Cancelling twice is no error."""
        appointment = self.get_object()
        reason = self.read(Cancellation)["reason"]
        cancelled = booking.cancel(
            clinic=self.clinic,
            appointment=appointment,
            by=self.actor,
            now=clock.now(),
            source=Source.API,
            reason=reason,
        )
        return self.shown(cancelled)


def _filtered(rows: QuerySet[Appointment], wanted: dict[str, Any]) -> QuerySet[Appointment]:
    lookups = {
        "from": "starts_at__gte",
        "to": "starts_at__lt",
        "professional": "professional",
        "status": "status",
    }
    return rows.filter(**{lookups[name]: value for name, value in wanted.items()})
