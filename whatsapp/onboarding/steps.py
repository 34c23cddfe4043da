"""Where does a number stand on its way in? One step after the other, from the row, without asking anybody."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings

from clinics import credentials
from clinics.credentials import Name
from whatsapp import callbacks, refusals
from whatsapp.models import ARRIVED, Conversation, Message, MessageState, Number
from whatsapp.number_health import STOPS

STEPS = (
    *("token", "number", "verified", "registered", "subscribed", "webhook"),
    *("name", "health", "test", "inbound"),
)
# What the number's own node tells, also to the check that comes by itself.
CHECKED = frozenset({"verified", "registered", "webhook", "name", "health"})
APPROVED = frozenset({"APPROVED", "AVAILABLE_WITHOUT_REVIEW"})


class State(StrEnum):
    """Of a step. `UNKNOWN`: nobody has asked yet; `NO_ANSWER`: asked in vain."""

    DONE = "done"
    WAITING = "waiting"
    MISSING = "missing"
    UNKNOWN = "unknown"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class Step:
    """`code`: which words say it. `detail`: what they name. `at`: since when it is known."""

    key: str
    state: State
    code: str = ""
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Finding:
    """What the last question about a step brought."""

    state: State
    code: str = ""
    detail: str = ""
    at: datetime | None = None


def findings_of(number: Number) -> dict[str, Finding]:
    """Step → what was found, as the row keeps it."""
    told: dict[str, dict[str, Any]] = json.loads(number.findings or "{}")
    return {
        step: Finding(State(one["state"]), one["code"], one["detail"], datetime.fromisoformat(one["at"]))
        for step, one in told.items()
    }


def list_steps(number: Number) -> list[Step]:
    """All steps, in the order in which they are made. A few queries."""
    found = findings_of(number)
    return [_step(number, key, found.get(key)) for key in STEPS]


def is_for_token(blocked_code: str) -> bool:
    """Whether the number is stopped because Meta refused its token, so that a good one sets it going."""
    return bool(blocked_code) and blocked_code not in STOPS | refusals.STOPS_CLINIC | {refusals.NUMBER_GONE}


def _is_in_vain(number: Number, key: str, found: Finding | None) -> bool:
    """Whether the last question was not answered, and no check has been since that tells the same."""
    if found is None or found.state != State.NO_ANSWER:
        return False
    if key not in CHECKED or number.checked_at is None or found.at is None:
        return True
    return number.checked_at <= found.at


def _step(number: Number, key: str, found: Finding | None) -> Step:
    if key == "token" and is_for_token(number.blocked_code):
        return Step(key, State.MISSING, "refused", number.blocked_code)
    if found is not None and _is_in_vain(number, key, found):
        return Step(key, found.state, found.code, found.detail, found.at)
    if key in _BY_FACTS:
        step = _BY_FACTS[key](number, found)
        return Step(key, step.state, step.code, step.detail, step.at)
    if found is None:
        return Step(key, State.UNKNOWN)
    return Step(key, found.state, found.code, found.detail, found.at)


def _verified(number: Number, _found: Finding | None) -> Finding:
    is_in_use = number.is_coexistence or _is_registered(number)
    if number.code_verification == "VERIFIED" or (number.code_verification and is_in_use):
        return Finding(State.DONE)
    return Finding(State.MISSING, "not_verified") if number.code_verification else Finding(State.UNKNOWN)


def _is_registered(number: Number) -> bool:
    return number.platform == "CLOUD_API" and number.status == "CONNECTED"


def _registered(number: Number, found: Finding | None) -> Finding:
    if number.is_coexistence:
        return Finding(State.DONE, "coexistence")
    if _is_registered(number):
        return Finding(State.DONE)
    if not number.platform:
        return Finding(State.UNKNOWN)
    if number.blocked_code in STOPS - {"not_registered"}:
        return Finding(State.MISSING, number.blocked_code)
    return Finding(State.MISSING, found.code if found and found.state == State.MISSING else "not_registered")


def _webhook(number: Number, found: Finding | None) -> Finding:
    if number.checked_at is None:
        return Finding(State.UNKNOWN)
    # With a secret of its own, what comes to the installation's common address could not be believed.
    allowed = {callbacks.default_url(number.clinic)}
    if not credentials.is_set(number.clinic, Name.WHATSAPP_APP_SECRET):
        allowed.add(f"{settings.PUBLIC_BASE_URL}/webhooks/whatsapp/")
    if number.webhook.rstrip("/") in {address.rstrip("/") for address in allowed}:
        return Finding(State.DONE)
    if found is not None and found.state == State.MISSING and found.code != "elsewhere":
        return found
    # The address is Meta's word about our own app, or another program's: only its host is told.
    return Finding(State.MISSING, "elsewhere" if number.webhook else "nowhere", _host(number.webhook))


def _host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0][:80]


def _name(number: Number, _found: Finding | None) -> Finding:
    if number.name_status in APPROVED:
        return Finding(State.DONE, detail=number.verified_name)
    if number.name_status in ("PENDING_REVIEW", "PENDING"):
        return Finding(State.WAITING, "name_pending", number.verified_name)
    if not number.name_status:
        return Finding(State.UNKNOWN)
    return Finding(State.MISSING, "name_declined" if number.name_status == "DECLINED" else "name_missing")


def _health(number: Number, _found: Finding | None) -> Finding:
    if number.blocked_code:
        return Finding(State.MISSING, "stopped", number.blocked_code)
    health: dict[str, Any] = json.loads(number.health or "{}")
    problems = health.get("problems", [])
    worst = next((one for one in problems if one["can"] == "BLOCKED"), problems[0] if problems else None)
    if worst is None:
        return Finding(State.DONE) if health.get("can_send") else Finding(State.UNKNOWN)
    state = State.MISSING if worst["can"] == "BLOCKED" else State.WAITING
    return Finding(state, f"problem_{worst['code']}", worst["words"])


def _test(number: Number, found: Finding | None) -> Finding:
    if found is None or not found.detail.isdecimal():
        return Finding(State.UNKNOWN, "no_test")
    message = Message.objects.for_clinic(number.clinic_id).filter(pk=int(found.detail)).first()
    if message is None:
        return Finding(State.UNKNOWN, "no_test")
    if message.state in ARRIVED:
        return Finding(State.DONE, message.state, at=found.at)
    if message.state == MessageState.FAILED:
        return Finding(State.MISSING, f"failed_{message.error_code}", at=found.at)
    return Finding(State.WAITING, message.state, at=found.at)


def _inbound(number: Number, _found: Finding | None) -> Finding:
    rows = Conversation.objects.for_clinic(number.clinic_id).filter(number=number, last_inbound_at__isnull=False)
    # By the index of the inbox: whoever wrote last is at its top.
    latest = rows.order_by("-last_message_at", "-id").values_list("last_inbound_at", flat=True).first()
    return Finding(State.DONE, at=latest) if latest else Finding(State.WAITING, "no_message")


_BY_FACTS = {
    "verified": _verified,
    "registered": _registered,
    "webhook": _webhook,
    "name": _name,
    "health": _health,
    "test": _test,
    "inbound": _inbound,
}
