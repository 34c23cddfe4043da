"""What can be booked, how long does it take, who gives it?"""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from clinics.admin.base import ClinicAdmin
from clinics.admin.color_choice import ColorField
from clinics.admin.display import display
from clinics.admin.professionals import keep_pairs
from clinics.admin.roles import VIEW
from clinics.admin.scoping import ClinicForm, rows_of
from clinics.models import Offering, Professional
from clinics.signals import appearance_changed


class OfferingForm(ClinicForm):
    """With the professionals who give it."""

    givers = forms.ModelMultipleChoiceField(
        Professional.objects.none(),
        label=_("Professionals"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Nobody ticked: nobody can book it."),
    )

    calendar_color = ColorField(
        label=_("Colour in Google Calendar"),
        help_text=_("A colour chosen for one event in Google stays."),
    )

    class Meta:
        model = Offering
        fields = ("name", "minutes", "price", "is_active", "calendar_color")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "givers" in self.fields:
            choices: Any = self.fields["givers"]
            choices.queryset = rows_of(Professional, self.clinic)
            choices.initial = list(self.instance.professionals.values_list("pk", flat=True)) if self.instance.pk else []


@admin.register(Offering)
class OfferingAdmin(ClinicAdmin):
    """The list, and one service."""

    form = OfferingForm
    receptionist_may = VIEW
    list_display = ["name", "length", "price_words", "given_by_names", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offering]:
        """With who gives it."""
        return super().get_queryset(request).prefetch_related("professionals")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """Names where boxes cannot be ticked."""
        last = "givers" if "change" in self.allowed(request) else "given_by_names"
        return ["name", "minutes", "price", "is_active", "calendar_color", last]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """The names, where they are shown."""
        return () if "change" in self.allowed(request) else ("given_by_names",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what was never booked; others become inactive."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (not isinstance(obj, Offering) or not obj.appointments.exists())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Name and colour stand in calendar events, too."""
        super().save_model(request, obj, form, change)
        if change and {"name", "calendar_color"} & set(form.changed_data):
            appearance_changed.send(sender=Offering, clinic=obj.clinic, patient=None)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Professionals with it."""
        super().save_related(request, form, formsets, change)
        if "givers" in form.cleaned_data:
            keep_pairs(form.instance, "offering", "professional", form.cleaned_data["givers"])

    @display(description=_("duration"), ordering="minutes")
    def length(self, offering: Offering) -> str:
        """With its unit."""
        return f"{offering.minutes} min"

    @display(description=_("price"), ordering="price")
    def price_words(self, offering: Offering) -> str:
        """In reais."""
        return "—" if offering.price is None else f"R$ {offering.price:.2f}".replace(".", ",")

    @display(description=_("given by"))
    def given_by_names(self, offering: Offering) -> str:
        """By name."""
        return ", ".join(person.name for person in offering.professionals.all()) or "—"
