"""Two sides, one agenda: random operations on both, with faults between, and what must hold after each of them.

The Google side is modelled here only as far as foreign events go: which take time, and when. What our own events look
like is asked of the simulator.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models.functions import Now

from atendeai.testing.people import Aurora
from calendar_sync import pull, timetable, touched, writes
from calendar_sync.deadline import Deadline
from calendar_sync.models import (
    CalendarWrite,
    ChangeState,
    EventMirror,
    GoogleChange,
    Link,
    PullState,
    WriteState,
)
from calendar_sync.pull.fetching import fetch
from calendar_sync.tests.agenda import busy, timed
from calendar_sync.tests.google import HELENA, Google
from clinics import availability, booking
from clinics.audit import SYSTEM
from clinics.booking import CannotBook
from clinics.models import UPCOMING, Appointment, BusyPeriod, GooglePolicy, Source

HALF = timedelta(minutes=30)
DAY = timedelta(days=1)
Span = tuple[datetime, datetime]
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("reset", {}),
    ("lost_response", {}),
    ("timeout", {"seconds": 0.01}),
    ("status", {"status": 500}),
    ("status", {"status": 503}),
    ("status", {"status": 429}),
    ("status", {"status": 403, "reason": "rateLimitExceeded"}),
)
CALLS = ("events.insert", "events.patch", "events.delete", "events.get", "events.list", "events")


@dataclass
class Sides:
    """One sequence under way."""

    dice: random.Random
    google: Google
    aurora: Aurora
    link: Link
    monday: datetime
    now: datetime
    foreign: dict[str, list[Span]] = field(default_factory=dict)
    # What the last pull that went through must have seen.
    known: dict[str, list[Span]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    # The product ------------------------------------------------------------------------------------------
    def book(self) -> None:
        booking.book(**self._who(), starts_at=self._slot(), **self._how())

    def move(self) -> None:
        booking.reschedule(
            clinic=self.aurora.clinic, appointment=self._appointment(), starts_at=self._slot(), **self._how()
        )

    def cancel(self) -> None:
        booking.cancel(clinic=self.aurora.clinic, appointment=self._appointment(), **self._how())

    def decide(self) -> None:
        asked = list(GoogleChange.objects.filter(state=ChangeState.ASKED).order_by("id"))
        if asked:
            change = self.dice.choice(asked)
            act = self.dice.choice([touched.accept, touched.refuse])
            user = self.aurora.receptionist.pk
            try:
                act(clinic=self.aurora.clinic, change_id=change.pk, etag=change.etag, user_id=user, now=self.now)
            except CannotBook:
                etag = change.etag
                touched.refuse(clinic=self.aurora.clinic, change_id=change.pk, etag=etag, user_id=user, now=self.now)

    # People in Google -------------------------------------------------------------------------------------
    def add_foreign(self) -> None:
        starts_at, minutes = self._slot(), self.dice.choice([15, 30, 60, 120])
        name = self.google.add_event(HELENA, timed(starts_at, minutes))
        self.foreign[name] = [(starts_at, starts_at + timedelta(minutes=minutes))]
        self._push()

    def add_series(self) -> None:
        starts_at = self._slot()
        rule = ["RRULE:FREQ=DAILY;COUNT=3"]
        name = self.google.add_event(HELENA, timed(starts_at, 30, recurrence=rule))
        self.foreign[name] = [(starts_at + day * DAY, starts_at + day * DAY + HALF) for day in range(3)]
        self._push()

    def skip_one(self) -> None:
        series = [name for name, spans in self.foreign.items() if len(spans) == 3]
        if series:
            name = self.dice.choice(series)
            gone = self.foreign[name][1]
            self.google.remove_event(HELENA, f"{name}_{gone[0]:%Y%m%dT%H%M%SZ}")
            self.foreign[name] = [span for span in self.foreign[name] if span != gone]
            self._push()

    def move_foreign(self) -> None:
        single = [name for name, spans in self.foreign.items() if len(spans) == 1]
        if single:
            name, starts_at = self.dice.choice(single), self._slot()
            self.google.change_event(HELENA, name, timed(starts_at, 30))
            self.foreign[name] = [(starts_at, starts_at + HALF)]
            self._push()

    def free_foreign(self) -> None:
        if self.foreign:
            name = self.dice.choice(sorted(self.foreign))
            self.google.change_event(HELENA, name, {"transparency": "transparent"})
            del self.foreign[name]
            self._push()

    def remove_foreign(self) -> None:
        if self.foreign:
            name = self.dice.choice(sorted(self.foreign))
            self.google.remove_event(HELENA, name)
            del self.foreign[name]
            self._push()

    def move_own(self) -> None:
        late = self.dice.random() < 0.2
        starts_at = self.monday + timedelta(hours=12) if late else self._slot()
        body = timed(starts_at, 30)
        self._touch({"start": body["start"], "end": body["end"]})

    def stretch_own(self) -> None:
        event = self._own_event()
        if event:
            ends_at = datetime.fromisoformat(event["end"]["dateTime"]) + HALF
            self._touch({"end": {"dateTime": ends_at.isoformat()}}, event)

    def reshape_own(self) -> None:
        day = self.monday.date()
        self._touch({"start": {"date": f"{day}"}, "end": {"date": f"{day + DAY}"}})

    def write_own(self) -> None:
        self._touch({"description": f"nota {self.dice.random()}", "colorId": "3"})

    def remove_own(self) -> None:
        event = self._own_event()
        if event:
            self.google.remove_event(HELENA, event["id"])
            self._push()

    # Trouble ----------------------------------------------------------------------------------------------
    def fault(self) -> None:
        kind, more = self.dice.choice(FAULTS)
        self.google.fault(self.dice.choice(CALLS), kind, count=self.dice.randint(1, 2), **more)

    def end_tokens(self) -> None:
        self.google.end_sync_tokens(HELENA)

    def die_pulling(self) -> None:
        """A worker that is killed after Google has answered and before anything is stored."""
        state = timetable.claim(link_id=self.link.pk, is_forced=True)
        if state is not None:
            try:
                fetch(state, now=self.now, deadline=Deadline.after(10, read_seconds=5))
            except Exception:  # noqa: BLE001 - a fault may hit it; it dies anyway
                self.done.append("(and failed)")

    def die_writing(self) -> None:
        """A worker that is killed with a write in its hands."""
        for mirror_id in writes.due()[:1]:
            writes.claim(mirror_id=mirror_id)

    # Workers ----------------------------------------------------------------------------------------------
    def work(self) -> None:
        """What hints would lead to now."""
        for mirror_id in writes.due():
            writes.work(mirror_id=mirror_id, now=self.now)
        for link_id in timetable.due():
            self._pull(lambda link_id=link_id: timetable.claim(link_id=link_id))  # type: ignore[misc]
        for change_id in touched.due():
            touched.look(change_id=change_id, now=self.now)

    def wait(self) -> None:
        """Pauses end, leases run out, the calendar is polled."""
        CalendarWrite.objects.filter(state=WriteState.QUEUED).update(not_before=Now())
        CalendarWrite.objects.filter(state=WriteState.SENDING).update(lease_until=Now() - DAY)
        GoogleChange.objects.filter(look_at__isnull=False).update(look_at=Now())
        PullState.objects.update(due_at=Now(), lease_until=None)
        self.work()

    def _pull(self, claim: Callable[[], PullState | None]) -> None:
        state = claim()
        if state is not None and pull._pull(state, self.now).state == "done":
            self.known = {name: list(spans) for name, spans in self.foreign.items()}

    # What must hold ---------------------------------------------------------------------------------------
    def check_step(self) -> None:
        """No time that a pull has seen taken is free, and no appointment has two events."""
        for name, spans in self.known.items():
            for starts_at, ends_at in spans if self.foreign.get(name) == spans else ():
                place = {"clinic": self.aurora.clinic, "professional": self.aurora.helena}
                assert availability.is_busy(**place, starts_at=starts_at, ends_at=ends_at), self.done  # type: ignore[arg-type]
        events = Counter(_owner(event) for event in self.google.events(HELENA) if _owner(event))
        assert max(events.values(), default=0) <= 1, self.done

    def settle(self) -> None:
        """All troubles end, all people decide, all workers work."""
        self.google.heal()
        for _ in range(12):
            self.wait()
            while GoogleChange.objects.filter(state=ChangeState.ASKED).exists():
                self.decide()
            if not self._is_open():
                break
        self.wait()

    def check_end(self) -> None:
        """Rows and events agree."""
        assert not self._is_open(), self.done
        rows = Appointment.objects.filter(status__in=UPCOMING)
        wished = {row.pk: (row.starts_at, row.ends_at) for row in rows}
        found = {_owner(event): _span(event) for event in self.google.events(HELENA) if _owner(event)}
        assert found == wished, self.done
        spans = sorted(span for spans in self.foreign.values() for span in spans)
        assert busy(self.aurora.clinic) == spans, self.done

    def _is_open(self) -> bool:
        open_changes = GoogleChange.objects.filter(state__in=[ChangeState.NOTED, ChangeState.ASKED])
        open_writes = CalendarWrite.objects.filter(state__in=[WriteState.QUEUED, WriteState.SENDING])
        return open_changes.exists() or open_writes.exists()

    # Dice -------------------------------------------------------------------------------------------------
    def _slot(self) -> datetime:
        """On one of three days, in the hours, in few places: so that things meet."""
        return self.monday + self.dice.randrange(3) * DAY + self.dice.randrange(8) * HALF

    def _appointment(self) -> Appointment:
        rows = list(Appointment.objects.filter(status__in=UPCOMING).order_by("id"))
        if not rows:
            raise CannotBook
        return self.dice.choice(rows)

    def _own_event(self) -> dict[str, Any] | None:
        own = [event for event in self.google.events(HELENA) if _owner(event) and "dateTime" in event["start"]]
        return self.dice.choice(own) if own else None

    def _touch(self, body: dict[str, Any], event: dict[str, Any] | None = None) -> None:
        event = event or self._own_event()
        if event:
            self.google.change_event(HELENA, event["id"], body)
            self._push()

    def _push(self) -> None:
        """One push in three is lost."""
        if self.dice.random() < 0.67:
            timetable.want(link_id=self.link.pk)

    def _who(self) -> dict[str, Any]:
        people = self.aurora
        return {
            "clinic": people.clinic,
            "professional": people.helena,
            "offering": people.consulta,
            "patient": people.dalva,
        }

    def _how(self) -> dict[str, Any]:
        return {"by": SYSTEM, "now": self.now, "source": Source.CHAT}


# Name → how often, against the others.
OPERATIONS = {
    "book": 6,
    "move": 3,
    "cancel": 2,
    "decide": 2,
    "add_foreign": 3,
    "add_series": 1,
    "skip_one": 1,
    "move_foreign": 2,
    "free_foreign": 1,
    "remove_foreign": 2,
    "move_own": 4,
    "stretch_own": 1,
    "reshape_own": 1,
    "write_own": 2,
    "remove_own": 2,
    "fault": 4,
    "end_tokens": 1,
    "die_pulling": 1,
    "die_writing": 1,
    "work": 8,
    "wait": 4,
}


def run(sides: Sides, steps: int) -> None:
    """One sequence from an empty agenda to agreement; an assertion shows what was done."""
    _empty(sides)
    names, weights = list(OPERATIONS), list(OPERATIONS.values())
    for _ in range(steps):
        name = sides.dice.choices(names, weights)[0]
        sides.done.append(name)
        try:
            getattr(sides, name)()
        except CannotBook as error:
            sides.done[-1] += f" ({error.code})"
        sides.check_step()
    sides.settle()
    sides.check_step()
    sides.check_end()


def _empty(sides: Sides) -> None:
    sides.google.reset()
    for model in (GoogleChange, CalendarWrite, EventMirror, Appointment, BusyPeriod):
        model.objects.all().delete()
    timetable.arm(link=sides.link, is_full=True)
    PullState.objects.update(lease_until=None)
    clinic = sides.aurora.clinic
    clinic.google_moves = sides.dice.choice(GooglePolicy.values)
    clinic.google_deletes = sides.dice.choice(GooglePolicy.values)
    clinic.closes_on_holidays = False
    clinic.save()


def _owner(event: dict[str, Any]) -> int | None:
    number = event.get("extendedProperties", {}).get("private", {}).get("appointment_id")
    return int(number) if number else None


def _span(event: dict[str, Any]) -> Span | str:
    if "dateTime" not in event["start"]:
        return "all day"
    starts_at, ends_at = (datetime.fromisoformat(event[edge]["dateTime"]) for edge in ("start", "end"))
    return starts_at, ends_at
