"""Who attends, when, and what do they give? A professional with weekly hours, exceptions and services on one page."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Sequence
from datetime import date
from itertools import combinations
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from clinics.admin.base import ClinicAdmin, ClinicInline
from clinics.admin.display import display
from clinics.admin.roles import EVERYTHING, VIEW
from clinics.admin.scoping import ClinicForm, rows_of
from clinics.models import (
    Clinic,
    HoursException,
    Offering,
    OfferingProfessional,
    Professional,
    TenantModel,
    Weekday,
    WorkingHours,
)
from clinics.signals import appearance_changed


class ProfessionalForm(ClinicForm):
    """With the services this person gives."""

    services = forms.ModelMultipleChoiceField(
        Offering.objects.none(),
        label=_("Services"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("What patients can book with this professional."),
    )

    class Meta:
        model = Professional
        fields = ("name", "specialty", "is_active", "buffer_before_minutes", "buffer_after_minutes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "services" in self.fields:
            choices: Any = self.fields["services"]
            choices.queryset = rows_of(Offering, self.clinic)
            choices.initial = list(self.instance.offerings.values_list("pk", flat=True)) if self.instance.pk else []


def _overlap(first: Any, second: Any, *, day: str) -> bool:
    same_day = first[day] == second[day]
    return bool(same_day and first["starts_at"] < second["ends_at"] and second["starts_at"] < first["ends_at"])


class WorkingHoursFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """Sees overlaps among rows that are all new, which the database has not seen yet."""

    def clean(self) -> None:
        """Two stretches of a day may touch, not overlap."""
        super().clean()
        rows = [
            form.cleaned_data
            for form in self.forms
            if form.is_valid() and form.cleaned_data.get("starts_at") and not form.cleaned_data.get("DELETE")
        ]
        if any(_overlap(first, second, day="weekday") for first, second in combinations(rows, 2)):
            raise forms.ValidationError(_("Two of these hours overlap on the same day."))


class HoursExceptionFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """Sees a date and time given twice, and overlaps, among all rows: new ones, and stored ones of other pages."""

    def clean(self) -> None:
        """Each once; two stretches of a date may touch, not overlap."""
        super().clean()
        rows = [
            form.cleaned_data
            for form in self.forms
            if form.is_valid() and form.cleaned_data.get("date") and not form.cleaned_data.get("DELETE")
        ]
        rows += self._stored_elsewhere({row["date"] for row in rows})
        keys = [(row["date"], row.get("starts_at")) for row in rows]
        if len(set(keys)) != len(keys):
            raise forms.ValidationError(_("The same exception is there twice."))
        opened = [row for row in rows if row.get("starts_at")]
        if any(_overlap(first, second, day="date") for first, second in combinations(opened, 2)):
            raise forms.ValidationError(_("Two of these exceptions overlap on the same date."))

    def _stored_elsewhere(self, dates: set[date]) -> list[Any]:
        if not self.instance.pk:
            return []
        shown = [form.instance.pk for form in self.forms if form.instance.pk]
        stored = HoursException.objects.for_clinic(self.instance.clinic_id).filter(professional=self.instance)
        return list(stored.filter(date__in=dates).exclude(pk__in=shown).values("date", "starts_at", "ends_at"))


class WorkingHoursInline(ClinicInline):
    """The usual week. Two stretches in a day have a break between them."""

    model = WorkingHours
    formset = WorkingHoursFormSet
    fields = ["weekday", "starts_at", "ends_at"]
    receptionist_may = VIEW
    tab = True


class HoursExceptionInline(ClinicInline):
    """Single dates that are not as usual."""

    model = HoursException
    formset = HoursExceptionFormSet
    fields = ["date", "starts_at", "ends_at", "reason"]
    receptionist_may = EVERYTHING
    tab = True


@admin.register(Professional)
class ProfessionalAdmin(ClinicAdmin):
    """The list, and everything about one of them."""

    form = ProfessionalForm
    # The receptionist changes date exceptions only: the form itself is read-only for them.
    receptionist_may = frozenset({"view", "change"})
    list_display = ["name", "specialty", "services_given", "week", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    fields = ["name", "specialty", "is_active", "services", "buffer_before_minutes", "buffer_after_minutes"]
    inlines = [WorkingHoursInline, HoursExceptionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Professional]:
        """With services and hours for the list: two more queries for any number of rows."""
        hours = WorkingHours.objects.order_by("weekday", "starts_at")
        return super().get_queryset(request).prefetch_related("offerings", Prefetch("working_hours", queryset=hours))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A field that a form declares stays in it even if no page shows it, and would be saved as empty."""
        if "add" not in self.allowed(request):
            kwargs["form"] = ClinicForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """Everything, for who does not own the clinic."""
        if "add" in self.allowed(request):
            return super().get_readonly_fields(request, obj)  # type: ignore[no-any-return]
        return [name if name != "services" else "services_given" for name in self.fields]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """Services as words where they cannot be ticked."""
        if "add" in self.allowed(request):
            return self.fields
        return [name if name != "services" else "services_given" for name in self.fields]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only who never had an appointment; others become inactive."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or not _has_past(obj))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The name stands in calendar events, too."""
        super().save_model(request, obj, form, change)
        if change and "name" in form.changed_data:
            appearance_changed.send(sender=Professional, clinic=obj.clinic, patient=None)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Services with it."""
        super().save_related(request, form, formsets, change)
        if "services" in form.cleaned_data:
            keep_pairs(form.instance, "professional", "offering", form.cleaned_data["services"])

    @display(description=_("services"))
    def services_given(self, professional: Professional) -> str:
        """By name."""
        return ", ".join(offering.name for offering in professional.offerings.all()) or "—"

    @display(description=_("attends"))
    def week(self, professional: Professional) -> str:
        """The weekdays."""
        days = sorted({hours.weekday for hours in professional.working_hours.all()})
        return ", ".join(str(Weekday(day).label)[:3].lower() for day in days) or str(_("no hours yet"))


def _has_past(row: Any) -> bool:
    return isinstance(row, TenantModel) and row.appointments.exists()  # type: ignore[attr-defined]


def keep_pairs(row: Any, own: str, other: str, chosen: Any) -> None:
    """Makes the pairs (service, professional) of this row exactly the chosen ones."""
    clinic: Clinic = row.clinic
    pairs = OfferingProfessional.objects.for_clinic(clinic).filter(**{own: row})
    pairs.exclude(**{f"{other}__in": chosen}).delete()
    have = set(pairs.values_list(f"{other}_id", flat=True))
    OfferingProfessional.objects.bulk_create(
        OfferingProfessional(clinic=clinic, **{own: row, other: partner})
        for partner in chosen
        if partner.pk not in have
    )
