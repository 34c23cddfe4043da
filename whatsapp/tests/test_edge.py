"""Who may call, how often, and what is never held back by others."""

import uuid
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings
from redis import RedisError

from atendeai.common import rate_limit
from atendeai.common.addresses import Networks
from atendeai.testing import webhooks
from atendeai.testing.people import Aurora
from whatsapp import origin, webhook
from whatsapp.models import AllowedNetwork, Delivery

SECRET = "test-app-secret"
URL, APP_URL = "/webhooks/whatsapp/aurora/", "/webhooks/whatsapp/"
META = "31.13.24.7"


@pytest.fixture(autouse=True)
def _fresh(settings: Settings, aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # Counters of its own: emptying the cache would empty a parallel worker's too.
    settings.RATELIMIT_CACHE_PREFIX = f"rl-{uuid.uuid4().hex}:"
    monkeypatch.setattr(webhook, "_signed", rate_limit.Valve(uuid.uuid4().hex))
    settings.WHATSAPP_APP_SECRETS = [SECRET]
    settings.WHATSAPP_VERIFY_TOKENS = ["right-token"]
    settings.RATE_LIMIT_WEBHOOK_UNVERIFIED = "3/m"
    webhook.forget_callers()
    origin.forget_networks()
    yield
    # Whoever calls next comes from elsewhere.
    origin.forget_networks()


def post(*, is_signed: bool = True, url: str = URL, text: str = "oi", **meta: Any) -> Any:
    body = webhooks.body(webhooks.change("100000000000001", messages=[webhooks.text_message("5511987650001", text)]))
    signature = webhooks.signature(body, SECRET if is_signed else "wrong")
    headers = {"HTTP_X_HUB_SIGNATURE_256": signature, **meta}
    return Client().post(url, body, content_type="application/json", **headers)


def statuses(times: int, **how: Any) -> list[int]:
    return [post(**how).status_code for _ in range(times)]


# What fails the signature ------------------------------------------------------------------------------------------


def test_failing_calls_of_an_address_are_held_back_and_told_when_to_come_again() -> None:
    assert statuses(3, is_signed=False, REMOTE_ADDR=META) == [403] * 3
    answer = post(is_signed=False, REMOTE_ADDR=META)
    assert (answer.status_code, answer.content) == (429, b"")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert statuses(1, is_signed=False, REMOTE_ADDR=META, url=APP_URL) == [429], "the address, whatever the path"


def test_failing_calls_from_everywhere_are_held_back_for_their_path() -> None:
    assert statuses(3, is_signed=False, REMOTE_ADDR=META) == [403] * 3
    assert statuses(1, is_signed=False, REMOTE_ADDR="203.0.113.9") == [429]
    assert statuses(1, is_signed=False, REMOTE_ADDR="203.0.113.10", url=APP_URL) == [403]


def test_nobody_can_use_up_what_is_signed() -> None:
    statuses(10, is_signed=False, REMOTE_ADDR=META)
    assert statuses(20, REMOTE_ADDR=META) == [200] * 20
    assert Delivery.objects.count() == 20


def test_guessing_the_verify_token_is_held_back_too() -> None:
    def ask(token: str) -> int:
        query = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": token}
        return Client().get(URL, query).status_code

    assert [ask("guess") for _ in range(4)] == [403, 403, 403, 429]
    assert ask("right-token") == 200


def test_a_forged_forwarded_header_makes_no_other_address(settings: Settings) -> None:
    for number in range(3):
        post(is_signed=False, REMOTE_ADDR=META, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    answer = post(is_signed=False, url=APP_URL, REMOTE_ADDR=META, HTTP_X_FORWARDED_FOR="198.51.100.77")
    assert answer.status_code == 429
    settings.TRUSTED_PROXIES = origin_networks("10.0.0.0/8")
    behind = post(is_signed=False, url=APP_URL, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.77")
    assert behind.status_code == 403, "a proxy we trust tells the caller apart"


def origin_networks(*cidrs: str) -> list[Any]:
    from ipaddress import ip_network

    return [ip_network(cidr) for cidr in cidrs]


# What is signed ----------------------------------------------------------------------------------------------------


def test_the_safety_valve_counts_each_path_for_itself(settings: Settings) -> None:
    settings.RATE_LIMIT_WEBHOOK = "5/h"
    assert statuses(6) == [200] * 5 + [429]
    assert int(post()["Retry-After"]) > 0
    assert statuses(1, url=APP_URL) == [200]
    assert Delivery.objects.count() == 6


def test_all_processes_share_the_valve() -> None:
    name = uuid.uuid4().hex
    ours, theirs = rate_limit.Valve(name), rate_limit.Valve(name)
    over = [valve.take("aurora", "10/h").is_over for _ in range(8) for valve in (ours, theirs)]
    assert over.count(False) == 10


def test_a_high_valve_rarely_asks_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    incr = cache.incr

    def note(key: str, delta: int) -> int:
        asked.append(key)
        return incr(key, delta)

    monkeypatch.setattr(cache, "incr", note)
    valve = rate_limit.Valve(uuid.uuid4().hex)
    assert not any(valve.take("app", "60000/h").is_over for _ in range(600))
    assert len(asked) == 10


@pytest.mark.parametrize("error", [RedisError(), OSError()])
def test_redis_down_is_never_an_error_and_lets_everybody_in(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, error: Exception
) -> None:
    settings.RATE_LIMIT_WEBHOOK = "1/h"

    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise error

    for name in ("add", "incr", "get", "count"):
        monkeypatch.setattr(cache, name, fail)
    assert statuses(3) == [200] * 3
    assert statuses(5, is_signed=False) == [403] * 5


def test_login_attempts_of_an_address_are_limited(settings: Settings, aurora: Aurora) -> None:
    settings.RATE_LIMIT_LOGIN = "2/m"
    form = {"username": aurora.owner.email, "password": "wrong"}

    def attempt(address: str, **changes: str) -> Any:
        return Client().post("/admin/login/", {**form, **changes}, REMOTE_ADDR=address)

    assert [attempt(META).status_code for _ in range(2)] == [200, 200]
    refused = attempt(META)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1
    assert "Muitas tentativas" in refused.content.decode()
    assert attempt("203.0.113.9").status_code == 200
    assert Client().get("/admin/login/", REMOTE_ADDR=META).status_code == 200


# Where calls come from ---------------------------------------------------------------------------------------------


def refresh(path: Path, text: str, *options: str) -> str:
    path.write_text(text)
    said = StringIO()
    call_command("refresh_webhook_networks", str(path), *options, stdout=said)
    origin.forget_networks()
    return said.getvalue()


def test_metas_list_decides_once_it_is_there(tmp_path: Path) -> None:
    assert statuses(1, REMOTE_ADDR="203.0.113.9") == [200]
    said = refresh(tmp_path / "geofeed.csv", "# Meta\n31.13.24.0/21,IE,IE-L,Dublin,\n2a03:2880::/32,US,,,\n")
    assert said.startswith("2 novas, 0 retiradas, 2 ao todo")
    assert statuses(1, REMOTE_ADDR=META) == [200]
    assert statuses(1, REMOTE_ADDR="2a03:2880:1::5") == [200]
    answer = post(REMOTE_ADDR="203.0.113.9")
    assert (answer.status_code, answer.content) == (403, b"")
    assert Delivery.objects.count() == 3


def test_settings_and_list_add_up(tmp_path: Path, settings: Settings) -> None:
    refresh(tmp_path / "list", "31.13.24.0/21\n")
    settings.WEBHOOK_ALLOWED_NETWORKS = origin_networks("203.0.113.0/24")
    assert statuses(1, REMOTE_ADDR="203.0.113.9") == statuses(1, REMOTE_ADDR=META) == [200]
    assert statuses(1, REMOTE_ADDR="198.51.100.1") == [403]


def test_a_whois_answer_is_read_and_a_later_list_replaces_it(tmp_path: Path) -> None:
    refresh(tmp_path / "whois", "% RADB\nroute:      31.13.24.0/21\norigin:     AS32934\n\nroute6: 2a03:2880::/32\n")
    assert set(AllowedNetwork.objects.values_list("cidr", flat=True)) == {"31.13.24.0/21", "2a03:2880::/32"}
    refresh(tmp_path / "whois", "31.13.24.0/21\n157.240.0.0/17\n")
    assert set(AllowedNetwork.objects.values_list("cidr", flat=True)) == {"31.13.24.0/21", "157.240.0.0/17"}


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "31.13.24.0/21\nnonsense\n", "0.0.0.0/0\n", "10.0.0.0/8\n", "31.13.24.1/21\n"]
)
def test_a_list_that_cannot_be_right_changes_nothing(tmp_path: Path, text: str) -> None:
    refresh(tmp_path / "list", "31.13.24.0/21\n")
    with pytest.raises(CommandError):
        refresh(tmp_path / "list", text)
    assert [row.cidr for row in AllowedNetwork.objects.all()] == ["31.13.24.0/21"]


def test_a_list_that_lost_most_networks_must_be_meant(tmp_path: Path) -> None:
    refresh(tmp_path / "list", "31.13.24.0/21\n157.240.0.0/17\n129.134.0.0/17\n")
    with pytest.raises(CommandError, match="--force"):
        refresh(tmp_path / "list", "31.13.24.0/21\n")
    assert AllowedNetwork.objects.count() == 3
    refresh(tmp_path / "list", "31.13.24.0/21\n", "--force")
    assert AllowedNetwork.objects.count() == 1


def test_a_dry_run_only_tells(tmp_path: Path) -> None:
    assert refresh(tmp_path / "list", "31.13.24.0/21\n", "--dry-run").startswith("1 novas")
    assert not AllowedNetwork.objects.exists()


@pytest.mark.parametrize(
    ("address", "is_in"),
    [("31.13.24.0", True), ("31.13.31.255", True), ("31.13.32.0", False), ("31.13.23.255", False), ("::1", False)],
)
def test_the_edges_of_a_network(address: str, is_in: bool) -> None:
    networks = Networks(origin_networks("31.13.24.0/22", "31.13.28.0/22", "157.240.0.0/17"))
    assert (address in networks) is is_in


# A certificate, ended at the proxy ---------------------------------------------------------------------------------

PROXY = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": META}
NAME = "client.webhooks.fbclientcerts.com"


@pytest.mark.parametrize(
    ("subject", "status"),
    [
        (f"CN={NAME},O=Meta Platforms", 200),
        (f"/C=US/O=Meta/CN={NAME}", 200),
        (NAME, 200),
        ("", 403),
        ("CN=client.example.org", 403),
        (f"O={NAME}", 403),
        (f"CN=evil.example,CN={NAME}", 403),
        (f"O=x\\,CN={NAME}", 403),
        (f'O="x,CN={NAME}"', 403),
    ],
)
def test_only_metas_certificate_is_welcome(settings: Settings, subject: str, status: int) -> None:
    settings.TRUSTED_PROXIES = origin_networks("10.0.0.0/8")
    settings.WEBHOOK_CLIENT_CERT_HEADER = "X-Client-Cert-Subject"
    assert statuses(1, HTTP_X_CLIENT_CERT_SUBJECT=subject, **PROXY) == [status]


def test_who_passes_by_the_proxy_cannot_write_the_header(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = origin_networks("10.0.0.0/8")
    settings.WEBHOOK_CLIENT_CERT_HEADER = "X-Client-Cert-Subject"
    assert statuses(1, HTTP_X_CLIENT_CERT_SUBJECT=f"CN={NAME}", REMOTE_ADDR=META) == [403]
    assert statuses(1, **PROXY) == [403]
