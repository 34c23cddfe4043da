"""What was tried and waits for a person, at this clinic or at the whole installation: try it again, or put it away?

Each app names its kinds from `ready()`: which rows are pending, what they say to people, how one is tried again. All of
them are tried again, closed and reopened here, one row in one transaction: locked, looked at anew, audited. What has
been settled meanwhile (a late report, a colleague) is left alone, so repeating is harmless.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinics import audit
from clinics.audit import Actor
from clinics.models import NOT_CLOSED, Clinic, CloseReason

# More than this is counted as "many": a badge need not walk the table.
COUNTED = 1000
# The row is not pending any more: settled by a report, by a colleague, or by the work itself.
GONE = "gone"
_GONE_WORDS = _("It has been settled meanwhile.")


@dataclass(frozen=True)
class Shown:
    """One pending row in words. Names only where the clinic's people see them anyway; never a message's text."""

    id: int
    at: datetime
    what: str
    why: str
    tries: int
    link: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of pending work.

    `aside`: what waits for a person at a clinic (None: at the installation), unordered, also what somebody has put away
    since. `again`: puts a locked row back to work; answers "" or the code why not, which `why_not` puts into words.
    `unfit`: the code why it makes no sense to reopen a row. `inside`: the outline of what is in a row, without what it
    says. `is_clinics`: else the operator's.
    """

    words: str | Promise
    aside: Callable[[int | None], QuerySet[Any]]
    show: Callable[[Sequence[Any]], list[Shown]]
    again: Callable[[Any, datetime], str]
    why_not: Callable[[str], str] = str
    unfit: Callable[[Any, datetime], str] = lambda _row, _now: ""
    inside: Callable[[Any], str] = lambda _row: ""
    filters: Mapping[str, tuple[str | Promise, Q]] = field(default_factory=dict)
    is_clinics: bool = True
    for_reception: bool = False

    def rows(self, clinic_id: int | None) -> QuerySet[Any]:
        """What is pending."""
        return self.aside(clinic_id).filter(closed_at__isnull=True)

    def closed(self, clinic_id: int | None) -> QuerySet[Any]:
        """What would be, had nobody put it away."""
        return self.aside(clinic_id).filter(closed_at__isnull=False)


@dataclass
class Outcome:
    """What became of several rows: how many were done, and why the others were not, by code."""

    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    last_id: int = 0


_kinds: dict[str, Kind] = {}


def register(name: str, kind: Kind) -> None:
    """Names a kind; called from an app's `ready()`."""
    _kinds[name] = kind


def kinds(*, is_clinics: bool) -> dict[str, Kind]:
    """The clinics' kinds, or the operator's, by name."""
    return {name: kind for name, kind in _kinds.items() if kind.is_clinics == is_clinics}


def get(name: str) -> Kind:
    """The kind of this name; KeyError for another."""
    return _kinds[name]


def counts(names: Sequence[str], clinic: Clinic | None) -> dict[str, int]:
    """How many of each kind are pending, at most COUNTED; one query for all of them."""
    asked = [_counting(_kinds[name], clinic) for name in names]
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(statement for statement, _ in asked)}",
            [value for _, values in asked for value in values],
        )
        return dict(zip(names, cursor.fetchone(), strict=True))


def _counting(kind: Kind, clinic: Clinic | None) -> tuple[str, Sequence[Any]]:
    rows = kind.rows(clinic.pk if clinic else None).order_by().values("pk")[:COUNTED]
    statement, values = rows.query.sql_with_params()
    return f"(SELECT count(*) FROM ({statement}) AS pending)", values  # noqa: S608 - Django's own statement


def find(name: str, clinic: Clinic | None, row_id: int) -> Any:
    """One pending row to look at, or None."""
    return _kinds[name].rows(clinic.pk if clinic else None).filter(pk=row_id).first()


def words_of(kind: Kind, code: str) -> str:
    """Why a row was not tried again."""
    return str(_GONE_WORDS if code == GONE else kind.why_not(code))


def replay(*, name: str, clinic: Clinic | None, row_id: int, by: Actor, now: datetime) -> str:
    """Puts one row back to work; "" or the code why not."""
    kind = _kinds[name]
    with transaction.atomic():
        row = _locked(kind.rows, clinic, row_id)
        if row is None:
            return GONE
        why_not = kind.again(row, now)
        if not why_not:
            audit.record(clinic=clinic, action="pending_replayed", target=row, by=by, now=now)
    return why_not


def close(*, name: str, clinic: Clinic | None, row_id: int, reason: str, by: Actor, now: datetime) -> str:
    """Puts one row away for good; "" or GONE. ValueError for a reason that does not exist."""
    told = CloseReason(reason)
    with transaction.atomic():
        row = _locked(_kinds[name].rows, clinic, row_id)
        if row is None:
            return GONE
        row.closed_at, row.closed_reason = now, told
        row.closed_by_id = by.id if by.kind == "user" else None
        row.save(update_fields=["closed_at", "closed_reason", "closed_by"])
        audit.record(clinic=clinic, action="pending_closed", target=row, by=by, now=now, fields=[told.value])
    return ""


def reopen(*, name: str, clinic: Clinic | None, row_id: int, by: Actor, now: datetime) -> str:
    """One row that was put away is pending again; "" or the code why not, GONE or the kind's own."""
    kind = _kinds[name]
    with transaction.atomic():
        row = _locked(kind.closed, clinic, row_id)
        if row is None:
            return GONE
        if why_not := kind.unfit(row, now):
            return why_not
        for field, value in NOT_CLOSED.items():
            setattr(row, field, value)
        row.save(update_fields=list(NOT_CLOSED))
        audit.record(clinic=clinic, action="pending_reopened", target=row, by=by, now=now)
    return ""


def each(ids: Iterable[int], act: Callable[[int], str]) -> Outcome:
    """The same for several, each in a transaction of its own: one that is refused keeps no other back."""
    outcome = Outcome()
    for row_id in ids:
        why_not = act(row_id)
        outcome.last_id = row_id
        if why_not:
            outcome.refused[why_not] += 1
        else:
            outcome.done += 1
    return outcome


def _locked(rows_of: Callable[[int | None], QuerySet[Any]], clinic: Clinic | None, row_id: int) -> Any:
    rows = rows_of(clinic.pk if clinic else None).filter(pk=row_id)
    return rows.select_for_update(of=("self",)).first()
