"""The inbox in the portal, and the use cases behind its buttons."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing import factories
from atendeai.testing.factories import MONDAY
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.together import run_together
from clinics.models import AuditEntry, Patient
from whatsapp import attending
from whatsapp.models import Author, Conversation, Handler, Message, MessageState
from whatsapp.starter_templates import Purpose
from whatsapp.tests.templating import keep_starter

LIST = "admin:whatsapp_conversation_changelist"
CHAT = "admin:whatsapp_conversation_change"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


@pytest.fixture
def bruno(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.receptionist)
    return client


@pytest.fixture
def ana(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.owner)
    return client


@pytest.fixture
def chat(aurora: Aurora) -> Conversation:
    now = clock.now()
    contact = factories.make_contact(aurora.clinic, name="Marcelo")
    return factories.make_conversation(
        aurora.number, contact, unread=2, last_inbound_at=now, last_message_at=now, state={"step": "day"}
    )


def say(chat: Conversation, body: str, **fields: Any) -> Message:
    values: dict[str, Any] = {
        "direction": "in",
        "author": "patient",
        "type": "text",
        "state": "received",
        "content": "{}",
    }
    values |= {"created_at": clock.now(), **fields}
    return Message.objects.create(clinic=chat.clinic, conversation=chat, body=body, **values)


def fresh(chat: Conversation) -> Conversation:
    return Conversation.objects.get(pk=chat.pk)


def actions() -> list[str]:
    return list(AuditEntry.objects.filter(object_type="conversation").order_by("id").values_list("action", flat=True))


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"type": "sticker"}, "Figurinha"),
        ({"type": "image"}, "Foto"),
        ({"type": "image", "body": "exame"}, "exame"),
        ({"type": "text", "body": "segredo", "revoked_at": MONDAY}, "Apagada por quem enviou"),
    ],
)
def test_the_list_says_in_words_what_came_last(
    bruno: Client, chat: Conversation, fields: dict[str, Any], shown: str
) -> None:
    say(chat, **{"body": "", **fields})
    page = bruno.get(reverse("admin:whatsapp_conversation_changelist")).content.decode()
    (said,) = re.findall(r'<span class="p-talk__text">([^<]*)</span>', page)
    assert said == shown


def test_taking_over_silences_the_assistant(bruno: Client, chat: Conversation, aurora: Aurora) -> None:
    bruno.post(reverse("admin:whatsapp_conversation_take", args=[chat.pk]))
    bruno.post(reverse("admin:whatsapp_conversation_take", args=[chat.pk]))
    assert (fresh(chat).handler, fresh(chat).attendant) == (Handler.PERSON, aurora.receptionist)
    assert actions() == ["conversation_taken"]


def test_answering_queues_and_takes_over(bruno: Client, chat: Conversation, aurora: Aurora) -> None:
    answer = bruno.post(reverse("admin:whatsapp_conversation_answer", args=[chat.pk]), {"text": " Olá,\r\nbom dia! "})
    assert answer.status_code == 302
    message = Message.objects.get()
    assert (message.body, message.author, message.staff) == ("Olá,\nbom dia!", Author.STAFF, aurora.receptionist)
    assert message.state == MessageState.QUEUED
    assert json.loads(message.content)["body"] == "Olá,\nbom dia!"
    assert (fresh(chat).handler, fresh(chat).attendant, fresh(chat).unread) == (Handler.PERSON, aurora.receptionist, 0)
    assert actions() == ["conversation_taken", "conversation_answered"]
    assert "bom dia" not in str(list(AuditEntry.objects.values()))


def mark_on(page: str) -> str:
    (mark,) = set(re.findall(r'name="once" value="(\w+)"', page))
    return str(mark)


def test_the_same_form_again_sends_nothing_again(bruno: Client, chat: Conversation) -> None:
    once = mark_on(bruno.get(reverse(CHAT, args=[chat.pk])).content.decode())
    answer, send, ask_phone = (
        reverse(f"admin:whatsapp_conversation_{name}", args=[chat.pk]) for name in ("answer", "send", "askphone")
    )
    for _ in range(2):
        assert bruno.post(answer, {"text": "Olá", "once": once}).status_code == 302
        bruno.post(answer, {"text": "", "once": once, "file": SimpleUploadedFile("a.pdf", PDF, "application/pdf")})
        bruno.post(send, {"what": "card", "once": once})
        bruno.post(ask_phone, {"once": once})
    assert list(Message.objects.order_by("id").values_list("type", flat=True)) == [
        "text",
        "document",
        "contacts",
        "contact_request",
    ]
    # Back in the browser and something else written: it is another message.
    bruno.post(answer, {"text": "Tudo bem?", "once": once})
    assert Message.objects.filter(body="Tudo bem?").count() == 1
    # The same words from a page of their own are meant twice.
    bruno.post(answer, {"text": "Olá", "once": mark_on(bruno.get(reverse(CHAT, args=[chat.pk])).content.decode())})
    assert Message.objects.filter(body="Olá").count() == 2


def test_a_refused_form_may_be_sent_again(bruno: Client, chat: Conversation) -> None:
    address = reverse("admin:whatsapp_conversation_answer", args=[chat.pk])
    form = {"text": "Olá", "once": mark_on(bruno.get(reverse(CHAT, args=[chat.pk])).content.decode())}
    Conversation.objects.update(last_inbound_at=clock.now() - timedelta(hours=25))
    assert bruno.post(address, form).status_code == 422
    Conversation.objects.update(last_inbound_at=clock.now())
    assert bruno.post(address, form).status_code == 302
    assert Message.objects.filter(body="Olá").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_by_many_at_once_is_sent_once(aurora: Aurora, chat: Conversation) -> None:
    def post() -> None:
        client = Client()
        client.force_login(aurora.receptionist)
        client.post(reverse("admin:whatsapp_conversation_answer", args=[chat.pk]), {"text": "Olá", "once": "a" * 32})

    run_together(*[post] * 4)
    assert Message.objects.filter(body="Olá").count() == 1


@pytest.mark.parametrize(("text", "words"), [("  ", "Escreva a resposta"), ("a" * 4097, "longa demais")])
def test_an_answer_that_cannot_be_is_said_and_kept_on_the_page(
    text: str, words: str, bruno: Client, chat: Conversation
) -> None:
    answer = bruno.post(reverse("admin:whatsapp_conversation_answer", args=[chat.pk]), {"text": text})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert text in answer.content.decode()
    assert fresh(chat).handler == Handler.BOT
    assert not Message.objects.exists()


def test_after_24_hours_nothing_is_sent(bruno: Client, chat: Conversation) -> None:
    Conversation.objects.update(last_inbound_at=clock.now() - timedelta(hours=24, seconds=1))
    page = bruno.get(reverse(CHAT, args=[chat.pk])).content.decode()
    assert 'name="text"' not in page
    answer = bruno.post(reverse("admin:whatsapp_conversation_answer", args=[chat.pk]), {"text": "Olá"})
    assert answer.status_code == 422
    assert "24 horas" in answer.content.decode()
    assert not Message.objects.exists()


def test_what_the_window_closed_over_stays_on_the_page_and_templates_are_offered(
    bruno: Client, chat: Conversation, aurora: Aurora
) -> None:
    keep_starter(aurora.number, Purpose.REMINDER)
    address = reverse("admin:whatsapp_conversation_answer", args=[chat.pk])
    told = bruno.post(address, {"text": " "}, headers={"accept": "application/json"})
    assert (told.status_code, "templates" in told.json()) == (422, False), "the window is open: nothing instead"

    Conversation.objects.update(last_inbound_at=clock.now() - timedelta(hours=24, seconds=1))
    told = bruno.post(address, {"text": "Pode vir às 15h"}, headers={"accept": "application/json"})
    assert told.status_code == 422
    assert "24 horas" in told.json()["refusal"]
    assert "Enviar modelo" in told.json()["templates"]
    assert 'name="once"' in told.json()["templates"]
    page = bruno.post(address, {"text": "Pode vir às 15h"}).content.decode()
    assert '<textarea rows="2" readonly>Pode vir às 15h</textarea>' in page
    assert "Enviar modelo" in page


def test_giving_back_starts_the_assistant_afresh(bruno: Client, chat: Conversation, aurora: Aurora) -> None:
    attending.take_over(clinic=aurora.clinic, conversation=chat, by=aurora.owner, now=clock.now())
    bruno.post(reverse("admin:whatsapp_conversation_return", args=[chat.pk]))
    back = fresh(chat)
    assert (back.handler, back.attendant, back.state, back.handover_reason) == (Handler.BOT, None, {}, "")
    assert actions() == ["conversation_taken", "conversation_returned"]


def test_opening_a_chat_marks_it_seen(bruno: Client, chat: Conversation) -> None:
    say(chat, "Tem horário amanhã?")
    assert "Tem horário amanhã?" in bruno.get(reverse(CHAT, args=[chat.pk])).content.decode()
    assert fresh(chat).unread == 0


def test_who_waits_for_a_person_comes_first(bruno: Client, chat: Conversation, aurora: Aurora) -> None:
    contact = factories.make_contact(aurora.clinic, name="Zuleica")
    waiting = factories.make_conversation(
        aurora.number,
        contact,
        handler=Handler.PERSON,
        unread=1,
        last_message_at=clock.now() - timedelta(days=2),
    )
    page = bruno.get(reverse(LIST))
    assert [row["conversation"].pk for row in page.context["rows"]] == [waiting.pk, chat.pk]
    only = bruno.get(reverse(LIST), {"tab": "waiting"})
    assert [row["conversation"].pk for row in only.context["rows"]] == [waiting.pk]
    bots = bruno.get(reverse(LIST), {"tab": "bot"})
    assert [row["conversation"].pk for row in bots.context["rows"]] == [chat.pk]
    attending.take_over(clinic=aurora.clinic, conversation=waiting, by=aurora.owner, now=clock.now())
    attending.mark_seen(clinic=aurora.clinic, conversation=waiting)
    assert not attending.waiting(aurora.clinic).exists()


def test_states_and_reasons_are_in_words(bruno: Client, chat: Conversation) -> None:
    out = {"direction": "out", "author": "bot"}
    say(chat, "um", **out, state="read")
    say(chat, "dois", **out, state="unknown", error_code="outcome_unknown")
    say(chat, "três", **out, state="failed", error_code="131047")
    say(chat, "", type="audio")
    buttons = {"kind": "buttons", "body": "x", "buttons": [{"id": "1", "title": "Sim, confirmo"}]}
    say(chat, "quatro", **out, state="sent", content=json.dumps(buttons))
    page = bruno.get(reverse(CHAT, args=[chat.pk])).content.decode()
    for words in ("lida", "envio incerto", "não entregue", "Faz mais de 24 horas", "Mensagem de voz", "Sim, confirmo"):
        assert words in page, words


def test_what_a_patient_writes_is_shown_not_run(bruno: Client, chat: Conversation) -> None:
    say(chat, "<script>alert(1)</script>")
    assert "<script>alert(1)" not in bruno.get(reverse(CHAT, args=[chat.pk])).content.decode()


def test_older_messages_come_by_page(bruno: Client, chat: Conversation) -> None:
    for number in range(45):
        say(chat, f"mensagem {number:02}")
    page = bruno.get(reverse(CHAT, args=[chat.pk]))
    text = page.content.decode()
    assert "mensagem 44" in text
    assert "mensagem 04" not in text
    older = bruno.get(
        reverse("admin:whatsapp_conversation_older", args=[chat.pk]), {"before": page.context["older"]}
    ).content.decode()
    assert "mensagem 04" in older
    assert "mensagem 00" in older
    assert "mensagem 05" not in older
    assert bruno.get(reverse("admin:whatsapp_conversation_older", args=[chat.pk]), {"before": "x"}).status_code == 404


def test_the_open_page_learns_what_is_new(bruno: Client, chat: Conversation) -> None:
    say(chat, "chegou agora")
    live = bruno.get(reverse("admin:whatsapp_conversation_live", args=[chat.pk])).json()
    assert "chegou agora" in live["chat"]
    assert "Marcelo" in live["list"]
    assert live["handler"] == "bot:None:True"


def test_searching_leaves_no_name_in_the_address(bruno: Client, chat: Conversation, aurora: Aurora) -> None:
    factories.make_conversation(aurora.number, factories.make_contact(aurora.clinic, name="Zuleica"))
    answer = bruno.post(reverse(LIST), {"search": "marcelo"})
    assert "marcelo" not in answer["Location"]
    assert [row["who"] for row in bruno.get(answer["Location"]).context["rows"]] == ["Marcelo"]


def test_who_writes_becomes_a_patient_once(bruno: Client, chat: Conversation, aurora: Aurora) -> None:
    address = reverse("admin:whatsapp_conversation_patient", args=[chat.pk])
    first, second = bruno.post(address), bruno.post(address)
    patient = Patient.objects.get(name="Marcelo")
    assert patient.phone == f"+{chat.contact.wa_id}"
    assert first["Location"] == second["Location"] == f"{reverse('admin:clinics_appointment_add')}?patient={patient.pk}"


def test_buttons_work_by_post_only(bruno: Client, chat: Conversation) -> None:
    for name in ("take", "answer", "return", "patient"):
        assert bruno.get(reverse(f"admin:whatsapp_conversation_{name}", args=[chat.pk])).status_code == 405


def test_a_message_tells_its_way_and_leads_to_its_chat(bruno: Client, chat: Conversation) -> None:
    start = clock.now().replace(microsecond=0)
    # Our own time of it has fractions, WhatsApp's has none: the same second is told in the order of the ladder.
    taken = start + timedelta(milliseconds=600)
    message = say(chat, "Olá <b>", direction="out", author="bot", state="read", sent_at=taken)
    for minute, (state, code) in enumerate((("failed", "131026"), ("delivered", ""), ("read", ""), ("warning", ""))):
        at = start + timedelta(minutes=minute)
        message.events.create(clinic=chat.clinic, state=state, at=at, error_code=code)
    answer = bruno.get(reverse("admin:whatsapp_message_change", args=[message.pk]))
    page = answer.content.decode()
    words = [step.words for step in answer.context["steps"]]
    assert words == [
        "Escrita por: assistente",
        "O WhatsApp aceitou",
        "Não entregue",
        "Chegou ao celular",
        "Lida",
        "O WhatsApp informa: warning",
    ]
    assert "Este número não pode" in answer.context["steps"][2].note
    assert reverse(CHAT, args=[chat.pk]) in page
    assert "Olá &lt;b&gt;" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "queued"}, "Espera a sua vez"),
        ({"state": "queued", "attempts": 2, "error_code": "131000"}, "2 tentativas sem sucesso; próxima tentativa:"),
        ({"state": "sending"}, "Sendo enviada"),
        ({"state": "unknown"}, "Enviada, sem resposta do WhatsApp"),
        ({"state": "failed", "error_code": "131047"}, "Não entregue"),
    ],
)
def test_where_a_message_stands(bruno: Client, chat: Conversation, fields: dict[str, Any], words: str) -> None:
    message = say(chat, "x", direction="out", author="bot", **fields)
    answer = bruno.get(reverse("admin:whatsapp_message_change", args=[message.pk]))
    assert [step.words for step in answer.context["steps"]] == ["Escrita por: assistente", words]


def test_a_second_try_and_its_first_lead_to_each_other(bruno: Client, chat: Conversation, aurora: Aurora) -> None:
    first = say(chat, "x", direction="out", author="bot", state="failed", error_code="131000")
    again = say(chat, "x", direction="out", author="bot", state="queued", resend_of=first)
    for one, other in ((first, again), (again, first)):
        page = bruno.get(reverse("admin:whatsapp_message_change", args=[one.pk])).content.decode()
        assert reverse("admin:whatsapp_message_change", args=[other.pk]) in page


def test_another_clinic_s_message_has_no_page(chat: Conversation) -> None:
    message = say(chat, "x", direction="out", author="bot", state="sent")
    client = Client()
    client.force_login(make_aurora("boreal", "100000000000002").owner)
    assert client.get(reverse("admin:whatsapp_message_change", args=[message.pk])).status_code == 404
