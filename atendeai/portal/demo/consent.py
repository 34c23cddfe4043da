"""How are the demo's calendars linked? Through the simulator's real consent page, as a person would in a browser.

Only the simulator is ever asked: it is known by its control address, which Google does not have.
"""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from django.conf import settings

from atendeai.common import http
from atendeai.common.errors import IntegrationError
from calendar_sync import linking
from calendar_sync.models import LinkState
from clinics.audit import SYSTEM
from clinics.models import Clinic, Professional


class ConsentFailed(Exception):
    """The simulator's page did not lead back to us."""


def find_calendars() -> dict[str, dict[str, str]]:
    """The simulator's calendar for each professional's name; empty when something else stands for Google."""
    try:
        reply = http.call(
            "GET",
            f"{settings.GOOGLE_API_BASE_URL}/control/calendars",
            provider="simulator",
            operation="calendars",
        )
        found = reply.json()["calendars"] if reply.status == 200 else []
    except (IntegrationError, ValueError, KeyError, TypeError):
        return {}
    # An account's own calendar bears its address; the practice has one beside it.
    return {entry["professional"]: entry for entry in found if entry["summary"] != entry["account"]}


def link_all(*, clinic: Clinic, calendars: dict[str, dict[str, str]], now: datetime) -> int:
    """Links every professional of the clinic whose calendar is there; how many."""
    people = Professional.objects.for_clinic(clinic).select_related("clinic")
    chosen = [(person, calendars[person.name]) for person in people if person.name in calendars]
    for person, calendar in chosen:
        _link(clinic, person, calendar, now)
    return len(chosen)


def _link(clinic: Clinic, person: Professional, calendar: dict[str, str], now: datetime) -> None:
    address = linking.start(clinic=clinic, professional=person, user=None, session_key="", now=now)
    back = _consent(address, calendar["account"])
    link = linking.complete(state=back.get("state", ""), code=back.get("code", ""), user=None, session_key="", now=now)
    if link.state == LinkState.CHOOSING:
        linking.choose_calendar(clinic=clinic, link=link, calendar_id=calendar["id"], by=SYSTEM, now=now)


def _consent(address: str, account: str) -> dict[str, str]:
    """Opens the page, fills in its form, presses «allow»; the query of the address it leads back to."""
    page = http.call("GET", address, provider="simulator", operation="consent")
    if page.status != 200:
        raise ConsentFailed(f"the consent page answered {page.status}")
    answer = http.call(
        "POST",
        urlunsplit(urlsplit(address)._replace(query="")),
        provider="simulator",
        operation="consent",
        form=_form(address, account),
    )
    if answer.status != 302:
        raise ConsentFailed(f"the consent form answered {answer.status}")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def _form(address: str, account: str) -> dict[str, Any]:
    asked = dict(parse_qsl(urlsplit(address).query))
    hidden = {f"ask_{name}": value for name, value in asked.items()}
    return {**hidden, "account": account, "scope": asked["scope"].split(), "decision": "allow"}
