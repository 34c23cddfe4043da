"""What goes on while something breaks? Patients write and book, programs of the clinic book, move and cancel.

Everything is tried until it is taken, as people, Meta and programs do. What was taken is noted: it must not get lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from faults.house import Place, wait_until
from faults.run import Person, Run, Told

# Nothing is broken for longer than this at full length, restarts included.
PATIENCE_SECONDS = 150.0


def writes(run: Run, person: Person, words: str = "", **message: Any) -> None:
    """A message, and the certainty that our product has taken it."""
    body = {"to": person.place.slug, "name": person.name, **(message or {"text": words})}
    sent = run.house.control("POST", f"patients/{person.phone}/messages", body)
    person.wamids.append(sent["id"])
    if sent["webhook_status"] != 200:
        # Meta goes on trying; who writes next waits, so that the order is certain.
        wait_until(lambda: _is_taken(run, person, sent["id"]), PATIENCE_SECONDS, 0.1)


def _is_taken(run: Run, person: Person, wamid: str) -> bool:
    found = [one["state"] for one in chat(run, person) if one["id"] == wamid]
    return found not in ([], ["sent"])


def chat(run: Run, person: Person) -> list[dict[str, Any]]:
    """The bubbles on the phone."""
    found = run.house.control("GET", f"patients/{person.phone}/messages?with={person.place.slug}")
    return list(found["messages"])


def chats(run: Run, person: Person, texts: int) -> None:
    """Somebody writes a few times, faster than anybody answers."""
    for number in range(texts):
        writes(run, person, "oi" if number == 0 else f"quero marcar {person.word}")
        run.step()
        time.sleep(run.rng.uniform(0, 0.15))


def books_in_chat(run: Run, person: Person) -> None:
    """From «oi» to a name. Gives up where no answer comes: the chat then stands where it stands."""
    for act in (greet, choose_consulta, choose_time, give_name):
        if not _say(run, person, act):
            return
        run.step()


def _say(run: Run, person: Person, act: Callable[[Run, Person, dict[str, Any]], None]) -> bool:
    before = [one for one in chat(run, person) if one["direction"] == "out"]
    act(run, person, before[-1] if before else {})

    def answered() -> bool:
        return len([one for one in chat(run, person) if one["direction"] == "out"]) > len(before)

    return wait_until(answered, PATIENCE_SECONDS / run.scale + 10, 0.1) is not None


def greet(run: Run, person: Person, _last: dict[str, Any]) -> None:
    writes(run, person, "oi")


def choose_consulta(run: Run, person: Person, last: dict[str, Any]) -> None:
    _tap(run, person, last, lambda one: "Consulta" in one["title"])


def choose_time(run: Run, person: Person, last: dict[str, Any]) -> None:
    _tap(run, person, last, lambda one: ":" in one["title"])


def give_name(run: Run, person: Person, _last: dict[str, Any]) -> None:
    writes(run, person, person.name)


def _tap(run: Run, person: Person, bubble: dict[str, Any], fits: Callable[[dict[str, Any]], bool]) -> None:
    key = "button" if bubble.get("buttons") else "list"
    offered = [one for one in (bubble.get("buttons") or bubble.get("rows") or []) if fits(one)]
    if offered:
        writes(run, person, **{key: offered[0]["id"]})
    else:
        writes(run, person, "quero marcar uma consulta")


# A program of the clinic ---------------------------------------------------------------------------------------------
def api(run: Run, place: Place, method: str, path: str, body: Any = None) -> requests.Response:
    """Tried until the server answers with anything but an outage."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = api_once(run, place, method, path, body)
            if answer.status_code < 500 or time.monotonic() > until:
                return answer
        except requests.RequestException:
            if time.monotonic() > until:
                raise
        time.sleep(0.2)


def api_once(run: Run, place: Place, method: str, path: str, body: Any = None) -> requests.Response:
    """One call of the REST API."""
    url = f"{run.house.stack.web_url}/api/v1/{path}"
    headers = {"Authorization": f"Bearer {place.api_key}"}
    return run.house.session.request(method, url, json=body, headers=headers, timeout=20)


def now(run: Run) -> datetime:
    """The simulated time."""
    return datetime.fromisoformat(run.house.control("GET", "clock")["now"])


def free_times(run: Run, place: Place, professional: int, days: int = 10) -> list[str]:
    """Where an appointment fits."""
    begin = now(run) + timedelta(days=1)
    period = f"from={begin.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}&to={begin + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
    query = f"availability/?professional={professional}&offering={place.offering}&{period}"
    return [str(one["starts_at"]) for one in api(run, place, "GET", query).json()["results"]]


def book(run: Run, place: Place, patient: int, *, attempts: int = 6) -> dict[str, Any] | None:
    """An appointment at one of the free times. One whose answer was lost is found again among the appointments."""
    professional = run.rng.choice(place.professionals)["id"]
    for _ in range(attempts):
        times = free_times(run, place, professional)
        if not times:
            return None
        body = {
            "professional": professional,
            "offering": place.offering,
            "patient": patient,
            "starts_at": run.rng.choice(times),
        }
        answer = api(run, place, "POST", "appointments/", body)
        if answer.status_code == 201:
            return dict(answer.json())
        mine = [one for one in _appointments(run, place, professional) if one["patient"]["id"] == patient]
        if mine:
            return mine[0]
    return None


def _appointments(run: Run, place: Place, professional: int) -> list[dict[str, Any]]:
    return list(api(run, place, "GET", f"appointments/?professional={professional}").json()["results"])


def changes_by_program(run: Run, place: Place) -> None:
    """Books for two registered patients, moves one, cancels the other: each patient must hear of it."""
    first, second = run.registered(place), run.registered(place)
    made = book(run, place, first["id"])
    run.step()
    other = book(run, place, second["id"])
    run.step()
    for one in (made, other):
        if one is not None:
            run.told.append(Told(int(one["id"]), "booked", 1))
    if made is not None:
        _move(run, place, made)
    if other is not None:
        answer = api(run, place, "POST", f"appointments/{other['id']}/cancel/", {})
        if answer.status_code == 200:
            run.told.append(Told(int(other["id"]), "cancelled", 2))
    run.step()


def _move(run: Run, place: Place, made: dict[str, Any]) -> None:
    times = free_times(run, place, int(made["professional"]["id"]))
    if not times:
        return
    answer = api(run, place, "PATCH", f"appointments/{made['id']}/", {"starts_at": run.rng.choice(times)})
    if answer.status_code == 200:
        run.told.append(Told(int(made["id"]), "rescheduled", 0))
