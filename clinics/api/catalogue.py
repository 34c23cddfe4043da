"""Who attends, what is offered, and when is there time?"""

# ruff: noqa: ARG002 - the frameworks call with more than is needed here

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from atendeai.common import clock
from clinics.api.base import ClinicView, ListView
from clinics.api.fields import Moment, MomentOrDate, OfClinic
from clinics.availability import free_slots
from clinics.models import Offering, Professional

LONGEST = timedelta(days=62)
UNLESS_ASKED = timedelta(days=7)


class ProfessionalSerializer(serializers.Serializer[Professional]):
    """Somebody whose time is booked; `offerings` are ids."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    specialty = serializers.CharField()
    is_active = serializers.BooleanField()
    offerings = serializers.SerializerMethodField()

    def get_offerings(self, professional: Professional) -> list[int]:
        """From the prefetched rows."""
        return [offering.pk for offering in professional.offerings.all()]


class OfferingSerializer(serializers.Serializer[Offering]):
    """Something that can be booked; `professionals` are the ids of those who give it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    minutes = serializers.IntegerField()
    price = serializers.DecimalField(max_digits=9, decimal_places=2, allow_null=True)
    is_active = serializers.BooleanField()
    professionals = serializers.SerializerMethodField()

    def get_professionals(self, offering: Offering) -> list[int]:
        """From the prefetched rows."""
        return [professional.pk for professional in offering.professionals.all()]


class Professionals(ListView):
    """`/professionals/`"""

    serializer_class = ProfessionalSerializer
    rows = Professional.objects.prefetch_related("offerings")


class Offerings(ListView):
    """`/offerings/`"""

    serializer_class = OfferingSerializer
    rows = Offering.objects.prefetch_related("professionals")


class SlotSerializer(serializers.Serializer[Any]):
    """A time that can be booked; `professional` is an id."""

    professional = serializers.IntegerField(source="professional_id")
    starts_at = Moment()
    ends_at = Moment()


class SlotPage(serializers.Serializer[Any]):
    """All of them: `next` and `previous` are always null."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = SlotSerializer(many=True)


class AvailabilityQuery(serializers.Serializer[Any]):
    """Which times are wanted: `from` is now and `to` a week later unless given."""

    offering = OfClinic(queryset=Offering.objects.all())
    professional = OfClinic(queryset=Professional.objects.all(), required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's, so these two cannot be attributes."""
        return {
            **super().get_fields(),
            "from": MomentOrDate(required=False),
            "to": MomentOrDate(required=False),
        }


class Availability(ClinicView):
    """`/availability/`"""

    serializer_class = SlotSerializer
    rows = Professional.objects.all()

    @extend_schema(parameters=[AvailabilityQuery], responses=SlotPage, operation_id="availability_list")
    def get(self, request: Request) -> Response:
        """Free times that start in [from, to), at most 62 days, soonest first, all in one answer."""
        wanted, now = self.read_query(AvailabilityQuery), clock.now()
        from_at, to_at = _period(wanted, now)
        slots = free_slots(
            clinic=self.clinic,
            offering=wanted["offering"],
            professionals=[wanted["professional"]] if "professional" in wanted else None,
            from_at=from_at,
            to_at=to_at,
            now=now,
        )
        return Response({"next": None, "previous": None, "results": SlotSerializer(slots, many=True).data})


def _period(wanted: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
    from_at = wanted.get("from", now)
    to_at = wanted.get("to", from_at + UNLESS_ASKED)
    if to_at <= from_at:
        raise serializers.ValidationError({"to": [_("It must be after from.")]})
    if to_at - from_at > LONGEST:
        raise serializers.ValidationError({"to": [_("Ask for at most 62 days.")]})
    return from_at, to_at
