"""How are moments and rows of the clinic written in requests and answers?"""

from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinics.models import TenantQuerySet

# Further away than any appointment, and near enough for every sum with a moment.
_YEARS = range(2000, 2101)


class Moment(serializers.DateTimeField):
    """RFC 3339 with an offset. Without one nobody knows which hour is meant, so it is refused. Answers end in Z."""

    default_error_messages = {
        "naive": _("Add the offset, for example 2026-03-02T09:00:00-03:00."),
        "range": _("This is too far away."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso-8601", default_timezone=UTC, **options)

    def enforce_timezone(self, value: datetime) -> datetime:
        """Aware UTC."""
        if timezone.is_naive(value):
            self.fail("naive")
        if value.year not in _YEARS:
            self.fail("range")
        return super().enforce_timezone(value)


@extend_schema_field(OpenApiTypes.STR)
class MomentOrDate(Moment):
    """For filters also a plain date: its beginning where the clinic is."""

    def to_internal_value(self, value: Any) -> datetime:
        """Aware UTC."""
        day = _find_date(value)
        if day is None:
            return super().to_internal_value(value)
        zone = self.context["clinic"].zone
        return self.enforce_timezone(datetime.combine(day, time.min, tzinfo=zone))


def _find_date(value: Any) -> date | None:
    try:
        return parse_date(value) if isinstance(value, str) else None
    except ValueError:
        return None


class OfClinic(serializers.PrimaryKeyRelatedField[Model]):
    """The id of a row of the clinic; another clinic's ids are as unknown as ids that nobody has."""

    def get_queryset(self) -> QuerySet[Model]:
        """The clinic's rows."""
        rows = super().get_queryset()
        assert isinstance(rows, TenantQuerySet)  # noqa: S101 - a programming error, not a request's
        clinic = self.context.get("clinic")
        return rows.for_clinic(clinic) if clinic is not None else rows.none()


class NamedSerializer(serializers.Serializer[Any]):
    """A row by its id and name."""

    id = serializers.IntegerField()
    name = serializers.CharField()
