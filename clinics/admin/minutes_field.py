"""How are a few numbers of minutes typed? «1440, 30», with errors that say what to write."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinics.models.clinic import MOST_REMINDER_MINUTES, MOST_REMINDERS


class MinutesField(forms.CharField):
    """A list of whole numbers, the longest first; each once."""

    default_error_messages = {
        "numbers": _("Write numbers with commas between, for example: 1440, 30."),
        "range": _("Each number is from 0 to 40320 minutes: four weeks."),
        "many": _("At most five reminders."),
    }

    def to_python(self, value: Any) -> Any:
        """The numbers."""
        if isinstance(value, list):
            return value
        parts = [part.strip() for part in str(value or "").replace(";", ",").split(",") if part.strip()]
        if not all(part.isdecimal() and len(part) < 9 for part in parts):
            raise forms.ValidationError(self.error_messages["numbers"], code="numbers")
        found = sorted({int(part) for part in parts}, reverse=True)
        if found and found[0] > MOST_REMINDER_MINUTES:
            raise forms.ValidationError(self.error_messages["range"], code="range")
        if len(found) > MOST_REMINDERS:
            raise forms.ValidationError(self.error_messages["many"], code="many")
        return found

    def prepare_value(self, value: Any) -> Any:
        """As it was typed, or as it is stored."""
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the numbers are others; what cannot be read is a change."""
        try:
            return bool(self.to_python(data) != sorted(initial or [], reverse=True))
        except forms.ValidationError:
            return True
