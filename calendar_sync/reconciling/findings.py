"""What can differ between appointments and a calendar, and who mends which difference?"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

# What a page shows one by one; the counts say how many there were.
SHOWN = 50


class Kind(StrEnum):
    """One kind of difference. The order is that of the page."""

    # A coming appointment has no event, or one that was never written to the end.
    MISSING = "missing"
    # Google refused the last write, or it was given up.
    SET_ASIDE = "set_aside"
    # Nobody touched the event, but the appointment is at another time.
    WRONG_TIME = "wrong_time"
    # Nobody touched the event, but its title or text should read otherwise now.
    OLD_TEXT = "old_text"
    # An event of an appointment that is cancelled, or another professional's now.
    STALE = "stale"
    # A second event of one appointment, under another id of ours.
    TWIN = "twin"
    # The list does not hold the event: it is looked up before that is believed.
    GONE = "gone"
    # Somebody moved the event, made it all-day or repeating.
    MOVED = "moved"
    # Somebody changed something else about it, which is theirs to change.
    CHANGED = "changed"
    BUSY_MISSING = "busy_missing"
    BUSY_MOVED = "busy_moved"
    BUSY_EXTRA = "busy_extra"
    # Bears this clinic's mark, but we do not know it: perhaps of an appointment that a backup did not bring back.
    UNKNOWN = "unknown"
    # Somebody restored an event that we had removed: it only takes time.
    RESTORED = "restored"
    # Bears the mark of another clinic that uses the same calendar.
    OTHER_CLINIC = "other_clinic"


BUSY = frozenset({Kind.BUSY_MISSING, Kind.BUSY_MOVED, Kind.BUSY_EXTRA})
# Storing the list takes them up: busy times are replaced, touched events are looked at and then decided.
BY_READING = BUSY | {Kind.GONE, Kind.MOVED, Kind.CHANGED}
BY_WRITING = frozenset({Kind.MISSING, Kind.SET_ASIDE, Kind.WRONG_TIME, Kind.OLD_TEXT, Kind.STALE})
# Only a person can say what they are; nothing is ever done to them.
FOR_PEOPLE = frozenset({Kind.UNKNOWN})
HARMLESS = frozenset({Kind.RESTORED, Kind.OTHER_CLINIC})


@dataclass(frozen=True)
class Finding:
    """One difference. `event_id` and `etag` are Google's."""

    kind: Kind
    at: datetime | None = None
    appointment_id: int | None = None
    event_id: str = ""
    etag: str = ""

    def sample(self) -> dict[str, Any]:
        """As the report keeps it."""
        return {
            "kind": self.kind.value,
            "appointment": self.appointment_id,
            "at": self.at.isoformat() if self.at else None,
        }


def count(findings: Iterable[Finding]) -> dict[str, int]:
    """Kind → how many, in the order of the page."""
    counted = Counter(finding.kind for finding in findings)
    return {kind.value: counted[kind] for kind in Kind if counted[kind]}


def samples(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """The first ones to be shown, by kind and time."""
    order = list(Kind)
    ranked = sorted(findings, key=lambda one: (order.index(one.kind), one.at.timestamp() if one.at else 0.0))
    return [finding.sample() for finding in ranked[:SHOWN]]
