"""What do a number's pages show: its steps, its health in words and colours, its history?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from clinics import credentials
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp import callbacks
from whatsapp.admin.words import count_words, error_words
from whatsapp.models import Direction, Message, MessageState, Number, NumberChange
from whatsapp.number_health import STOPS
from whatsapp.number_health import words as health_words
from whatsapp.onboarding import State, Step, list_steps
from whatsapp.onboarding import words as step_words

SHOWN_CHANGES = 10
COUNTED = 1000
# Asked of Meta one after the other by «check everything».
ASKED = ("token", "number", "registered", "subscribed")
QUALITY_TONES = {"GREEN": "success", "YELLOW": "warning", "RED": "danger"}


def secret(label: Any, help_text: Any, *, required: bool = False) -> forms.CharField:
    """A field whose value goes in and never comes out."""
    attrs = {"autocomplete": "off", "spellcheck": "false", "placeholder": "••••••••"}
    widget = UnfoldAdminPasswordWidget(attrs=attrs)
    return forms.CharField(label=label, required=required, max_length=2000, help_text=help_text, widget=widget)


def meta_id(label: Any, help_text: Any) -> forms.RegexField:
    """An id as Meta gives them: digits."""
    attrs = {"inputmode": "numeric", "autocomplete": "off"}
    return forms.RegexField(
        r"^\s*\d{5,40}\s*$",
        label=label,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget(attrs=attrs),
        error_messages={"invalid": _("This is a number of digits only, as WhatsApp Manager shows it.")},
    )


class ConnectForm(forms.Form):
    """What a clinic brings from Meta."""

    account_id = meta_id(
        _("WhatsApp Business account id"), _("In WhatsApp Manager, beside the account's name; also called WABA id.")
    )
    phone_number_id = meta_id(
        _("Phone number id"), _("In WhatsApp Manager, under the number. It is not the telephone number.")
    )
    access_token = secret(
        _("Access token"), _("Of a system user, with whatsapp_business_management and whatsapp_business_messaging.")
    )
    pin = forms.RegexField(
        r"^\d{6}$",
        label=_("PIN of two-step verification"),
        required=False,
        help_text=_("Six digits; the number's own if it has one. Used once, to register the number, and never kept."),
        widget=UnfoldAdminPasswordWidget(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": "6"}),
        error_messages={"invalid": _("The PIN has six digits.")},
    )
    app_secret = secret(_("App secret of the clinic"), _("Only if the clinic has a Meta app of its own."))

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_token = credentials.is_set(clinic, Name.WHATSAPP_ACCESS_TOKEN)
        self.is_from_environment = credentials.is_in_environment(clinic, Name.WHATSAPP_ACCESS_TOKEN)
        if self.is_from_environment:
            del self.fields["access_token"]
        elif self.has_token:
            self.fields["access_token"].help_text = _(
                "Empty: the clinic's present token. One token serves all its numbers."
            )
        else:
            self.fields["access_token"].required = True

    def clean_account_id(self) -> str:
        """Without the blanks that come along with a copy."""
        return str(self.cleaned_data["account_id"]).strip()

    def clean_phone_number_id(self) -> str:
        """Without the blanks that come along with a copy."""
        return str(self.cleaned_data["phone_number_id"]).strip()


@dataclass(frozen=True)
class Line:
    """A step as the checklist shows it. `asks`: which form stands below it."""

    key: str
    title: str
    tone: str
    pill: str
    text: str
    at: datetime | None
    asks: str
    icon: str


@dataclass(frozen=True)
class Fact:
    """One thing about the number's health."""

    name: str
    text: str
    tone: str = ""


ICONS = {"success": "check_circle", "warning": "schedule", "danger": "error", "neutral": "radio_button_unchecked"}


def line(step: Step) -> Line:
    """In words, with what can be done about it."""
    tone = step_words.TONES[step.state]
    return Line(
        step.key,
        step_words.title(step),
        tone,
        step_words.pill(step),
        step_words.words(step),
        step.at,
        _form_of(step),
        ICONS[tone],
    )


def _form_of(step: Step) -> str:
    if step.key == "test":
        return "test"
    if step.key == "registered" and step.state == State.MISSING and step.code not in STOPS - {"not_registered"}:
        return "pin"
    if step.key == "webhook" and step.state == State.MISSING:
        return "webhook"
    return "" if step.key == "inbound" else "check"


def context(number: Number, *, is_owner: bool) -> dict[str, Any]:
    """Everything the page shows beside its form; a bounded number of queries."""
    steps = list_steps(number)
    lines = [line(step) for step in steps]
    return {
        "number": number,
        "lines": lines,
        "done": sum(one.tone == "success" for one in lines),
        "facts": list(_facts(number)),
        "problem": problem(number),
        "changes": _changes(number),
        "asked": ",".join(ASKED),
        "is_pending": any(step.key == "test" and step.state == State.WAITING for step in steps),
        "is_from_environment": credentials.is_in_environment(number.clinic, Name.WHATSAPP_ACCESS_TOKEN),
        "webhook_address": callbacks.default_url(number.clinic),
        "may_act": is_owner,
    }


def problem(number: Number) -> str:
    """Why the number sends nothing, or why nobody knows; "" when all is well."""
    if number.blocked_code in health_words.STOPPED_BY:
        return health_words.stopped_words(number.blocked_code)
    return error_words(number.blocked_code)


def _facts(number: Number) -> Iterator[Fact]:
    quality = health_words.QUALITY.get(number.quality)
    yield Fact(
        gettext("Quality"), str(quality or gettext("not told yet")), QUALITY_TONES.get(number.quality, "neutral")
    )
    yield Fact(gettext("Limit"), health_words.limit_words(number.messaging_limit))
    yield Fact(gettext("Pace"), health_words.throughput_words(number))
    yield Fact(gettext("Display name"), number.verified_name or "—")
    if number.username:
        yield Fact(gettext("WhatsApp username"), f"@{number.username}")
    waiting = Message.objects.for_clinic(number.clinic_id).filter(
        direction=Direction.OUT, state=MessageState.QUEUED, conversation__number=number
    )
    count = len(waiting.order_by().values_list("pk")[: COUNTED + 1])
    yield Fact(gettext("In the queue"), count_words(count, COUNTED))
    yield Fact(gettext("Last message sent"), _when(number, _last_sent(number)))


def _last_sent(number: Number) -> datetime | None:
    rows = Message.objects.for_clinic(number.clinic_id).filter(conversation__number=number, sent_at__isnull=False)
    return rows.order_by("-id").values_list("sent_at", flat=True).first()


def _when(number: Number, at: datetime | None) -> str:
    return f"{at.astimezone(number.clinic.zone):%d/%m/%Y %H:%M}" if at else "—"


def _changes(number: Number) -> list[dict[str, Any]]:
    rows = NumberChange.objects.for_clinic(number.clinic_id).filter(number=number).order_by("-at", "-id")
    return [
        {
            "at": row.at,
            "what": gettext(health_words.WHAT.get(row.what, row.what)),
            "before": _value(row.what, row.before),
            "after": _value(row.what, row.after),
            "source": SOURCES.get(row.source, ""),
        }
        for row in rows[:SHOWN_CHANGES]
    ]


SOURCES = {"check": _("check"), "notice": _("notice from Meta"), "person": _("team")}
VALUES: dict[str, Promise] = {
    "APPROVED": _("approved"),
    "PENDING_REVIEW": _("under review"),
    "DECLINED": _("refused"),
    "CONNECTED": _("connected"),
    "DISCONNECTED": _("disconnected"),
    "BANNED": _("banned"),
    "PENDING": _("pending"),
    "VERIFIED": _("verified"),
    "NOT_VERIFIED": _("not verified"),
    "CLOUD_API": _("on the platform"),
    "NOT_APPLICABLE": _("not on the platform"),
    "PIN_CHANGED": _("PIN changed"),
    "PIN_RESET_REQUEST": _("reset of the PIN asked for"),
    "PIN_REQUEST_SUCCESS": _("PIN reset"),
    "True": _("yes"),
    "False": _("no"),
    "account_disabled": _("disabled"),
    "account_restricted": _("restricted"),
    "account_limited": _("limited"),
    "account_deleted": _("deleted"),
    "offboarded": _("disconnected"),
    "app_removed": _("app removed"),
    "FLAGGED": _("low quality reported"),
    "UNFLAGGED": _("no longer of low quality"),
    "THROUGHPUT_UPGRADE": _("faster sending"),
    "ONBOARDING": _("brought in"),
    "DISABLED_UPDATE": _("ban announced, begun or ended"),
    "ACCOUNT_RESTRICTION": _("restriction"),
    "ACCOUNT_VIOLATION": _("breach of the rules"),
    "ACCOUNT_DELETED": _("deleted"),
    "ACCOUNT_OFFBOARDED": _("disconnected"),
    "ACCOUNT_RECONNECTED": _("connected again"),
    "PARTNER_ADDED": _("app added"),
    "PARTNER_REMOVED": _("app removed"),
    "PARTNER_APP_INSTALLED": _("app added"),
    "PARTNER_APP_UNINSTALLED": _("app removed"),
}


def _value(what: str, value: str) -> str:
    if what == "quality" and value in health_words.QUALITY:
        return str(health_words.QUALITY[value])
    if what == "messaging_limit" and value:
        return health_words.limit_words(value)
    if what == "throughput" and value in health_words.THROUGHPUT:
        return str(health_words.THROUGHPUT[value])
    return str(VALUES.get(value, value))


def token_words(number: Number) -> str:
    """Whether there is a token; the environment's wins."""
    if credentials.is_in_environment(number.clinic, Name.WHATSAPP_ACCESS_TOKEN):
        return gettext("given by the server's settings, which win over what is stored here")
    stored = credentials.is_set(number.clinic, Name.WHATSAPP_ACCESS_TOKEN)
    return gettext("stored, encrypted") if stored else gettext("not stored yet")


def outcome_lines(step: str, code: str, passed: tuple[str, ...], detail: str = "") -> list[Line]:
    """A refused draft as a checklist: what passed, what did not."""
    # Whether the token may send is asked once the number is known to be the account's.
    said = {"token": "reaches"}
    lines = [line(Step(key, State.DONE, said.get(key, ""))) for key in passed if key != step]
    lines.append(
        Line(
            step,
            str(step_words.TITLES[step]),
            "warning" if code in ("no_answer", "throttled") else "danger",
            str(step_words.PILLS[State.NO_ANSWER if code in ("no_answer", "throttled") else State.MISSING]),
            step_words.code_words(code, detail),
            None,
            "",
            "error",
        )
    )
    return lines


def json_of(address: str) -> str:
    """Where a page that asked in the background goes on to."""
    return json.dumps({"go": address})
