"""A clinic in memory and a patient's phone: plays what `handling` does, without a database.

`Phone.says`, `.taps` and `.sends` run a whole turn: understand, needed, find, step, the call, its event, at most
three rounds. The calendar is the judge, as in the product: what is not free is refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from whatsapp.conversation import (
    Action,
    AppointmentFact,
    Book,
    Booked,
    Buttons,
    Cancel,
    Cancelled,
    Confirm,
    Confirmed,
    Event,
    Facts,
    HandOver,
    Incoming,
    ListMessage,
    Message,
    NoteMarketing,
    OfferingFact,
    ProfessionalFact,
    Refused,
    Rescheduled,
    Say,
    SlotFact,
    SlotTaken,
    State,
    Vocabulary,
    find,
    needed,
    step,
    understand,
)

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=SAO_PAULO)
CONSULTA = OfferingFact(1, "Consulta", 30, Decimal(250), (1, 2))
RETORNO = OfferingFact(2, "Retorno", 20, None, (1, 2))
HELENA = ProfessionalFact(1, "Dra. Helena Prado", "Cardiologia")
PAULO = ProfessionalFact(2, "Dr. Paulo Nunes", "Dermatologia")


@dataclass
class Clinic:
    """Weekdays 08–12 and 13–18 for everybody, unless `hours` says otherwise."""

    name: str = "Clínica Aurora"
    zone: ZoneInfo = SAO_PAULO
    now: datetime = MONDAY
    offerings: tuple[OfferingFact, ...] = (CONSULTA, RETORNO)
    professionals: tuple[ProfessionalFact, ...] = (HELENA, PAULO)
    hours: tuple[tuple[int, int], ...] = ((8, 12), (13, 18))
    horizon_days: int = 21
    is_closed: bool = False
    refuses: str = ""
    appointments: list[AppointmentFact] = field(default_factory=list)

    def load(
        self, *, offering_id: int, professional_id: int | None, from_at: datetime, to_at: datetime
    ) -> list[SlotFact]:
        offering = next((one for one in self.offerings if one.id == offering_id), None)
        if offering is None or self.is_closed:
            return []
        who = [
            one.id
            for one in self.professionals
            if one.id in offering.professional_ids and professional_id in (None, one.id)
        ]
        times = [at for at in self._times() if from_at <= at < to_at]
        return [SlotFact(one, at) for at in times for one in who if not self._is_busy(one, at)]

    def is_free(self, offering_id: int, professional_id: int, starts_at: datetime) -> bool:
        until = starts_at + timedelta(minutes=1)
        wanted = SlotFact(professional_id, starts_at.astimezone(UTC))
        return wanted in self.load(
            offering_id=offering_id, professional_id=professional_id, from_at=starts_at, to_at=until
        )

    def take(self, local: datetime, professional_id: int = 1) -> None:
        """Somebody else books this time."""
        self._add(CONSULTA, professional_id, local.replace(tzinfo=self.zone), "outra pessoa")

    def book(self, call: Book) -> AppointmentFact | None:
        if not self.is_free(call.offering_id, call.professional_id, call.starts_at):
            return None
        offering = next(one for one in self.offerings if one.id == call.offering_id)
        return self._add(offering, call.professional_id, call.starts_at, "")

    def replace_appointment(self, old_id: int, **changes: object) -> AppointmentFact:
        for position, one in enumerate(self.appointments):
            if one.id == old_id:
                self.appointments[position] = replace(one, **changes)  # type: ignore[arg-type]
                return self.appointments[position]
        raise AssertionError("the engine named an appointment that is not there")

    def _add(self, offering: OfferingFact, professional_id: int, starts_at: datetime, whose: str) -> AppointmentFact:
        professional = next(one for one in self.professionals if one.id == professional_id)
        added = AppointmentFact(
            len(self.appointments) + 1,
            offering.id,
            offering.name,
            professional_id,
            professional.name,
            starts_at.astimezone(UTC),
            "booked" if not whose else "somebody else's",
        )
        self.appointments.append(added)
        return added

    def _is_busy(self, professional_id: int, at: datetime) -> bool:
        return any(
            one.professional_id == professional_id and one.starts_at == at and one.status != "cancelled"
            for one in self.appointments
        )

    def _times(self) -> list[datetime]:
        days = [self.now.astimezone(self.zone).date() + timedelta(days=n) for n in range(self.horizon_days)]
        local = [
            datetime.combine(day, time(hour, minute), self.zone)
            for day in days
            if day.weekday() < 5
            for start, end in self.hours
            for hour in range(start, end)
            for minute in (0, 30)
        ]
        return [at.astimezone(UTC) for at in local if at > self.now]


@dataclass
class Phone:
    """A patient. `messages` are the clinic's, oldest first; `said` counts the patient's."""

    clinic: Clinic
    name: str | None = None
    state: State = field(default_factory=State)
    messages: list[Message] = field(default_factory=list)
    calls: list[Action] = field(default_factory=list)
    mine: list[int] = field(default_factory=list)
    handed_over: str = ""
    said: int = 0
    rival: datetime | None = None
    """Somebody takes this local time of Dra. Helena just before the next booking is tried."""

    def says(self, text: str) -> str:
        return self.sends(Incoming("text", text=text))

    def taps(self, title: str) -> str:
        """Presses the button or row of the last message whose title begins so."""
        choice = next((one for one in self.options if one[1].startswith(title)), None)
        assert choice, f"no {title!r} among {[one[1] for one in self.options]}"
        return self.sends(Incoming("choice", choice_id=choice[0], title=choice[1]))

    def presses(self, choice_id: str, title: str = "") -> str:
        return self.sends(Incoming("choice", choice_id=choice_id, title=title))

    def sends(self, incoming: Incoming) -> str:
        """One turn. Returns the clinic's last words in it, "" for none."""
        self.said += 1
        before = len(self.messages)
        turn: object = understand(self.state, incoming, self.vocabulary)
        for _ in range(3):
            event = self._round(turn)
            if event is None:
                break
            turn = event
        else:
            raise AssertionError("more than three rounds")
        return self.messages[-1].text if len(self.messages) > before else ""

    @property
    def vocabulary(self) -> Vocabulary:
        upcoming = [
            one
            for one in self.clinic.appointments
            if one.id in self.mine and one.status in ("booked", "confirmed") and one.starts_at > self.clinic.now
        ]
        return Vocabulary(
            self.clinic.name,
            self.clinic.zone,
            self.clinic.now,
            self.clinic.offerings,
            self.clinic.professionals,
            self.name,
            tuple(sorted(upcoming, key=lambda one: one.starts_at)),
        )

    @property
    def last(self) -> Message:
        return self.messages[-1]

    @property
    def options(self) -> list[tuple[str, str]]:
        last = self.messages[-1] if self.messages else Say("")
        if isinstance(last, Buttons):
            return list(last.buttons)
        return [(row.id, row.title) for row in last.rows] if isinstance(last, ListMessage) else []

    @property
    def titles(self) -> list[str]:
        return [title for _, title in self.options]

    @property
    def booked(self) -> list[AppointmentFact]:
        return list(self.vocabulary.appointments)

    def at(self, day: date, clock: str) -> datetime:
        hour, minute = clock.split(":")
        return datetime.combine(day, time(int(hour), int(minute)), self.clinic.zone).astimezone(UTC)

    def _round(self, turn: object) -> Event | None:
        vocabulary = self.vocabulary
        found = find(needed(self.state, turn, vocabulary), self.clinic.load, vocabulary)  # type: ignore[arg-type]
        state, actions = step(self.state, turn, Facts(vocabulary, found))  # type: ignore[arg-type]
        self.state = State.from_json(json.loads(json.dumps(state.to_json())))
        assert self.state == state, "the state does not survive JSON"
        events = [event for action in actions if (event := self._act(action)) is not None]
        assert len(events) <= 1
        return events[0] if events else None

    def _act(self, action: Action) -> Event | None:
        if isinstance(action, Say | Buttons | ListMessage):
            self.messages.append(action)
            return None
        self.calls.append(action)
        if isinstance(action, HandOver):
            self.handed_over = action.reason
            return None
        if isinstance(action, NoteMarketing):
            return None
        if self.clinic.refuses:
            return Refused(self.clinic.refuses)
        if isinstance(action, Book):
            return self._book(action)
        return self._settle(action)

    def _settle(self, action: Cancel | Confirm) -> Event:
        assert action.appointment_id in self.mine, "somebody else's appointment"
        if isinstance(action, Cancel):
            return Cancelled(self.clinic.replace_appointment(action.appointment_id, status="cancelled"))
        return Confirmed(self.clinic.replace_appointment(action.appointment_id, status="confirmed"))

    def _book(self, call: Book) -> Event:
        if self.rival is not None:
            self.clinic.take(self.rival)
            self.rival = None
        if call.replaces is not None:
            return self._move(call)
        appointment = self.clinic.book(call)
        if appointment is None:
            return SlotTaken()
        self.mine.append(appointment.id)
        self.name = self.name or call.patient_name
        assert self.name, "booked for nobody"
        return Booked(appointment)

    def _move(self, call: Book) -> Event:
        assert call.replaces in self.mine, "somebody else's appointment"
        if not self.clinic.is_free(call.offering_id, call.professional_id, call.starts_at):
            return SlotTaken()
        professional = next(one for one in self.clinic.professionals if one.id == call.professional_id)
        return Rescheduled(
            self.clinic.replace_appointment(
                call.replaces,
                starts_at=call.starts_at.astimezone(UTC),
                professional_id=professional.id,
                professional_name=professional.name,
            )
        )
