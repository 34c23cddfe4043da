"""Opt-outs, the telephone's past and its address book, errors of the account: each does its work once."""

from datetime import timedelta
from typing import Any

import pytest

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora, make_aurora
from clinics.models import Alert, AuditEntry
from whatsapp import handling, inbox, notices, preferences, settling, window
from whatsapp.admin.inbox import who
from whatsapp.models import Author, Contact, Conversation, Direction, Item, ItemState, Marketing, Message, MessageState

AURORA_ID, BOREAL_ID = "100000000000001", "100000000000002"
AT = int(MONDAY.timestamp())


def receive(field: str, at: int = 0, number: str = AURORA_ID, **value: Any) -> Item:
    """One delivery, unpacked and worked; its last item."""
    change = {"field": field, "value": {"metadata": {"phone_number_id": number}, **value}}
    inbox.store(body=webhooks.body({"id": "2", "time": AT + at, "changes": [change]}), signed_by=None)
    inbox.unpack_some(now=MONDAY)
    notices.work(now=MONDAY)
    return Item.objects.latest("id")


def prefer(value: str, at: int = 0, **who_says: str) -> Item:
    told = {"category": "marketing_messages", "value": value, "timestamp": AT + at, "detail": "x"}
    return receive("user_preferences", user_preferences=[{**(who_says or {"wa_id": DALVA_PHONE}), **told}])


@pytest.fixture
def dalva(aurora: Aurora) -> Contact:
    return make_contact(aurora.clinic, DALVA_PHONE, patient=aurora.dalva)


class TestPreferences:
    def test_stop_and_resume(self, dalva: Contact) -> None:
        assert preferences.may_market(dalva)
        prefer("stop")
        dalva.refresh_from_db()
        assert (dalva.marketing, dalva.marketing_source) == (Marketing.STOPPED, "user_preferences")
        assert dalva.marketing_at == MONDAY
        assert not preferences.may_market(dalva)
        prefer("resume", 60)
        dalva.refresh_from_db()
        assert preferences.may_market(dalva)
        actions = AuditEntry.objects.filter(object_type="contact").order_by("id").values_list("action", "actor_id")
        assert list(actions) == [("marketing_stopped", dalva.patient_id), ("marketing_allowed", dalva.patient_id)]

    def test_the_latest_word_counts_in_whatever_order_it_comes(self, dalva: Contact) -> None:
        prefer("resume", 60)
        item = prefer("stop", 30)
        dalva.refresh_from_db()
        assert preferences.may_market(dalva)
        assert (item.state, item.reason) == (ItemState.IGNORED, "nothing_new")

    def test_the_sign_up_of_2026_is_a_yes(self, dalva: Contact) -> None:
        prefer("stop")
        prefer("signup", 9)
        dalva.refresh_from_db()
        assert dalva.marketing == Marketing.ALLOWED

    def test_somebody_known_only_by_their_id(self, aurora: Aurora) -> None:
        prefer("stop", user_id="BR.123")
        contact = Contact.objects.get()
        assert (contact.user_id, contact.marketing) == ("BR.123", Marketing.STOPPED)

    def test_at_one_clinic_is_not_at_another(self, dalva: Contact) -> None:
        boreal = make_aurora("boreal", BOREAL_ID)
        other = make_contact(boreal.clinic, DALVA_PHONE)
        prefer("stop")
        other.refresh_from_db()
        assert preferences.may_market(other)

    @pytest.mark.parametrize("value", ["maybe", "", None, {"x": 1}])
    def test_an_unknown_word_is_kept_and_changes_nothing(self, dalva: Contact, value: Any) -> None:
        item = prefer(value)
        dalva.refresh_from_db()
        assert (item.reason, dalva.marketing) == ("unknown_preference", Marketing.UNSAID)

    def test_a_message_that_meta_refuses_for_it(self, aurora: Aurora, dalva: Contact) -> None:
        chat = make_conversation(aurora.number, dalva)
        Message.objects.create(
            clinic=aurora.clinic,
            conversation=chat,
            direction=Direction.OUT,
            author=Author.SYSTEM,
            type="template",
            content="{}",
            state=MessageState.SENT,
            wamid="wamid.out",
            created_at=MONDAY,
        )
        status = {**webhooks.status("wamid.out", "failed"), "errors": [{"code": 131050, "title": "x"}]}
        inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, statuses=[status])), signed_by=None)
        inbox.unpack_some(now=MONDAY)
        settling.settle(now=MONDAY)
        dalva.refresh_from_db()
        assert (dalva.marketing, dalva.marketing_source) == (Marketing.STOPPED, "error_131050")

    def test_many_in_one_day_are_told_to_the_clinic(self, aurora: Aurora) -> None:
        for number in range(9):
            prefer("stop", wa_id=f"551198765{number:04d}")
        assert not Alert.objects.exists()
        prefer("stop", wa_id="5511987659999")
        assert Alert.objects.get().kind == preferences.SPIKE


def past(wamid: str, text: str, days: int, *, ours: bool = False, **extra: Any) -> dict[str, Any]:
    at = int((MONDAY - timedelta(days=days)).timestamp())
    ends = {"from": "551130000000", "to": DALVA_PHONE} if ours else {"from": DALVA_PHONE}
    return {**ends, "id": wamid, "timestamp": str(at), "type": "text", "text": {"body": text}, **extra}


def thread(*messages: dict[str, Any], who: str = DALVA_PHONE, chunk: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "metadata": {"phase": 0, "chunk_order": chunk, "progress": 10},
            "threads": [{"id": who, "messages": list(messages)}],
        }
    ]


class TestHistory:
    def test_the_past_stands_in_the_chat_and_nothing_else_happens(self, aurora: Aurora) -> None:
        read = {"history_context": {"status": "READ"}}
        receive("history", history=thread(past("w1", "bom dia", 90), past("w2", "Bom dia!", 89, ours=True, **read)))
        chat = Conversation.objects.get()
        assert list(Message.objects.order_by("created_at").values_list("body", "direction", "author", "state")) == [
            ("bom dia", Direction.IN, Author.PATIENT, MessageState.RECEIVED),
            ("Bom dia!", Direction.OUT, Author.PHONE, MessageState.READ),
        ]
        assert (chat.contact.patient, chat.unread, chat.last_inbound_at) == (aurora.dalva, 0, None)
        assert not window.is_open(chat, now=MONDAY)
        assert chat.last_message_at == MONDAY - timedelta(days=89)

    def test_thousands_of_messages_in_one_body_and_the_same_again(self, aurora: Aurora) -> None:
        messages = [past(f"w{n}", f"mensagem {n}", 1 + n % 170, ours=n % 2 == 1) for n in range(3000)]
        receive("history", history=thread(*messages))
        item = receive("history", 60, history=thread(*messages, chunk=2))
        assert item.state == ItemState.DONE
        assert Message.objects.count() == 3000
        assert Conversation.objects.count() == Contact.objects.count() == 1

    def test_what_was_live_already_stays_as_it_is(self, aurora: Aurora) -> None:
        message = webhooks.text_message(DALVA_PHONE, "oi", wamid="w1", timestamp=AT)
        inbox.store(body=webhooks.body(webhooks.change(AURORA_ID, messages=[message])), signed_by=None)
        inbox.unpack_some(now=MONDAY)
        handling.work(Conversation.objects.get().pk, now=MONDAY)
        receive("history", history=thread(past("w1", "outra coisa", 3)))
        kept = Message.objects.get(wamid="w1")
        assert (kept.body, kept.is_past) == ("oi", False)

    @pytest.mark.parametrize(
        ("told", "state"),
        [
            ("DELIVERED", "delivered"),
            ("ERROR", "failed"),
            ("PENDING", "sent"),
            ("PLAYED", "played"),
            ("SENT", "sent"),
            ("new", "sent"),
            (None, "sent"),
        ],
    )
    def test_how_far_our_side_came(self, aurora: Aurora, told: str | None, state: str) -> None:
        context = {"history_context": {"status": told}}
        receive("history", history=thread(past("w1", "oi", 3, ours=True, **context)))
        assert Message.objects.get().state == state

    def test_a_file_takes_its_place_when_it_follows(self, aurora: Aurora) -> None:
        placeholder = {**past("w1", "", 3), "type": "media_placeholder"}
        receive("history", history=thread(placeholder))
        assert Message.objects.get().type == "media_placeholder"
        image = {
            **past("w1", "", 3),
            "type": "image",
            "image": {"id": "77", "mime_type": "image/png", "caption": "exame"},
        }
        receive("history", 9, messages=[image])
        message = Message.objects.get()
        assert (message.type, message.body, message.is_past) == ("image", "exame", True)
        assert message.file is not None

    def test_a_reaction_of_the_past(self, aurora: Aurora) -> None:
        reaction = {**past("w2", "", 2), "type": "reaction", "reaction": {"message_id": "w1", "emoji": "👍"}}
        receive("history", history=thread(past("w1", "até amanhã", 3, ours=True), reaction))
        assert Message.objects.get().patient_reaction == "👍"

    def test_people_known_by_id_only(self, aurora: Aurora) -> None:
        message = past("w1", "oi", 3)
        del message["from"]
        receive("history", history=thread({**message, "from_user_id": "BR.7"}, who="BR.7"))
        assert Message.objects.get().direction == Direction.IN
        assert Contact.objects.get().user_id == "BR.7"

    def test_a_refusal_is_told(self, aurora: Aurora) -> None:
        refusal = {"errors": [{"code": 2593109, "title": "History sync is turned off by the business"}]}
        item = receive("history", history=[refusal])
        assert (item.state, item.reason) == (ItemState.IGNORED, "refused 2593109")
        assert Alert.objects.get().kind == "history_refused"

    @pytest.mark.parametrize(
        "chunk",
        [{"threads": []}, {"threads": [{"id": DALVA_PHONE}]}, {"threads": [{"messages": [{"type": "text"}]}]}, {}],
    )
    def test_an_empty_one_is_kept_with_its_reason(self, aurora: Aurora, chunk: dict[str, Any]) -> None:
        item = receive("history", history=[chunk])
        assert (item.state, Message.objects.count()) == (ItemState.IGNORED, 0)
        assert item.reason in ("nothing_in_it", "nobody_named")


def book(action: str, name: str = "", phone: str = DALVA_PHONE, at: int = 0) -> Item:
    entry = {"full_name": name, "first_name": name.partition(" ")[0], "phone_number": phone}
    state = {"type": "contact", "contact": entry, "action": action, "metadata": {"timestamp": str(AT + at)}}
    return receive("smb_app_state_sync", state_sync=[state])


class TestPhoneBook:
    def test_a_name_helps_to_recognise_and_changes_no_patient(self, aurora: Aurora, dalva: Contact) -> None:
        book("add", "Dalva Convênio")
        dalva.refresh_from_db()
        aurora.dalva.refresh_from_db()
        assert (dalva.book_name, aurora.dalva.name) == ("Dalva Convênio", "Dalva Nogueira")
        assert who(make_conversation(aurora.number, dalva)) == "Dalva Nogueira"
        book("remove", at=5)
        dalva.refresh_from_db()
        assert dalva.book_name == ""

    def test_somebody_new_is_known_by_it_when_they_write(self, aurora: Aurora) -> None:
        book("add", "Zeca da Farmácia", "5511987650077")
        chat = make_conversation(aurora.number, Contact.objects.get())
        assert who(chat) == "Zeca da Farmácia"

    def test_removing_somebody_unknown_makes_nobody(self, aurora: Aurora) -> None:
        assert book("remove", phone="5511987650077").reason == "nothing_new"
        assert not Contact.objects.exists()

    def test_changes_in_one_delivery_are_applied_in_their_order(self, aurora: Aurora) -> None:
        def state(action: str, name: str, at: int) -> dict[str, Any]:
            entry = {"full_name": name, "phone_number": DALVA_PHONE}
            return {"type": "contact", "contact": entry, "action": action, "metadata": {"timestamp": str(AT + at)}}

        receive("smb_app_state_sync", state_sync=[state("add", "Depois", 9), state("add", "Antes", 1)])
        assert Contact.objects.get().book_name == "Depois"

    def test_what_it_cannot_be_is_kept(self, aurora: Aurora) -> None:
        assert receive("smb_app_state_sync", state_sync=[{"type": "label"}]).reason == "unknown_state"


class TestErrorsAlone:
    def test_what_stops_the_number_is_told(self, aurora: Aurora) -> None:
        item = receive("messages", errors=[{"code": 131042, "title": "Business eligibility payment issue"}])
        assert item.state == ItemState.DONE
        assert Alert.objects.get().kind == "send_billing"

    def test_what_passes_is_kept_with_its_code(self, aurora: Aurora) -> None:
        item = receive("messages", errors=[{"code": 130429, "title": "Rate limit hit"}])
        assert (item.state, item.reason) == (ItemState.IGNORED, "code 130429")
        assert not Alert.objects.exists()
