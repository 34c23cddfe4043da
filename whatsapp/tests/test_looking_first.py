"""Before the chat books, the professional's calendar is looked at: outside the transaction, once, and never blindly."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.simulator import Simulator
from clinics import calendar_looks
from clinics.calendar_looks import Seen, Wish
from clinics.models import Appointment
from whatsapp.models import Conversation, Handler, Item, ItemState, Message
from whatsapp.tests.test_chat import Phone

pytestmark = pytest.mark.django_db(transaction=True)


class Calendar:
    """A calendar that answers as it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[datetime, Seen] = {}
        self.asked: list[Wish] = []

    def look(self, wish: Wish, _now: datetime) -> Seen:
        assert not connection.in_atomic_block
        self.asked.append(wish)
        return self.answers.get(wish.starts_at, Seen.FREE)


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    made = Calendar()
    monkeypatch.setattr(calendar_looks._registered, "concerns", lambda _wish: True)
    monkeypatch.setattr(calendar_looks._registered, "look", made.look)
    return made


@pytest.fixture
def phone(meta: Simulator, aurora: Aurora) -> Phone:
    return Phone(meta, DALVA_PHONE)


def test_one_look_outside_the_transaction_and_one_answer(phone: Phone, calendar: Calendar) -> None:
    summary = phone.taps_first(phone.taps_first(phone.says("oi"), "Consulta"))
    assert calendar.asked == []
    said = Message.objects.filter(direction="out").count()
    phone.taps_first(summary)
    appointment = Appointment.objects.get()
    (wish,) = calendar.asked
    assert (wish.professional_id, wish.starts_at, wish.ends_at, wish.appointment_id) == (
        appointment.professional_id,
        appointment.starts_at,
        appointment.ends_at,
        None,
    )
    assert Message.objects.filter(direction="out").count() == said + 1
    assert set(Item.objects.values_list("state", "attempts")) == {(ItemState.DONE, 0)}


def test_busy_there_leads_to_other_times_and_nothing_is_booked(phone: Phone, calendar: Calendar) -> None:
    times = phone.taps_first(phone.says("oi"), "Consulta")
    summary = phone.taps_first(times)
    calendar.answers = dict.fromkeys(_offered(), Seen.BUSY)
    again = phone.taps_first(summary)
    assert "acabou de ser ocupado" in again["body"]
    assert again["rows"]
    assert not Appointment.objects.exists()
    assert len(calendar.asked) == 1


def test_unknown_goes_to_a_person_with_nothing_booked(phone: Phone, calendar: Calendar) -> None:
    summary = phone.taps_first(phone.taps_first(phone.says("oi"), "Consulta"))
    calendar.answers = dict.fromkeys(_offered(), Seen.UNKNOWN)
    answer = phone.taps_first(summary)
    assert "não quero prometer um horário errado" in answer["body"]
    conversation = Conversation.objects.get()
    assert (conversation.handler, conversation.handover_reason) == (Handler.PERSON, "calendar_unknown")
    assert not Appointment.objects.exists()


def test_moving_looks_too_and_names_the_appointment_that_moves(phone: Phone, calendar: Calendar) -> None:
    phone.taps_first(phone.taps_first(phone.taps_first(phone.says("oi"), "Consulta")))
    appointment = Appointment.objects.get()
    times = phone.says("quero remarcar")
    while times["buttons"]:
        times = phone.taps_first(times)
    phone.taps_first(phone.taps_first(times))
    appointment.refresh_from_db()
    assert calendar.asked[-1].appointment_id == appointment.pk
    assert calendar.asked[-1].starts_at == appointment.starts_at
    assert len(calendar.asked) == 2


def _offered() -> list[datetime]:
    """The times of the next days: which one the patient took does not matter."""
    first = datetime(2026, 11, 23, 10, tzinfo=UTC)
    return [first + timedelta(minutes=10 * step) for step in range(1000)]
