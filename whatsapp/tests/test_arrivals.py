"""What comes into a chat stands there rightly: answers, changes, voices of others, lines that are nobody's words."""

from typing import Any

import pytest

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora
from clinics.models import AuditEntry
from whatsapp import attending, handling, inbox
from whatsapp.models import Author, Contact, Conversation, Direction, Handler, Item, ItemState, Message, MessageState

AURORA_ID = "100000000000001"
AT = int(MONDAY.timestamp())


def receive(*values: dict[str, Any], field: str = "messages") -> None:
    """One delivery for Aurora's number, unpacked and worked."""
    for value in values:
        change = {"field": field, "value": {"metadata": {"phone_number_id": AURORA_ID}, **value}}
        body = webhooks.body({"id": "200000000000001", "time": AT, "changes": [change]})
        inbox.store(body=body, signed_by=None)
    inbox.unpack_some(now=MONDAY)
    for conversation in Conversation.objects.filter(wanted_at__isnull=False):
        handling.work(conversation.pk, now=MONDAY)


def said(kind: str, wamid: str, at: int = 0, **node: Any) -> dict[str, Any]:
    """A message of the patient."""
    message = {"from": DALVA_PHONE, "id": wamid, "timestamp": str(AT + at), "type": kind, kind: node}
    return {"messages": [message]}


def echoed(kind: str, wamid: str, at: int = 0, **node: Any) -> dict[str, Any]:
    """A message of the clinic's telephone."""
    echo = {"from": "551130000000", "to": DALVA_PHONE, "id": wamid, "timestamp": str(AT + at), "type": kind, kind: node}
    return {"message_echoes": [echo]}


def only(wamid: str) -> Message:
    return Message.objects.get(wamid=wamid)


@pytest.fixture
def chat(aurora: Aurora) -> Conversation:
    """Dalva and the assistant have spoken; "wamid.ours" is what it said last."""
    receive(said("text", "wamid.first", body="oi"))
    conversation = Conversation.objects.get()
    Message.objects.filter(direction=Direction.OUT).update(wamid="wamid.ours", state=MessageState.SENT)
    return conversation


def spoken() -> int:
    return Message.objects.count()


def test_a_reaction_stands_on_its_message_and_is_never_answered(chat: Conversation) -> None:
    before = spoken()
    receive(said("reaction", "wamid.r1", 1, message_id="wamid.ours", emoji="👍"))
    assert only("wamid.ours").patient_reaction == "👍"
    chat.refresh_from_db()
    assert (spoken(), chat.unread) == (before, 1)


@pytest.mark.parametrize("removal", [{"emoji": ""}, {}])
def test_both_forms_of_taking_a_reaction_away(chat: Conversation, removal: dict[str, str]) -> None:
    receive(said("reaction", "wamid.r1", 1, message_id="wamid.ours", emoji="👍"))
    receive(said("reaction", "wamid.r2", 2, message_id="wamid.ours", **removal))
    assert only("wamid.ours").patient_reaction == ""


def test_an_older_reaction_that_comes_later_changes_nothing(chat: Conversation) -> None:
    receive(said("reaction", "wamid.r2", 9, message_id="wamid.ours", emoji="❤️"))
    receive(said("reaction", "wamid.r1", 1, message_id="wamid.ours", emoji="👍"))
    assert only("wamid.ours").patient_reaction == "❤️"
    assert Item.objects.get(provider_id="wamid.r1").reason == "older_news"


def test_a_reaction_to_what_we_do_not_know_is_kept_with_its_reason(chat: Conversation) -> None:
    receive(said("reaction", "wamid.r1", 1, message_id="wamid.nobody", emoji="👍"))
    item = Item.objects.get(provider_id="wamid.r1")
    assert (item.state, item.reason) == (ItemState.IGNORED, "unknown_message")


def edit(wamid: str, text: str, at: int) -> dict[str, Any]:
    message = {"type": "text", "text": {"body": text}}
    return said("edit", wamid, at, original_message_id="wamid.first", message=message)


def test_an_edit_replaces_what_is_shown_and_keeps_what_was_said_first(chat: Conversation) -> None:
    before = spoken()
    receive(edit("wamid.e2", "terceiro", 20))
    receive(edit("wamid.e1", "segundo", 10))
    message = only("wamid.first")
    assert (message.body, message.former_body, spoken()) == ("terceiro", "oi", before)
    assert message.edited_at is not None


def test_an_edit_of_what_never_came_is_a_message(chat: Conversation) -> None:
    receive(said("edit", "wamid.e", 1, original_message_id="wamid.x", message={"type": "text", "text": {"body": "oi"}}))
    message = only("wamid.e")
    assert (message.type, message.body, message.edited_at) == ("text", "oi", message.created_at)


def test_the_same_edit_by_another_way_is_no_second_message(chat: Conversation) -> None:
    now_says = {"original_message_id": "wamid.x", "message": {"type": "text", "text": {"body": "oi"}}}
    receive(said("edit", "wamid.e", 1, **now_says))
    receive(standing_by(**said("edit", "wamid.e", 1, **now_says)), field="standby")
    assert only("wamid.e").body == "oi"
    assert not Item.objects.filter(last_error__gt="").exists()


def test_what_was_taken_back_is_marked(chat: Conversation) -> None:
    before = spoken()
    receive(said("revoke", "wamid.d", 5, original_message_id="wamid.first"))
    assert only("wamid.first").revoked_at is not None
    assert spoken() == before


@pytest.mark.parametrize("kind", ["user_changed_number", "customer_identity_changed"])
def test_what_the_provider_says_is_a_line_and_nobody_s_words(chat: Conversation, kind: str) -> None:
    former = (chat.unread, chat.last_inbound_at)
    before = spoken()
    receive(said("system", "wamid.sys", 60, body="User A changed", type=kind))
    line = only("wamid.sys")
    chat.refresh_from_db()
    assert (line.author, line.type, spoken()) == (Author.SYSTEM, "system", before + 1)
    assert (chat.unread, chat.last_inbound_at) == former


def test_who_opens_the_chat_is_greeted(aurora: Aurora) -> None:
    receive({"messages": [{"from": DALVA_PHONE, "id": "wamid.w", "timestamp": str(AT), "type": "request_welcome"}]})
    assert only("wamid.w").author == Author.SYSTEM
    assert "Clínica Aurora" in Message.objects.get(direction=Direction.OUT).body


def test_a_document_goes_to_a_person_and_stands_in_the_chat(aurora: Aurora) -> None:
    receive(said("document", "wamid.doc", id="1001", mime_type="application/pdf", caption="pedido do exame"))
    chat = Conversation.objects.get()
    assert (chat.handler, chat.handover_reason) == (Handler.PERSON, "file")
    assert (only("wamid.doc").type, only("wamid.doc").body) == ("document", "pedido do exame")


def test_the_answered_message_is_kept(chat: Conversation) -> None:
    value = said("text", "wamid.reply", 3, body="sim")
    value["messages"][0]["context"] = {"from": "551130000000", "id": "wamid.ours"}
    receive(value)
    assert only("wamid.reply").context_wamid == "wamid.ours"


def test_a_person_on_the_telephone_makes_the_assistant_silent(chat: Conversation, aurora: Aurora) -> None:
    receive(echoed("text", "wamid.echo", 5, body="Aqui é a Ana"), field="smb_message_echoes")
    chat.refresh_from_db()
    echo = only("wamid.echo")
    assert (echo.direction, echo.author, echo.body) == (Direction.OUT, Author.PHONE, "Aqui é a Ana")
    assert (chat.handler, chat.handover_reason, chat.unread) == (Handler.PERSON, "phone", 0)
    assert not attending.waiting(aurora.clinic).exists()
    before = spoken()
    receive(said("text", "wamid.next", 9, body="oi"))
    assert spoken() == before + 1
    assert attending.waiting(aurora.clinic).exists()
    assert AuditEntry.objects.filter(action="conversation_answered_on_phone").count() == 1
    attending.give_back(clinic=aurora.clinic, conversation=chat, by=aurora.owner, now=MONDAY)
    receive(said("text", "wamid.again", 12, body="oi"))
    assert spoken() == before + 3


def test_an_answer_on_the_telephone_ends_the_wait_for_a_person(chat: Conversation, aurora: Aurora) -> None:
    chat.handler, chat.handover_reason = Handler.PERSON, "file"
    chat.save()
    assert attending.waiting(aurora.clinic).exists()
    receive(echoed("text", "wamid.echo", 5, body="Recebi o exame!"), field="smb_message_echoes")
    chat.refresh_from_db()
    assert (chat.handler, chat.handover_reason) == (Handler.PERSON, "phone")
    assert not attending.waiting(aurora.clinic).exists()


def test_who_has_taken_a_chat_keeps_it_when_somebody_answers_on_the_telephone(
    chat: Conversation, aurora: Aurora
) -> None:
    attending.take_over(clinic=aurora.clinic, conversation=chat, by=aurora.owner, now=MONDAY)
    receive(echoed("text", "wamid.echo", 5, body="Recebi o exame!"), field="smb_message_echoes")
    chat.refresh_from_db()
    assert (chat.attendant, chat.handover_reason) == (aurora.owner, "")


def test_an_echo_to_somebody_unknown_makes_one_contact(aurora: Aurora) -> None:
    receive(echoed("text", "wamid.e1", body="bom dia"), field="smb_message_echoes")
    receive(echoed("text", "wamid.e2", 1, body="tudo bem?"), field="smb_message_echoes")
    assert Contact.objects.count() == Conversation.objects.count() == 1
    chat = Conversation.objects.get()
    assert (chat.contact.patient, chat.last_inbound_at) == (aurora.dalva, None)


def test_an_echo_never_makes_a_second_contact_nor_changes_the_form_that_wrote(aurora: Aurora) -> None:
    old_form = "551187650001"
    make_conversation(
        aurora.number,
        contact=Contact.objects.create(
            clinic=aurora.clinic, wa_id=old_form, match_key=DALVA_PHONE, patient=aurora.dalva
        ),
    )
    receive(echoed("text", "wamid.e", body="bom dia"), field="smb_message_echoes")
    assert Contact.objects.get().wa_id == old_form


def test_the_telephone_edits_and_takes_back_its_own_words(chat: Conversation) -> None:
    receive(echoed("text", "wamid.echo", 5, body="terça"), field="smb_message_echoes")
    change = {"original_message_id": "wamid.echo", "message": {"type": "text", "text": {"body": "quarta"}}}
    receive(echoed("edit", "wamid.e1", 6, **change), field="smb_message_echoes")
    assert (only("wamid.echo").body, only("wamid.echo").former_body) == ("quarta", "terça")
    receive(echoed("revoke", "wamid.e2", 7, original_message_id="wamid.echo"), field="smb_message_echoes")
    assert only("wamid.echo").revoked_at is not None
    receive(echoed("reaction", "wamid.e3", 8, message_id="wamid.first", emoji="❤️"), field="smb_message_echoes")
    assert (only("wamid.first").clinic_reaction, only("wamid.first").patient_reaction) == ("❤️", "")


def standing_by(**value: Any) -> dict[str, Any]:
    return {"standby": value}


def test_while_meta_s_assistant_answers_ours_is_silent_and_everything_is_kept(aurora: Aurora) -> None:
    receive(standing_by(**said("text", "wamid.s1", body="oi")), field="standby")
    receive(standing_by(**echoed("text", "wamid.s2", 1, body="Olá, sou a IA da Meta")), field="standby")
    chat = Conversation.objects.get()
    assert chat.standby_since is not None
    assert list(Message.objects.order_by("id").values_list("direction", "author")) == [
        (Direction.IN, Author.PATIENT),
        (Direction.OUT, Author.AGENT),
    ]
    assert chat.handler == Handler.BOT
    receive(said("text", "wamid.next", 9, body="oi"))
    assert Conversation.objects.get().standby_since is None
    assert Message.objects.filter(author=Author.BOT).exists()


def test_the_same_message_in_two_kinds_of_delivery_stands_once(aurora: Aurora) -> None:
    receive(standing_by(**said("text", "wamid.same", body="oi")), field="standby")
    receive(said("text", "wamid.same", body="oi"))
    assert Message.objects.filter(wamid="wamid.same").count() == 1
    assert set(Item.objects.values_list("state", "reason")) == {
        (ItemState.DONE, ""),
        (ItemState.IGNORED, "known_message"),
    }
