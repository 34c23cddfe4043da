"""Do the account and number nodes, registration and account-level notices behave as Meta's?"""

from __future__ import annotations

import json
import time

import pytest

from sandbox.tests.receiver import Receiver
from sandbox.tests.world import World

NUMBER, ACCOUNT = "100000000000001", "200000000000001"


def _set(world: World, **facts: object) -> None:
    assert world.http.post("/control/numbers/aurora", json=facts).status_code == 200


def _code(answer: object) -> int:
    return int(answer.json()["error"]["code"])  # type: ignore[attr-defined]


def _register(world: World, pin: object = "123456", **more: object) -> object:
    body = {"messaging_product": "whatsapp", "pin": pin, **more}
    return world.graph("POST", f"{NUMBER}/register", json=body)


def test_the_nodes_show_what_was_asked_for(world: World) -> None:
    fields = "quality_rating,name_status,throughput,whatsapp_business_manager_messaging_limit,is_on_biz_app,status"
    node = world.graph("GET", f"{NUMBER}?fields={fields},health_status").json()
    assert node["throughput"] == {"level": "STANDARD"}
    assert node["whatsapp_business_manager_messaging_limit"] == "TIER_2K"
    assert {one["entity_type"] for one in node["health_status"]["entities"]} >= {"PHONE_NUMBER", "WABA", "BUSINESS"}
    account = world.graph("GET", f"{ACCOUNT}?fields=account_review_status,business_verification_status").json()
    assert account == {"id": ACCOUNT, "account_review_status": "APPROVED", "business_verification_status": "verified"}


def test_an_account_lists_all_its_numbers_in_pages(world: World) -> None:
    for name in ("aurora-2", "aurora-3"):
        world.http.post("/control/numbers", json={"slug": name, "account_of": "aurora"})
    first = world.graph("GET", f"{ACCOUNT}/phone_numbers?limit=2").json()
    assert len(first["data"]) == 2
    assert "next" in first["paging"]
    second = world.graph("GET", f"{ACCOUNT}/phone_numbers?limit=2&after={first['paging']['cursors']['after']}").json()
    assert len(second["data"]) == 1
    assert "next" not in second["paging"]
    assert world.graph("GET", second["data"][0]["id"]).status_code == 200, "one token for the account"


def test_what_the_token_lacks_is_refused(world: World) -> None:
    _set(world, permissions=["whatsapp_business_management"])
    assert _code(world.send()) == 10
    _set(world, permissions=["whatsapp_business_messaging"])
    assert _code(world.graph("GET", ACCOUNT)) == 200
    _set(world, token_expired=True)
    assert _code(world.graph("GET", ACCOUNT)) == 190


def test_registering_takes_the_first_pin_and_then_only_that(world: World) -> None:
    _set(world, platform_type="NOT_APPLICABLE", status="PENDING")
    world.write(text="oi")
    assert _code(world.send()) == 133010
    assert _register(world).json() == {"success": True}  # type: ignore[attr-defined]
    assert world.send().status_code == 200
    assert _register(world).status_code == 200, "registered already"  # type: ignore[attr-defined]
    assert _code(_register(world, "654321")) == 133005
    assert _code(_register(world, 123456)) == 100


def test_too_many_pins_and_too_many_tries(world: World) -> None:
    _set(world, pin="111111")
    codes = [_code(_register(world, "222222")) for _ in range(11)]
    assert codes[:5] == [133005] * 5
    assert codes[5:10] == [133008] * 5
    assert codes[10] == 133016
    world.http.post("/control/clock", json={"advance_seconds": 73 * 3600})
    assert _register(world, "111111").status_code == 200  # type: ignore[attr-defined]


def test_an_unverified_number_and_one_of_the_app_are_not_registered(world: World) -> None:
    _set(world, code_verification_status="NOT_VERIFIED")
    assert _code(_register(world)) == 133006
    _set(world, code_verification_status="VERIFIED", is_on_biz_app=True)
    assert _code(_register(world)) == 100
    _set(world, is_on_biz_app=False)
    assert world.graph("POST", f"{NUMBER}/deregister").status_code == 200
    assert _code(_register(world)) == 133015


def test_health_names_the_payment(world: World) -> None:
    _set(world, account={"payment_problem": True})
    health = world.graph("GET", f"{NUMBER}?fields=health_status").json()["health_status"]
    assert health["can_send_message"] == "BLOCKED"
    assert [one["entity_type"] for one in health["entities"] if "errors" in one] == ["WABA"]


def test_a_notice_goes_to_the_apps_address_whatever_the_override(world: World, receiver: Receiver) -> None:
    other = f"{receiver.url}/override/"
    body = {"webhook_configuration": {"override_callback_uri": other, "verify_token": "sandbox-verify-token"}}
    world.graph("POST", NUMBER, json=body)
    answer = world.http.post("/control/numbers/aurora/notices", json={"event": "BANNED", "at": 1_795_000_000})
    assert answer.json()["webhook_status"] == 200
    entry = json.loads(receiver.calls[-1].body)["entry"][0]
    assert (entry["id"], entry["time"]) == (ACCOUNT, 1_795_000_000)
    assert entry["changes"][0]["value"]["ban_info"]["waba_ban_state"] == "DISABLE"
    assert receiver.calls[-1].path.startswith("/webhooks/whatsapp/aurora/")
    world.write(text="oi")
    assert _code(world.send()) == 131031


def test_partner_events_come_under_the_partners_own_id(world: World, receiver: Receiver) -> None:
    world.http.post("/control/numbers/aurora/notices", json={"event": "PARTNER_REMOVED", "copies": 2})
    time.sleep(0.1)
    entry = json.loads(receiver.calls[-1].body)["entry"][0]
    assert entry["id"] != ACCOUNT
    assert entry["changes"][0]["value"]["waba_info"]["waba_id"] == ACCOUNT


@pytest.mark.parametrize("body", [{"event": "?"}, {"oh": 1}, {"field": "security"}, {"event": "ALERT", "at": "x"}])
def test_nonsense_is_answered_in_words(world: World, body: dict[str, object]) -> None:
    answer = world.http.post("/control/numbers/aurora/notices", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
