"""kill -9 of web and worker while deliveries pour in: what was acknowledged is stored, and answered once."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from atendeai.testing import webhooks
from tests.journeys.house import House, eventually, running_house

pytestmark = pytest.mark.journey
DELIVERIES = 2_000
SENDERS = 40
AURORA_ID = "100000000000001"


def post_all(house: House, secret: str, acknowledged: set[str]) -> None:
    """Posts every delivery until it is acknowledged, as Meta does; notes which wamids got their 200."""
    session = requests.Session()
    url = f"{house.stack.web_url}/webhooks/whatsapp/aurora/"
    for number in range(DELIVERIES):
        sender = f"55119{70000000 + number % SENDERS}"
        wamid = f"wamid.kill{number}"
        message = webhooks.text_message(sender, "oi", wamid=wamid, timestamp=int(time.time()))
        body = webhooks.body(webhooks.change(AURORA_ID, messages=[message]))
        headers = {"X-Hub-Signature-256": webhooks.signature(body, secret), "Content-Type": "application/json"}
        while not _accepted(session, url, body, headers):
            time.sleep(0.05)
        acknowledged.add(wamid)


def _accepted(session: requests.Session, url: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        return session.post(url, data=body, headers=headers, timeout=10).status_code == 200
    except requests.RequestException:
        return False


def test_nothing_acknowledged_is_lost_and_nothing_answered_twice(tmp_path: Path) -> None:
    # Short waits, so that what a killed worker left uncertain is settled within the test.
    settings = {"SEND_LEASE_SECONDS": "4", "SEND_GRACE_SECONDS": "8", "SEND_HOLD_SECONDS": "2"}
    with running_house("journey_kill", tmp_path, **settings) as house:
        # The senders exist for the simulator, or it would refuse to deliver to them.
        for number in range(SENDERS):
            phone = f"55119{70000000 + number}"
            house.control("POST", f"patients/{phone}/messages", {"to": "aurora", "text": "oi"})
        secret = house.stack.environ["WHATSAPP_APP_SECRET"].split(",")[0]
        acknowledged: set[str] = set()
        poster = threading.Thread(target=post_all, args=(house, secret, acknowledged))
        poster.start()
        for share, name in ((0.2, "worker"), (0.4, "web"), (0.6, "worker"), (0.8, "web")):
            eventually(lambda share=share: len(acknowledged) >= share * DELIVERIES, seconds=120)  # type: ignore[misc]
            house.stack.kill(name)
            house.stack.restart(name)
        poster.join()
        assert len(acknowledged) == DELIVERIES
        _wait_until_idle(house)
        figures = _figures(house)
        print(json.dumps(figures))
        assert figures["stored"] == DELIVERIES
        assert figures["unanswered"] == 0
        assert figures["most_replies_per_message"] == 1
        assert figures["messages_twice"] == 0
        # More than one call for a row only where its answer was lost, and each of those is counted.
        assert figures["arrived"] - figures["replies"] <= figures["resends"]


def _wait_until_idle(house: House) -> None:
    def is_idle() -> bool:
        waiting = house.query(
            "SELECT (SELECT count(*) FROM whatsapp_delivery WHERE state = 'stored')"
            " + (SELECT count(*) FROM whatsapp_conversation WHERE wanted_at IS NOT NULL)"
            " + (SELECT count(*) FROM whatsapp_message WHERE state IN ('queued', 'sending')"
            "      OR state = 'unknown' AND resends = 0)"
        )
        return bool(waiting[0][0] == 0)

    eventually(is_idle, seconds=240)


def _figures(house: House) -> dict[str, Any]:
    """What the database holds and what reached the phones."""

    def one(statement: str) -> int:
        return int(house.query(statement)[0][0] or 0)

    ours = "wamid LIKE 'wamid.kill%'"
    answered = f"SELECT item_id FROM whatsapp_message WHERE direction = 'in' AND {ours}"
    phones = [f"55119{70000000 + number}" for number in range(SENDERS)]
    arrived = sum(len(house.phone(phone).answers()) for phone in phones)
    return {
        "stored": one("SELECT count(*) FROM whatsapp_item WHERE kind = 'message' AND provider_id LIKE 'wamid.kill%'"),
        "messages_twice": one(
            f"SELECT count(*) FROM (SELECT 1 FROM whatsapp_message WHERE {ours} GROUP BY wamid HAVING count(*) > 1) t"
        ),
        "unanswered": one(
            "SELECT count(*) FROM whatsapp_item WHERE state <> 'done' AND provider_id LIKE 'wamid.kill%'"
        ),
        "most_replies_per_message": one(
            f"SELECT max(n) FROM (SELECT count(*) n FROM whatsapp_message WHERE direction = 'out'"
            f" AND item_id IN ({answered}) GROUP BY item_id) t"
        ),
        "replies": one("SELECT count(*) FROM whatsapp_message WHERE direction = 'out' AND state <> 'failed'"),
        "arrived": arrived,
        "resends": one("SELECT coalesce(sum(resends), 0) FROM whatsapp_message"),
    }
