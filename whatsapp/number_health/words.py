"""How is a number's state said to the clinic, with what to do about it? Used by alerts, pages and `check_clinic`."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from clinics import alerts
from clinics.models import Alert
from whatsapp import refusals
from whatsapp.models import Number
from whatsapp.number_health.learning import limit_of
from whatsapp.number_health.stopping import STOPPED

STOPPED_BY: dict[str, Promise] = {
    "account_disabled": _(
        "Meta has disabled the clinic's WhatsApp account: nothing is sent. Ask for a review in Meta's Business Support."
    ),
    "account_restricted": _(
        "Meta has restricted the clinic's WhatsApp account for a time: nothing is sent until the restriction ends. See "
        "the reason in WhatsApp Manager."
    ),
    "account_deleted": _(
        "The clinic's WhatsApp account was deleted at Meta: nothing is sent. Connect the number of another account."
    ),
    "offboarded": _(
        "The clinic's number was disconnected from AtendeAí at Meta: nothing is sent. Connect it again to go on."
    ),
    "app_removed": _(
        "The app was removed from the clinic's WhatsApp account: nothing is sent. Connect the number again to go on."
    ),
    "not_registered": _(
        "The number is not registered on WhatsApp's platform: nothing is sent. Register it, with its PIN, on its page."
    ),
}
STOPPED_BY |= dict.fromkeys(refusals.STOPS_CLINIC, refusals.WORDS[refusals.STOPPED])
STOPPED_BY[refusals.NUMBER_GONE] = refusals.GONE
TOKEN_REFUSED = _("Meta refuses the access token: nothing is sent. Give a new token on the number's page.")
PROBLEMS: dict[str, Promise] = {
    "141000": _("The WhatsApp account cannot send now."),
    "141002": _("There is a payment problem: add a payment method in WhatsApp Manager, under Billing."),
    "141004": _("The WhatsApp account is restricted: see the reason in WhatsApp Manager."),
    "141005": _("The WhatsApp account is disabled: ask for a review in Meta's Business Support."),
    "141006": _("The display name is not approved yet: fewer people can be written to until it is."),
    "141010": _("The number is not registered: register it, with its PIN, on its page."),
}
QUALITY: dict[str, Promise] = {
    "GREEN": _("high"),
    "YELLOW": _("middling"),
    "RED": _("low: patients block or report your messages"),
    "UNKNOWN": _("not measured yet"),
}
THROUGHPUT: dict[str, Promise] = {
    "HIGH": _("up to 1,000 messages a second"),
    "STANDARD": _("up to 80 messages a second"),
}
WHAT: dict[str, str] = {
    "quality": gettext_noop("Quality"),
    "messaging_limit": gettext_noop("Limit"),
    "throughput": gettext_noop("Pace"),
    "name_status": gettext_noop("Review of the name"),
    "verified_name": gettext_noop("Display name"),
    "username": gettext_noop("WhatsApp username"),
    "is_coexistence": gettext_noop("Also on the WhatsApp Business app"),
    "code_verification": gettext_noop("Verification of the number"),
    "status": gettext_noop("Connection"),
    "platform": gettext_noop("Platform"),
    "account_state": gettext_noop("State of the account"),
    "connection": gettext_noop("Link with AtendeAí"),
    "account_review": gettext_noop("Review of the account"),
    "account_event": gettext_noop("News of the account"),
    "number_event": gettext_noop("News of the number"),
    "account_alert": gettext_noop("Alert of Meta"),
    "security": gettext_noop("PIN"),
    "registered": gettext_noop("Registered"),
    "subscribed": gettext_noop("Webhooks on"),
    "webhook": gettext_noop("Address for webhooks"),
    "token": gettext_noop("Access token"),
}


def stopped_words(code: str) -> str:
    """Why the number sends nothing; "" when it does."""
    return str(STOPPED_BY.get(code, TOKEN_REFUSED)) if code else ""


def problem_words(code: str, fallback: str = "") -> str:
    """A problem of Meta's health report; `fallback`: Meta's own English."""
    return str(PROBLEMS.get(code) or fallback or _("Meta reports a problem (code %(code)s).") % {"code": code})


def limit_words(tier: str) -> str:
    """How many people the clinic may write to first in a day."""
    people = limit_of(tier)
    if people is not None:
        return str(_("up to %(people)s people a day") % {"people": f"{people:,}".replace(",", ".")})
    if tier == "TIER_UNLIMITED":
        return str(_("no limit of people a day"))
    return str(_("not told yet")) if not tier or tier == "TIER_NOT_SET" else tier


def throughput_words(number: Number) -> str:
    """How fast it may send."""
    if number.is_coexistence:
        return str(_("up to 20 messages a second (also on the WhatsApp Business app)"))
    return str(THROUGHPUT.get(number.throughput) or _("not told yet"))


def register() -> None:
    """Names the alerts about numbers; called when the app is ready."""
    for kind, how in _KINDS.items():
        alerts.register(kind, how)


def _page(alert: Alert) -> str | None:
    return reverse("admin:whatsapp_number_change", args=[alert.target_id]) if alert.target_id else None


def _stopped(alert: Alert) -> str:
    code, _space, name = alert.detail.partition(" ")
    return f"{name}: {stopped_words(code)}" if name else stopped_words(code)


def _problem(alert: Alert) -> str:
    return problem_words(alert.detail.rpartition(" ")[2])


def _pin(alert: Alert) -> str | Promise:
    if alert.detail == "PIN_CHANGED":
        return _(
            "The PIN of the clinic's WhatsApp number was changed. If it was not the clinic, change it at once in "
            "WhatsApp Manager."
        )
    return _(
        "Somebody asked to reset the PIN of the clinic's WhatsApp number. If it was not the clinic, refuse it in "
        "WhatsApp Manager."
    )


def _named(words: Promise) -> alerts.Words:
    return lambda alert: str(words) % {"detail": alert.detail}


_KINDS: dict[str, alerts.Kind] = {
    STOPPED: alerts.Kind(_stopped, _page, mails_owners=True),
    "number_problem": alerts.Kind(_problem, _page, mails_owners=True),
    "number_quality": alerts.Kind(
        lambda _alert: _(
            "The quality of the clinic's WhatsApp number is low: patients block or report its messages. Write "
            "less, and only to who expects it; WhatsApp may lower the limit."
        ),
        _page,
        is_grave=False,
        can_be_dismissed=True,
    ),
    "number_name": alerts.Kind(
        _named(_("Meta refused the display name «%(detail)s». Choose another one in WhatsApp Manager.")),
        _page,
        is_grave=False,
        mails_owners=True,
        can_be_dismissed=True,
    ),
    "number_pin": alerts.Kind(_pin, _page, mails_owners=True, can_be_dismissed=True),
    "account_limited": alerts.Kind(
        lambda _alert: _(
            "Meta has limited what the clinic's WhatsApp account may do: answers go out, but reminders and other first "
            "messages may be refused. See the reason in WhatsApp Manager."
        ),
        _page,
        mails_owners=True,
    ),
    "account_ban_scheduled": alerts.Kind(
        lambda _alert: _(
            "Meta is going to disable the clinic's WhatsApp account. Ask for a review in Meta's Business Support now."
        ),
        _page,
        mails_owners=True,
        can_be_dismissed=True,
    ),
    "account_violation": alerts.Kind(
        _named(_("Meta reports a breach of its rules by the clinic's WhatsApp account (%(detail)s). See it there.")),
        _page,
        mails_owners=True,
        can_be_dismissed=True,
    ),
    "account_review": alerts.Kind(
        lambda _alert: _("Meta refused the clinic's WhatsApp account in its review. See why in WhatsApp Manager."),
        _page,
        mails_owners=True,
        can_be_dismissed=True,
    ),
    "account_alert": alerts.Kind(
        _named(_("Meta sent an alert about the clinic's WhatsApp account (%(detail)s). See it in WhatsApp Manager.")),
        _page,
        is_grave=False,
        can_be_dismissed=True,
    ),
}
