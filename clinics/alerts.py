"""What is wrong at this clinic, and who was told? Raised once, shown on every page of the portal, gone with its reason.

An app names its kinds from `ready()`: the words a receptionist understands, the page where it is mended, and whether
the owners get a mail. Raising an open alert again changes nothing, so callers need not remember. The mail is a row's
work like any other: it is sent after the commit by a worker, and tried again when the mail server does not answer.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F, Model, Q
from django.db.models.functions import Now
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from atendeai.celery import wake_after_commit
from atendeai.common.resilience import backoff
from clinics import audit
from clinics.audit import SYSTEM, Actor
from clinics.models import Alert, Clinic, Membership, Role

logger = logging.getLogger(__name__)

Words = Callable[[Alert], str | Promise]
# More than a page can show, and more than a person would read.
SHOWN = 5
MAIL_ATTEMPTS = 8
MAIL_LEASE = timedelta(seconds=60)
MAIL_BATCH = 20
# Within the limit of the task, however slow the mail server is.
MAIL_TURN_SECONDS = 60


@dataclass(frozen=True)
class Kind:
    """How one kind of alert is told. `page`: the address where it is mended, or None."""

    words: Words
    page: Callable[[Alert], str | None] = lambda _alert: None
    is_grave: bool = True
    mails_owners: bool = False
    can_be_dismissed: bool = False


@dataclass(frozen=True)
class Banner:
    """An open alert as the portal shows it."""

    id: int
    text: str
    link: str | None
    is_grave: bool
    can_be_dismissed: bool


_kinds: dict[str, Kind] = {}


def register(kind: str, how: Kind) -> None:
    """Names a kind; called from an app's `ready()`."""
    _kinds[kind] = how


def raise_alert(*, clinic: Clinic, kind: str, target: Model | None = None, now: datetime, detail: str = "") -> bool:
    """Opens the alert in the transaction at hand; False when it is open already. KeyError for a kind nobody named."""
    how = _kinds[kind]
    target_type, target_id = _target(target)
    alert, is_new = Alert.objects.get_or_create(
        clinic=clinic,
        kind=kind,
        target_type=target_type,
        target_id=target_id,
        cleared_at=None,
        defaults={"detail": detail[:120], "raised_at": now, "mail_due": how.mails_owners},
    )
    if is_new:
        _record(alert, "alert_raised", SYSTEM, now)
        if how.mails_owners:
            wake_after_commit("clinics.mail_alerts")
    return is_new


def change_detail(
    *, clinic: Clinic, kind: str, target: Model | None = None, change: Callable[[str], str]
) -> str | None:
    """Says something else of an open alert: `change` makes the new detail of the present one, one caller after the
    other. The detail then; None when none is open. Call it in a transaction."""
    target_type, target_id = _target(target)
    rows = Alert.objects.for_clinic(clinic).filter(kind=kind, target_type=target_type, target_id=target_id)
    alert = rows.filter(cleared_at__isnull=True).select_for_update().first()
    if alert is None:
        return None
    detail = change(alert.detail)[:120]
    if detail != alert.detail:
        rows.filter(pk=alert.pk).update(detail=detail)
    return detail


def clear_alert(*, clinic: Clinic, kind: str, target: Model | None = None, now: datetime, by: Actor = SYSTEM) -> bool:
    """Ends the alert; False when none is open. A mail that has not gone out yet is not sent any more."""
    target_type, target_id = _target(target)
    rows = Alert.objects.for_clinic(clinic).filter(kind=kind, target_type=target_type, target_id=target_id)
    alert = rows.filter(cleared_at__isnull=True).first()
    return alert is not None and _clear(alert, by, now)


def dismiss(*, clinic: Clinic, alert_id: int, by: Actor, now: datetime) -> bool:
    """A person has read it; only kinds that say so. False when it is not open (any more)."""
    alert = Alert.objects.for_clinic(clinic).filter(pk=alert_id, cleared_at__isnull=True).first()
    if alert is None or alert.kind not in _kinds or not _kinds[alert.kind].can_be_dismissed:
        return False
    return _clear(alert, by, now)


def banners(clinic: Clinic) -> list[Banner]:
    """The clinic's open alerts, the oldest first; one query, at most SHOWN."""
    rows = Alert.objects.for_clinic(clinic).filter(cleared_at__isnull=True, kind__in=list(_kinds))
    return [_banner(alert) for alert in rows.order_by("raised_at", "id")[:SHOWN]]


def mail_some() -> int:
    """Sends the mails that are due; how many went out."""
    due = Q(mail_not_before__isnull=True) | Q(mail_not_before__lte=Now())
    rows = Alert.objects.filter(due, mail_due=True).select_related("clinic").order_by("id")
    until = time.monotonic() + MAIL_TURN_SECONDS
    return sum(_mail(alert) for alert in rows[:MAIL_BATCH] if time.monotonic() < until)


def _mail(alert: Alert) -> bool:
    # Claimed by a lease, not by a lock: no transaction is open while the mail server answers.
    due = Q(mail_not_before__isnull=True) | Q(mail_not_before__lte=Now())
    mine = Alert.objects.filter(due, pk=alert.pk, mail_due=True, mail_attempts=alert.mail_attempts)
    if alert.mail_attempts >= MAIL_ATTEMPTS:
        # Begun so often, and its workers lost.
        mine.update(mail_due=False)
        return False
    if not mine.update(mail_attempts=F("mail_attempts") + 1, mail_not_before=Now() + MAIL_LEASE):
        return False
    claimed = Alert.objects.filter(pk=alert.pk, mail_attempts=alert.mail_attempts + 1)
    try:
        _send(alert)
    except Exception as error:
        # The mail server's, or a mistake of ours: either way the other mails go out.
        logger.warning("alert not mailed", extra={"alert": alert.pk, "error": type(error).__name__}, exc_info=error)
        is_given_up = alert.mail_attempts + 1 >= MAIL_ATTEMPTS
        claimed.update(mail_due=not is_given_up, mail_not_before=Now() + backoff(alert.mail_attempts + 1))
        return False
    claimed.update(mail_due=False)
    return True


def _send(alert: Alert) -> None:
    owners = Membership.objects.for_clinic(alert.clinic).filter(role=Role.OWNER, user__is_active=True)
    addresses = list(owners.values_list("user__email", flat=True)[:MAIL_BATCH])
    if not addresses or alert.kind not in _kinds:
        return
    with translation.override("pt-br"):
        banner = _banner(alert)
        subject = _("%(clinic)s: something needs you in AtendeAí") % {"clinic": alert.clinic.name}
        where = f"{settings.PUBLIC_BASE_URL}{banner.link or '/admin/'}"
        send_mail(subject, f"{banner.text}\n\n{where}\n", None, addresses)


def _banner(alert: Alert) -> Banner:
    how = _kinds[alert.kind]
    return Banner(alert.pk, str(how.words(alert)), how.page(alert), how.is_grave, how.can_be_dismissed)


def _clear(alert: Alert, by: Actor, now: datetime) -> bool:
    rows = Alert.objects.for_clinic(alert.clinic_id).filter(pk=alert.pk, cleared_at__isnull=True)
    if not rows.update(cleared_at=now, mail_due=False):
        return False
    _record(alert, "alert_cleared", by, now)
    return True


def _record(alert: Alert, action: audit.Action, by: Actor, now: datetime) -> None:
    audit.record(clinic=alert.clinic, action=action, target=alert, by=by, now=now, fields=[alert.kind])


def _target(target: Model | None) -> tuple[str, str]:
    return ("", "") if target is None else (target._meta.model_name or "", str(target.pk))
