"""What does the portal ask for to book, move or cancel? The use cases judge; these forms only read what was typed."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    SELECT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from atendeai.common import phones
from clinics import calendar_looks
from clinics.models import Appointment, Clinic, Offering, Patient, Professional

_FIELD_CLASS = " ".join(name for name in SELECT_CLASSES if name not in {"appearance-none", "pr-8!"})


class DayInput(forms.DateInput):
    """The browser's own date picker: it works on a phone."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d", attrs={"class": _FIELD_CLASS})


class ClockInput(forms.TimeInput):
    """The browser's own time picker."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M", attrs={"class": _FIELD_CLASS})


class WhenForm(forms.Form):
    """A professional, a day and a time of the clinic."""

    professional = forms.ModelChoiceField(
        Professional.objects.none(), label=_("Professional"), widget=UnfoldAdminSelectWidget, empty_label=_("Choose")
    )
    day = forms.DateField(label=_("Date"), widget=DayInput)
    time = forms.TimeField(label=_("Time"), widget=ClockInput)
    # The tick shown once the calendar has objected or could not be asked; it counts for the time it names alone.
    anyway = forms.CharField(label=_("Book this time all the same"), max_length=60, required=False)

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        choices = Professional.objects.for_clinic(clinic).filter(is_active=True)
        _field(self, "professional").queryset = choices

    def starts_at(self) -> datetime:
        """The moment that is meant, in the clinic's zone."""
        day: date = self.cleaned_data["day"]
        clock: time = self.cleaned_data["time"]
        return datetime.combine(day, clock, tzinfo=self.clinic.zone)

    def insisting(self) -> str:
        """What the tick says for the time that is meant now."""
        return f"{self.cleaned_data['professional'].pk} {self.starts_at().isoformat()}"

    def look(self, offering: Offering, appointment: Appointment | None = None, *, now: datetime) -> None:
        """The last look at the professional's calendar, unless the person books all the same."""
        if self.cleaned_data["anyway"] == self.insisting():
            return
        calendar_looks.require_free(
            calendar_looks.wish_for(
                clinic=self.clinic,
                professional=self.cleaned_data["professional"],
                offering=offering,
                starts_at=self.starts_at(),
                appointment=appointment,
            ),
            now=now,
        )


class MoveForm(WhenForm):
    """Another time, perhaps another professional."""

    def __init__(self, clinic: Clinic, appointment: Appointment, data: Any = None) -> None:
        local = appointment.starts_at.astimezone(clinic.zone)
        initial = {"professional": appointment.professional_id, "day": local.date(), "time": local.time()}
        super().__init__(clinic, data, initial=initial)
        giving = Professional.objects.for_clinic(clinic).filter(offerings=appointment.offering_id, is_active=True)
        _field(self, "professional").queryset = giving


class BookingForm(WhenForm):
    """A new appointment, of a patient the clinic knows or of a new one."""

    offering = forms.ModelChoiceField(
        Offering.objects.none(), label=_("Service"), widget=UnfoldAdminSelectWidget, empty_label=_("Choose")
    )
    patient = forms.ModelChoiceField(
        Patient.objects.none(),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("Choose the patient again.")},
    )
    new_name = forms.CharField(
        label=_("Name of the new patient"), max_length=120, required=False, widget=UnfoldAdminTextInputWidget
    )
    new_phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "placeholder": "(11) 98765-4321"}),
        help_text=_("With area code. May stay empty."),
    )

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(clinic, *args, **kwargs)
        _field(self, "offering").queryset = Offering.objects.for_clinic(clinic).filter(is_active=True)
        _field(self, "patient").queryset = Patient.objects.for_clinic(clinic).standing()

    def clean_new_phone(self) -> str:
        """As +digits."""
        return e164_or_error(self.cleaned_data["new_phone"])

    def clean(self) -> dict[str, Any]:
        """Somebody must be booked."""
        found: dict[str, Any] = super().clean() or {}
        if not found.get("patient") and not (found.get("new_name") or "").strip() and "patient" not in self.errors:
            self.add_error("patient", _("Choose a patient, or give the name of a new one."))
        return found


class CancelForm(forms.Form):
    """Why it is cancelled."""

    reason = forms.CharField(
        label=_("Reason (optional)"),
        max_length=120,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Only the clinic sees it."),
    )


def e164_or_error(text: str) -> str:
    """A typed phone as +digits, "" when there is none; a form error in words otherwise."""
    if not text.strip():
        return ""
    try:
        return phones.to_e164(text)
    except ValueError:
        raise forms.ValidationError(
            _("This is no phone number. Write it with area code, e.g. (11) 98765-4321.")
        ) from None


def _field(form: forms.Form, name: str) -> Any:
    return form.fields[name]
