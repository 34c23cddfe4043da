"""May this number come in, with this token? Meta confirms token, account and number before anything is kept.

Whose number it is, is looked up last: only who holds a token for the number's account learns that it is taken.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from atendeai.common.errors import CredentialsRevoked, IntegrationError, NotConfigured, Rejected, Throttled
from clinics import credentials
from clinics.audit import Actor
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp import numbers, outbox, refusals
from whatsapp.cloud_api.nodes import NodeApi
from whatsapp.models import Number
from whatsapp.onboarding.asking import run_step
from whatsapp.onboarding.noting import note
from whatsapp.onboarding.steps import State, is_for_token

# A clinic has few accounts; each costs a call before its token is replaced.
MOST_ACCOUNTS = 5


@dataclass(frozen=True)
class Draft:
    """What the person typed. `token` empty: the clinic's present one."""

    phone_number_id: str
    account_id: str
    token: str = ""
    app_secret: str = ""
    pin: str = ""
    display_number: str = ""

    def __repr__(self) -> str:
        return f"Draft({self.phone_number_id})"


@dataclass(frozen=True)
class Outcome:
    """The number, or why not: the step that failed and the code of its words. `passed`: steps before it."""

    number: Number | None = None
    step: str = ""
    code: str = ""
    passed: tuple[str, ...] = ()
    detail: str = ""


class _Refused(Exception):
    def __init__(self, step: str, code: str, detail: str = "") -> None:
        super().__init__(step, code)
        self.step, self.code, self.detail = step, code, detail


def connect(*, clinic: Clinic, draft: Draft, by: Actor, now: datetime) -> Outcome:
    """Brings the number in; afterwards its steps tell what is still missing. Nothing is kept of a refused draft."""
    passed: list[str] = []
    try:
        token = _token_for(clinic, draft.token)
        api = NodeApi(settings.GRAPH_API_BASE_URL, settings.GRAPH_API_VERSION, token, clinic.pk)
        _ask_account(api, draft.account_id)
        passed.append("token")
        _ask_others(clinic, api, {draft.account_id})
        _ask_number(api, draft)
        passed.append("number")
        number = _keep(clinic, draft, by, now)
    except _Refused as refusal:
        _record_refusal(clinic, draft.token, refusal, by, now)
        return Outcome(step=refusal.step, code=refusal.code, passed=tuple(passed), detail=refusal.detail)
    note(number, "number", State.DONE, now=now)
    for step in ("token", "registered"):
        run_step(number, step, by=by, now=now, pin=draft.pin if step == "registered" else "")
    return Outcome(number=number, passed=tuple(passed))


def replace_token(*, number: Number, token: str, by: Actor, now: datetime) -> Outcome:
    """Another token for the clinic, once it reaches every account of its numbers."""
    clinic = number.clinic
    try:
        api = NodeApi(settings.GRAPH_API_BASE_URL, settings.GRAPH_API_VERSION, _token_for(clinic, token), clinic.pk)
        _ask_account(api, number.account_id or number.phone_number_id)
        _ask_others(clinic, api, {number.account_id})
    except _Refused as refusal:
        _record_refusal(clinic, token, refusal, by, now)
        return Outcome(step=refusal.step, code=refusal.code, detail=refusal.detail)
    with transaction.atomic():
        credentials.store(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value=token.strip(), by=by, now=now)
        _unblock(clinic, by, now)
    run_step(number, "token", by=by, now=now)
    return Outcome(number=number, passed=("token",))


def confirm_account(*, number: Number, account_id: str) -> Outcome:
    """Whether the clinic's token finds the number in this account."""
    clinic = number.clinic
    try:
        api = NodeApi(settings.GRAPH_API_BASE_URL, settings.GRAPH_API_VERSION, _token_for(clinic, ""), clinic.pk)
        _ask_number(api, Draft(number.phone_number_id, account_id))
    except _Refused as refusal:
        return Outcome(step=refusal.step, code=refusal.code)
    return Outcome(number=number, passed=("number",))


def is_from_environment(clinic: Clinic) -> bool:
    """Whether the server's settings give the clinic's token: they win over what a page stores."""
    return credentials.is_in_environment(clinic, Name.WHATSAPP_ACCESS_TOKEN)


def _token_for(clinic: Clinic, typed: str) -> str:
    typed = typed.strip()
    if typed and is_from_environment(clinic):
        raise _Refused("token", "from_environment")
    try:
        token = typed or credentials.find(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN)
    except NotConfigured:
        token = None
    if not token:
        raise _Refused("token", "not_configured")
    return token


def _ask_account(api: NodeApi, account_id: str) -> None:
    try:
        api.account(account_id)
    except IntegrationError as error:
        raise _unanswered("token", error) from None


def _ask_others(clinic: Clinic, api: NodeApi, known: set[str]) -> None:
    rows = Number.objects.for_clinic(clinic).filter(is_active=True).exclude(account_id__in=["", *known])
    of_each = rows.order_by("account_id", "id").distinct("account_id")
    accounts = dict(of_each.values_list("account_id", "display_number")[:MOST_ACCOUNTS])
    for account_id, display in accounts.items():
        try:
            api.account(account_id)
        except (Rejected, CredentialsRevoked):
            raise _Refused("token", "other_account", display) from None
        except IntegrationError as error:
            raise _unanswered("token", error) from None


def _ask_number(api: NodeApi, draft: Draft) -> None:
    try:
        ids = api.number_ids(draft.account_id)
    except IntegrationError as error:
        raise _unanswered("number", error) from None
    if draft.phone_number_id not in ids:
        raise _Refused("number", "not_in_account")


def _unanswered(step: str, error: IntegrationError) -> _Refused:
    if isinstance(error, CredentialsRevoked):
        return _Refused(step, "refused")
    if isinstance(error, Rejected):
        return _Refused(step, "out_of_reach" if error.code in ("33", "100") else "forbidden")
    return _Refused(step, "throttled" if isinstance(error, Throttled) else "no_answer")


def _record_refusal(clinic: Clinic, typed: str, refusal: _Refused, by: Actor, now: datetime) -> None:
    """What could not be asked was not refused."""
    if refusal.code in ("no_answer", "throttled", "not_configured", "from_environment"):
        return
    name = Name.WHATSAPP_PHONE_NUMBER_ID if refusal.step == "number" else Name.WHATSAPP_ACCESS_TOKEN
    if refusal.step == "number" or typed:
        credentials.refuse(clinic=clinic, name=name, by=by, now=now, why=refusal.code)


def _keep(clinic: Clinic, draft: Draft, by: Actor, now: datetime) -> Number:
    given = {Name.WHATSAPP_ACCESS_TOKEN: draft.token.strip(), Name.WHATSAPP_APP_SECRET: draft.app_secret.strip()}
    try:
        with transaction.atomic():
            number = numbers.upsert(
                clinic=clinic,
                phone_number_id=draft.phone_number_id,
                account_id=draft.account_id,
                display_number=draft.display_number,
                by=by,
                now=now,
            )
            Number.objects.for_clinic(clinic).filter(pk=number.pk).update(is_active=True)
            if number.blocked_code == refusals.NUMBER_GONE:
                # Meta has just named it among the account's numbers.
                outbox.unblock(number=number, by=by, now=now)
            for name, value in given.items():
                if value:
                    credentials.store(clinic=clinic, name=name, value=value, by=by, now=now)
            if draft.token.strip():
                _unblock(clinic, by, now)
    except (numbers.NumberTaken, IntegrityError):
        # Two clinics at once: the database lets one of them have the account.
        raise _Refused("number", "belongs_to_another_clinic") from None
    return Number.objects.for_clinic(clinic).select_related("clinic").get(pk=number.pk)


def _unblock(clinic: Clinic, by: Actor, now: datetime) -> None:
    """A new token ends what the old one was refused for, and nothing that Meta says of the account."""
    for number in Number.objects.for_clinic(clinic).exclude(blocked_code=""):
        if is_for_token(number.blocked_code):
            outbox.unblock(number=number, by=by, now=now)
