"""What the doors answer, and that nothing unverified leaves a trace."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY
from atendeai.testing.people import Aurora
from clinics import credentials
from clinics.audit import SYSTEM
from clinics.credentials import Name
from whatsapp import inbox, webhook
from whatsapp.models import Delivery, DeliveryState, Item

SECRET = "test-app-secret"
URL = "/webhooks/whatsapp/aurora/"


@pytest.fixture(autouse=True)
def _known_secrets(settings: Settings) -> None:
    settings.WHATSAPP_APP_SECRETS = [SECRET, "older-secret"]
    settings.WHATSAPP_VERIFY_TOKENS = ["right-token"]
    webhook.forget_callers()


def post(body: bytes, signature: str | None, url: str = URL, **extra: Any) -> Any:
    headers: dict[str, Any] = {} if signature is None else {"HTTP_X_HUB_SIGNATURE_256": signature}
    return Client().post(url, body, content_type="application/json", **headers, **extra)


def delivery(text: str = "oi") -> bytes:
    return webhooks.body(webhooks.change("100000000000001", messages=[webhooks.text_message("5511987650001", text)]))


@pytest.mark.parametrize("url", [URL, "/webhooks/whatsapp/"])
@pytest.mark.parametrize("secret", [SECRET, "older-secret"])
def test_signed_delivery_is_stored_byte_for_byte(aurora: Aurora, url: str, secret: str) -> None:
    body = delivery("olá 😀")
    answer = post(body, webhooks.signature(body, secret), url)
    assert (answer.status_code, answer.content) == (200, b"")
    row = Delivery.objects.get()
    assert (bytes(row.body), row.state, row.signed_by) == (body, DeliveryState.STORED, None)


@pytest.mark.parametrize(
    "signature",
    [None, "", "sha256=", "sha256=" + "0" * 64, webhooks.signature(delivery(), "another")[:-1], "garbage", "sha1=00"],
)
def test_wrong_missing_or_truncated_signature_leaves_nothing(aurora: Aurora, signature: str | None) -> None:
    answer = post(delivery(), signature)
    assert (answer.status_code, answer.content) == (403, b"")
    assert not Delivery.objects.exists()


def test_body_changed_after_signing_is_refused(aurora: Aurora) -> None:
    assert post(delivery("b"), webhooks.signature(delivery("a"), SECRET)).status_code == 403


def test_clinic_with_a_secret_of_its_own_is_signed_by_it_alone(aurora: Aurora) -> None:
    credentials.store(clinic=aurora.clinic, name=Name.WHATSAPP_APP_SECRET, value="own", by=SYSTEM, now=MONDAY)
    webhook.forget_callers()
    body = delivery()
    assert post(body, webhooks.signature(body, SECRET)).status_code == 403
    assert post(body, webhooks.signature(body, "own"), "/webhooks/whatsapp/").status_code == 403
    assert post(body, webhooks.signature(body, "own")).status_code == 200
    assert Delivery.objects.get().signed_by == aurora.clinic


def test_a_secret_that_cannot_be_read_has_meta_come_again(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_AURORA_WHATSAPP_APP_SECRET_FILE", "/nowhere/aurora")
    webhook.forget_callers()
    body = delivery()
    assert post(body, webhooks.signature(body, SECRET)).status_code == 503
    assert Client().get(URL, {"hub.mode": "subscribe"}).status_code == 503
    assert post(body, webhooks.signature(body, SECRET), "/webhooks/whatsapp/").status_code == 200


def test_unknown_slug_is_404_and_other_methods_405(aurora: Aurora) -> None:
    body = delivery()
    assert post(body, webhooks.signature(body, SECRET), "/webhooks/whatsapp/nobody/").status_code == 404
    assert Client().put(URL).status_code == 405


def test_size_limit_to_the_byte(aurora: Aurora, settings: Settings) -> None:
    for size, status in ((3_145_728, 200), (3_145_729, 413)):
        body = b"{" + b" " * (size - 2) + b"}"
        assert post(body, webhooks.signature(body, SECRET)).status_code == status
    assert Delivery.objects.count() == 1


def test_broken_json_with_a_right_signature_is_kept_and_marked(aurora: Aurora) -> None:
    body = b'{"entry": ['
    assert post(body, webhooks.signature(body, SECRET)).status_code == 200
    inbox.unpack_some(now=MONDAY)
    row = Delivery.objects.get()
    assert (row.state, row.last_error) == (DeliveryState.UNPACKED, "body: not JSON")
    assert not Item.objects.exists()


def test_only_allowed_networks_get_in_and_forwarded_addresses_count_only_from_trusted_proxies(
    aurora: Aurora, settings: Settings
) -> None:
    from ipaddress import ip_network

    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("203.0.113.0/24")]
    body = delivery()
    signature = webhooks.signature(body, SECRET)
    forged = {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}
    assert post(body, signature, REMOTE_ADDR="198.51.100.1", **forged).status_code == 403
    assert post(body, signature, REMOTE_ADDR="203.0.113.9").status_code == 200
    settings.TRUSTED_PROXIES = [ip_network("198.51.100.0/24")]
    assert post(body, signature, REMOTE_ADDR="198.51.100.1", **forged).status_code == 200
    spoofed = {"HTTP_X_FORWARDED_FOR": "203.0.113.7, 192.0.2.1"}
    assert post(body, signature, REMOTE_ADDR="198.51.100.1", **spoofed).status_code == 403


def test_verification_echoes_the_challenge_as_plain_text_for_the_right_token_only(aurora: Aurora) -> None:
    def get(token: str, mode: str = "subscribe") -> Any:
        query = {"hub.mode": mode, "hub.verify_token": token, "hub.challenge": "<b>1158201444</b>"}
        return Client().get(URL, query)

    right = get("right-token")
    assert (right.status_code, right.content) == (200, b"<b>1158201444</b>")
    assert right["Content-Type"].startswith("text/plain")
    assert get("wrong").status_code == get("right-token", "other").status_code == 403


def test_a_token_changed_a_moment_ago_verifies_in_a_process_that_knows_the_old_one(aurora: Aurora) -> None:
    def get(token: str) -> int:
        query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
        return int(Client().get(URL, query).status_code)

    assert get("right-token") == 200
    credentials.store(clinic=aurora.clinic, name=Name.WHATSAPP_VERIFY_TOKEN, value="newer", by=SYSTEM, now=MONDAY)
    assert get("newer") == 200
    assert get("right-token") == 403


def test_a_question_of_more_parameters_than_django_reads_verifies_nothing(aurora: Aurora) -> None:
    from atendeai.wsgi import application

    query = urlencode(
        {"hub.mode": "subscribe", "hub.verify_token": "right-token"} | {f"p{n}": "1" for n in range(1000)}
    )
    told: list[str] = []

    def start(status: str, headers: Any, error: Any = None) -> Any:
        told.append(status)

    # Deliveries pass by Django's handler, which answers 400: nothing stands behind the view.
    environ = RequestFactory().get(f"{URL}?{query}").environ
    body = list(application(environ, start))
    assert (told, body) == (["403 Forbidden"], [b""])


@pytest.mark.django_db(transaction=True)
def test_database_down_is_503_and_a_lost_connection_is_replaced(
    aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError, connection

    body = delivery()
    signature = webhooks.signature(body, SECRET)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
    webhook.webhook(_request(body, signature), "aurora")
    assert Delivery.objects.count() == 1

    def down(*_: object) -> None:
        raise OperationalError("down")

    monkeypatch.setattr(inbox, "_insert", down)
    assert post(body, signature).status_code == 503


def _request(body: bytes, signature: str) -> Any:
    from django.test import RequestFactory

    return RequestFactory().post(URL, body, content_type="application/json", HTTP_X_HUB_SIGNATURE_256=signature)
