"""How do our rows keep up with Meta's templates? By its notices as they come, and by a comparison every half hour.

The comparison has a timetable row for each account: one worker at a time, by lease; a notice that cannot be applied
(unknown template, or older than what we know) asks for it at once. Meta's own pauses (80007) are kept.
"""

import json
import logging
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now

from atendeai.common.errors import CredentialsRevoked, IntegrationError, NotConfigured
from atendeai.common.resilience import backoff
from clinics import credentials
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp import appointment_notices, template_states
from whatsapp.cloud_api.templates import Listed, TemplateApi, normal_language
from whatsapp.models import Item, Message, Template, TemplateSync

logger = logging.getLogger(__name__)

# A row's own story, in columns that each change of it touches.
MARK = ("status", "status_at", "template_id", "components", "category_at")
Mark = tuple[Any, ...]
# Meta refused a template that we thought could be sent: what we know of it is old.
TELLING_CODES = ("132000", "132001", "132007", "132012", "132015", "132016")
EVERY = timedelta(minutes=30)
# While a review is open its notice might be lost: look more often.
WHILE_PENDING = timedelta(minutes=5)
LEASE_SECONDS = 120
CLAIM = """
UPDATE whatsapp_templatesync AS claimed
   SET lease_until = statement_timestamp() + make_interval(secs => %(lease)s), attempts = attempts + 1,
       -- What loses its worker each time comes again ever later, and holds up nobody else.
       due_at = statement_timestamp() + make_interval(secs => %(lease)s * least(attempts + 1, 15))
 WHERE claimed.id = (SELECT id FROM whatsapp_templatesync
                      WHERE due_at <= statement_timestamp()
                        AND (lease_until IS NULL OR lease_until < statement_timestamp())
                      ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING claimed.id
"""
# An account that no row stands for yet.
ADD = """
INSERT INTO whatsapp_templatesync (clinic_id, account_id)
SELECT DISTINCT number.clinic_id, number.account_id
  FROM whatsapp_number number JOIN clinics_clinic clinic ON clinic.id = number.clinic_id AND clinic.is_active
 WHERE number.is_active AND number.account_id <> ''
   AND NOT EXISTS (SELECT 1 FROM whatsapp_templatesync sync
                    WHERE sync.clinic_id = number.clinic_id AND sync.account_id = number.account_id)
 LIMIT 200
ON CONFLICT DO NOTHING
"""
# Meta's word for what happened → the state it leaves; other words are kept in the history only.
STATES = {
    "APPROVED": "APPROVED",
    "REINSTATED": "APPROVED",
    "UNPAUSED": "APPROVED",
    **{
        word: word
        for word in (
            "PENDING",
            "REJECTED",
            "PAUSED",
            "DISABLED",
            "IN_APPEAL",
            "ARCHIVED",
            "LOCKED",
            "LIMIT_EXCEEDED",
            "PENDING_DELETION",
            "DELETED",
        )
    },
}


def want(*, clinic: Clinic, account_id: str) -> None:
    """Asks for a comparison as soon as a worker is free."""
    rows = TemplateSync.objects.for_clinic(clinic)
    row, is_new = rows.get_or_create(account_id=account_id, defaults={"clinic": clinic})
    if not is_new:
        rows.filter(pk=row.pk).update(due_at=Now())


def heed_refusal(message: Message, _now: datetime) -> None:
    """Meta refused a template: ask what has become of it."""
    want(clinic=message.clinic, account_id=message.conversation.number.account_id)


def api_for(clinic: Clinic, account_id: str, operation: str) -> TemplateApi:
    """The account's templates at Meta; NotConfigured without a token."""
    token = credentials.use(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN, operation=operation)
    return TemplateApi(settings.GRAPH_API_BASE_URL, settings.GRAPH_API_VERSION, token, account_id, clinic.pk)


def sync_next(*, now: datetime) -> bool:
    """Compares the account that has waited longest, if one is due; whether there was one."""
    with connection.cursor() as cursor:
        cursor.execute(ADD)
        cursor.execute(CLAIM, {"lease": LEASE_SECONDS})
        row = cursor.fetchone()
    if row is None:
        return False
    _compare(TemplateSync.objects.select_related("clinic").get(pk=row[0]), now)
    return True


def _compare(sync: TemplateSync, now: datetime) -> None:
    known = _marks(sync.clinic, sync.account_id)
    try:
        listed = api_for(sync.clinic, sync.account_id, "message_templates.list").list_all()
    except IntegrationError as error:
        logger.warning("templates not compared", extra={"clinic_id": sync.clinic_id, "error": str(error)})
        _finish(sync, _pause_after(sync, error), error=error.code or type(error).__name__)
        return
    apply_list(clinic=sync.clinic, account_id=sync.account_id, listed=listed, known=known, asked_at=now, now=now)
    is_pending = any(one.status == "PENDING" for one in listed)
    _finish(sync, (WHILE_PENDING if is_pending else EVERY) * random.uniform(0.9, 1.1))


def _pause_after(sync: TemplateSync, error: IntegrationError) -> timedelta:
    if isinstance(error, CredentialsRevoked | NotConfigured):
        return EVERY
    return backoff(sync.attempts, at_least_seconds=error.retry_after_seconds)


def _finish(sync: TemplateSync, pause: timedelta, *, error: str = "") -> None:
    """The next time, unless somebody asked for an earlier one meanwhile. Nothing when the lease went to another."""
    mine = TemplateSync.objects.for_clinic(sync.clinic_id).filter(pk=sync.pk, attempts=sync.attempts)
    due = Case(When(due_at=Value(sync.due_at), then=Now() + pause), default=F("due_at"))
    if error:
        mine.update(due_at=due, lease_until=None, last_error=error[:60])
    else:
        mine.update(due_at=due, lease_until=None, last_error="", attempts=0, done_at=Now())


def _marks(clinic: Clinic, account_id: str) -> dict[int, Mark]:
    """What each row was before Meta was asked: what is another one afterwards, somebody has changed meanwhile."""
    rows = Template.objects.for_clinic(clinic).filter(account_id=account_id)
    return {pk: tuple(mark) for pk, *mark in rows.values_list("pk", *MARK)}


def _is_as_known(row: Template, known: dict[int, Mark]) -> bool:
    return known.get(row.pk) == tuple(getattr(row, name) for name in MARK)


@transaction.atomic
def apply_list(
    *,
    clinic: Clinic,
    account_id: str,
    listed: list[Listed],
    known: dict[int, Mark],
    asked_at: datetime,
    now: datetime,
) -> None:
    """Our rows after Meta's list as it was at `asked_at`; what is no longer in it has been deleted.

    `known`: our rows just before. What was submitted, changed or told of since is not in the list as it is: it is left
    alone, and compared again soon.
    """
    mine = Template.objects.for_clinic(clinic).filter(account_id=account_id).order_by("pk")
    # Only ours: locked along, the clinic's own row would hold up whatever else is written for the clinic.
    locked = mine.select_for_update(of=("self",)).select_related("clinic")
    rows = {(row.name, row.language): row for row in locked}
    newer = {key for key, row in rows.items() if not _is_as_known(row, known)}
    for one in listed:
        if (one.name, one.language) not in newer:
            row = rows.pop((one.name, one.language), None) or _new(clinic, account_id, one.name, one.language, now)
            _apply_listed(row, one, asked_at, now)
    for key, row in rows.items():
        if key not in newer and row.status != template_states.DELETED:
            template_states.set_status(row, template_states.DELETED, at=asked_at, now=now)
    mine.update(last_synced_at=asked_at)
    if newer:
        want(clinic=clinic, account_id=account_id)
    appointment_notices.settle_missing(clinic=clinic, now=now)


def _new(clinic: Clinic, account_id: str, name: str, language: str, now: datetime) -> Template:
    row, _ = Template.objects.get_or_create(
        clinic=clinic, account_id=account_id, name=name, language=language, defaults={"created_at": now}
    )
    return row


def _apply_listed(row: Template, one: Listed, asked_at: datetime, now: datetime) -> None:
    components = json.dumps(one.components)
    template_states.set_components(row, components, at=asked_at, is_named=one.is_named)
    if one.id and row.template_id != one.id:
        row.template_id = one.id
        row.save(update_fields=["template_id"])
    if one.quality and one.quality != row.quality:
        template_states.set_quality(row, one.quality, at=asked_at)
    if one.category and one.category != row.category:
        template_states.set_category(row, one.category, at=asked_at, now=now)
    if one.status and one.status != row.status:
        reason = "" if one.rejected_reason == "NONE" else one.rejected_reason
        template_states.set_status(row, one.status, at=asked_at, now=now, reason=reason)


def apply_notice(*, item: Item, payload: dict[str, Any], now: datetime) -> str | None:
    """One notice of Meta's about a template; why nothing came of it. What cannot be applied asks for a comparison."""
    clinic = item.clinic
    if clinic is None:
        return "no_clinic"
    row = _find(clinic, item.scope, payload)
    if row is None:
        want(clinic=clinic, account_id=item.scope)
        return "unknown_template"
    is_applied = _apply(row, payload, item.provider_at, now)
    if not is_applied:
        want(clinic=clinic, account_id=item.scope)
        return "overtaken"
    appointment_notices.settle_missing(clinic=clinic, now=now)
    return None


def _find(clinic: Clinic, account_id: str, payload: dict[str, Any]) -> Template | None:
    """By name and language, which a repeated creation keeps; by Meta's id when they are missing."""
    rows = Template.objects.for_clinic(clinic).filter(account_id=account_id)
    rows = rows.select_for_update(of=("self",)).select_related("clinic")
    name, language = _word(payload, "message_template_name"), _word(payload, "message_template_language")
    if name and language:
        return rows.filter(name=name, language=normal_language(language)).first()
    template_id = _word(payload, "message_template_id")
    return rows.filter(template_id=template_id).first() if template_id else None


def _apply(row: Template, payload: dict[str, Any], told_at: datetime, now: datetime) -> bool:
    # Meta tells whole seconds: within one the notice is as new as what we know.
    at = told_at + timedelta(microseconds=999_999) if not told_at.microsecond else told_at
    if "event" in payload:
        return _apply_status(row, payload, at, now)
    if "new_quality_score" in payload:
        return template_states.set_quality(row, _word(payload, "new_quality_score").upper(), at=at)
    if "correct_category" in payload:
        starts = _moment(payload.get("category_update_timestamp"))
        category = _word(payload, "correct_category").upper()
        template_states.announce_category(row, category, from_=starts, at=at, now=now)
        return True
    if "new_category" in payload:
        return template_states.set_category(row, _word(payload, "new_category").upper(), at=at, now=now)
    # New content, or something Meta has added since: only the list tells all of it.
    return False


def _apply_status(row: Template, payload: dict[str, Any], at: datetime, now: datetime) -> bool:
    event = _word(payload, "event").upper()
    title = _word(payload.get("other_info"), "title").upper()
    status = "APPROVED" if title == "UNPAUSE" else STATES.get(event)
    if status is None:
        template_states.note(row, "status", event, at=at, detail=title)
        return True
    reason = _word(payload, "reason").upper()
    advice = _word(payload.get("rejection_info"), "recommendation")
    reason = _word(payload.get("rejection_info"), "reason").upper() or ("" if reason == "NONE" else reason)
    return template_states.set_status(row, status, at=at, now=now, reason=reason, advice=advice, pause=title[:30])


def _word(node: Any, key: str) -> str:
    value = node.get(key) if isinstance(node, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.replace("\x00", "")[:512] if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
