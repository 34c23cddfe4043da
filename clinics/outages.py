"""What is told when a provider does not answer a clinic, and when it does again? History, banner, a person's reset.

Circuits stand in Redis (`atendeai.common.breaker`); here is what people and the audit need of them: one row per outage,
an alert on every page while it lasts. A move that could not be written (the database away at that very moment, Redis
emptied since) is made good by the sweep.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atendeai.common import clock
from atendeai.common.breaker import PROVIDERS, Move, breaker
from atendeai.common.breaker_store import CLOSED, HALF_OPEN, OPEN, Reading
from clinics import alerts, audit
from clinics.audit import SYSTEM, Actor
from clinics.models import Clinic, Outage, OutageEnd, Provider, TenantQuerySet

KEEP = timedelta(days=90)
# More than this of a clinic and provider is deleted before its time.
MOST_KEPT = 1000
# A trial and what is written after it are over by then.
QUIET = timedelta(seconds=60)
ALERTS: dict[str, str] = {Provider.WHATSAPP: "whatsapp_outage", Provider.GOOGLE: "google_outage"}
WORDS: dict[str, Promise] = {
    Provider.WHATSAPP: _(
        "WhatsApp does not answer at the moment. Messages wait in the queue and go out by themselves, in their order."
    ),
    Provider.GOOGLE: _(
        "Google Calendar does not answer at the moment. Appointments count as always; their events are written "
        "later, and what is shown of the calendars is the last that was known."
    ),
}
Hurry = Callable[[Clinic], None]
Count = Callable[[Clinic], int]
_queues: dict[str, tuple[Hurry, Count]] = {}


@dataclass(frozen=True)
class Standing:
    """How one provider stands for a clinic. `reading` is None while Redis does not answer: nothing is guarded then."""

    provider: Provider
    reading: Reading | None
    outage: Outage | None


def register(provider: str, *, hurry: Hurry, count: Count) -> None:
    """Names what waits for a provider: how it is made due once it may go again, and how much it is (to 1000)."""
    _queues[provider] = (hurry, count)


def waiting(clinic: Clinic, provider: str) -> int | None:
    """How much waits for the provider; None when nobody can tell."""
    return _queues[provider][1](clinic) if provider in _queues else None


def note(move: Move) -> None:
    """The watcher of circuits. When the provider is back, what rests after a failure need not wait any longer."""
    clinic = Clinic.objects.filter(pk=move.clinic_id).first()
    if clinic is None:
        return
    with transaction.atomic():
        if move.state == OPEN:
            _opened(clinic, move.provider, move.error, clock.now())
        elif move.state == HALF_OPEN:
            _open_rows(clinic, move.provider).update(trials=F("trials") + 1, tried_at=clock.now())
        else:
            _ended(clinic, move.provider, OutageEnd.RECOVERED, clock.now())
    if move.state == CLOSED:
        _hurry(clinic, move.provider)


def standing(clinic: Clinic) -> list[Standing]:
    """For the page: both providers."""
    rows = {row.provider: row for row in Outage.objects.for_clinic(clinic).filter(ended_at__isnull=True)}
    return [Standing(one, breaker.read(one, clinic.pk), rows.get(one)) for one in map(Provider, PROVIDERS)]


def states() -> Iterator[tuple[int, str, str]]:
    """For the metric: the circuits of all active clinics. While Redis does not answer nothing is guarded: closed."""
    standing = breaker.states() or {}
    for clinic_id in Clinic.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True):
        for provider in PROVIDERS:
            yield clinic_id, provider, standing.get((provider, clinic_id), CLOSED)


def reset(*, clinic: Clinic, provider: Provider, by: Actor, now: datetime) -> None:
    """A person wants to try now: the circuit is closed, what waits is due. Repeated, it changes nothing more."""
    with transaction.atomic():
        _ended(clinic, provider, OutageEnd.RESET, now, by)
        audit.record(clinic=clinic, action="circuit_reset", target=clinic, by=by, now=now, fields=[provider.value])
    breaker.reset(provider, clinic.pk)
    _hurry(clinic, provider)


def forget(*, clinic: Clinic, provider: str, now: datetime) -> None:
    """The clinic has nothing to call the provider with any more: nobody could ever say that it is back."""
    _ended(clinic, provider, OutageEnd.FORGOTTEN, now)
    breaker.reset(provider, clinic.pk)


def reconcile(*, now: datetime) -> int:
    """History and circuits agree again; how many rows were mended. Bounded by how many circuits are not closed."""
    rows = list(Outage.objects.filter(ended_at__isnull=True).select_related("clinic"))
    found = breaker.states()
    if found is None:
        return 0
    lost = [row for row in rows if (row.provider, row.clinic_id) not in found and _is_quiet(row, now)]
    for row in lost:
        _ended(row.clinic, row.provider, OutageEnd.FORGOTTEN, now)
    missing = found.keys() - {(row.provider, row.clinic_id) for row in rows}
    clinics = Clinic.objects.in_bulk([clinic_id for _, clinic_id in missing])
    for provider, clinic_id in missing:
        reading = breaker.read(provider, clinic_id)
        if clinic_id in clinics and reading and reading.state != CLOSED:
            _opened(clinics[clinic_id], provider, reading.error, now - timedelta(seconds=reading.since_seconds))
    return len(missing) + len(lost)


def _is_quiet(row: Outage, now: datetime) -> bool:
    """Whether nobody is just about to write how it ended."""
    return max(row.opened_at, row.tried_at or row.opened_at) < now - QUIET


def purge(*, now: datetime) -> None:
    """Old outages are deleted, and the oldest of a clinic that has too many."""
    Outage.objects.filter(ended_at__lt=now - KEEP).delete()
    for clinic_id, provider in Outage.objects.order_by().values_list("clinic_id", "provider").distinct():
        rows = Outage.objects.for_clinic(clinic_id).filter(provider=provider, ended_at__isnull=False).order_by("-id")
        newest = list(rows.values_list("pk", flat=True)[MOST_KEPT : MOST_KEPT + 1])
        if newest:
            rows.filter(pk__lte=newest[0]).delete()


def _hurry(clinic: Clinic, provider: str) -> None:
    if provider in _queues:
        _queues[provider][0](clinic)


def _open_rows(clinic: Clinic, provider: str) -> TenantQuerySet[Outage]:
    return Outage.objects.for_clinic(clinic).filter(provider=provider, ended_at__isnull=True)


def _opened(clinic: Clinic, provider: str, error: str, at: datetime) -> None:
    row, is_new = Outage.objects.get_or_create(
        clinic=clinic,
        provider=provider,
        ended_at=None,
        defaults={"opened_at": at, "error": error, "first_error": error},
    )
    if not is_new and error:
        _open_rows(clinic, provider).update(error=error)
    alerts.raise_alert(clinic=clinic, kind=ALERTS[provider], now=at, detail=row.error)


def _ended(clinic: Clinic, provider: str, end: OutageEnd, at: datetime, by: Actor = SYSTEM) -> None:
    _open_rows(clinic, provider).update(ended_at=at, end=end, ended_by=by.id if by.kind == "user" else None)
    alerts.clear_alert(clinic=clinic, kind=ALERTS[provider], now=at, by=by)
