"""What changes when Meta decides about a template? Its row, its history, and what the clinic is told.

Meta's notices may come in any order and beside the poll: each fact keeps the time at which Meta told of it, and an
older one changes nothing. Everything happens in the transaction at hand, under the template's row lock.
"""

from datetime import datetime

from clinics import alerts
from whatsapp.cloud_api.template_drafts import MARKETING
from whatsapp.models import Template, TemplateEvent

STOPPED = "template_stopped"
BECAME_MARKETING = "template_marketing"
# In these states somebody must act, or wait, before it can be sent again.
STOPPED_STATES = ("REJECTED", "PAUSED", "DISABLED", "LOCKED", "LIMIT_EXCEEDED")
APPROVED, DELETED, PAUSED = "APPROVED", "DELETED", "PAUSED"


def set_status(
    template: Template, status: str, *, at: datetime, now: datetime, reason: str = "", advice: str = "", pause: str = ""
) -> bool:
    """The state as of `at`; False when something newer is known. The caller has locked the row."""
    if template.status_at is not None and at < template.status_at:
        return False
    is_news = status != template.status
    if is_news:
        _remember(template, "status", template.status, status, at=at, detail=advice or reason or pause)
    template.status, template.status_at = status, at
    template.rejected_reason = reason[:80] if status == "REJECTED" else ""
    template.advice = advice[:500] if status == "REJECTED" else ""
    template.pause = pause if status == PAUSED else ""
    template.save(update_fields=["status", "status_at", "rejected_reason", "advice", "pause"])
    if is_news:
        _tell(template, now)
    return True


def set_quality(template: Template, quality: str, *, at: datetime) -> bool:
    """GREEN, YELLOW, RED or UNKNOWN as of `at`; False when something newer is known."""
    if template.quality_at is not None and at < template.quality_at:
        return False
    if quality != template.quality and (template.quality or quality != "UNKNOWN"):
        _remember(template, "quality", template.quality, quality, at=at)
    template.quality, template.quality_at = quality, at
    template.save(update_fields=["quality", "quality_at"])
    return True


def set_category(template: Template, category: str, *, at: datetime, now: datetime) -> bool:
    """The category as of `at`; False when something newer is known. Marketing ends every use for a purpose."""
    if template.category_at is not None and at < template.category_at:
        return False
    is_news = category != template.category
    if is_news:
        _remember(template, "category", template.category, category, at=at)
    template.category, template.category_at = category, at
    template.coming_category, template.coming_category_at = "", None
    template.save(update_fields=["category", "category_at", "coming_category", "coming_category_at"])
    if is_news:
        _tell_category(template, now)
    return True


def _tell_category(template: Template, now: datetime) -> None:
    if template.category == MARKETING:
        detail = template.name
        alerts.raise_alert(clinic=template.clinic, kind=BECAME_MARKETING, target=template, now=now, detail=detail)
    else:
        alerts.clear_alert(clinic=template.clinic, kind=BECAME_MARKETING, target=template, now=now)


def announce_category(
    template: Template, category: str, *, from_: datetime | None, at: datetime, now: datetime
) -> None:
    """Meta will move it; there is time to object or to edit."""
    if template.coming_category == category and template.coming_category_at == from_:
        return
    _remember(template, "category_soon", template.category, category, at=at)
    template.coming_category, template.coming_category_at = category, from_
    template.save(update_fields=["coming_category", "coming_category_at"])
    if category == MARKETING:
        alerts.raise_alert(
            clinic=template.clinic, kind=BECAME_MARKETING, target=template, now=now, detail=template.name
        )


def set_components(template: Template, components: str, *, at: datetime, is_named: bool) -> None:
    """New content."""
    if (template.components, template.is_named) == (components, is_named):
        return
    if template.has_content:
        _remember(template, "content", "", "", at=at)
    template.components, template.is_named = components, is_named
    template.save(update_fields=["components", "is_named"])


def note(template: Template, what: str, after: str, *, at: datetime, detail: str = "") -> None:
    """Something to be read in the history that changes nothing."""
    _remember(template, what, "", after, at=at, detail=detail)


def _remember(template: Template, what: str, before: str, after: str, *, at: datetime, detail: str = "") -> None:
    TemplateEvent.objects.create(
        clinic_id=template.clinic_id,
        template=template,
        at=at,
        what=what,
        before=before[:40],
        after=after[:40],
        detail=detail[:300],
    )


def _tell(template: Template, now: datetime) -> None:
    if template.status in STOPPED_STATES:
        # One open alert for each template: a pause that became «disabled» replaces it.
        alerts.clear_alert(clinic=template.clinic, kind=STOPPED, target=template, now=now)
        detail = f"{template.status}:{template.name}"
        alerts.raise_alert(clinic=template.clinic, kind=STOPPED, target=template, now=now, detail=detail)
    elif template.status in (APPROVED, DELETED):
        alerts.clear_alert(clinic=template.clinic, kind=STOPPED, target=template, now=now)
        if template.status == DELETED:
            alerts.clear_alert(clinic=template.clinic, kind=BECAME_MARKETING, target=template, now=now)
