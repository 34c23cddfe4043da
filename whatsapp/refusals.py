"""What must stop, and who must be told, when Meta refuses a message for a reason that is not the message's own?

Asked after an answer of the API and after a status that says `failed`: the codes are the same. What becomes of the
message itself is decided elsewhere (`cloud_api.codes`, `outbox`, `statuses`). Repeating it changes nothing.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atendeai.common.errors import CredentialsRevoked, IntegrationError, Unreachable
from clinics import alerts, credentials
from clinics.audit import SYSTEM, Actor
from clinics.credentials import Name
from clinics.models import Alert, Clinic
from whatsapp import cloud_api
from whatsapp.models import Message, Number

logger = logging.getLogger(__name__)

Handler = Callable[[Message, datetime], None]

# Meta does not say how long it is cross; its own page speaks of hours and more.
BULK_RESTS = timedelta(hours=24)
STOPPED = "send_stopped"
BLOCKED = "send_blocked"
_PERMISSIONS = {"3", "10", "131005", *map(str, range(200, 300))}
# What the clinic must know, though nothing is stopped for it; a person takes the words away.
TOLD: dict[str, str] = {
    **dict.fromkeys(_PERMISSIONS, "send_permission"),
    "131042": "send_billing",
    "131037": "send_name",
    "131045": "send_unregistered",
    "133010": "send_unregistered",
    "131048": "send_spam",
    "131064": "send_templates",
}
STOPS_CLINIC = frozenset({"368", "131031"})
NUMBER_GONE = "33"
SPAM = "131048"

GONE = _("Meta no longer finds this number: nothing is sent. Connect it again.")
WORDS: dict[str, Promise] = {
    STOPPED: _("WhatsApp has locked the clinic's account. Nothing is sent until somebody has settled it with Meta."),
    BLOCKED: _("WhatsApp no longer accepts the number's access. Nothing is sent until it is renewed."),
    "send_permission": _("A permission is missing at Meta: a message of the clinic was refused."),
    "send_billing": _("WhatsApp refuses messages because of a payment problem in the clinic's account at Meta."),
    "send_name": _("WhatsApp refuses messages: the number's display name is not approved yet."),
    "send_unregistered": _("WhatsApp refuses messages: the number is not registered."),
    "send_spam": _("WhatsApp has limited the number after complaints by patients. Campaigns rest for 24 hours."),
    "send_templates": _("WhatsApp limits the clinic's templates: some were filed under the wrong category."),
}

_handlers: dict[str, list[Handler]] = {}


def on(code: str, handler: Handler) -> None:
    """Calls `handler(message, now)` whenever Meta refuses a message with this code; from an app's `ready()`."""
    if handler not in _handlers.setdefault(code, []):
        _handlers[code].append(handler)


def register() -> None:
    """Names our alerts."""
    for kind, words in WORDS.items():
        is_ours_to_end = kind in (STOPPED, BLOCKED)
        alerts.register(
            kind,
            alerts.Kind(
                words=lambda alert, words=words: GONE if alert.detail == NUMBER_GONE else words,  # type: ignore[misc]
                page=_page,
                mails_owners=kind not in ("send_spam", "send_templates"),
                can_be_dismissed=not is_ours_to_end,
            ),
        )


def _page(alert: Alert) -> str | None:
    if alert.target_type == "number":
        return reverse("admin:whatsapp_number_change", args=[alert.target_id])
    return reverse("admin:whatsapp_number_changelist")


def heed(*, message: Message, error: IntegrationError, now: datetime) -> None:
    """After the API has refused a message. Needs its clinic, conversation and number."""
    _heed(message, error.code, isinstance(error, CredentialsRevoked), now)


def heed_code(*, message: Message, code: str, now: datetime) -> None:
    """After a status with this code has failed a message."""
    _heed(message, code, cloud_api.error_class(code) is CredentialsRevoked, now)


def heed_alone(*, number: Number, code: str, now: datetime) -> bool:
    """After Meta has reported an error that belongs to no message; False for codes that mean nothing to a clinic."""
    return _heed_number(number, code, cloud_api.error_class(code) is CredentialsRevoked, now)


def _heed_number(number: Number, code: str, is_revoked: bool, now: datetime) -> bool:
    if is_revoked:
        block(number, code or "token", now)
    elif code in STOPS_CLINIC:
        _stop_clinic(number, code, now)
    elif code == NUMBER_GONE:
        _deactivate(number, now)
    elif code in TOLD:
        _tell(number, code, now)
    else:
        return False
    return True


def _heed(message: Message, code: str, is_revoked: bool, now: datetime) -> None:
    _heed_number(message.conversation.number, code, is_revoked, now)
    for handler in _handlers.get(code, ()):
        handler(message, now)


def unless_replaced(error: CredentialsRevoked, *, clinic: Clinic, token: str) -> IntegrationError:
    """The refusal of a token, or, when somebody has put another one in its place meanwhile, that nothing was done."""
    if credentials.was_replaced(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN, used=token):
        return Unreachable(error.provider, error.operation, code="token_replaced", status=error.status)
    return error


def block(number: Number, code: str, now: datetime) -> None:
    """Our token is refused: the number waits for a person, who sees why."""
    if not Number.objects.for_clinic(number.clinic_id).filter(pk=number.pk, blocked_code="").update(blocked_code=code):
        return
    name, why = Name.WHATSAPP_ACCESS_TOKEN, f"code_{code}"
    credentials.refuse(clinic=number.clinic, name=name, by=SYSTEM, now=now, why=why)
    alerts.raise_alert(clinic=number.clinic, kind=BLOCKED, target=number, now=now, detail=code)


def _stop_clinic(number: Number, code: str, now: datetime) -> None:
    """The account is locked: each further try would only be counted against it."""
    Number.objects.for_clinic(number.clinic_id).filter(blocked_code="").update(blocked_code=code)
    alerts.raise_alert(clinic=number.clinic, kind=STOPPED, now=now, detail=code)


def _deactivate(number: Number, now: datetime) -> None:
    rows = Number.objects.for_clinic(number.clinic_id).filter(pk=number.pk)
    rows.update(is_active=False, blocked_code=NUMBER_GONE)
    alerts.raise_alert(clinic=number.clinic, kind=BLOCKED, target=number, now=now, detail=NUMBER_GONE)


def _tell(number: Number, code: str, now: datetime) -> None:
    if code == SPAM:
        rows = Number.objects.for_clinic(number.clinic_id).filter(pk=number.pk)
        rows.update(bulk_not_before=now + BULK_RESTS)
    alerts.raise_alert(clinic=number.clinic, kind=TOLD[code], target=number, now=now, detail=code)


def settle(*, number: Number, by: Actor, now: datetime) -> None:
    """The number works again: what was said about its standstill is taken back."""
    alerts.clear_alert(clinic=number.clinic, kind=BLOCKED, target=number, now=now, by=by)
    if not Number.objects.for_clinic(number.clinic_id).filter(blocked_code__in=STOPS_CLINIC).exists():
        alerts.clear_alert(clinic=number.clinic, kind=STOPPED, now=now, by=by)
