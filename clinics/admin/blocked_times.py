"""When is a professional not to be booked, whatever their hours say?"""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from clinics.admin.base import ClinicAdmin
from clinics.admin.display import display
from clinics.admin.filters import DayFilter, ProfessionalFilter
from clinics.admin.roles import EVERYTHING
from clinics.models import BusyPeriod, BusySource


@admin.register(BusyPeriod)
class BusyPeriodAdmin(ClinicAdmin):
    """Blocked by the clinic (may be changed), or busy in Google (comes and goes with the calendar)."""

    receptionist_may = EVERYTHING
    list_display = ["professional", "when", "note", "source_label"]
    list_display_links = ["professional", "when"]
    list_filter = [DayFilter, ProfessionalFilter, "source"]
    list_select_related = ["professional"]
    fields = ["professional", "starts_at", "ends_at", "note"]
    ordering = ["starts_at", "id"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What Google says is changed in Google."""
        return super().has_change_permission(request, obj) and not _is_googles(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The same."""
        return super().has_delete_permission(request, obj) and not _is_googles(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """Another professional is another block."""
        return ("professional",) if obj else ()

    @display(description=_("when"), ordering="starts_at")
    def when(self, period: BusyPeriod) -> str:
        """From and to, at the clinic."""
        start, end = localtime(period.starts_at), localtime(period.ends_at)
        last = date_format(end, "H:i" if start.date() == end.date() else "d/m H:i")
        return f"{date_format(start, 'D, d/m · H:i')} – {last}"

    @display(description=_("source"), label={"manual": "info", "google": "warning"})
    def source_label(self, period: BusyPeriod) -> tuple[str, str]:
        """Who says so."""
        return period.source, period.get_source_display()


def _is_googles(obj: Any) -> bool:
    return isinstance(obj, BusyPeriod) and obj.source == BusySource.GOOGLE
