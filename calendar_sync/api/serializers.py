"""How do a question for events and an event look as JSON?"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from calendar_sync.service import ListedEvent
from clinics.api.fields import MomentOrDate, OfClinic
from clinics.models import Professional

LONGEST = timedelta(days=62)


class EventQuery(serializers.Serializer[Any]):
    """Which events are wanted: those that touch [from, to)."""

    professional = OfClinic(queryset=Professional.objects.all(), required=False)
    own = serializers.BooleanField(default=False, help_text="Only events that AtendeAí made.")
    busy = serializers.BooleanField(default=False, help_text="Only events that take time.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's, so these two cannot be attributes."""
        return {**super().get_fields(), "from": MomentOrDate(), "to": MomentOrDate()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A period that goes forward, of at most 62 days."""
        if attrs["to"] <= attrs["from"]:
            raise serializers.ValidationError({"to": [_("It must be after from.")]})
        if attrs["to"] - attrs["from"] > LONGEST:
            raise serializers.ValidationError({"to": [_("Ask for at most 62 days.")]})
        return attrs


class EventSerializer(serializers.Serializer[Any]):
    """An event of a linked calendar. `title` is empty for private events that AtendeAí did not make."""

    id = serializers.CharField()
    professional = serializers.IntegerField(source="professional_id")
    title = serializers.CharField()
    starts_at = serializers.SerializerMethodField()
    ends_at = serializers.SerializerMethodField()
    all_day = serializers.SerializerMethodField()
    busy = serializers.BooleanField(source="is_busy")
    own = serializers.BooleanField(source="is_ours", help_text="Made by AtendeAí.")
    appointment = serializers.IntegerField(source="appointment_id", allow_null=True)

    def get_starts_at(self, event: ListedEvent) -> str | None:
        """A moment; for an all-day event a date."""
        return _written(event.starts)

    def get_ends_at(self, event: ListedEvent) -> str | None:
        """Exclusive, for dates too."""
        return _written(event.ends)

    def get_all_day(self, event: ListedEvent) -> bool:
        """Whether start and end are dates."""
        return event.starts is not None and not isinstance(event.starts, datetime)


class EventPage(serializers.Serializer[Any]):
    """All of them: `next` and `previous` are always null."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    as_of = serializers.DateTimeField(help_text="When Google was asked; the oldest answer of several calendars.")
    is_stale = serializers.BooleanField(help_text="Google did not answer: some of it is only the last known.")
    stale_professionals = serializers.ListField(
        child=serializers.IntegerField(), help_text="Whose calendars those are."
    )
    results = EventSerializer(many=True)


def _written(moment: Any) -> str | None:
    """Moments end in Z, as everywhere in this API."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return moment.isoformat() if moment else None
