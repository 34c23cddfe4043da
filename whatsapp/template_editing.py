"""How does a person bring a template to Meta: submit, change, delete, or take the whole starter set?

Meta's creation limits are checked before the call. Each use case speaks to Meta while the person waits, and writes down
what Meta confirmed; an outcome that nobody knows asks for a comparison, which finds out.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from atendeai.common.errors import IntegrationError, OutcomeUnknown
from clinics import audit
from clinics.audit import Actor
from clinics.models import Clinic
from whatsapp import appointment_notices, template_states, template_sync
from whatsapp.cloud_api.template_drafts import Draft, Problem, can_hold, problems
from whatsapp.models import Number, Template, TemplateEvent
from whatsapp.starter_templates import STARTERS

MOST_AN_HOUR = 100
SUBMITTED = "submitted"
EDITABLE = ("APPROVED", "REJECTED", "PAUSED")
BEYOND_US = Problem("name", "beyond_us")
NOT_KNOWN = Problem("name", "not_known")


class DraftRefused(Exception):
    """Meta would refuse it: nothing was called."""

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__(", ".join(f"{one.field}: {one.code}" for one in found))
        self.problems = tuple(found)


@dataclass(frozen=True)
class StarterResult:
    """What became of one template of the starter set; `error` None when it is there or was submitted."""

    name: str
    is_new: bool
    error: IntegrationError | None = None


def accounts(clinic: Clinic) -> list[str]:
    """The clinic's business accounts, the oldest number's first."""
    rows = Number.objects.for_clinic(clinic).filter(is_active=True).exclude(account_id="").order_by("pk")
    return list(dict.fromkeys(rows.values_list("account_id", flat=True)))


def submit(*, clinic: Clinic, account_id: str, draft: Draft, by: Actor, now: datetime) -> Template:
    """The new template, in review. Raises `DraftRefused` or an IntegrationError; then nothing was submitted, except
    after `OutcomeUnknown`, where the comparison tells."""
    found = [*problems(draft), *_hourly(clinic, account_id, now), *_taken(clinic, account_id, draft)]
    if found:
        raise DraftRefused(found)
    api = template_sync.api_for(clinic, account_id, "message_templates.create")
    try:
        told = api.create(draft)
    except OutcomeUnknown:
        template_sync.want(clinic=clinic, account_id=account_id)
        raise
    with transaction.atomic():
        row = _kept(clinic, account_id, draft, now)
        row.template_id, row.category, row.category_at = told.id, told.category, now
        row.save(update_fields=["template_id", "category", "category_at"])
        template_states.note(row, SUBMITTED, told.category, at=now)
        template_states.set_status(row, told.status, at=now, now=now)
        audit.record(clinic=clinic, action="template_submitted", target=row, by=by, now=now)
        appointment_notices.settle_missing(clinic=clinic, now=now)
    return row


def why_not_here(template: Template) -> Problem | None:
    """What keeps our form from changing it: parts that it cannot hold would be lost, and so would a content that we do
    not know yet, of a template that a notice named before Meta's list did."""
    if not template.has_content:
        return NOT_KNOWN
    return None if can_hold(json.loads(template.components)) else BEYOND_US


def edit(*, clinic: Clinic, template: Template, draft: Draft, by: Actor, now: datetime) -> Template:
    """The same template with new content, in review again."""
    found = problems(draft)
    if template.status not in EDITABLE:
        found.append(Problem("name", "not_editable"))
    if why_not := why_not_here(template):
        found.append(why_not)
    if found:
        raise DraftRefused(found)
    api = template_sync.api_for(clinic, template.account_id, "message_templates.edit")
    with_category = template.status != "APPROVED" and draft.category != template.category
    try:
        api.edit(template.template_id, draft, with_category=with_category)
    except OutcomeUnknown:
        template_sync.want(clinic=clinic, account_id=template.account_id)
        raise
    with transaction.atomic():
        row = _locked(clinic, template)
        template_states.set_components(row, json.dumps(draft.components()), at=now, is_named=True)
        template_states.set_status(row, "PENDING", at=now, now=now)
        audit.record(clinic=clinic, action="template_edited", target=row, by=by, now=now)
    return row


def delete(*, clinic: Clinic, template: Template, by: Actor, now: datetime) -> None:
    """Deleted at Meta, too, in this language. The row stays for the history, and as «deleted»."""
    if template.template_id and template.status != template_states.DELETED:
        api = template_sync.api_for(clinic, template.account_id, "message_templates.delete")
        try:
            api.delete(template.name, template.template_id)
        except OutcomeUnknown:
            template_sync.want(clinic=clinic, account_id=template.account_id)
            raise
    with transaction.atomic():
        row = _locked(clinic, template)
        template_states.set_status(row, template_states.DELETED, at=now, now=now)
        audit.record(clinic=clinic, action="template_deleted", target=row, by=by, now=now)


def submit_starters(*, clinic: Clinic, account_id: str, by: Actor, now: datetime) -> list[StarterResult]:
    """The starter set: those that are not there yet are submitted; one that fails does not stop the others."""
    rows = Template.objects.for_clinic(clinic).filter(account_id=account_id)
    there = set(rows.exclude(status=template_states.DELETED).values_list("name", "language"))
    return [_starter(clinic, account_id, one.draft(), by, now, there) for one in STARTERS]


def _starter(
    clinic: Clinic, account_id: str, draft: Draft, by: Actor, now: datetime, there: set[tuple[str, str]]
) -> StarterResult:
    if (draft.name, draft.language) in there:
        return StarterResult(draft.name, is_new=False)
    try:
        submit(clinic=clinic, account_id=account_id, draft=draft, by=by, now=now)
    except IntegrationError as error:
        return StarterResult(draft.name, is_new=False, error=error)
    return StarterResult(draft.name, is_new=True)


def _hourly(clinic: Clinic, account_id: str, now: datetime) -> list[Problem]:
    recent = TemplateEvent.objects.for_clinic(clinic).filter(
        what=SUBMITTED, at__gt=now - timedelta(hours=1), template__account_id=account_id
    )
    return [Problem("name", "hourly", MOST_AN_HOUR)] if recent.count() >= MOST_AN_HOUR else []


def _taken(clinic: Clinic, account_id: str, draft: Draft) -> list[Problem]:
    rows = Template.objects.for_clinic(clinic).filter(account_id=account_id, name=draft.name, language=draft.language)
    return [Problem("name", "taken")] if rows.exclude(status=template_states.DELETED).exists() else []


def _kept(clinic: Clinic, account_id: str, draft: Draft, now: datetime) -> Template:
    """The row, perhaps one that was deleted, with the draft's content; locked."""
    row, _ = Template.objects.get_or_create(
        clinic=clinic, account_id=account_id, name=draft.name, language=draft.language, defaults={"created_at": now}
    )
    row = _locked(clinic, row)
    row.created_at = now
    row.save(update_fields=["created_at"])
    template_states.set_components(row, json.dumps(draft.components()), at=now, is_named=True)
    return row


def _locked(clinic: Clinic, template: Template) -> Template:
    rows = Template.objects.for_clinic(clinic).select_related("clinic")
    return rows.select_for_update(of=("self",)).get(pk=template.pk)
