"""How does the clinic work? Its owner's settings, and for the installation's operator the list of clinics."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextInputWidget

from clinics import rights
from clinics.admin import event_preview
from clinics.admin.base import OperatorAdmin
from clinics.admin.display import display
from clinics.admin.minutes_field import MinutesField
from clinics.admin.panels import about_clinic
from clinics.models import Clinic
from clinics.signals import appearance_changed

# What stands in events of appointments.
SHOWN = frozenset(
    {
        "name",
        "address",
        "time_zone",
        "calendar_detail",
        "calendar_title",
        "calendar_description",
        "calendar_reminders",
        "calendar_reminder_minutes",
        "calendar_tentative",
        "calendar_invites",
    }
)


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
            _("What calendar events show"),
            {
                "fields": [
                    "calendar_detail",
                    "calendar_title",
                    "calendar_description",
                    "calendar_preview",
                    "calendar_reminders",
                    "calendar_reminder_minutes",
                    "calendar_tentative",
                    "calendar_invites",
                ],
                "description": _(
                    "A change reaches coming events by itself, a few at a time. What somebody wrote into an event in"
                    " Google stays."
                ),
            },
        ),
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
            {"fields": ["merge_undo_days", "api_rate_limit"]},
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
        fixed = ["slug", "calendar_preview"] if obj else ["calendar_preview"]
        return fixed if request.user.is_superuser else [*fixed, "is_active", "api_rate_limit"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Minutes are typed as numbers with commas between."""
        if db_field.name != "calendar_reminder_minutes":
            field = super().formfield_for_dbfield(db_field, request, **kwargs)
            if db_field.name == "calendar_description" and field is not None:
                field.widget.attrs["rows"] = 4
            return field
        return MinutesField(
            label=db_field.verbose_name.capitalize(),
            help_text=db_field.help_text,
            required=False,
            widget=UnfoldAdminTextInputWidget(),
        )

    def get_urls(self) -> list[Any]:
        """With the preview of events."""
        view = self.admin_site.admin_view(require_POST(self.event_preview))
        return [path("<int:pk>/event-preview/", view, name="clinics_clinic_preview"), *super().get_urls()]

    def event_preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """An event as the settings that are being typed would make it; nothing is saved."""
        clinic = self.get_queryset(request).filter(pk=pk).first()
        if clinic is None or not self.has_change_permission(request, clinic):
            raise Http404
        return HttpResponse(event_preview.show(clinic, event_preview.typed(clinic, request.POST)))

    @display(description=_("preview"))
    def calendar_preview(self, clinic: Clinic) -> str:
        """As the settings are; the page's script asks again while somebody types."""
        if clinic._state.adding:
            return "—"
        # The theme asks for a field's contents several times.
        known: str | None = clinic.__dict__.get("_preview_shown")
        if known is None:
            known = clinic.__dict__["_preview_shown"] = _preview_box(clinic)
        return known

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Coming events show what they shall show from now on."""
        super().save_model(request, obj, form, change)
        if change and SHOWN & set(form.changed_data):
            appearance_changed.send(sender=Clinic, clinic=obj, patient=None)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """An owner goes straight to the settings."""
        clinic = rights.find_clinic(request)
        if clinic and not request.user.is_superuser and rights.is_owner(request):
            return redirect("admin:clinics_clinic_change", clinic.pk)
        return super().changelist_view(request, extra_context)


def _preview_box(clinic: Clinic) -> str:
    words = {
        "address": reverse("admin:clinics_clinic_preview", args=[clinic.pk]),
        "fields": event_preview.fields_explained(),
        "shown": event_preview.show(clinic, event_preview.saved(clinic)),
        "panels": about_clinic(clinic),
    }
    return render_to_string("portal/event_preview_box.html", words)
