"""Appointments and Google in step, in separate processes: linked by a person, touched on both sides, broken, mended.

At the end of each journey: exactly one event per active appointment of a linked professional, none for a cancelled one,
and busy is what foreign events take.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from calendar_sync.tests.google import LIVIA, Google
from tests.journeys.house import House, eventually, running_house

pytestmark = pytest.mark.journey
OWNER = "carla@boreal.example"
WHO = "Dra. Lívia Rocha"
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
# Polls come quickly, so that a lost push costs seconds here.
SETTINGS = {
    "CALENDAR_POLL_SECONDS": "4",
    "CALENDAR_POLL_ALONE_SECONDS": "4",
    "RETRY_FIRST_SECONDS": "1",
}
LAST_WORDS = (
    "SELECT (SELECT count(*) FROM calendar_sync_calendarwrite WHERE state IN ('queued', 'sending'))"
    " + (SELECT count(*) FROM calendar_sync_googlechange WHERE state = 'noted')"
)


class Portal:
    """Carla at the clinic's computer."""

    def __init__(self, house: House) -> None:
        self.house, self.session, self.base = house, requests.Session(), house.stack.web_url
        password = next(one["password"] for one in house.stack.demo["users"] if one["email"] == OWNER)
        self.posts("/admin/login/", username=OWNER, password=password, next="/admin/")

    def page(self, path: str) -> str:
        """What a page says, in one line."""
        answer = self.session.get(f"{self.base}{path}", timeout=30)
        assert answer.status_code == 200, (path, answer.status_code)
        return " ".join(unescape(answer.text).split())

    def posts(self, path: str, *, on: str = "", **values: str) -> str:
        """Fills in a form that stands on the page `on` (its own address without it); where it leads to."""
        token = TOKEN.search(self.page(on or path))
        assert token
        values["csrfmiddlewaretoken"] = token[1]
        headers = {"Referer": f"{self.base}{on or path}"}
        answer = self.session.post(f"{self.base}{path}", data=values, headers=headers, timeout=30)
        assert answer.status_code == 200, (path, answer.status_code)
        return " ".join(unescape(answer.text).split())

    def links(self, google: Google, calendar: str = LIVIA) -> None:
        """Through our pages and Google's consent form."""
        start = f"{self.base}/oauth/google/start/{professional(self.house)['id']}/"
        away = self.session.get(start, allow_redirects=False, timeout=30)
        assert away.status_code == 302
        back = google.consent(away.headers["Location"], account=LIVIA)
        address = f"{self.base}/oauth/google/callback/"
        came = self.session.get(address, params=back, allow_redirects=False, timeout=30)
        assert came.status_code == 303, came.text
        page = came.headers["Location"]
        if 'type="radio"' in self.page(page):
            self.posts(page, calendar=calendar)
        assert "precisa reconectar" not in self.page("/admin/calendar_sync/link/")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house("journey_calendar", tmp_path_factory.mktemp("house"), **SETTINGS) as running:
        running.query(
            "UPDATE clinics_clinic SET closes_on_holidays = false, google_moves = 'automatic', google_deletes = 'ask'"
            " RETURNING id"
        )
        yield running


@pytest.fixture(scope="module")
def google(house: House) -> Google:
    return Google(house.stack.sandbox_url)


@pytest.fixture(scope="module")
def portal(house: House, google: Google) -> Portal:
    """Carla, who has linked Dra. Lívia's calendar."""
    carla = Portal(house)
    assert "não conectada" in carla.page("/admin/calendar_sync/link/")
    carla.links(google)
    eventually(lambda: "em dia" in carla.page("/admin/calendar_sync/link/") or None)
    return carla


@pytest.fixture(autouse=True)
def in_step(house: House, google: Google) -> Iterator[None]:
    """What must hold after each journey."""
    yield
    google.heal()
    eventually(lambda: house.query(LAST_WORDS)[0][0] == 0, seconds=40)
    until = time.monotonic() + 25
    while (wrong := disagreements(house, google)) and time.monotonic() < until:
        time.sleep(0.2)
    assert wrong == []


def disagreements(house: House, google: Google) -> list[str]:
    """Rows against events, one by one."""
    events = [event for calendar in calendars(house) for event in google.events(calendar)]
    marks = [(_mark(event), _span(event)) for event in events]
    found = Counter(mark for mark, _ in marks if mark)
    rows = house.query(
        "SELECT a.id, a.starts_at, a.ends_at FROM clinics_appointment a JOIN calendar_sync_link l"
        " ON l.professional_id = a.professional_id AND l.state = 'linked' JOIN clinics_clinic c ON c.id = a.clinic_id"
        " WHERE c.slug = 'boreal' AND a.status IN ('booked', 'confirmed')"
    )
    wished = {str(pk): (start, end) for pk, start, end in rows}
    wrong = [
        f"appointment {pk} has {found[pk]} events" for pk in wished.keys() | found.keys() if found[pk] != (pk in wished)
    ]
    wrong += [f"appointment {mark} is elsewhere" for mark, span in marks if mark in wished and span != wished[mark]]
    busy = house.query(
        "SELECT b.starts_at, b.ends_at FROM clinics_busyperiod b JOIN clinics_clinic c ON c.id = b.clinic_id"
        " WHERE c.slug = 'boreal' AND b.source = 'google'"
    )
    foreign = [span for mark, span in marks if not mark and span[1] > datetime.now(UTC) - timedelta(days=1)]
    return wrong if sorted(busy) == sorted(foreign) else [*wrong, f"busy {busy} is not {foreign}"]


def _mark(event: dict[str, Any]) -> str:
    return str(event.get("extendedProperties", {}).get("private", {}).get("appointment_id", ""))


def _span(event: dict[str, Any]) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(event[edge]["dateTime"]).astimezone(UTC) for edge in ("start", "end"))
    return start, end


def calendars(house: House) -> list[str]:
    return [one["id"] for one in house.control("GET", "calendars")["calendars"] if one["account"] == LIVIA]


def professional(house: House) -> dict[str, Any]:
    people = house.api("boreal", "professionals/").json()["results"]
    return next(one for one in people if one["name"] == WHO)


def books(house: House, number: str, name: str) -> dict[str, Any]:
    """A patient books the next free time with Dra. Lívia in the chat."""
    phone = house.phone(number, "boreal")
    chosen = phone.taps(phone.writes(text="oi"), "Consulta")
    # Both professionals are free; only Dra. Lívia has a calendar.
    row = next(one for one in chosen["rows"] if WHO in one.get("description", ""))
    phone.writes(list=row["id"])
    assert "marcado" in phone.writes(text=name)["body"]
    found = house.api("boreal", "appointments/").json()["results"]
    return next(dict(one) for one in found if one["patient"]["name"] == name)


def event_of(house: House, google: Google, appointment: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The appointment's event and its calendar, once it is there."""

    def look() -> tuple[str, dict[str, Any]] | None:
        for calendar in calendars(house):
            for event in google.events(calendar):
                if _mark(event) == str(appointment["id"]):
                    return calendar, event
        return None

    return eventually(look)


def appointment_now(house: House, appointment: dict[str, Any]) -> dict[str, Any]:
    return dict(house.api("boreal", f"appointments/{appointment['id']}/").json())


def free_time(house: House, days: int) -> datetime:
    """A working day so many days on, at ten in São Paulo."""
    day = (datetime.now(UTC) + timedelta(days=days)).replace(hour=13, minute=0, second=0, microsecond=0)
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def body_at(starts_at: datetime, minutes: int = 30) -> dict[str, Any]:
    edges = (starts_at, starts_at + timedelta(minutes=minutes))
    return {name: {"dateTime": at.isoformat()} for name, at in zip(("start", "end"), edges, strict=True)}


def test_booked_in_the_chat_moved_in_google_and_told(house: House, google: Google, portal: Portal) -> None:
    appointment = books(house, "5511987650002", "Rosa Maria Lima")
    calendar, event = event_of(house, google, appointment)
    assert calendar == LIVIA
    new_time = free_time(house, 9)
    google.change_event(calendar, event["id"], body_at(new_time))
    moved = eventually(lambda: one if (one := appointment_now(house, appointment))["source"] == "google" else None)
    assert datetime.fromisoformat(moved["starts_at"]) == new_time
    phone = house.phone("5511987650002", "boreal")
    told = f"{new_time.astimezone(SAO_PAULO):%d/%m}, às 10h"
    eventually(lambda: told in phone.answers()[-1]["body"] or None)


def test_deleted_in_google_is_asked_about_and_accepted_in_the_portal(
    house: House, google: Google, portal: Portal
) -> None:
    appointment = books(house, "5511987650003", "Célia Antunes")
    calendar, event = event_of(house, google, appointment)
    google.remove_event(calendar, event["id"])
    asked = "SELECT id, etag FROM calendar_sync_googlechange WHERE state = 'asked' AND kind = 'deleted'"
    pk, etag = eventually(lambda: rows[0] if (rows := house.query(asked)) else None)
    assert appointment_now(house, appointment)["status"] == "booked"
    page = "/admin/calendar_sync/googlechange/"
    assert "Célia Antunes" in portal.page(page)
    assert "1 aguarda decisão" in portal.page("/admin/calendar_sync/link/")
    assert "Consulta cancelada" in portal.posts(f"{page}{pk}/accept/", on=page, etag=etag)
    assert appointment_now(house, appointment)["status"] == "cancelled"


def test_an_insert_whose_answer_was_lost_leaves_one_event(house: House, google: Google, portal: Portal) -> None:
    google.fault("events.insert", "lost_response")
    appointment = books(house, "5511987650004", "Tânia Moraes")
    event_of(house, google, appointment)
    eventually(lambda: appointment_now(house, appointment)["calendar"]["state"] == "done")


def test_cancelled_in_the_chat_is_gone(house: House, google: Google, portal: Portal) -> None:
    appointment = books(house, "5511987650005", "Sílvia Prates")
    event_of(house, google, appointment)
    phone = house.phone("5511987650005", "boreal")
    asked = phone.writes(text="quero cancelar")
    phone.taps(asked, asked["buttons"][0]["title"])
    assert appointment_now(house, appointment)["status"] == "cancelled"


def test_what_a_lost_push_and_a_dead_sync_token_hid_is_found(house: House, google: Google, portal: Portal) -> None:
    google.fault("push", "reset", count=2)
    google.add_event(LIVIA, {"summary": "Congresso", **body_at(free_time(house, 12), 120)})
    eventually(lambda: not disagreements(house, google))
    google.end_sync_tokens(LIVIA)
    google.add_event(LIVIA, {"summary": "Dentista", **body_at(free_time(house, 13), 60)})
    eventually(lambda: not disagreements(house, google))


def test_an_expired_channel_is_replaced(house: House, google: Google, portal: Portal) -> None:
    live = (
        "SELECT c.channel_id FROM calendar_sync_channel c JOIN calendar_sync_link l ON l.id = c.link_id"
        f" WHERE c.state = 'live' AND l.email = '{LIVIA}'"
    )
    (old,) = eventually(lambda: rows[0] if (rows := house.query(live)) else None)
    house.query(
        "UPDATE calendar_sync_channel SET expires_at = now() - interval '1 minute'"
        f" WHERE channel_id = '{old}' RETURNING id"
    )
    (new,) = eventually(lambda: rows[0] if (rows := house.query(live)) and rows[0][0] != old else None)
    assert new in {one["id"] for one in google.channels(LIVIA) if not one["is_stopped"]}


def test_a_revoked_consent_is_told_mailed_and_mended_without_a_second_event(
    house: House, google: Google, portal: Portal
) -> None:
    before = books(house, "5511987650006", "Nair Fonseca")
    _, event = event_of(house, google, before)
    eventually(lambda: appointment_now(house, before)["calendar"]["state"] == "done")
    print_token = (
        f"from calendar_sync.models import Link; print('token', Link.objects.get(email='{LIVIA}').refresh_token)"
    )
    said = house.stack.manage("shell", "-v", "0", "-c", print_token)
    google.revoke(said.rpartition("token ")[2].split()[0])
    eventually(lambda: "precisa reconectar" in portal.page("/admin/calendar_sync/link/") or None)
    assert "precisa ser reconectada" in portal.page("/admin/")
    folder = Path(house.stack.environ["ATENDEAI_VAR_DIR"]) / "mail"
    eventually(lambda: any(OWNER in one.read_text() for one in folder.glob("*")) or None)
    assert sum(OWNER in one.read_text() for one in folder.glob("*")) == 1
    meanwhile = books(house, "5511987650007", "Odete Ramos")
    # Somebody moves the first one while we cannot see it.
    google.change_event(LIVIA, event["id"], body_at(free_time(house, 16)))
    portal.links(google)
    event_of(house, google, meanwhile)
    moved = eventually(lambda: one if (one := appointment_now(house, before))["source"] == "google" else None)
    assert datetime.fromisoformat(moved["starts_at"]) == free_time(house, 16)
    assert "precisa ser reconectada" not in portal.page("/admin/")


def test_the_comparison_mends_what_was_broken_behind_everybody_s_back(
    house: House, google: Google, portal: Portal
) -> None:
    appointment = books(house, "5511987650009", "Vera Lúcia Pinto")
    calendar, event = event_of(house, google, appointment)
    eventually(lambda: appointment_now(house, appointment)["calendar"]["state"] == "done")
    # A second event under another generation of its id, and a busy time that Google does not know.
    body = {key: event[key] for key in ("summary", "start", "end", "extendedProperties")}
    google.add_event(calendar, {**body, "id": f"{event['id'].partition('g')[0]}g9"})
    house.query("DELETE FROM clinics_busyperiod WHERE source = 'google' RETURNING id")
    page = portal.page("/admin/calendar_sync/link/")
    pk = re.search(r"/admin/calendar_sync/link/(\d+)/compare/", page)
    assert pk
    address = f"/admin/calendar_sync/link/{pk[1]}/compare/"
    portal.posts(address)
    found = eventually(lambda: text if "Conferindo…" not in (text := portal.page(address)) else None)
    assert "Segundo evento da mesma consulta" in found
    assert "Vera Lúcia Pinto" in found
    portal.posts(f"/admin/calendar_sync/link/{pk[1]}/mend/", on=address)
    eventually(lambda: "com correção" in (text := portal.page(address)) and "Conferindo…" not in text)
    assert "Em dia" in portal.posts(f"/admin/calendar_sync/link/{pk[1]}/sync/", on="/admin/calendar_sync/link/")
    assert "unknown" not in house.stack.manage("reconcile_calendars", "--clinic", "boreal")
