"""What a person does in Google Calendar, and what the workers then do: for the tests of the way in."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F
from django.db.models.functions import Now

from calendar_sync import pull, touched
from calendar_sync.models import GoogleChange, Link, PullState
from calendar_sync.tests.booked import work_all
from clinics.models import BusyPeriod, BusySource, Clinic

ZONE = ZoneInfo("America/Sao_Paulo")
MINUTE = timedelta(minutes=1)


def next_monday(now: datetime) -> datetime:
    """08:00 at the clinic, one to two weeks ahead: inside every window."""
    day = now.astimezone(ZONE).date() + timedelta(days=7)
    return datetime.combine(day + timedelta(days=-day.weekday() % 7), time(8), tzinfo=ZONE).astimezone(UTC)


def timed(starts_at: datetime, minutes: int = 60, **more: Any) -> dict[str, Any]:
    """An event's body."""
    return {
        "summary": "Dentista",
        "start": {"dateTime": starts_at.isoformat(), "timeZone": "America/Sao_Paulo"},
        "end": {"dateTime": (starts_at + minutes * MINUTE).isoformat(), "timeZone": "America/Sao_Paulo"},
        **more,
    }


def read_now(link: Link, now: datetime) -> pull.Pulled:
    """One pull, at once."""
    return pull.pull_now(link=link, now=now)


def look_all(now: datetime) -> None:
    """What the workers would look at now, once the pauses are over."""
    GoogleChange.objects.filter(look_at__isnull=False).update(look_at=Now())
    for change_id in touched.due():
        touched.look(change_id=change_id, now=now)


def settle(link: Link, now: datetime) -> None:
    """Everything that waits: writes, a pull, looks, and the writes that follow."""
    work_all(now)
    read_now(link, now)
    look_all(now)
    work_all(now)


def busy(clinic: Clinic) -> list[tuple[datetime, datetime]]:
    """What is busy because of Google, in order."""
    rows = BusyPeriod.objects.for_clinic(clinic).filter(source=BusySource.GOOGLE)
    return list(rows.order_by("starts_at", "ends_at").values_list("starts_at", "ends_at"))


def state_of(link: Link) -> PullState:
    return PullState.objects.get(link=link)


def make_old(link: Link, **since: timedelta) -> None:
    """As if columns of the row had been written earlier."""
    PullState.objects.filter(link=link).update(**{name: F(name) - age for name, age in since.items()})
