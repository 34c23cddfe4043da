"""The clinic's appointments: the list, and the way to their pages. Changes go through `booking`, never past it."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from clinics.admin import appointment_pages as pages
from clinics.admin.base import ClinicAdmin
from clinics.admin.display import display
from clinics.admin.filters import DayFilter, ProfessionalFilter
from clinics.models import Appointment, Status

TONES = {
    Status.BOOKED: "info",
    Status.CONFIRMED: "success",
    Status.CANCELLED: "danger",
    Status.NO_SHOW: "warning",
    Status.COMPLETED: "primary",
}


@admin.register(Appointment)
class AppointmentAdmin(ClinicAdmin):
    """List, book, look, move, confirm, cancel, close."""

    owner_may = receptionist_may = frozenset({"view", "add", "change"})
    list_display = ["when", "patient", "offering", "professional", "status_label", "source"]
    list_display_links = ["when", "patient"]
    list_filter = [DayFilter, ProfessionalFilter, "status"]
    list_select_related = ["patient", "offering", "professional"]
    search_fields = ["patient__name"]
    search_help_text = _("Patient's name")

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """What comes next first; of what is past, the latest first."""
        return ["-starts_at", "-id"] if request.GET.get("day") in {"past", "all"} else ["starts_at", "id"]

    @display(description=_("when"), ordering="starts_at")
    def when(self, appointment: Appointment) -> str:
        """Weekday, date and time at the clinic."""
        return date_format(localtime(appointment.starts_at), "D, d/m · H:i")

    @display(description=_("status"), label=TONES, ordering="status")
    def status_label(self, appointment: Appointment) -> tuple[str, str]:
        """In its colour."""
        return appointment.status, appointment.get_status_display()

    def get_urls(self) -> list[Any]:
        """The pages of one appointment, and what the booking page asks while it is filled in."""
        return [*pages.urls(self, path), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Book."""
        return pages.book(self, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Look at one, with what can be done about it."""
        return pages.show(self, request, object_id)
