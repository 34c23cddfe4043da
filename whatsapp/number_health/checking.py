"""What does Meta say about a number now? Asked by a person, and every half hour by a worker, one number at a time.

Two calls for each check, on 200 an hour that Meta allows for an account: a refusal for that reason moves the next
check as far as Meta asks.
"""

import json
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from atendeai.common.errors import CredentialsRevoked, IntegrationError
from clinics import alerts, credentials
from clinics.credentials import Name
from whatsapp import refusals
from whatsapp.cloud_api.nodes import AccountNode, Health, NodeApi, NumberNode
from whatsapp.models import Number
from whatsapp.number_health.learning import begin_with_us, is_news, learn, lock
from whatsapp.number_health.stopping import NOT_REGISTERED, REFUSED, STOPS, TOLD, resume, settle, stop

# Claimed and put off in one statement: a worker that dies, or a number that fails, is tried again at its next turn.
CLAIM = """
UPDATE whatsapp_number SET next_check_at = LEAST(
       now() + make_interval(secs => 1500 + random() * 600),
       CASE WHEN stopped_until > now() THEN stopped_until + interval '5 seconds' END)
 WHERE id = (SELECT id FROM whatsapp_number WHERE is_active AND (next_check_at IS NULL OR next_check_at <= now())
              ORDER BY next_check_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


REGISTERED = "CLOUD_API"
# A limit of the account for which Meta named no end.
ENDLESS_LIMIT_LASTS = timedelta(days=1)


class NoAnswer(Exception):
    """Meta could not be asked, or refused; `error` says how. The row holds its code as `last_health_error`."""

    def __init__(self, error: IntegrationError) -> None:
        super().__init__(str(error))
        self.error = error


def check_due(*, now: datetime) -> bool:
    """Checks one number whose turn it is; False when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM)
        claimed = cursor.fetchone()
    if claimed is None:
        return False
    number = Number.objects.select_related("clinic").get(pk=claimed[0])
    try:
        refresh(number, now=now)
    except NoAnswer as failure:
        pause = failure.error.retry_after_seconds
        if pause and pause > 1500:
            Number.objects.filter(pk=number.pk).update(next_check_at=Now() + timedelta(seconds=pause))
    return True


def refresh(number: Number, *, now: datetime) -> Number:
    """The row as Meta has it now. Raises `NoAnswer`, after noting it; no other fact changes then."""
    try:
        token = credentials.use(clinic=number.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, operation="number_check")
        node, account = _fetch_with(token, number)
    except IntegrationError as error:
        note_failure(number, error, now=now)
        raise NoAnswer(error) from error
    return take(number, node, account, now=now)


def _fetch_with(token: str, number: Number) -> tuple[NumberNode, AccountNode | None]:
    try:
        return fetch(api_of(number, token), number)
    except CredentialsRevoked as error:
        raise refusals.unless_replaced(error, clinic=number.clinic, token=token) from error


def api_of(number: Number, token: str) -> NodeApi:
    """Meta's nodes by this clinic's token."""
    return NodeApi(settings.GRAPH_API_BASE_URL, settings.GRAPH_API_VERSION, token, number.clinic_id)


def fetch(api: NodeApi, number: Number) -> tuple[NumberNode, AccountNode | None]:
    """The number's node, and its account's where the account is known."""
    return api.number(number.phone_number_id), api.account(number.account_id) if number.account_id else None


def take(number: Number, node: NumberNode, account: AccountNode | None, *, now: datetime) -> Number:
    """Learns the nodes, and stops or resumes accordingly."""
    with transaction.atomic():
        row = lock(number.pk)
        if row.checked_at is None and row.onboarded_at is None:
            begin_with_us(row, at=now)
        was_registered = row.platform == REGISTERED
        facts = _facts(row, node, account, now)
        learn(row, at=now, source="check", facts=facts)
        row.checked_at, row.last_health_error = now, ""
        row.display_number = node.display[:30] or row.display_number
        row.save(update_fields=["checked_at", "last_health_error", "display_number"])
        _judge(row, node, is_well="account_state" in facts, was_registered=was_registered, now=now)
    return row


def note_failure(number: Number, error: IntegrationError, *, now: datetime) -> None:
    """Keeps why there is no answer; a token that Meta refuses stops the number, as a refused message does."""
    code = (error.code or type(error).__name__)[:60]
    Number.objects.for_clinic(number.clinic_id).filter(pk=number.pk).update(last_health_error=code)
    if isinstance(error, CredentialsRevoked):
        refusals.block(number, error.code or "token", now)


def _facts(row: Number, node: NumberNode, account: AccountNode | None, now: datetime) -> dict[str, object]:
    told = {
        "quality": node.quality,
        "messaging_limit": node.messaging_limit,
        "throughput": node.throughput,
        "name_status": node.name_status,
        "verified_name": node.verified_name,
        "code_verification": node.code_verification,
        "status": node.status,
        "platform": node.platform,
        "account_review": account.review if account else "",
        "webhook": node.webhook,
        "health": _health_text(node.health),
    }
    # What Meta leaves out is not known, rather than gone; but the webhook and the health are as they stand.
    facts: dict[str, object] = {name: value[: _longest(name)] for name, value in told.items() if value}
    facts |= {"webhook": node.webhook, "webhook_level": node.webhook_level, "health": told["health"]}
    if node.is_coexistence is not None:
        facts["is_coexistence"] = node.is_coexistence
    return facts | _ended(row, node, account, now)


def _longest(name: str) -> int:
    return int(getattr(Number._meta.get_field(name), "max_length", None) or 100_000)


def _health_text(health: Health) -> str:
    return json.dumps(asdict(health)) if health.can_send else ""


def _ended(row: Number, node: NumberNode, account: AccountNode | None, now: datetime) -> dict[str, object]:
    """What a number that sends has surely left behind. A ban to come, and limits, show in no health: they run out,
    or, when Meta named no end, are believed over after a day."""
    said = {node.health.can_send, *([account.health.can_send] if account else [])}
    is_over = row.stopped_until is not None and row.stopped_until <= now
    if is_over and row.account_state in ("account_restricted", "account_limited"):
        return {"account_state": "", "stopped_until": None}
    if node.platform != REGISTERED or node.status != "CONNECTED" or not said <= {"AVAILABLE", "LIMITED"}:
        return {}
    ended: dict[str, object] = {"connection": ""}
    is_free = said == {"AVAILABLE"} or row.account_state in ("account_disabled", "account_deleted")
    may_end = row.account_state == "" or row.account_state in TOLD or _is_old_limit(row, now)
    if is_free and may_end:
        ended |= {"account_state": "", "stopped_until": None}
    return ended


def _is_old_limit(row: Number, now: datetime) -> bool:
    """Whether it is a limit that would never run out, and was not told of lately."""
    is_endless = row.account_state == "account_limited" and row.stopped_until is None
    return is_endless and is_news(row, "account_state", at=now - ENDLESS_LIMIT_LASTS)


def _judge(row: Number, node: NumberNode, *, is_well: bool, was_registered: bool, now: datetime) -> None:
    if node.status == "BANNED":
        # Nothing else is asked: no notice has told of it, so that each check would end the stop and tell it anew.
        stop(row, "account_disabled", now=now)
    else:
        _settle(row, node, is_well=is_well, was_registered=was_registered, now=now)
    _tell_of_health(row, node, now)


def _settle(row: Number, node: NumberNode, *, is_well: bool, was_registered: bool, now: datetime) -> None:
    settle(row, now=now)
    if is_well:
        resume(row, now=now, among=REFUSED)
    if node.platform == REGISTERED:
        resume(row, now=now, among=(NOT_REGISTERED,))
    elif node.platform and row.blocked_code not in STOPS:
        # While it is being brought in, its page says so; nobody needs a mail about it.
        stop(row, NOT_REGISTERED, now=now, is_told=was_registered)


def _tell_of_health(row: Number, node: NumberNode, now: datetime) -> None:
    if row.account_state != "account_limited":
        alerts.clear_alert(clinic=row.clinic, kind="account_limited", target=row, now=now)
    # A stopped number has its own alert, and a name under review no remedy but waiting.
    grave = [problem for problem in node.health.problems if problem.can == "BLOCKED"] if not row.blocked_code else []
    if grave:
        alerts.raise_alert(
            clinic=row.clinic, kind="number_problem", target=row, now=now, detail=f"{grave[0].entity} {grave[0].code}"
        )
    else:
        alerts.clear_alert(clinic=row.clinic, kind="number_problem", target=row, now=now)
    if row.quality == "RED":
        alerts.raise_alert(clinic=row.clinic, kind="number_quality", target=row, now=now)
    else:
        alerts.clear_alert(clinic=row.clinic, kind="number_quality", target=row, now=now)
