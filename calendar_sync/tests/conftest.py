"""A simulator of Google for the whole run, a linked calendar, and hints that are noted instead of sent."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from atendeai.testing.people import Aurora, make_aurora
from calendar_sync import linking, push_view, receivers, remembered, service
from calendar_sync.google_api.transport import Transport
from calendar_sync.linking import choosing
from calendar_sync.models import Link
from calendar_sync.reconciling import mending
from calendar_sync.tests.booked import START, Book
from calendar_sync.tests.google import HELENA, Google, start_simulator
from calendar_sync.touched import noting
from clinics import booking
from clinics.audit import SYSTEM
from clinics.models import Appointment, Clinic, Professional, Source

CLIENT = ("client-of-the-tests", "secret-of-the-tests")
TASKS = {"calendar_sync.write", "calendar_sync.pull", "calendar_sync.look", "calendar_sync.rewrite"}
MakeLink = Callable[..., Link]
# Those that run; they hold each call, and their own answers, against Google's description of the API.
SIMULATORS: list[Google] = []


@pytest.fixture(scope="session")
def running_google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    process, google = start_simulator(tmp_path_factory.mktemp("google"), *CLIENT)
    SIMULATORS.append(google)
    yield google
    process.terminate()
    process.wait(10)


@pytest.fixture
def google(running_google: Google, settings: Any) -> Google:
    address = running_google.address
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = CLIENT
    settings.GOOGLE_API_BASE_URL = address
    settings.GOOGLE_OAUTH_AUTHORIZE_URL = f"{address}/o/oauth2/v2/auth"
    settings.GOOGLE_OAUTH_TOKEN_URL = f"{address}/token"
    settings.GOOGLE_OAUTH_REVOKE_URL = f"{address}/revoke"
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    settings.RETRY_FIRST_SECONDS = 60  # tests end the pauses themselves
    running_google.reset()
    return running_google


@pytest.fixture(autouse=True)
def hints(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The events whose writing workers were hinted at."""
    noted: list[int] = []

    def note(task_name: str, **ids: int) -> bool:
        assert task_name in TASKS
        noted.extend(ids.get(name, 0) for name in ids if name == "mirror_id")
        return True

    for module in (receivers, choosing, service, noting, push_view, mending):
        monkeypatch.setattr(module, "wake", note)
    return noted


@pytest.fixture
def now() -> datetime:
    """The simulator runs on real time, so tokens do too."""
    return datetime.now(UTC)


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


@pytest.fixture
def make_link(google: Google, now: datetime) -> MakeLink:
    """Links a professional to the main calendar of an account, by the real way."""

    def make(clinic: Clinic, professional: Professional, account: str = HELENA) -> Link:
        url = linking.start(
            clinic=clinic, professional=professional, user=None, session_key="", now=now, may_change_account=True
        )
        back = google.consent(url, account=account)
        link = linking.complete(state=back["state"], code=back["code"], user=None, session_key="", now=now)
        if not link.calendar_id:
            link = linking.choose_calendar(clinic=clinic, link=link, calendar_id=account, by=SYSTEM, now=now)
        return link

    return make


@pytest.fixture
def link(aurora: Aurora, make_link: MakeLink) -> Link:
    """Dra. Helena's calendar at Aurora."""
    return make_link(aurora.clinic, aurora.helena)


@pytest.fixture
def book(aurora: Aurora, now: datetime) -> Book:
    """Books Dalva with Dra. Helena from the chat: rows only, no inline try."""

    def make(minutes: int = 0, **changes: Any) -> Appointment:
        values = {
            "clinic": aurora.clinic,
            "professional": aurora.helena,
            "offering": aurora.consulta,
            "patient": aurora.dalva,
            "starts_at": START + timedelta(minutes=minutes),
            "by": SYSTEM,
            "now": now,
            "source": Source.CHAT,
            "by_the_rules": False,
            **changes,
        }
        return booking.book(**values)

    return make


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis outlives the tests' databases, in which ids begin again: each test remembers for itself."""
    monkeypatch.setattr(remembered, "PREFIX", f"calendar-{uuid4().hex}")


class Calls:
    """Every call of the Calendar API that a test makes: (operation, address, body)."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, dict[str, Any]]] = []

    def bodies(self, operation: str) -> list[dict[str, Any]]:
        """Of this operation's calls, in their order."""
        return [body for name, _uri, body in self.made if name == operation]

    def count(self, operation: str) -> int:
        """How often it was called."""
        return len(self.bodies(operation))


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Each request, and each answer of the simulator, agrees with Google's description; else the test fails."""
    calls = Calls()
    real = Transport.request

    def request(
        self: Transport,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        operation = self._operation
        calls.made.append((operation, uri, json.loads(body) if body else {}))
        return real(self, uri, method, body, headers)

    monkeypatch.setattr(Transport, "request", request)
    yield calls
    if calls.made:
        assert [words for google in SIMULATORS for words in google.misfits()] == []
