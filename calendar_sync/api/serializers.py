"""How do a question for events and an event look as JSON?"""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from calendar_sync.api.paging import Cursor, read_cursor
from calendar_sync.service import LONGEST
from clinics.api.fields import MomentOrDate, OfClinic
from clinics.models import Professional


class CursorField(serializers.CharField):
    """Where the page begins."""

    def to_internal_value(self, data: Any) -> Cursor:  # type: ignore[override]
        """An error of the field for what we did not write."""
        try:
            return read_cursor(super().to_internal_value(data))
        except ValueError:
            raise serializers.ValidationError(_("Use the address given in next or previous.")) from None


class EventQuery(serializers.Serializer[Any]):
    """Which events are wanted: those that touch [from, to)."""

    professional = OfClinic(queryset=Professional.objects.all(), required=False)
    own = serializers.BooleanField(default=False, help_text="Only events that AtendeAí made.")
    busy = serializers.BooleanField(default=False, help_text="Only events that take time.")
    limit = serializers.IntegerField(default=50, min_value=1, max_value=200, help_text="Events in one answer.")
    cursor = CursorField(required=False, help_text="As given in next or previous.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's, so these two cannot be attributes."""
        return {**super().get_fields(), "from": MomentOrDate(), "to": MomentOrDate()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A period that goes forward, of at most 92 days."""
        if attrs["to"] <= attrs["from"]:
            raise serializers.ValidationError({"to": [_("It must be after from.")]})
        if attrs["to"] - attrs["from"] > LONGEST:
            raise serializers.ValidationError({"to": [_("Ask for at most %(days)d days.") % {"days": LONGEST.days}]})
        return attrs


class EventSerializer(serializers.Serializer[Any]):
    """An event of a linked calendar. `title` is empty for private events that AtendeAí did not make.

    For the schema; lists are written by `event_rows.json_of`, which takes a tenth of the time.
    """

    id = serializers.CharField()
    professional = serializers.IntegerField()
    title = serializers.CharField()
    starts_at = serializers.CharField(help_text="A moment; for an all-day event a date.", allow_null=True)
    ends_at = serializers.CharField(help_text="Exclusive, for dates too.", allow_null=True)
    all_day = serializers.BooleanField()
    busy = serializers.BooleanField()
    own = serializers.BooleanField(help_text="Made by AtendeAí.")
    appointment = serializers.IntegerField(allow_null=True)


class EventPage(serializers.Serializer[Any]):
    """A page of them, with the addresses of its neighbours."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    as_of = serializers.DateTimeField(help_text="When Google was asked; the oldest answer of several calendars.")
    is_stale = serializers.BooleanField(help_text="Google did not answer: some of it is only the last known.")
    stale_professionals = serializers.ListField(
        child=serializers.IntegerField(), help_text="Whose calendars those are."
    )
    results = EventSerializer(many=True)
