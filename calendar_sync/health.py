"""How are a clinic's calendars? What each page and a person want to know of a link, in a fixed number of queries.

The light: `ok`; `behind` since a moment (something waits to be written, was refused, or the calendar cannot be read);
`reconnect`; `choosing`. Behind is said after a patience: a second's wait is nobody's trouble.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q

from calendar_sync import reconciling
from calendar_sync.models import (
    CalendarWrite,
    ChangeState,
    Channel,
    GoogleChange,
    Link,
    LinkState,
    PullState,
    Reconciliation,
    WriteState,
)
from calendar_sync.writes import OPEN
from clinics.models import CalendarMode, Clinic

PATIENCE = timedelta(minutes=2)
Light = Literal["ok", "behind", "reconnect", "choosing"]


@dataclass(frozen=True)
class Queue:
    """What waits to be written through one link, and what was refused for good with nothing after it."""

    waiting: int = 0
    writing: int = 0
    refused: int = 0
    since: datetime | None = None
    error_code: str = ""


@dataclass(frozen=True)
class Health:
    """One link. Times are moments; `next_at` is None for a calendar that is not read."""

    link: Link
    light: Light
    since: datetime | None
    queue: Queue
    read_at: datetime | None
    changed_at: datetime | None
    next_at: datetime | None
    is_reading: bool
    read_error: str
    pushed_until: datetime | None
    asked: int
    run: Reconciliation | None


def of_links(clinic: Clinic, links: Sequence[Link], *, now: datetime) -> dict[int, Health]:
    """Link → how it is: six queries, however many links there are."""
    ids = [link.pk for link in links]
    queues, pulls, pushed = _queues(clinic, ids), _pulls(clinic, ids), _pushed(clinic, ids, now)
    asked, latest = _asked(clinic, ids), reconciling.latest(ids, clinic.pk)
    return {
        link.pk: _health(
            link,
            queues.get(link.pk, Queue()),
            pulls.get(link.pk),
            now,
            pushed_until=pushed.get(link.pk) if link.mode == CalendarMode.EXISTING else None,
            asked=asked.get(link.pk, 0),
            run=latest.get(link.pk),
        )
        for link in links
    }


def _health(link: Link, queue: Queue, pull: PullState | None, now: datetime, **more: Any) -> Health:
    light, since = _light(link, queue, pull, now)
    return Health(
        link=link,
        light=light,
        since=since,
        queue=queue,
        read_at=pull.pulled_at if pull else None,
        changed_at=pull.changed_at if pull else None,
        next_at=pull.due_at if pull and link.state == LinkState.LINKED else None,
        is_reading=pull is not None and _is_reading(pull, now),
        read_error=pull.error_code if pull else "",
        **more,
    )


def _is_reading(pull: PullState, now: datetime) -> bool:
    """By a worker at this moment, or as soon as one is free."""
    is_held = pull.lease_until is not None and pull.lease_until > now
    return is_held or (pull.wanted_at is not None and pull.due_at is not None and pull.due_at <= now)


def _light(link: Link, queue: Queue, pull: PullState | None, now: datetime) -> tuple[Light, datetime | None]:
    if link.state == LinkState.NEEDS_RECONNECT:
        return "reconnect", link.error_at
    if link.state != LinkState.LINKED:
        return "choosing", None
    behind = [since for since in (queue.since, _unread_since(link, pull, now)) if since]
    late = [since for since in behind if queue.refused or now - since > PATIENCE]
    return ("behind", min(late)) if late else ("ok", None)


def _unread_since(link: Link, pull: PullState | None, now: datetime) -> datetime | None:
    """Since when the calendar should have been read and was not."""
    if pull is None:
        return link.linked_at
    if pull.error_at is not None:
        return pull.error_at
    last = pull.pulled_at or link.linked_at
    longest = timedelta(seconds=2 * max(settings.CALENDAR_POLL_SECONDS, settings.CALENDAR_POLL_ALONE_SECONDS))
    return last if now - last > longest else None


def _queues(clinic: Clinic, ids: list[int]) -> dict[int, Queue]:
    newer = CalendarWrite.objects.for_clinic(clinic).filter(
        mirror=OuterRef("mirror"), id__gt=OuterRef("id"), state__in=[*OPEN, WriteState.DONE]
    )
    rows = CalendarWrite.objects.for_clinic(clinic).filter(mirror__link__in=ids)
    refused = Q(state=WriteState.FAILED, closed_at__isnull=True) & ~Exists(newer)
    standing = rows.filter(Q(state__in=OPEN) | refused)
    counted = standing.order_by().values("mirror__link", "state").annotate(number=Count("id"), since=Min("created_at"))
    found: dict[int, dict[str, Any]] = {}
    for row in counted:
        mine = found.setdefault(row["mirror__link"], {"since": row["since"]})
        mine[_WORDS[row["state"]]] = row["number"]
        mine["since"] = min(mine["since"], row["since"])
    wrong = standing.exclude(error_code="").order_by("mirror__link_id", "-id").distinct("mirror__link_id")
    for link_id, code in wrong.values_list("mirror__link", "error_code"):
        found[link_id]["error_code"] = code
    return {link_id: Queue(**row) for link_id, row in found.items()}


_WORDS: dict[str, str] = {WriteState.QUEUED: "waiting", WriteState.SENDING: "writing", WriteState.FAILED: "refused"}


def _pulls(clinic: Clinic, ids: list[int]) -> dict[int, PullState]:
    rows = PullState.objects.for_clinic(clinic).filter(link__in=ids).defer("sync_token")
    return {row.link_id: row for row in rows}


def _pushed(clinic: Clinic, ids: list[int], now: datetime) -> dict[int, datetime]:
    rows = Channel.objects.for_clinic(clinic).live().filter(link__in=ids, expires_at__gt=now)
    newest = rows.order_by("link_id", "-expires_at").distinct("link_id").values_list("link", "expires_at")
    return {link_id: until for link_id, until in newest if until}


def _asked(clinic: Clinic, ids: list[int]) -> dict[int, int]:
    rows = GoogleChange.objects.for_clinic(clinic).filter(mirror__link__in=ids, state=ChangeState.ASKED)
    counted = rows.order_by().values_list("mirror__link").annotate(number=Count("id"))
    return dict(counted)
