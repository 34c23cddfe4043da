"""When may the clinic write freely, what does it cost, and what becomes of what waited until the window closed?"""

from datetime import timedelta

import pytest

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY, make_appointment, make_contact, make_conversation
from atendeai.testing.pacing import forget_pace
from atendeai.testing.people import Aurora
from atendeai.testing.simulator import Simulator
from clinics import alerts, booking
from clinics.audit import SYSTEM
from clinics.models import Appointment, Source
from whatsapp import cloud_api, handling, inbox, last_look, outbox, statuses, window
from whatsapp.admin.bubbles import bubbles
from whatsapp.models import Author, Conversation, Item, ItemState, Marketing, Message, MessageState, Number
from whatsapp.starter_templates import BY_PURPOSE, Purpose
from whatsapp.tests.templating import ACCOUNT, empty_meta, keep, keep_starter, put_at_meta

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


@pytest.fixture
def aurora(aurora: Aurora) -> Aurora:
    Number.objects.filter(pk=aurora.number.pk).update(account_id=ACCOUNT)
    aurora.number.refresh_from_db()
    return aurora


@pytest.fixture
def chat(aurora: Aurora) -> Conversation:
    contact = make_contact(aurora.clinic, "5511987650001", patient=aurora.dalva)
    return make_conversation(aurora.number, contact)


# The window itself ----------------------------------------------------------------------------------
def test_a_message_or_a_call_opens_it_for_a_day(chat: Conversation) -> None:
    assert not window.is_open(chat, now=MONDAY)
    window.hear(chat, at=MONDAY)
    chat.save()
    for now, is_open in ((MONDAY, True), (MONDAY + DAY - SECOND, True), (MONDAY + DAY, False)):
        assert window.is_open(chat, now=now) is is_open
        assert Conversation.objects.for_clinic(chat.clinic).filter(window.open_rows(now)).exists() is is_open
    window.hear_call(chat, at=MONDAY + DAY)
    chat.save()
    assert window.closes_at(chat) == MONDAY + 2 * DAY
    assert Conversation.objects.for_clinic(chat.clinic).filter(window.open_rows(MONDAY + 2 * DAY - SECOND)).exists()


def test_older_news_does_not_shorten_it(chat: Conversation) -> None:
    window.hear(chat, at=MONDAY)
    window.hear(chat, at=MONDAY - DAY)
    assert window.closes_at(chat) == MONDAY + DAY


def test_what_was_written_before_the_number_was_connected_does_not_open_it(chat: Conversation) -> None:
    chat.number.onboarded_at, chat.number.is_coexistence = MONDAY, True
    window.hear(chat, at=MONDAY - SECOND, is_from_ad=True)
    window.hear_call(chat, at=MONDAY - SECOND)
    assert (chat.last_inbound_at, chat.last_call_at, chat.entered_at) == (None, None, None)
    window.hear(chat, at=MONDAY)
    assert window.is_open(chat, now=MONDAY)


def test_without_the_business_app_every_message_opens_it(chat: Conversation) -> None:
    """A number that was on the platform before it came to us: what Meta repeats of the days before counts."""
    chat.number.onboarded_at = MONDAY
    window.hear(chat, at=MONDAY - SECOND)
    assert window.is_open(chat, now=MONDAY)


def call(sender: str = "5511987650001", **fields: object) -> None:
    told: dict[str, object] = {"id": "wacid.1", "from": sender, "event": "connect", "direction": "USER_INITIATED"}
    told |= {"timestamp": str(int(MONDAY.timestamp())), **fields}
    value = {"metadata": {"phone_number_id": "100000000000001"}, "calls": [told]}
    inbox.store(body=webhooks.body({"id": "2", "changes": [{"field": "calls", "value": value}]}), signed_by=None)
    for conversation_id in inbox.unpack_some(now=MONDAY).conversation_ids:
        handling.work(conversation_id, now=MONDAY)


def test_a_patients_call_opens_it_and_is_not_answered(chat: Conversation) -> None:
    call()
    chat.refresh_from_db()
    assert window.closes_at(chat) == MONDAY + DAY
    line = Message.objects.get()
    assert (line.author, line.type, chat.last_inbound_at, chat.unread) == (Author.SYSTEM, "call", None, 0)
    assert bubbles([line])[0].line == "A pessoa ligou."
    call()
    assert Message.objects.count() == 1


def test_who_calls_first_is_known_from_then_on(aurora: Aurora) -> None:
    call("5511987650099")
    chat = Conversation.objects.get()
    assert (chat.contact.wa_id, chat.last_message_at) == ("5511987650099", MONDAY)
    assert window.is_open(chat, now=MONDAY)


@pytest.mark.parametrize("fields", [{"direction": "BUSINESS_INITIATED"}, {"event": "terminate"}, {"direction": None}])
def test_other_news_of_calls_is_only_kept(chat: Conversation, fields: dict[str, object]) -> None:
    call(**fields)  # type: ignore[arg-type]
    chat.refresh_from_db()
    item = Item.objects.get()
    assert (item.state, item.reason, chat.last_call_at) == (ItemState.IGNORED, "call", None)


def test_an_entry_answered_in_time_is_free_for_three_days_from_the_answer(chat: Conversation) -> None:
    window.hear(chat, at=MONDAY, is_from_ad=True)
    chat.save()
    window.note_answer(chat, now=MONDAY + timedelta(hours=2))
    chat.refresh_from_db()
    assert chat.free_until == MONDAY + timedelta(hours=74)
    # The next answer does not move it; free is not open.
    window.note_answer(chat, now=MONDAY + timedelta(hours=5))
    chat.refresh_from_db()
    assert chat.free_until == MONDAY + timedelta(hours=74)
    assert window.is_free(chat, now=MONDAY + timedelta(hours=73))
    assert not window.is_open(chat, now=MONDAY + timedelta(hours=73))
    assert not window.is_free(chat, now=MONDAY + timedelta(hours=74))


def test_an_entry_answered_too_late_or_none_is_not_free(chat: Conversation) -> None:
    window.note_answer(chat, now=MONDAY)
    window.hear(chat, at=MONDAY, is_from_ad=True)
    chat.save()
    window.note_answer(chat, now=MONDAY + DAY + SECOND)
    chat.refresh_from_db()
    assert chat.free_until is None


# What waited ----------------------------------------------------------------------------------------
def waiting(chat: Conversation, content: cloud_api.OutboundContent, **more: object) -> Message:
    return outbox.queue(conversation=chat, content=content, author=Author.BOT, now=MONDAY, **more)  # type: ignore[arg-type]


def sent(chat: Conversation, message: Message, now: object) -> Message:
    outbox.deliver_one(chat.pk, now=now)  # type: ignore[arg-type]
    message.refresh_from_db()
    return message


def test_a_text_that_waited_until_the_window_closed_is_never_sent(chat: Conversation, meta: Simulator) -> None:
    chat.last_inbound_at = MONDAY - timedelta(hours=23)
    chat.save()
    message = sent(chat, waiting(chat, cloud_api.Text("Olá")), MONDAY + timedelta(hours=2))
    assert (message.state, message.error_code) == (MessageState.FAILED, "131047")
    assert meta.chat("5511987650001") == []


def test_a_notice_that_waited_takes_the_template(chat: Conversation, aurora: Aurora, meta: Simulator) -> None:
    empty_meta(meta)
    draft = BY_PURPOSE[Purpose.CONFIRMATION].draft()
    put_at_meta(meta, draft)
    keep(aurora.number, draft)
    chat.last_inbound_at = MONDAY - timedelta(hours=23)
    chat.save()
    at = MONDAY + timedelta(days=3)
    appointment = make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, at)
    message = waiting(chat, cloud_api.Text("Marcado!"), appointment=appointment, notice="booked")
    message = sent(chat, message, MONDAY + timedelta(hours=2))
    assert (message.state, message.type) == (MessageState.SENT, "template")
    assert "quinta, 26/11, às 8h" in meta.chat("5511987650001")[-1]["body"]
    assert message.body == meta.chat("5511987650001")[-1]["body"]


@pytest.mark.parametrize("is_later", [False, True], ids=["at once", "by a status"])
def test_a_notice_that_meta_finds_outside_the_window_takes_the_template(
    chat: Conversation, aurora: Aurora, meta: Simulator, *, is_later: bool
) -> None:
    """We thought it open (Meta admits that it errs): the notice need not be lost for it."""
    empty_meta(meta)
    draft = BY_PURPOSE[Purpose.CONFIRMATION].draft()
    put_at_meta(meta, draft)
    keep(aurora.number, draft)
    meta.control("POST", "patients/5511987650001/messages", {"to": "aurora", "text": "oi"})
    chat.last_inbound_at = MONDAY
    chat.save()
    at = MONDAY + timedelta(days=3)
    appointment = make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, at)
    message = waiting(chat, cloud_api.Text("Marcado!"), appointment=appointment, notice="booked")
    if is_later:
        assert sent(chat, message, MONDAY).state == MessageState.SENT
        report = statuses.Report("", message.pk, "failed", MONDAY, error_code="131047")
        assert statuses.apply_status(clinic_id=chat.clinic_id, report=report)
        message.refresh_from_db()
        assert (message.type, message.body, message.state) == ("text", "Marcado!", MessageState.FAILED)
        message = Message.objects.get(resend_of=message)
    else:
        meta.fault(target="graph", operation="messages", kind="status", code=131047)
        assert sent(chat, message, MONDAY).state == MessageState.QUEUED
    Message.objects.update(not_before=None)
    forget_pace()
    assert (sent(chat, message, MONDAY).state, message.type) == (MessageState.SENT, "template")
    assert message.body == meta.chat("5511987650001")[-1]["body"]
    # A template that is refused so is not tried again, nor is what a person wrote.
    for content in (cloud_api.Template("atendeai_confirmacao"), cloud_api.Text("Oi")):
        meta.fault(target="graph", operation="messages", kind="status", code=131047)
        forget_pace()
        refused = sent(chat, waiting(chat, content), MONDAY)
        assert (refused.state, refused.error_code) == (MessageState.FAILED, "131047")


@pytest.mark.parametrize(("status", "code"), [("PAUSED", "132015"), ("DISABLED", "132016"), ("REJECTED", "132001")])
def test_a_template_that_was_stopped_while_it_waited_is_not_sent(
    chat: Conversation, aurora: Aurora, meta: Simulator, status: str, code: str
) -> None:
    keep_starter(aurora.number, Purpose.SATISFACTION, status=status)
    content = cloud_api.Template("atendeai_satisfacao")
    message = sent(chat, waiting(chat, content), MONDAY)
    assert (message.state, message.error_code) == (MessageState.FAILED, code)
    assert meta.chat("5511987650001") == []


def test_marketing_is_never_sent_to_who_said_stop(chat: Conversation, aurora: Aurora) -> None:
    keep_starter(aurora.number, Purpose.SATISFACTION, category="MARKETING")
    message = waiting(chat, cloud_api.Template("atendeai_satisfacao"))
    assert last_look.look(message, now=MONDAY) is None
    chat.contact.marketing = Marketing.STOPPED
    chat.contact.save()
    refused = last_look.look(message, now=MONDAY)
    assert refused is not None
    assert refused.code == "131050"


# Notices about appointments -------------------------------------------------------------------------
def book(aurora: Aurora, source: str = Source.PORTAL) -> Appointment:
    return booking.book(
        clinic=aurora.clinic,
        professional=aurora.helena,
        offering=aurora.consulta,
        patient=aurora.dalva,
        starts_at=MONDAY + timedelta(days=2),
        by=SYSTEM,
        now=MONDAY,
        source=source,
    )


def test_outside_the_window_the_approved_template_is_queued(chat: Conversation, aurora: Aurora) -> None:
    keep_starter(aurora.number, Purpose.CONFIRMATION)
    book(aurora)
    message = Message.objects.get()
    assert (message.type, message.state, message.notice) == ("template", MessageState.QUEUED, "booked")
    assert "quarta, 25/11, às 8h" in message.body


def test_inside_the_window_it_is_free_text(chat: Conversation, aurora: Aurora) -> None:
    keep_starter(aurora.number, Purpose.CONFIRMATION)
    Conversation.objects.update(last_inbound_at=MONDAY)
    book(aurora)
    assert Message.objects.get().type == "text"


@pytest.mark.parametrize("fields", [{"status": "PAUSED"}, {"category": "MARKETING"}, {"language": "en_US"}])
def test_without_an_approved_one_it_is_shown_unsent_and_the_clinic_told_once(
    chat: Conversation, aurora: Aurora, fields: dict[str, str]
) -> None:
    template = keep_starter(aurora.number, Purpose.CONFIRMATION)
    type(template).objects.filter(pk=template.pk).update(**fields)
    appointment = book(aurora)
    booking.cancel(clinic=aurora.clinic, appointment=appointment, by=SYSTEM, now=MONDAY, source=Source.PORTAL)
    assert [message.state for message in Message.objects.all()] == [MessageState.FAILED] * 2
    assert len(alerts.banners(aurora.clinic)) == 1


def test_a_patient_who_never_wrote_is_told_by_template(aurora: Aurora) -> None:
    book(aurora)
    assert not Conversation.objects.exists()
    keep_starter(aurora.number, Purpose.CANCELLATION)
    appointment = Appointment.objects.get()
    booking.cancel(clinic=aurora.clinic, appointment=appointment, by=SYSTEM, now=MONDAY, source=Source.PORTAL)
    message = Message.objects.get()
    assert (message.notice, message.conversation.contact.wa_id) == ("cancelled", "5511987650001")
    assert message.conversation.contact.patient == aurora.dalva


def test_the_chat_is_where_the_patient_last_wrote(chat: Conversation, aurora: Aurora) -> None:
    newer = make_conversation(
        aurora.number, make_contact(aurora.clinic, patient=aurora.dalva), last_inbound_at=MONDAY - timedelta(days=9)
    )
    keep_starter(aurora.number, Purpose.CONFIRMATION)
    book(aurora)
    assert Message.objects.get().conversation == newer
