"""A provider falls silent and comes back, with nobody calling it meanwhile: the portal says both, and what waited goes
out by itself, once. All times are a tenth of the real ones: WhatsApp's circuit waits 3 s, Google's 6 s."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from calendar_sync.tests.google import Google
from tests.journeys.house import House, eventually, running_house
from tests.journeys.test_calendar_journey import Portal, appointment_now, books, disagreements, event_of

pytestmark = pytest.mark.journey
DIVISOR = 10
SETTINGS = {
    "ATENDEAI_TIMES_DIVIDED_BY": str(DIVISOR),
    # Nothing of this house reads calendars by itself: a poll would be the trial.
    "CALENDAR_POLL_SECONDS": "900",
    "CALENDAR_POLL_ALONE_SECONDS": "900",
}
INTEGRATIONS = "/admin/clinics/outage/"
OPEN = "SELECT provider, first_error, trials FROM clinics_outage WHERE ended_at IS NULL"
LAST = 'SELECT provider, "end", ended_by_id, trials, first_error FROM clinics_outage ORDER BY id DESC LIMIT 1'
QUEUED = "SELECT count(*) FROM whatsapp_message WHERE direction = 'out' AND state IN ('queued', 'sending')"
PHONES = [f"551198765{number}" for number in ("0021", "0022", "0023")]
# The wait, three seconds for what is to be sent, and a sweep; four times that for a machine with other work.
SOON = {"whatsapp": (30 + 3 + 2) / DIVISOR * 4, "google": (60 + 3 + 2) / DIVISOR * 4}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house("journey_circuit", tmp_path_factory.mktemp("house"), **SETTINGS) as running:
        # Nor does it look at numbers and templates: what is shown here is what happens between two such looks.
        for change in ("whatsapp_templatesync SET due_at", "whatsapp_number SET next_check_at"):
            running.query(f"UPDATE {change} = now() + interval '1 hour' RETURNING id")
        under_way = "SELECT count(*) FROM whatsapp_templatesync WHERE lease_until IS NOT NULL"
        eventually(lambda: running.query(under_way) == [(0,)], seconds=90)
        yield running


@pytest.fixture(scope="module")
def google(house: House) -> Google:
    return Google(house.stack.sandbox_url)


@pytest.fixture(scope="module")
def portal(house: House, google: Google) -> Portal:
    """Carla, who has linked Dra. Lívia's calendar."""
    carla = Portal(house)
    carla.links(google)
    eventually(lambda: "em dia" in carla.page("/admin/calendar_sync/link/") or None)
    return carla


@pytest.fixture(autouse=True)
def well(house: House) -> Iterator[None]:
    yield
    house.control("DELETE", "faults")


def away(house: House, target: str) -> None:
    """To whatever this clinic asks, the provider answers that it is out of order."""
    rule = {"target": target, "operation": "*", "slug": "boreal", "kind": "status", "status": 503, "count": 100_000}
    house.control("POST", "faults", rule | ({"code": 131016} if target == "graph" else {}))


def back(house: House) -> int:
    """The provider is well again; the last call until now."""
    house.control("DELETE", "faults")
    return int(house.control("GET", "calls")["last"]["calls"])


def asked_since(house: House, call: int, target: str) -> list[str]:
    calls = house.control("GET", f"calls?after={call}")["calls"]
    return [one["operation"] for one in calls if (one["target"], one["slug"]) == (target, "boreal")]


def until_open(house: House, act: Callable[[], Any]) -> None:
    for _ in range(20):
        if house.query(OPEN):
            return
        act()
    assert house.query(OPEN)


def until_closed(house: House, portal: Portal, provider: str) -> float:
    """The seconds until the portal says so."""
    began = time.monotonic()
    eventually(lambda: not house.query(OPEN), seconds=SOON[provider])
    took = time.monotonic() - began
    page = portal.page(INTEGRATIONS)
    assert "não responde" not in page
    assert "Voltou a responder" in page
    assert "não está respondendo" not in portal.page("/admin/")
    print(f"{provider}: the portal said that it is back after {took:.1f} s (times divided by {DIVISOR})")
    return took


def test_whatsapp_is_back_and_nobody_writes(house: House, portal: Portal) -> None:
    [(number,)] = house.query(
        "SELECT n.id FROM whatsapp_number n JOIN clinics_clinic c ON c.id = n.clinic_id WHERE c.slug = 'boreal'"
    )
    page = f"/admin/whatsapp/number/{number}/"
    away(house, "graph")
    until_open(house, lambda: portal.posts(f"{page}step/", on=f"{page}change/", step="health"))
    assert "O WhatsApp não está respondendo" in portal.page("/admin/")
    assert "não responde" in portal.page(INTEGRATIONS)
    assert house.query(QUEUED) == [(0,)]
    # A worker asks in vain first.
    eventually(lambda: house.query(OPEN)[0][2] >= 1)
    before = back(house)
    until_closed(house, portal, "whatsapp")
    assert asked_since(house, before, "graph") == ["phone_number"]
    assert house.query(LAST)[0][:3] == ("whatsapp", "recovered", None)
    assert house.query(LAST)[0][4] == "Unreachable 131016"


def test_messages_wait_in_their_rows_and_go_out_once_without_further_traffic(house: House, portal: Portal) -> None:
    phones = [house.phone(number, "boreal") for number in PHONES]
    away(house, "graph")
    for number in PHONES:
        house.control("POST", f"patients/{number}/messages", {"to": "boreal", "text": "oi"})
    eventually(lambda: house.query(OPEN) or None)
    eventually(lambda: house.query(QUEUED) == [(3,)])
    assert "não responde" in portal.page(INTEGRATIONS)
    eventually(lambda: house.query(OPEN)[0][2] >= 2)
    assert [phone.answers() for phone in phones] == [[], [], []]
    before = back(house)
    until_closed(house, portal, "whatsapp")
    eventually(lambda: house.query(QUEUED) == [(0,)], seconds=10)
    time.sleep(2)
    assert [len(phone.answers()) for phone in phones] == [1, 1, 1]
    calls = house.control("GET", f"calls?after={before}")["calls"]
    sent = Counter(one["key"] for one in calls if one["operation"] == "messages")
    assert sorted(sent.values()) == [1, 1, 1]


def test_google_is_back_and_nobody_asks(house: House, google: Google, portal: Portal) -> None:
    days = iter(range(1, 28))

    def look() -> None:
        day = next(days)
        period = f"from=2028-02-{day:02}T00:00:00Z&to=2028-02-{day + 1:02}T00:00:00Z"
        assert house.api("boreal", f"events/?{period}").status_code == 503

    away(house, "google")
    until_open(house, look)
    assert "não responde" in portal.page(INTEGRATIONS)
    before = back(house)
    until_closed(house, portal, "google")
    assert asked_since(house, before, "google") == ["events.list"]
    assert house.query(LAST)[0][:4] == ("google", "recovered", None, 1)


def test_a_calendar_write_waits_in_its_row_and_is_made_once(house: House, google: Google, portal: Portal) -> None:
    appointment = books(house, "5511987650024", "Ivone Salles")
    calendar, event = event_of(house, google, appointment)
    eventually(lambda: appointment_now(house, appointment)["calendar"]["state"] == "done")
    away(house, "google")
    phone = house.phone("5511987650024", "boreal")
    asked = phone.writes(text="quero cancelar")
    phone.taps(asked, asked["buttons"][0]["title"])
    eventually(lambda: house.query(OPEN) or None)
    assert appointment_now(house, appointment)["status"] == "cancelled"
    assert "não responde" in portal.page(INTEGRATIONS)
    assert [one["id"] for one in google.events(calendar)] == [event["id"]]
    before = back(house)
    until_closed(house, portal, "google")
    eventually(lambda: google.events(calendar) == [], seconds=10)
    eventually(lambda: not disagreements(house, google))
    time.sleep(1)
    assert asked_since(house, before, "google").count("events.delete") == 1
