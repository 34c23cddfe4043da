"""Each kind from the outbox to the patient's phone and its statuses back: every part but Celery is real."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.simulator import Simulator
from whatsapp import cloud_api, inbox, outbox, settling
from whatsapp.cloud_api import ContentError, Media, OutboundContent, Reaction, Text
from whatsapp.models import Author, Conversation, Message
from whatsapp.tests.contents import ONE_OF_EACH

USER_ID = "BR.9900000000000002"


class Inbox:
    """Where the simulator posts to: what our webhook would store."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.came = threading.Condition()
        inbox_of = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                challenge = self.path.partition("hub.challenge=")[2].partition("&")[0]
                self.send_response(200)
                self.end_headers()
                self.wfile.write(challenge.encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with inbox_of.came:
                    inbox_of.bodies.append(body)
                    inbox_of.came.notify()
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def wait(self, word: str, count: int = 1) -> None:
        """Until so many bodies hold the word."""
        with self.came:
            assert self.came.wait_for(lambda: sum(word.encode() in one for one in self.bodies) >= count, 10)

    def work(self) -> None:
        """What our workers do with all that came."""
        for body in self.bodies:
            inbox.store(body=body, signed_by=None)
        inbox.unpack_some(now=MONDAY)
        settling.settle(now=MONDAY)
        self.bodies.clear()


@pytest.fixture
def posted(meta: Simulator) -> Iterator[Inbox]:
    box = Inbox()
    _direct(meta, f"http://127.0.0.1:{box.server.server_port}/")
    yield box
    _direct(meta, "")
    box.server.shutdown()
    box.server.server_close()


def _direct(meta: Simulator, url: str) -> None:
    answer = requests.post(
        f"{meta.url}/v24.0/100000000000001",
        json={"webhook_configuration": {"override_callback_uri": url, "verify_token": "t"}},
        headers={"Authorization": "Bearer sandbox-token-aurora"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text


def writes(meta: Simulator, who: str) -> str:
    wamid: str = meta.control("POST", f"patients/{who}/messages", {"to": "aurora", "text": "oi"})["id"]
    return wamid


def sent(conversation: Conversation, content: OutboundContent, context: str = "") -> Message:
    message = outbox.queue(conversation=conversation, content=content, author=Author.STAFF, now=MONDAY, context=context)
    assert outbox.deliver_one(conversation.pk, now=MONDAY)
    message.refresh_from_db()
    assert message.state == "sent", message.error_detail
    return message


def as_sendable(content: OutboundContent, target: str) -> OutboundContent:
    """Files by link, as nothing is uploaded here; a reaction to something that was said."""
    if isinstance(content, Media):
        return replace(content, id="", link="https://files.example/a")
    return Reaction(target, "👍") if isinstance(content, Reaction) else content


REMINDER = {
    "slug": "aurora",
    "name": "lembrete",
    "components": [
        {"type": "BODY", "text": "Olá, {{1}}! Seu horário é {{2}}, certo?", "example": {"body_text": [["Ana", "8h"]]}},
        {
            "type": "BUTTONS",
            "buttons": [{"type": "QUICK_REPLY", "text": "Confirmo"}, {"type": "QUICK_REPLY", "text": "Cancelar"}],
        },
    ],
}
KINDS = [kind for kind in cloud_api.KINDS if kind != "reaction"]


def arrived(aurora: Aurora, meta: Simulator, who: str, kind: str) -> Message:
    """Sent as an answer to what the person wrote, and shown on their phone."""
    ids = {"user_id": who} if who == USER_ID else {"wa_id": who}
    conversation = make_conversation(aurora.number, make_contact(aurora.clinic, **ids), last_inbound_at=MONDAY)
    asked = writes(meta, who)
    content = as_sendable(ONE_OF_EACH[kind], asked)
    if kind == "template":
        meta.control("DELETE", "templates?slug=aurora")
        meta.control("POST", "templates", REMINDER)
    message = sent(conversation, content, context=asked)
    shown = meta.chat(who)[-1]
    assert (shown["id"], shown["type"], shown["direction"]) == (message.wamid, content.payload()["type"], "out")
    assert shown["reply_to"] == asked
    assert message.body == content.words()
    assert shown["body"] == message.body or kind == "template"
    return message


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_arrives_is_shown_and_reported(aurora: Aurora, meta: Simulator, posted: Inbox, kind: str) -> None:
    message = arrived(aurora, meta, DALVA_PHONE, kind)
    posted.wait('"status":"read"')
    posted.work()
    message.refresh_from_db()
    assert message.state == "read"
    assert {event.state for event in message.events.all()} == {"sent", "delivered", "read"}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_reaches_a_person_without_a_number(aurora: Aurora, meta: Simulator, kind: str) -> None:
    arrived(aurora, meta, USER_ID, kind)


@pytest.mark.django_db
def test_a_reaction_is_only_ever_sent(aurora: Aurora, meta: Simulator, posted: Inbox) -> None:
    contact = make_contact(aurora.clinic, DALVA_PHONE)
    conversation = make_conversation(aurora.number, contact, last_inbound_at=MONDAY)
    asked = writes(meta, DALVA_PHONE)
    message = sent(conversation, Reaction(asked, "❤️"))
    assert meta.chat(DALVA_PHONE)[0]["reactions"] == {"out": "❤️"}
    sent(conversation, Text("Até já"))
    posted.wait('"status":"read"')
    posted.work()
    message.refresh_from_db()
    assert (message.state, message.body) == ("sent", "❤️")
    assert [event.state for event in message.events.all()] == ["sent"]


@pytest.mark.django_db
def test_a_reaction_to_what_is_gone_fails_afterwards(aurora: Aurora, meta: Simulator, posted: Inbox) -> None:
    contact = make_contact(aurora.clinic, DALVA_PHONE)
    conversation = make_conversation(aurora.number, contact, last_inbound_at=MONDAY)
    writes(meta, DALVA_PHONE)
    message = sent(conversation, Reaction("wamid.gone", "👍"))
    posted.wait('"status":"failed"')
    posted.work()
    message.refresh_from_db()
    assert (message.state, message.error_code) == ("failed", "131009")


@pytest.mark.django_db
def test_a_reaction_cannot_be_queued_as_an_answer(aurora: Aurora) -> None:
    conversation = make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE))
    values: dict[str, Any] = {"conversation": conversation, "author": Author.STAFF, "now": MONDAY}
    with pytest.raises(ContentError):
        outbox.queue(content=Reaction("wamid.x", "👍"), context="wamid.x", **values)
    assert not Message.objects.exists()
