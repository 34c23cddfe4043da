"""How is one of Google's colours chosen? By seeing it: a dot beside each name."""

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from clinics.models import EventColor


class ColorDots(forms.RadioSelect):
    """One of a few, each with its colour."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        """By the portal's own template, which the renderer of forms does not find."""
        return render_to_string("portal/color_choice.html", self.get_context(name, value, attrs))


class ColorField(forms.ChoiceField):
    """Google's eleven, or the calendar's own."""

    widget = ColorDots

    def __init__(self, **about: Any) -> None:
        super().__init__(choices=[("", _("the calendar's own")), *EventColor.choices], required=False, **about)
