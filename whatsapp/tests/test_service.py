"""The contract of the integration design: does each call do what it says, inside its clinic?"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.management import CommandError, call_command
from pytest_django import Settings

from atendeai.common import clock
from atendeai.common.errors import CredentialsRevoked, NotConfigured, Rejected
from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY, make_clinic, make_contact, make_conversation, make_number
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.simulator import Simulator
from clinics import credentials
from clinics.audit import SYSTEM
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp.callbacks import OTHER_FIELDS, Level
from whatsapp.cloud_api import ContentError
from whatsapp.models import Delivery, Message
from whatsapp.payloads import READ_FIELDS
from whatsapp.service import OutsideWindow, WhatsAppService

pytestmark = pytest.mark.django_db
TOKEN = "a-verify-token"


@pytest.fixture
def service(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> WhatsAppService:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    return WhatsAppService(aurora.clinic.pk)


class Callback(BaseHTTPRequestHandler):
    """Answers Meta's challenge when the token is right."""

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        is_right = query.get("hub.verify_token") == TOKEN
        self.send_response(200 if is_right else 403)
        self.end_headers()
        self.wfile.write(query.get("hub.challenge", "").encode() if is_right else b"")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def callback() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Callback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/webhooks/whatsapp/aurora/"
    server.shutdown()
    server.server_close()


def test_a_message_is_queued(aurora: Aurora, service: WhatsAppService) -> None:
    contact = make_contact(aurora.clinic, "5511987650001")
    make_conversation(aurora.number, contact, last_inbound_at=MONDAY)
    message = service.send_message("+5511987650001", "Olá")
    assert (message.state, message.clinic_id) == ("queued", aurora.clinic.pk)
    status = service.get_message_status(message.pk)
    assert (status.id, status.state, status.history[0].state) == (message.pk, "queued", "queued")


def test_content_by_type(aurora: Aurora, service: WhatsAppService) -> None:
    template = service.send_message("BR.9900000000000001", {"name": "ola", "parameters": ["Bia"]}, "template")
    assert template.conversation.contact.user_id == "BR.9900000000000001"
    make_conversation(aurora.number, make_contact(aurora.clinic, "5511987650002"), last_inbound_at=MONDAY)
    buttons = {"body": "Confirma?", "buttons": [{"id": "y", "title": "Sim"}]}
    assert service.send_message("+5511987650002", buttons, type="buttons").type == "buttons"


@pytest.mark.parametrize(
    ("recipient", "message", "kind"),
    [
        ("12", "Oi", "text"),
        ("+5511987650001", "", "text"),
        ("+5511987650001", "Oi", "buttons"),
        ("+5511987650001", {"x": 1}, "template"),
        ("+5511987650001", {"body": "Oi"}, "fax"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(
    service: WhatsAppService, recipient: str, message: str | dict[str, str], kind: str
) -> None:
    with pytest.raises(ContentError):
        service.send_message(recipient, message, kind)
    assert not Message.objects.exists()


def test_a_stranger_gets_no_free_text(service: WhatsAppService) -> None:
    with pytest.raises(OutsideWindow):
        service.send_message("+5511987650003", "Oi")


def test_a_number_of_another_clinic_is_none(service: WhatsAppService) -> None:
    theirs = make_number(make_clinic())
    with pytest.raises(NotConfigured):
        service.send_message("+5511987650003", {"name": "ola"}, "template", number=theirs)


def test_several_numbers_need_a_choice(aurora: Aurora, service: WhatsAppService) -> None:
    second = make_number(aurora.clinic)
    with pytest.raises(NotConfigured):
        service.send_message("+5511987650003", {"name": "ola"}, "template")
    sent = service.send_message("+5511987650003", {"name": "ola"}, "template", number=second)
    assert sent.conversation.number == second


def test_another_clinics_message_has_no_status(aurora: Aurora, service: WhatsAppService) -> None:
    make_aurora("boreal", "100000000000002")
    other = WhatsAppService(Clinic.objects.get(slug="boreal").pk)
    message = service.send_message("+5511987650003", {"name": "ola"}, "template")
    with pytest.raises(Message.DoesNotExist):
        other.get_message_status(message.pk)


def test_an_unknown_or_closed_clinic() -> None:
    for clinic_id in (0, make_clinic(is_active=False).pk):
        with pytest.raises(Clinic.DoesNotExist):
            WhatsAppService(clinic_id)


def test_a_signed_delivery_is_stored(service: WhatsAppService, settings: Settings) -> None:
    payload = webhooks.body(webhooks.change("100000000000001"))
    stored = service.process_webhook(payload, webhooks.signature(payload, settings.WHATSAPP_APP_SECRETS[0]))
    assert (stored.size_bytes, stored.signed_by_clinic) == (len(payload), False)
    assert bytes(Delivery.objects.get().body) == payload


def test_a_clinic_with_its_own_secret_accepts_no_other(
    aurora: Aurora, service: WhatsAppService, settings: Settings
) -> None:
    credentials.store(clinic=aurora.clinic, name=Name.WHATSAPP_APP_SECRET, value="own", by=SYSTEM, now=MONDAY)
    payload = webhooks.body(webhooks.change("100000000000001"))
    for wrong in (webhooks.signature(payload, settings.WHATSAPP_APP_SECRETS[0]), "", None, "sha256=00"):
        with pytest.raises(Rejected):
            service.process_webhook(payload, wrong)
    assert not Delivery.objects.exists()
    assert service.process_webhook(payload, webhooks.signature(payload, "own")).signed_by_clinic
    assert Delivery.objects.get().signed_by == aurora.clinic


def test_all_that_no_override_moves_is_named() -> None:
    """Every field that we read, but `messages`, and one that Meta does not let anybody subscribe to."""
    assert set(OTHER_FIELDS) == READ_FIELDS - {"messages", "user_id_update"}


def test_an_address_of_the_number_that_goes_before_is_told(
    meta: Simulator, aurora: Aurora, service: WhatsAppService, callback: str, settings: Settings
) -> None:
    aurora.number.account_id = "200000000000001"
    aurora.number.save()
    service.set_webhook(callback, TOKEN, level="number")
    setting = service.set_webhook(f"{callback}?account", TOKEN)
    assert (setting.is_confirmed, setting.overruled_by) == (True, callback)
    settings.WHATSAPP_VERIFY_TOKENS = [TOKEN]
    said = StringIO()
    call_command("set_webhook", clinic="aurora", url=f"{callback}?account", stdout=said)
    assert f"vale antes dele: {callback}." in said.getvalue()
    assert service.set_webhook("", "", level="number").overruled_by == ""
    assert service.set_webhook("", "").overruled_by == ""


def test_meta_confirms_the_webhook(
    meta: Simulator, aurora: Aurora, service: WhatsAppService, callback: str, settings: Settings
) -> None:
    settings.GRAPH_API_BASE_URL = meta.url
    aurora.number.account_id = ""
    aurora.number.save()
    credentials.store(
        clinic=service.clinic, name=Name.WHATSAPP_BUSINESS_ACCOUNT_ID, value="200000000000001", by=SYSTEM, now=MONDAY
    )
    setting = service.set_webhook(callback, TOKEN)
    assert (setting.target_id, setting.url, setting.is_confirmed) == ("200000000000001", callback, True)
    assert setting.levels["whatsapp_business_account"] == callback
    assert (setting.fields, setting.app_url) == (("messages",), setting.levels["application"])
    assert {"message_template_status_update", "account_update"} <= set(setting.other_fields)
    with pytest.raises(Rejected) as refused:
        service.set_webhook(callback, "a-wrong-token")
    assert refused.value.code == "2200"
    with pytest.raises(ContentError):
        service.set_webhook("https://example.org/" + "x" * 200, TOKEN)


def graph(meta: Simulator, method: str, path: str) -> Any:
    headers = {"Authorization": "Bearer sandbox-token-aurora"}
    return requests.request(method, f"{meta.url}/v24.0/{path}", headers=headers, timeout=10).json()


def test_a_number_may_have_an_address_of_its_own(
    meta: Simulator, aurora: Aurora, service: WhatsAppService, callback: str
) -> None:
    aurora.number.account_id = "200000000000001"
    aurora.number.save()
    setting = service.set_webhook(callback, TOKEN, level="number")
    assert (setting.level, setting.target_id, setting.is_confirmed) == ("number", "100000000000001", True)
    assert setting.levels["phone_number"] == callback
    with pytest.raises(Rejected) as refused:
        service.set_webhook(callback, "a-wrong-token", level="number")
    assert refused.value.code == "2200"
    gone = service.set_webhook("", "", level="number")
    assert (gone.is_confirmed, "phone_number" in gone.levels) == (True, False)


@pytest.mark.parametrize("level", ["account", "number"])
def test_the_account_is_subscribed_before_any_override(
    meta: Simulator, aurora: Aurora, service: WhatsAppService, callback: str, level: Level
) -> None:
    aurora.number.account_id = "200000000000001"
    aurora.number.save()
    graph(meta, "DELETE", "200000000000001/subscribed_apps")
    assert service.set_webhook(callback, TOKEN, level=level).is_confirmed
    assert len(graph(meta, "GET", "200000000000001/subscribed_apps")["data"]) == 1
    service.set_webhook("", "", level=level)


def test_the_account_is_the_numbers_own(
    meta: Simulator, aurora: Aurora, service: WhatsAppService, callback: str
) -> None:
    """A clinic's second number may be of another account than the one that was told for the clinic."""
    credentials.store(
        clinic=service.clinic, name=Name.WHATSAPP_BUSINESS_ACCOUNT_ID, value="999999999999", by=SYSTEM, now=MONDAY
    )
    aurora.number.account_id = "200000000000001"
    aurora.number.save()
    assert service.set_webhook(callback, TOKEN).target_id == "200000000000001"
    service.set_webhook("", "")


def test_the_command_sets_this_installations_address_and_tells_what_goes_elsewhere(
    meta: Simulator, aurora: Aurora, callback: str, settings: Settings
) -> None:
    aurora.number.account_id = "200000000000001"
    aurora.number.save()
    settings.PUBLIC_BASE_URL = callback.partition("/webhooks")[0]
    settings.WHATSAPP_VERIFY_TOKENS = [TOKEN]
    said = StringIO()
    call_command("set_webhook", clinic="aurora", level="number", stdout=said)
    assert f"messages → {callback}" in said.getvalue()
    assert "message_template_status_update" in said.getvalue()
    call_command("set_webhook", clinic="aurora", level="number", url="", stdout=said)
    with pytest.raises(CommandError, match="boreal"):
        call_command("set_webhook", clinic="boreal")
    with pytest.raises(CommandError, match="777"):
        call_command("set_webhook", clinic="aurora", number="777")
    settings.WHATSAPP_VERIFY_TOKENS = ["another"]
    with pytest.raises(CommandError, match="2200"):
        call_command("set_webhook", clinic="aurora")


def test_an_answer_in_context_is_kept_and_a_reaction_stands_on_its_message(
    aurora: Aurora, service: WhatsAppService
) -> None:
    conversation = make_conversation(
        aurora.number, make_contact(aurora.clinic, "5511987650001"), last_inbound_at=MONDAY
    )
    asked = Message.objects.create(
        clinic=aurora.clinic,
        conversation=conversation,
        direction="in",
        author="patient",
        type="text",
        body="Oi",
        content="{}",
        wamid="wamid.asked",
        state="received",
        created_at=MONDAY,
    )
    answer = service.send_message("+5511987650001", "Olá", context="wamid.asked")
    assert answer.context_wamid == "wamid.asked"
    for emoji in ("👍", ""):
        service.send_message("+5511987650001", {"message_id": "wamid.asked", "emoji": emoji}, "reaction")
        asked.refresh_from_db()
        assert asked.clinic_reaction == emoji
    with pytest.raises(ContentError):
        service.send_message("+5511987650001", {"message_id": "wamid.asked"}, "reaction", context="wamid.asked")


def test_a_refused_token_is_told(meta: Simulator, service: WhatsAppService, settings: Settings) -> None:
    credentials.store(clinic=service.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value="withdrawn", by=SYSTEM, now=MONDAY)
    with pytest.raises(CredentialsRevoked):
        service.set_webhook("https://example.org/", TOKEN)


def test_without_an_account_there_is_no_webhook(aurora: Aurora, service: WhatsAppService) -> None:
    aurora.number.account_id = ""
    aurora.number.save()
    with pytest.raises(NotConfigured):
        service.set_webhook("https://example.org/", TOKEN)
