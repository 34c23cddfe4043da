"""What does an appointment look like to a program, and what may it send?"""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinics.api.appointment_extras import NOT_LINKED, CalendarState
from clinics.api.fields import Moment, MomentOrDate, NamedSerializer, OfClinic
from clinics.models import Appointment, Offering, Patient, Professional, Status

# Cancelling has its own address; «booked» is where rescheduling leads.
EVEN_IF_UNKNOWN = "Also when the professional's calendar cannot be asked whether the time is free."
SETTABLE = (Status.CONFIRMED, Status.NO_SHOW, Status.COMPLETED)


class CalendarSerializer(serializers.Serializer[CalendarState]):
    """Where the appointment stands in Google's calendar."""

    state = serializers.CharField()
    google_event_id = serializers.CharField(allow_null=True)


class AppointmentSerializer(serializers.Serializer[Appointment]):
    """An appointment; `calendar` comes through the context: `{id: CalendarState}`."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(Status.choices)
    starts_at = Moment()
    ends_at = Moment()
    professional = NamedSerializer()
    offering = NamedSerializer()
    patient = NamedSerializer()
    source = serializers.CharField()  # type: ignore[assignment]  # the API's name; a declared field is no attribute
    calendar = serializers.SerializerMethodField()

    @extend_schema_field(CalendarSerializer)
    def get_calendar(self, appointment: Appointment) -> CalendarState:
        """From the context; one lookup per page."""
        states: dict[int, CalendarState] = self.context.get("calendar", {})
        return states.get(appointment.pk, NOT_LINKED)


class AppointmentFilters(serializers.Serializer[Any]):
    """`from` and `to` bound the start, half-open."""

    professional = OfClinic(queryset=Professional.objects.all(), required=False)
    status = serializers.ChoiceField(Status.choices, required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's, so these two cannot be attributes."""
        return {
            "from": MomentOrDate(required=False),
            "to": MomentOrDate(required=False),
            **super().get_fields(),
        }


class NewAppointment(serializers.Serializer[Any]):
    """Who comes to whom, for what, when."""

    professional = OfClinic(queryset=Professional.objects.all())
    offering = OfClinic(queryset=Offering.objects.all())
    patient = OfClinic(queryset=Patient.objects.all())
    starts_at = Moment()
    even_if_unknown = serializers.BooleanField(default=False, help_text=EVEN_IF_UNKNOWN)


class AppointmentChange(serializers.Serializer[Any]):
    """Either another time or professional, or another status."""

    starts_at = Moment(required=False)
    professional = OfClinic(queryset=Professional.objects.all(), required=False)
    even_if_unknown = serializers.BooleanField(default=False, help_text=EVEN_IF_UNKNOWN)
    status = serializers.ChoiceField(
        [(value, label) for value, label in Status.choices if value in SETTABLE], required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One thing at a time, and at least one."""
        asked = attrs.keys() - {"even_if_unknown"}
        if not asked:
            raise serializers.ValidationError(_("Send starts_at, professional or status."))
        if "status" in asked and len(asked) > 1:
            raise serializers.ValidationError({"status": [_("Change the status in a call of its own.")]})
        return attrs


class Cancellation(serializers.Serializer[Any]):
    """Why; the patient does not read it."""

    reason = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
