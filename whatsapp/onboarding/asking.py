"""What does Meta say about one step, and what is done about it at once? Each outside call is one try.

Only what harms nobody is done unasked: having the account's webhooks sent at all. Registering needs the PIN, and
another address for the webhooks a person who says so.
"""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction

from atendeai.common.errors import CredentialsRevoked, IntegrationError, NotConfigured, Rejected, Throttled
from clinics import audit, credentials
from clinics.audit import Actor
from clinics.credentials import Name
from whatsapp import callbacks, number_health, outbox
from whatsapp.cloud_api.accounts import AccountApi
from whatsapp.cloud_api.nodes import NodeApi
from whatsapp.models import Number
from whatsapp.number_health import NoAnswer
from whatsapp.number_health.learning import lock
from whatsapp.number_health.learning import note as history
from whatsapp.onboarding.noting import forget, note
from whatsapp.onboarding.steps import CHECKED, State, is_for_token
from whatsapp.service import WhatsAppService

# Meta's refusals that name what is wrong, rather than that it could not be asked.
_NOT_THE_TOKENS = frozenset({"33", "100"})


def run_step(
    number: Number,
    key: str,
    *,
    by: Actor,
    now: datetime,
    pin: str = "",
    is_asked: bool = False,
    looks_only: bool = False,
) -> None:
    """Asks about this step and notes the answer. `is_asked`: a person pressed its button; `looks_only`: nothing is
    changed at Meta. KeyError: no such step."""
    act = _ACTS[key]
    try:
        act(_Asking(number, by, now, pin.strip(), is_asked, looks_only))
    except NoAnswer as failure:
        _note_failure(number, key, failure.error, now)
    except IntegrationError as error:
        _note_failure(number, key, error, now)
    number.refresh_from_db()


class _Asking:
    """One question about one number."""

    def __init__(self, number: Number, by: Actor, now: datetime, pin: str, is_asked: bool, looks_only: bool) -> None:
        self.number, self.by, self.now, self.pin = number, by, now, pin
        self.is_asked, self.looks_only = is_asked, looks_only

    def token(self, operation: str) -> str:
        return credentials.use(clinic=self.number.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, operation=operation)

    def nodes(self, operation: str) -> NodeApi:
        return NodeApi(
            settings.GRAPH_API_BASE_URL, settings.GRAPH_API_VERSION, self.token(operation), self.number.clinic_id
        )

    def note(self, step: str, state: State, code: str = "", detail: str = "") -> None:
        note(self.number, step, state, now=self.now, code=code, detail=detail)

    def record(self, action: audit.Action) -> None:
        audit.record(clinic=self.number.clinic, action=action, target=self.number, by=self.by, now=self.now)


def _note_failure(number: Number, key: str, error: IntegrationError, now: datetime) -> None:
    code = error.code or type(error).__name__
    if isinstance(error, CredentialsRevoked):
        note(number, "token", State.MISSING, now=now, code="refused", detail=code)
        if key != "token":
            note(number, key, State.NO_ANSWER, now=now, code="refused_token")
    elif isinstance(error, Rejected):
        refusal = _refusal(key, error.code)
        is_about_it = key in ("token", "number", "subscribed") or refusal not in ("out_of_reach", "forbidden")
        note(number, key, State.MISSING if is_about_it else State.NO_ANSWER, now=now, code=refusal, detail=code)
    else:
        words = {NotConfigured: "not_configured", Throttled: "throttled"}.get(type(error), "no_answer")
        note(number, key, State.NO_ANSWER, now=now, code=words, detail=code)


def _refusal(key: str, code: str) -> str:
    if key == "registered" and code in ("133005", "133006", "133008", "133009", "133016"):
        return f"register_{code}"
    if key == "webhook" and code == "2200":
        return "not_confirmed"
    return "out_of_reach" if code in _NOT_THE_TOKENS else "forbidden"


def _token(ask: _Asking) -> None:
    api = ask.nodes("number_check")
    if ask.number.account_id:
        api.account(ask.number.account_id)
    else:
        api.number(ask.number.phone_number_id)
    if not api.may_send(ask.number.phone_number_id):
        ask.note("token", State.MISSING, "no_permission_to_send")
        return
    ask.note("token", State.DONE)
    row = ask.number
    if is_for_token(row.blocked_code):
        outbox.unblock(number=row, by=ask.by, now=ask.now)


def _number(ask: _Asking) -> None:
    if not ask.number.account_id:
        ask.note("number", State.MISSING, "no_account")
        return
    ids = ask.nodes("number_check").number_ids(ask.number.account_id)
    is_there = ask.number.phone_number_id in ids
    ask.note("number", State.DONE if is_there else State.MISSING, "" if is_there else "not_in_account")


def _look(key: str) -> Callable[[_Asking], None]:
    """Steps that the number's own node answers."""

    def act(ask: _Asking) -> None:
        number_health.refresh(ask.number, now=ask.now)
        # What was not answered before now is.
        for other in {key, *CHECKED}:
            forget(ask.number, other)

    return act


def _registered(ask: _Asking) -> None:
    """Looks first: a number that is in, or on the Business app, is not registered again, whatever PIN was typed."""
    _look("registered")(ask)
    ask.number.refresh_from_db()
    if not ask.pin or ask.number.is_coexistence or ask.number.platform == "CLOUD_API":
        return
    if len(ask.pin) != 6 or not (ask.pin.isascii() and ask.pin.isdigit()):
        ask.note("registered", State.MISSING, "bad_pin")
        return
    ask.nodes("register").register(ask.number.phone_number_id, ask.pin)
    _tell(ask, "registered", "number_registered")
    _look("registered")(ask)


def _subscribed(ask: _Asking) -> None:
    if not ask.number.account_id:
        ask.note("subscribed", State.MISSING, "no_account")
        return
    api = AccountApi(
        settings.GRAPH_API_BASE_URL,
        settings.GRAPH_API_VERSION,
        ask.token("subscribed_apps"),
        ask.number.account_id,
        ask.number.clinic_id,
    )
    if not api.callbacks():
        if ask.looks_only:
            ask.note("subscribed", State.MISSING, "not_subscribed")
            return
        api.subscribe()
        _tell(ask, "subscribed", "number_subscribed")
        if not api.callbacks():
            ask.note("subscribed", State.MISSING, "not_subscribed")
            return
    ask.note("subscribed", State.DONE)


def _webhook(ask: _Asking) -> None:
    if ask.is_asked:
        clinic = ask.number.clinic
        address, verify_token = callbacks.default_url(clinic), callbacks.verify_token_of(clinic)
        # A number's own address goes before its account's: where it has one, that is the one to change.
        level: callbacks.Level = "number" if ask.number.webhook_level == "phone_number" else "account"
        WhatsAppService(clinic.pk).set_webhook(address, verify_token, level=level, number=ask.number)
        _tell(ask, "webhook", "number_webhook_set")
    _look("webhook")(ask)


def _tell(ask: _Asking, what: str, action: audit.Action) -> None:
    with transaction.atomic():
        history(lock(ask.number.pk), at=ask.now, source="person", what=what)
        ask.record(action)


_ACTS: dict[str, Callable[[_Asking], None]] = {
    "token": _token,
    "number": _number,
    "verified": _look("verified"),
    "registered": _registered,
    "subscribed": _subscribed,
    "webhook": _webhook,
    "name": _look("name"),
    "health": _look("health"),
}
