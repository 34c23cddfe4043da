"""How does the clinic work? Its owner's settings, and for the installation's operator the list of clinics."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from clinics import rights
from clinics.admin.base import OperatorAdmin
from clinics.models import Clinic


@admin.register(Clinic)
class ClinicSettingsAdmin(OperatorAdmin):
    """One row for an owner, all rows for the operator."""

    operator_may = frozenset({"view", "add", "change"})
    list_display = ["name", "slug", "state", "is_active", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["name", "slug"]
    fieldsets = (
        (None, {"fields": ["name", "slug", "state", "time_zone", "is_active"]}),
        (_("Where it is"), {"fields": ["address", "latitude", "longitude"]}),
        (
            _("Booking rules"),
            {"fields": ["min_notice_minutes", "horizon_days", "slot_step_minutes", "closes_on_holidays"]},
        ),
        (_("Google Calendar"), {"fields": ["calendar_mode", "google_moves", "google_deletes"]}),
        (
            _("Reminders"),
            {
                "fields": [
                    "sends_reminders",
                    "reminder_hours",
                    "second_reminder_hours",
                    "reminders_from",
                    "reminders_until",
                ]
            },
        ),
        (
            _("Privacy and programs"),
            {"fields": ["calendar_detail", "merge_undo_days", "api_rate_limit"]},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Clinic]:
        """All for the operator; the own one for an owner."""
        rows: QuerySet[Clinic] = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        clinic = rights.find_clinic(request)
        return rows.filter(pk=clinic.pk) if clinic and rights.is_owner(request) else rows.none()

    def _owns(self, request: HttpRequest, obj: Any) -> bool:
        clinic = rights.find_clinic(request)
        return clinic is not None and rights.is_owner(request) and (not isinstance(obj, Clinic) or obj == clinic)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its owner, or the operator."""
        return super().has_view_permission(request, obj) or self._owns(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its owner, or the operator."""
        return super().has_change_permission(request, obj) or self._owns(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Its owner, or the operator."""
        return self.has_view_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """The slug names variables and addresses, so it never changes; limits and closing are the operator's."""
        fixed = ["slug"] if obj else []
        return fixed if request.user.is_superuser else [*fixed, "is_active", "api_rate_limit"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """An owner goes straight to the settings."""
        clinic = rights.find_clinic(request)
        if clinic and not request.user.is_superuser and rights.is_owner(request):
            return redirect("admin:clinics_clinic_change", clinic.pk)
        return super().changelist_view(request, extra_context)
