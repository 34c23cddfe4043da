"""How do a question for events and an event look as JSON?"""

from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers

from calendar_sync.service import ListedEvent

LONGEST = timedelta(days=366)


class PeriodSerializer(serializers.Serializer[Any]):
    """The query: `from` and `to` with their offset, half-open; `professional` optional."""

    professional = serializers.IntegerField(required=False, min_value=1)

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's, so it cannot be an attribute."""
        moments = {"from": serializers.DateTimeField(), "to": serializers.DateTimeField()}
        return {**moments, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A period that goes forward, at most a year."""
        if not attrs["from"] < attrs["to"] <= attrs["from"] + LONGEST:
            raise serializers.ValidationError({"to": ["must be after `from`, by at most 366 days"]})
        return attrs


class EventSerializer(serializers.Serializer[ListedEvent]):
    """One event. `title` is empty for private events that AtendeAí did not make."""

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
        """A moment with its offset; a date for an all-day event."""
        return event.starts.isoformat() if event.starts else None

    def get_ends_at(self, event: ListedEvent) -> str | None:
        """Exclusive, for dates too."""
        return event.ends.isoformat() if event.ends else None

    def get_all_day(self, event: ListedEvent) -> bool:
        """Whether start and end are dates."""
        return event.starts is not None and not isinstance(event.starts, datetime)


class EventListSerializer(serializers.Serializer[Any]):
    """The whole period in one answer; `next` and `previous` are always null."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = EventSerializer(many=True)
