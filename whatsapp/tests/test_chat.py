"""From a stored delivery to the patient's screen: the chat through inbox, engine, outbox and the simulator."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from atendeai.testing import webhooks
from atendeai.testing.factories import make_appointment, make_contact, make_patient
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.simulator import Simulator
from clinics.models import Appointment, AuditEntry, Patient, Source, Status
from whatsapp import handling, inbox, outbox
from whatsapp.models import Contact, Conversation, FormerId, Handler, Item, ItemState, Marketing, Message, MessageState

# A Friday evening: the next free times are Monday's.
NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
STRANGER = "5511987650002"
_seconds = count()


class Phone:
    """A patient at the simulator's phone, with our own workers called by hand."""

    def __init__(self, meta: Simulator, phone: str) -> None:
        self.meta, self.phone = meta, phone

    def says(self, text: str) -> dict[str, Any]:
        return self._write(webhooks.text_message(self.phone, text, timestamp=self._time()))

    def taps(self, choice_id: str, kind: str = "button") -> dict[str, Any]:
        return self._write(webhooks.choice_message(self.phone, choice_id, "…", kind=kind))

    def _write(self, message: dict[str, Any]) -> dict[str, Any]:
        # The simulator must have heard from the patient too, or it would refuse free text outside the window.
        self.meta.control("POST", f"patients/{self.phone}/messages", {"to": "aurora", "text": "…"})
        inbox.store(body=webhooks.body(webhooks.change("100000000000001", messages=[message])), signed_by=None)
        run_workers()
        answers = [one for one in self.meta.chat(self.phone) if one["direction"] == "out"]
        return answers[-1] if answers else {}

    def _time(self) -> int:
        return int(NOW.timestamp()) + next(_seconds)

    def taps_first(self, answer: dict[str, Any], title: str = "") -> dict[str, Any]:
        choices = answer["buttons"] or answer["rows"]
        wanted = [choice for choice in choices if title in f"{choice['title']} {choice.get('description', '')}"]
        return self.taps(wanted[0]["id"], "button" if answer["buttons"] else "list")


def run_workers(now: datetime = NOW) -> None:
    """What Celery would do, in this process."""
    inbox.unpack_some(now=now)
    for conversation in Conversation.objects.filter(wanted_at__isnull=False):
        handling.work(conversation.pk, now=now)
    for conversation in Conversation.objects.all():
        while outbox.deliver_one(conversation.pk, now=now):
            pass


@pytest.fixture
def phone(meta: Simulator, aurora: Aurora) -> Phone:
    return Phone(meta, STRANGER)


def test_new_patient_books_in_four_messages(phone: Phone, aurora: Aurora) -> None:
    greeting = phone.says("oi")
    assert "Clínica Aurora" in greeting["body"]
    times = phone.taps_first(greeting, "Consulta")
    first = times["rows"][0]
    assert first["description"] in {"Dra. Helena Prado", "Dr. Marcos Lima"}
    assert {"Outro dia", "Outro profissional"} <= {row["title"] for row in times["rows"]}
    asked = phone.taps_first(times)
    assert "nome" in asked["body"].lower()
    done = phone.says("maria da silva")
    appointment = Appointment.objects.get()
    assert appointment.starts_at == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    assert (appointment.status, appointment.source) == (Status.BOOKED, Source.CHAT)
    assert appointment.patient.name == "Maria da Silva"
    assert appointment.patient.phone == f"+{STRANGER}"
    assert "23 de novembro" in done["body"]
    assert Message.objects.filter(direction="in").count() == 4


def test_known_patient_books_without_giving_a_name(meta: Simulator, aurora: Aurora) -> None:
    phone = Phone(meta, DALVA_PHONE)
    times = phone.taps_first(phone.says("oi"), "Retorno")
    summary = phone.taps_first(times)
    phone.taps_first(summary)
    appointment = Appointment.objects.get()
    assert appointment.patient == aurora.dalva
    assert Patient.objects.count() == 1


def names_itself(meta: Simulator, name: str) -> Appointment:
    """Somebody writes from Dalva's phone, which several patients have, and books under the name."""
    phone = Phone(meta, DALVA_PHONE)
    phone.taps_first(phone.taps_first(phone.says("oi"), "Consulta"))
    phone.says(name)
    return Appointment.objects.latest("pk")


@pytest.mark.parametrize(("told", "is_known"), [("DALVA NOGUEIRA", True), ("Davi Nogueira", False)])
def test_who_shares_a_phone_and_gives_a_registered_name_is_that_patient(
    meta: Simulator, aurora: Aurora, told: str, *, is_known: bool
) -> None:
    make_patient(aurora.clinic, "Luiza Nogueira", f"+{DALVA_PHONE}")
    appointment = names_itself(meta, told)
    assert (appointment.patient == aurora.dalva) is is_known
    assert Patient.objects.count() == (2 if is_known else 3)
    assert Contact.objects.get().patient == appointment.patient


def test_a_number_that_had_another_owner_leads_to_nobody_s_record(meta: Simulator, aurora: Aurora) -> None:
    make_patient(aurora.clinic, "Luiza Nogueira", f"+{DALVA_PHONE}")
    former = make_contact(aurora.clinic, "5511900000000")
    FormerId.objects.create(clinic=aurora.clinic, contact=former, match_key=DALVA_PHONE, until=NOW - timedelta(days=90))
    assert names_itself(meta, "Dalva Nogueira").patient != aurora.dalva


def test_a_slot_taken_meanwhile_leads_to_the_next_ones(phone: Phone, aurora: Aurora) -> None:
    times = phone.taps_first(phone.says("oi"), "Consulta")
    first = times["rows"][0]
    for professional in (aurora.helena, aurora.marcos):
        make_appointment(
            aurora.clinic, professional, aurora.consulta, aurora.dalva, datetime(2026, 11, 23, 11, tzinfo=UTC)
        )
    phone.taps(first["id"], "list")
    again = phone.says("Maria da Silva")
    assert again["rows"]
    assert again["rows"][0]["id"] != first["id"]
    assert Appointment.objects.count() == 2


def test_double_tap_on_confirm_books_once(meta: Simulator, aurora: Aurora) -> None:
    phone = Phone(meta, DALVA_PHONE)
    summary = phone.taps_first(phone.taps_first(phone.says("oi"), "Consulta"))
    confirm = summary["buttons"][0]["id"]
    phone.taps(confirm)
    phone.taps(confirm)
    assert Appointment.objects.count() == 1


def test_cancelling_in_the_chat(meta: Simulator, aurora: Aurora) -> None:
    appointment = make_appointment(
        aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, datetime(2026, 11, 24, 12, tzinfo=UTC)
    )
    phone = Phone(meta, DALVA_PHONE)
    asked = phone.says("quero cancelar minha consulta")
    phone.taps_first(asked)
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED
    # The reply is the confirmation: no notice beside it.
    assert not Message.objects.exclude(notice="").exists()


def test_who_wants_no_promotions_is_written_down_with_the_time_of_their_words(meta: Simulator, aurora: Aurora) -> None:
    appointment = make_appointment(
        aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, datetime(2026, 11, 24, 12, tzinfo=UTC)
    )
    phone = Phone(meta, DALVA_PHONE)
    answer = phone.says("Não quero mais receber mensagens")
    assert "divulgação" in answer["body"]
    contact = Contact.objects.get()
    item = Item.objects.get(kind="message")
    assert (contact.marketing, contact.marketing_source) == (Marketing.STOPPED, "chat")
    assert contact.marketing_at == item.provider_at
    assert AuditEntry.objects.filter(action="marketing_stopped").count() == 1
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED

    phone.says("voltar a receber")
    contact.refresh_from_db()
    assert (contact.marketing, contact.marketing_source) == (Marketing.ALLOWED, "chat")


def test_nobody_touches_another_patient_s_appointment_by_its_id(phone: Phone, aurora: Aurora) -> None:
    appointment = make_appointment(
        aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, datetime(2026, 11, 24, 12, tzinfo=UTC)
    )
    from whatsapp.conversation import choices

    phone.taps(choices.cancel(appointment.id))
    phone.taps(choices.confirm_presence(appointment.id))
    phone.says("sim")
    appointment.refresh_from_db()
    assert (appointment.status, appointment.revision) == (Status.BOOKED, 1)


def test_third_nonsense_brings_a_person_and_the_assistant_stays_silent(phone: Phone, aurora: Aurora) -> None:
    phone.says("oi")
    for text in ("xyzzy", "qwrtp", "plugh"):
        phone.says(text)
    conversation = Conversation.objects.get()
    assert (conversation.handler, conversation.handover_reason) == (Handler.PERSON, "not_understood")
    sent = Message.objects.filter(direction="out").count()
    phone.says("alguém aí?")
    conversation.refresh_from_db()
    assert Message.objects.filter(direction="out").count() == sent
    assert conversation.unread == 5


def test_items_are_worked_in_order_of_the_provider_s_time(aurora: Aurora) -> None:
    at = int(NOW.timestamp())
    later = webhooks.text_message(STRANGER, "second", timestamp=at + 5)
    earlier = webhooks.text_message(STRANGER, "first", timestamp=at)
    for message in (later, earlier):
        inbox.store(body=webhooks.body(webhooks.change("100000000000001", messages=[message])), signed_by=None)
    inbox.unpack_some(now=NOW)
    handling.work(Conversation.objects.get().pk, now=NOW)
    assert list(Message.objects.filter(direction="in").values_list("body", flat=True)) == ["first", "second"]


def test_a_failing_item_holds_its_own_chat_only_and_is_set_aside_in_the_end(
    aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whatsapp import chat

    real = chat.answer

    def fails_for_stranger(**arguments: Any) -> None:
        if arguments["conversation"].contact.wa_id == STRANGER:
            raise RuntimeError("bug")
        real(**arguments)

    monkeypatch.setattr(chat, "answer", fails_for_stranger)
    for sender in (STRANGER, DALVA_PHONE):
        message = webhooks.text_message(sender, "oi", timestamp=int(NOW.timestamp()))
        inbox.store(body=webhooks.body(webhooks.change("100000000000001", messages=[message])), signed_by=None)
    inbox.unpack_some(now=NOW)
    for _ in range(10):
        for conversation in Conversation.objects.all():
            handling.work(conversation.pk, now=NOW)
        Conversation.objects.update(not_before=None)
    states = dict(Item.objects.values_list("conversation__contact__wa_id", "state"))
    assert states == {STRANGER: ItemState.SET_ASIDE, DALVA_PHONE: ItemState.DONE}
    assert Message.objects.filter(conversation__contact__wa_id=STRANGER).count() == 0
    assert Conversation.objects.filter(wanted_at__isnull=False).count() == 0


def test_every_booking_leaves_its_audit_row(phone: Phone, aurora: Aurora) -> None:
    phone.taps_first(phone.taps_first(phone.says("oi"), "Consulta"))
    phone.says("Maria da Silva")
    actions = set(AuditEntry.objects.filter(clinic=aurora.clinic).values_list("action", flat=True))
    assert {"patient_registered", "appointment_booked"} <= actions


def test_a_person_without_a_phone_books_too(meta: Simulator, aurora: Aurora) -> None:
    meta.control("POST", "patients/BR.9900000000000001/messages", {"to": "aurora", "text": "oi"})
    message = {**webhooks.text_message("", "oi", timestamp=int(NOW.timestamp())), "from_user_id": "BR.9900000000000001"}
    del message["from"]
    inbox.store(body=webhooks.body(webhooks.change("100000000000001", messages=[message])), signed_by=None)
    run_workers()
    assert Message.objects.get(direction="out").state == MessageState.SENT
    assert "Clínica Aurora" in meta.chat("BR.9900000000000001")[-1]["body"]


def test_old_window_is_no_reason_to_lose_the_item(aurora: Aurora) -> None:
    old = webhooks.text_message(STRANGER, "oi", timestamp=int((NOW - timedelta(days=400)).timestamp()))
    inbox.store(body=webhooks.body(webhooks.change("100000000000001", messages=[old])), signed_by=None)
    inbox.unpack_some(now=NOW)
    assert Item.objects.get().provider_at == NOW
