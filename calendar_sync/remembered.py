"""What did Google last say about a calendar's period? Kept in Redis: fresh for 300 s, as the last known for 24 h.

Promises: an answer counts as fresh only while the link's generation is the one read before Google was asked; the
generation is a random text, so that none comes round again after Redis was emptied. Keys hold ids of ours and a hash;
values are encrypted with CREDENTIALS_KEYS (titles may be health data) and name clinic and link, which are compared.
Redis down: nothing is remembered, said in the log once; no caller ever sees an error. What was to be forgotten
meanwhile may then be shown until its 300 s are over.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction

from atendeai.common.fields import WrongKeys, decrypt, encrypt
from atendeai.common.redis_rest import RedisRest
from calendar_sync.models import Link

PREFIX = "calendar"
# Of what is kept. Programs of two versions run side by side: each leaves alone what it may not be able to read.
FORM = 2
FRESH = timedelta(seconds=300)
LAST_KNOWN = timedelta(hours=24)
# The generation outlives every answer that names it.
GENERATION_SECONDS = 2 * 24 * 3600


@dataclass(frozen=True)
class Answer:
    """`rows` as they were given to `keep`, and when Google said so."""

    rows: list[Any]
    as_of: datetime
    is_fresh: bool


@dataclass
class Place:
    """Where one calendar's answer for one period is kept. `generation` is empty while Redis does not answer."""

    link: Link
    key: str
    generation: str = ""
    answer: Answer | None = None

    @property
    def generation_key(self) -> str:
        """Where the calendar's generation stands."""
        return _generation_key(self.link.clinic_id, self.link.pk)

    def keep(self, rows: list[Any], *, now: datetime) -> None:
        """Stores what Google said at `now`, unless Redis did not answer before."""
        if not self.generation:
            return
        value = {
            "form": FORM,
            "of": [self.link.clinic_id, self.link.pk],
            "generation": self.generation,
            "as_of": now.isoformat(),
            "rows": rows,
        }
        _rest.ask(lambda: cache.set(self.key, encrypt(json.dumps(value)), LAST_KNOWN.total_seconds()))


_rest = RedisRest("redis does not answer: lists come from google")


def look(*, links: Sequence[Link], time_min: datetime, time_max: datetime, now: datetime) -> list[Place]:
    """What is known of [time_min, time_max), for each link. To be called before Google is asked.

    One question for all of them. Never raises for Redis.
    """
    places = [Place(link, _key(link, time_min, time_max)) for link in links]
    found = _rest.ask(lambda: cache.get_many([key for place in places for key in (place.key, place.generation_key)]))
    if found is None:
        return places
    for place in places:
        place.generation = found.get(place.generation_key) or _begin(place.generation_key)
        place.answer = _read(place, found.get(place.key), now)
    return places


def forget_after_commit(*, clinic_id: int, link_id: int) -> None:
    """The calendar changed, or may have: what is known of it is fresh no more, once this transaction stands."""
    transaction.on_commit(lambda: forget(clinic_id=clinic_id, link_id=link_id))


def forget(*, clinic_id: int, link_id: int) -> None:
    """As above, at once; also for the clinic's other links that show the same calendar."""
    links = Link.objects.for_clinic(clinic_id)
    calendar = links.filter(pk=link_id).values("calendar_id")
    fresh = {
        _generation_key(clinic_id, pk): secrets.token_urlsafe(12)
        for pk in links.filter(calendar_id__in=calendar).exclude(calendar_id="").values_list("pk", flat=True)
    }
    if fresh:
        _rest.ask(lambda: cache.set_many(fresh, GENERATION_SECONDS))


def _base(clinic_id: int, link_id: int) -> str:
    return f"{PREFIX}:{clinic_id}:{link_id}"


def _generation_key(clinic_id: int, link_id: int) -> str:
    return f"{_base(clinic_id, link_id)}:generation"


def _key(link: Link, time_min: datetime, time_max: datetime) -> str:
    """Named by all that an answer depends on; in the clinic's zone lie the edges of whole days."""
    calendar = [link.calendar_id, link.google_sub, link.linked_at, link.clinic.time_zone]
    name = repr([*calendar, time_min.timestamp(), time_max.timestamp()])
    return f"{_base(link.clinic_id, link.pk)}:list:{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _begin(key: str) -> str:
    """A generation where there is none; of two who begin at once, one wins. Empty while Redis does not answer."""

    def begin() -> str:
        cache.add(key, secrets.token_urlsafe(12), GENERATION_SECONDS)
        return str(cache.get(key) or "")

    return _rest.ask(begin) or ""


def _read(place: Place, token: str | None, now: datetime) -> Answer | None:
    if not token:
        return None
    try:
        value = json.loads(decrypt(token))
    except (WrongKeys, ValueError):
        return None
    if value.get("form") != FORM:
        return None
    as_of = datetime.fromisoformat(value["as_of"])
    if value["of"] != [place.link.clinic_id, place.link.pk] or not now - LAST_KNOWN <= as_of <= now:
        return None
    is_fresh = value["generation"] == place.generation and now - as_of < FRESH
    return Answer(value["rows"], as_of, is_fresh)
