"""The clinic's WhatsApp numbers: do they work, and if not, what is missing? Secrets go in and never come out again."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from atendeai.common import clock
from clinics import credentials
from clinics.admin.auditing import actor_of
from clinics.admin.base import ClinicAdmin
from clinics.admin.display import display
from clinics.admin.scoping import ClinicForm
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp import outbox
from whatsapp.admin.words import error_words
from whatsapp.models import Number

# Field of the form → the credential it writes.
SECRETS = {"access_token": Name.WHATSAPP_ACCESS_TOKEN, "app_secret": Name.WHATSAPP_APP_SECRET}


def _secret(label: Any, help_text: Any) -> forms.CharField:
    attrs = {"autocomplete": "off", "spellcheck": "false", "placeholder": "••••••••"}
    return forms.CharField(
        label=label, required=False, max_length=2000, help_text=help_text, widget=UnfoldAdminPasswordWidget(attrs=attrs)
    )


class NumberForm(ClinicForm):
    """The ids that Meta gave, and secrets that are only written."""

    access_token = _secret(
        _("Access token"),
        _("Of the system user at Meta. Kept encrypted and never shown; empty: the present one stays."),
    )
    app_secret = _secret(
        _("App secret of the clinic"), _("Only if the clinic has a Meta app of its own. Empty: nothing changes.")
    )

    class Meta:
        model = Number
        fields = ("display_number", "phone_number_id", "account_id", "bot_answers", "marks_read", "is_active")


@admin.register(Number)
class NumberAdmin(ClinicAdmin):
    """Owners set numbers up; everybody sees whether they work."""

    form = NumberForm
    owner_may = frozenset({"view", "add", "change"})
    list_display = ["display_number", "working", "problem", "bot_answers"]
    list_display_links = ["display_number"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Number, then secrets; of an existing one also how it does."""
        state = ["state_words", "problem"] if obj else []
        return [
            (None, {"fields": [*state, "display_number", "bot_answers", "marks_read", "is_active"]}),
            (_("At Meta"), {"fields": ["phone_number_id", "account_id"]}),
            (_("Secrets"), {"fields": ["token_state", "access_token", "app_secret"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """The id decides whose deliveries come in: another id is another number."""
        return ["state_words", "problem", "token_state", *(["phone_number_id"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Number, form: Any, change: bool) -> None:
        """The row, and the secrets that were typed; a new token sets the number going again."""
        super().save_model(request, obj, form, change)
        by, now = actor_of(request), clock.now()
        for field, name in SECRETS.items():
            value = form.cleaned_data.get(field, "").strip()
            if value:
                credentials.store(clinic=obj.clinic, name=name, value=value, by=by, now=now)
        if form.cleaned_data.get("access_token", "").strip():
            outbox.unblock(number=obj, by=by, now=now)
            messages.success(request, _("The new token is in use; what waited goes out now."))

    @display(description=_("state"), label={"on": "success", "off": "warning", "blocked": "danger"})
    def working(self, number: Number) -> tuple[str, str]:
        """Whether it works."""
        if number.blocked_code:
            return "blocked", str(_("stopped"))
        return ("on", str(_("working"))) if number.is_active else ("off", str(_("off")))

    @display(description=_("state"))
    def state_words(self, number: Number) -> str:
        """The same without its colour, which a form cannot show."""
        _tone, words = self.working(number)
        return words

    @display(description=_("problem"))
    def problem(self, number: Number) -> str:
        """What is wrong, in words."""
        return error_words(number.blocked_code) or "—"

    @display(description=_("present token"))
    def token_state(self, number: Number) -> str:
        """Whether there is one; the environment's wins."""
        return str(_token_state(number.clinic if number.pk else None))


def _token_state(clinic: Clinic | None) -> Any:
    if clinic is None:
        return _("not stored yet")
    if credentials.find_in_environment(clinic, Name.WHATSAPP_ACCESS_TOKEN):
        return _("given by the server's settings, which win over what is stored here")
    stored = credentials.find(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN)
    return _("stored, encrypted") if stored else _("not stored yet")
