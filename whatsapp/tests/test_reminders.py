"""Who is reminded, when, how often, and what do the buttons do, outside the 24-hour window throughout?"""

import signal
import threading
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from atendeai.testing import webhooks
from atendeai.testing.factories import make_contact, make_conversation, make_patient
from atendeai.testing.people import DALVA_PHONE, Aurora, make_aurora
from atendeai.testing.processes import dies, ends
from atendeai.testing.simulator import Simulator
from clinics import booking
from clinics.audit import SYSTEM
from clinics.models import Appointment, Clinic, Source, Status
from whatsapp import inbox, last_look, reminders, statuses
from whatsapp.models import Message, MessageState, Number, Reminder, ReminderState, Template, Urgency
from whatsapp.starter_templates import BY_PURPOSE, Purpose
from whatsapp.tests.templating import ACCOUNT, empty_meta, keep_starter, put_at_meta
from whatsapp.tests.test_chat import run_workers

pytestmark = pytest.mark.django_db
# A Tuesday, 14:00 in São Paulo; the appointment is on Thursday at 14:30 there.
NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
VISIT = datetime(2026, 11, 26, 17, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DUE = VISIT - 24 * HOUR


@pytest.fixture
def aurora(aurora: Aurora) -> Aurora:
    Number.objects.filter(pk=aurora.number.pk).update(account_id=ACCOUNT)
    Clinic.objects.filter(pk=aurora.clinic.pk).update(sends_reminders=True)
    aurora.number.refresh_from_db()
    aurora.clinic.refresh_from_db()
    return aurora


@pytest.fixture
def template(aurora: Aurora) -> Template:
    return keep_starter(aurora.number, Purpose.REMINDER)


def book(aurora: Aurora, starts_at: datetime = VISIT, now: datetime = NOW) -> Appointment:
    return booking.book(
        clinic=aurora.clinic,
        professional=aurora.helena,
        offering=aurora.consulta,
        patient=aurora.dalva,
        starts_at=starts_at,
        by=SYSTEM,
        now=now,
        source=Source.CHAT,
        by_the_rules=False,
    )


def reminded(now: datetime) -> int:
    """How many reminders one sweep queues."""
    before = Message.objects.filter(notice__startswith="reminder").count()
    reminders.sweep(now=now)
    return Message.objects.filter(notice__startswith="reminder").count() - before


def test_once_a_day_before_and_never_again(aurora: Aurora, template: Template) -> None:
    book(aurora)
    assert reminded(DUE - timedelta(seconds=1)) == 0
    assert reminded(DUE) == 1
    assert reminded(DUE + HOUR) == 0
    message = Message.objects.get()
    assert (message.type, message.urgency, message.state) == ("template", Urgency.REMINDER, MessageState.QUEUED)
    assert "quinta, 26/11, às 14h30" in message.body


def test_confirming_does_not_bring_it_again(aurora: Aurora, template: Template) -> None:
    appointment = book(aurora)
    assert reminded(DUE) == 1
    booking.confirm(clinic=aurora.clinic, appointment=appointment, by=SYSTEM, now=DUE, source=Source.PORTAL)
    assert reminded(DUE + HOUR) == 0


def test_moved_is_reminded_anew_cancelled_is_not(aurora: Aurora, template: Template) -> None:
    appointment = book(aurora)
    other = book(aurora, VISIT + HOUR)
    assert reminded(DUE) == 1
    moved: dict[str, Any] = {
        "clinic": aurora.clinic,
        "appointment": appointment,
        "by": SYSTEM,
        "now": DUE,
        "source": Source.CHAT,
    }
    booking.reschedule(**moved, starts_at=VISIT + timedelta(days=5), by_the_rules=False)
    booking.cancel(clinic=aurora.clinic, appointment=other, by=SYSTEM, now=DUE, source=Source.CHAT)
    assert reminded(DUE + 2 * HOUR) == 0
    assert reminded(VISIT + timedelta(days=4)) == 1


def test_moved_between_the_look_and_its_turn_is_reminded_at_its_new_time_only(
    aurora: Aurora, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment, remind = book(aurora), reminders.remind
    later = VISIT + timedelta(days=5)

    def moved_first(*given: Any, **named: Any) -> Reminder | None:
        booking.reschedule(
            clinic=aurora.clinic,
            appointment=appointment,
            starts_at=later,
            by=SYSTEM,
            now=NOW,
            source=Source.CHAT,
            by_the_rules=False,
        )
        return remind(*given, **named)

    monkeypatch.setattr(reminders, "remind", moved_first)
    assert reminded(DUE) == 0
    monkeypatch.undo()
    assert (reminded(DUE + HOUR), reminded(later - 24 * HOUR)) == (0, 1)


def test_who_books_or_moves_later_than_that_is_not_reminded(aurora: Aurora, template: Template) -> None:
    book(aurora, now=DUE + timedelta(minutes=1))
    assert reminded(DUE + HOUR) == 0
    appointment = book(aurora, VISIT + timedelta(days=2))
    moved: dict[str, Any] = {"clinic": aurora.clinic, "appointment": appointment, "by": SYSTEM, "source": Source.CHAT}
    booking.reschedule(**moved, starts_at=VISIT + 2 * HOUR, now=DUE + 3 * HOUR, by_the_rules=False)
    assert reminded(DUE + 4 * HOUR) == 0


def test_what_failed_on_its_way_is_sent_once_more_while_it_is_true(
    aurora: Aurora, template: Template, meta: Simulator
) -> None:
    """The row that is sent again has no appointment of its own, and knows whose it is all the same."""
    appointment = book(aurora)
    assert reminded(DUE) == 1
    message = Message.objects.get()
    report = statuses.Report("wamid.x", message.pk, "failed", DUE, error_code="131000")
    assert statuses.apply_status(clinic_id=aurora.clinic.pk, report=report)
    again = Message.objects.get(resend_of=message)
    assert last_look.look(again, now=DUE) is None
    late = last_look.look(again, now=VISIT)
    assert late is not None
    assert late.code == last_look.OVER
    booking.cancel(clinic=aurora.clinic, appointment=appointment, by=SYSTEM, now=DUE, source=Source.PORTAL)
    untrue = last_look.look(again, now=DUE)
    assert untrue is not None
    assert untrue.code == last_look.UNTRUE


def test_quiet_hours_wait_until_morning(aurora: Aurora, template: Template) -> None:
    book(aurora, datetime(2026, 11, 26, 9, 30, tzinfo=UTC))  # 06:30 in São Paulo
    assert reminded(datetime(2026, 11, 25, 10, 59, tzinfo=UTC)) == 0
    assert reminded(datetime(2026, 11, 25, 11, 0, tzinfo=UTC)) == 1
    Clinic.objects.update(reminders_until=time(14))
    book(aurora)
    assert reminded(DUE) == 0


def test_a_second_reminder_of_its_own(aurora: Aurora, template: Template) -> None:
    Clinic.objects.update(second_reminder_hours=2)
    book(aurora)
    moments = (DUE, VISIT - 3 * HOUR, VISIT - 2 * HOUR, VISIT - HOUR)
    assert [reminded(now) for now in moments] == [1, 0, 1, 0]
    # After an outage only the later one: two at once would say the same.
    book(aurora, VISIT + HOUR)
    assert reminded(VISIT - HOUR) == 1
    assert reminded(VISIT + timedelta(minutes=50)) == 0


def test_only_clinics_that_want_it(aurora: Aurora, template: Template) -> None:
    Clinic.objects.update(sends_reminders=False)
    book(aurora)
    assert reminded(DUE) == 0


def test_without_a_template_it_waits_for_one(aurora: Aurora) -> None:
    book(aurora)
    assert reminded(DUE) == 0
    assert Reminder.objects.get().state == ReminderState.NO_TEMPLATE
    assert not Message.objects.exists()
    keep_starter(aurora.number, Purpose.REMINDER)
    assert reminded(DUE + timedelta(minutes=1)) == 0
    assert reminded(DUE + timedelta(minutes=6)) == 1
    assert Reminder.objects.get().state == ReminderState.QUEUED


def test_a_patient_without_a_phone_has_none(aurora: Aurora, template: Template) -> None:
    aurora.dalva.phone = aurora.dalva.phone_key = ""
    aurora.dalva.save()
    book(aurora)
    assert reminded(DUE) == 0
    assert Reminder.objects.get().state == ReminderState.NO_CONTACT


def test_inside_the_window_the_same_words_with_buttons(aurora: Aurora) -> None:
    contact = make_contact(aurora.clinic, DALVA_PHONE, patient=aurora.dalva)
    make_conversation(aurora.number, contact, last_inbound_at=DUE - HOUR)
    book(aurora)
    assert reminded(DUE) == 1
    assert Message.objects.get().type == "buttons"


@pytest.mark.django_db(transaction=True)
def test_eight_sweeps_at_once_queue_one(aurora: Aurora, template: Template) -> None:
    book(aurora)

    def run() -> None:
        reminders.sweep(now=DUE)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Message.objects.filter(notice="reminder_1").count() == 1
    assert Reminder.objects.count() == 1


def test_another_clinics_templates_do_not_serve(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    keep_starter(boreal.number, Purpose.REMINDER)
    book(aurora)
    assert reminded(DUE) == 0


# The buttons ----------------------------------------------------------------------------------------
class Phone:
    """Dalva's, at the simulator; our own workers are called by hand."""

    def __init__(self, meta: Simulator) -> None:
        self.meta = meta

    def last(self) -> dict[str, Any]:
        return self.meta.chat(DALVA_PHONE)[-1]

    def presses(self, title: str, message: dict[str, Any], now: datetime) -> dict[str, Any]:
        (button,) = [one for one in message["buttons"] if one["title"] == title]
        self.meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "button": button["id"]})
        pressed = {
            "from": DALVA_PHONE,
            "id": f"wamid.press-{title}-{now.timestamp()}",
            "timestamp": str(int(now.timestamp())),
            "type": "button",
            "button": {"payload": button["id"], "text": title},
        }
        inbox.store(body=webhooks.body(webhooks.change("100000000000001", messages=[pressed])), signed_by=None)
        run_workers(now)
        return self.last()

    def writes(self, text: str, now: datetime) -> str:
        self.meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": text})
        said = {**webhooks.text_message(DALVA_PHONE, text), "timestamp": str(int(now.timestamp()))}
        said["id"] = f"wamid.{text}-{now.timestamp()}"
        inbox.store(body=webhooks.body(webhooks.change("100000000000001", messages=[said])), signed_by=None)
        run_workers(now)
        return str(self.last()["body"])


@pytest.fixture
def phone(meta: Simulator, aurora: Aurora, template: Template) -> Phone:
    empty_meta(meta)
    put_at_meta(meta, BY_PURPOSE[Purpose.REMINDER].draft())
    return Phone(meta)


def test_confirm_confirms_that_very_appointment(phone: Phone, aurora: Aurora) -> None:
    appointment, other = book(aurora), book(aurora, VISIT + timedelta(days=1))
    reminders.sweep(now=DUE)
    run_workers(DUE)
    shown = phone.last()
    assert "quinta, 26/11, às 14h30" in shown["body"]
    assert [one["title"] for one in shown["buttons"]] == ["Confirmar", "Remarcar", "Cancelar"]
    answer = phone.presses("Confirmar", shown, DUE + HOUR)
    assert "Presença confirmada" in answer["body"]
    appointment.refresh_from_db()
    other.refresh_from_db()
    assert (appointment.status, appointment.starts_at) == (Status.CONFIRMED, VISIT)
    assert other.status == Status.BOOKED
    again = phone.presses("Confirmar", shown, DUE + 2 * HOUR)
    assert "Presença confirmada" in again["body"]


def test_move_and_cancel_lead_into_the_conversation(phone: Phone, aurora: Aurora) -> None:
    appointment = book(aurora)
    reminders.sweep(now=DUE)
    run_workers(DUE)
    shown = phone.last()
    times = phone.presses("Remarcar", shown, DUE + HOUR)
    assert "Vamos remarcar" in times["body"]
    assert times["rows"]
    asked = phone.presses("Cancelar", shown, DUE + 2 * HOUR)
    assert "Quer mesmo cancelar" in asked["body"]
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED
    phone.presses("Sim, cancelar", asked, DUE + 3 * HOUR)
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED


def test_a_late_press_gets_a_true_answer(phone: Phone, aurora: Aurora) -> None:
    appointment = book(aurora)
    reminders.sweep(now=DUE)
    run_workers(DUE)
    shown = phone.last()
    change: dict[str, Any] = {
        "clinic": aurora.clinic,
        "appointment": appointment,
        "by": SYSTEM,
        "now": DUE,
        "source": Source.CHAT,
    }
    booking.reschedule(**change, starts_at=VISIT + timedelta(days=1), by_the_rules=False)
    moved = phone.presses("Confirmar", shown, DUE + HOUR)
    assert "mudou" in moved["body"]
    assert "Sexta-feira, 27 de novembro" in moved["body"]
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED
    phone.presses("Confirmar", moved, DUE + 2 * HOUR)
    appointment.refresh_from_db()
    assert appointment.status == Status.CONFIRMED
    booking.cancel(**change)
    gone = phone.presses("Cancelar", moved, DUE + 4 * HOUR)
    assert "não está mais marcado" in gone["body"]
    past = phone.presses("Confirmar", moved, VISIT + timedelta(days=2))
    assert "já passou" in past["body"]


@pytest.mark.parametrize("title", ["Confirmar", "Remarcar", "Cancelar"])
def test_the_reminder_of_a_phone_that_several_patients_have_is_answered_too(
    phone: Phone, aurora: Aurora, title: str
) -> None:
    """Nobody has written yet, so that it is not known who of them does."""
    child = make_patient(aurora.clinic, "Luiza Nogueira", f"+{DALVA_PHONE}")
    appointment = book(aurora)
    type(appointment).objects.filter(pk=appointment.pk).update(patient=child)
    others = book(aurora, VISIT + timedelta(days=20))
    reminders.sweep(now=DUE)
    run_workers(DUE)
    answer = phone.presses(title, phone.last(), DUE + HOUR)
    expected = {"Confirmar": "Presença confirmada", "Remarcar": "Vamos remarcar", "Cancelar": "Quer mesmo cancelar"}
    assert expected[title] in answer["body"]
    if title == "Cancelar":
        phone.presses("Sim, cancelar", answer, DUE + 2 * HOUR)
    appointment.refresh_from_db()
    others.refresh_from_db()
    states = {"Confirmar": Status.CONFIRMED, "Remarcar": Status.BOOKED, "Cancelar": Status.CANCELLED}
    assert (appointment.status, others.status) == (states[title], Status.BOOKED)


def test_a_yes_after_a_reminder_says_that_they_come_whatever_was_asked_before(phone: Phone, aurora: Aurora) -> None:
    Clinic.objects.filter(pk=aurora.clinic.pk).update(second_reminder_hours=4)
    appointment = book(aurora)
    reminders.sweep(now=DUE)
    run_workers(DUE)
    asked = phone.presses("Cancelar", phone.last(), DUE + HOUR)
    assert "Quer mesmo cancelar" in asked["body"]
    reminders.sweep(now=VISIT - 4 * HOUR)
    run_workers(VISIT - 4 * HOUR)
    assert "Presença confirmada" in phone.writes("Sim", VISIT - 3 * HOUR)
    appointment.refresh_from_db()
    assert appointment.status == Status.CONFIRMED


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("sim", "Presença confirmada"),
        ("ok", "Presença confirmada"),
        ("confirmo", "Presença confirmada"),
        ("1", "Presença confirmada"),
        ("vou sim", "Presença confirmada"),
        ("não", "Quer mesmo cancelar"),
        ("não vou", "Quer mesmo cancelar"),
        ("cancelar", "Quer mesmo cancelar"),
        ("remarcar", "Vamos remarcar"),
    ],
)
def test_words_after_a_reminder_are_about_its_appointment(phone: Phone, aurora: Aurora, said: str, answer: str) -> None:
    other = book(aurora, VISIT - timedelta(days=1))
    appointment = book(aurora)
    Clinic.objects.filter(pk=aurora.clinic.pk).update(reminder_hours=23)
    reminders.sweep(now=VISIT - 23 * HOUR)
    run_workers(VISIT - 23 * HOUR)
    assert "quinta, 26/11, às 14h30" in phone.last()["body"]
    booking.cancel(clinic=aurora.clinic, appointment=other, by=SYSTEM, now=DUE - HOUR, source=Source.CHAT)
    later = book(aurora, VISIT + timedelta(days=2))
    said_back = phone.writes(said, VISIT - 22 * HOUR)
    assert answer in said_back
    assert "26 de novembro" in said_back
    appointment.refresh_from_db()
    later.refresh_from_db()
    assert appointment.status == (Status.CONFIRMED if "confirmada" in answer else Status.BOOKED)
    assert later.status == Status.BOOKED


def test_a_yes_after_the_clinic_moved_it_answers_no_old_question(phone: Phone, aurora: Aurora) -> None:
    appointment = book(aurora)
    phone.writes("oi", DUE)
    assert "Quer mesmo cancelar" in phone.writes("cancelar minha consulta", DUE + HOUR)
    booking.reschedule(
        clinic=aurora.clinic,
        appointment=appointment,
        by=SYSTEM,
        now=DUE + HOUR,
        source=Source.PORTAL,
        starts_at=VISIT + timedelta(days=1),
        by_the_rules=False,
    )
    run_workers(DUE + HOUR)
    phone.writes("sim", DUE + 2 * HOUR)
    appointment.refresh_from_db()
    assert appointment.status != Status.CANCELLED


def test_a_reminder_that_waited_until_it_was_untrue_is_not_sent(phone: Phone, aurora: Aurora) -> None:
    appointment = book(aurora)
    reminders.sweep(now=DUE)
    booking.cancel(clinic=aurora.clinic, appointment=appointment, by=SYSTEM, now=DUE, source=Source.CHAT)
    run_workers(DUE)
    assert phone.meta.chat(DALVA_PHONE) == []
    message = Message.objects.get(notice="reminder_1")
    assert (message.state, message.error_code) == (MessageState.FAILED, "no_longer_true")


def test_a_reminder_of_a_time_that_was_moved_meanwhile_is_not_sent(phone: Phone, aurora: Aurora) -> None:
    """It is still to come, but not at the time that the reminder tells."""
    appointment = book(aurora)
    reminders.sweep(now=DUE)
    booking.reschedule(
        clinic=aurora.clinic,
        appointment=appointment,
        starts_at=VISIT + timedelta(days=5),
        by=SYSTEM,
        now=DUE,
        source=Source.CHAT,
        by_the_rules=False,
    )
    run_workers(DUE)
    assert phone.meta.chat(DALVA_PHONE) == []
    message = Message.objects.get(notice="reminder_1")
    assert (message.state, message.error_code) == (MessageState.FAILED, "no_longer_true")


def test_one_that_breaks_rests_keeps_nobody_back_and_is_given_up_after_some_tries(
    aurora: Aurora, template: Template, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_ATTEMPTS = 3
    broken, well = book(aurora), book(aurora, VISIT + HOUR)
    real = reminders._free
    with monkeypatch.context() as patch:
        patch.setattr(reminders, "_free", lambda one: 1 / 0 if one.pk == broken.pk else real(one))
        assert reminded(DUE + HOUR) == 1
        row = Reminder.objects.get(appointment=broken)
        assert (row.state, row.begun) == (ReminderState.BROKEN, 1)
        assert Reminder.objects.get(appointment=well).state == ReminderState.QUEUED
        reminded(DUE + HOUR + timedelta(minutes=4))
        assert fresh(row).begun == 1
        for minutes in (5, 10, 15):
            reminded(DUE + HOUR + timedelta(minutes=minutes))
        assert fresh(row).begun == 3
    assert reminded(DUE + 2 * HOUR) == 0


def fresh(row: Reminder) -> Reminder:
    return Reminder.objects.get(pk=row.pk)


def test_one_that_was_begun_and_mended_goes_out_once(
    aurora: Aurora, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(aurora)
    with monkeypatch.context() as patch:
        patch.setattr(reminders, "_free", lambda _one: 1 / 0)
        assert reminded(DUE) == 0
    assert reminded(DUE + timedelta(minutes=5)) == 1
    assert reminded(DUE + timedelta(minutes=11)) == 0
    assert Reminder.objects.get().begun == 0


@pytest.mark.django_db(transaction=True)
def test_one_that_kills_its_worker_is_begun_so_often_and_no_more(
    aurora: Aurora, template: Template, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_ATTEMPTS = 2
    book(aurora)
    monkeypatch.setattr(reminders, "_free", dies)
    lost = [ends(lambda at=minutes: reminders.sweep(now=DUE + timedelta(minutes=at))) for minutes in (0, 5, 10)]  # type: ignore[misc]
    assert lost == [signal.SIGKILL, signal.SIGKILL, 0]
