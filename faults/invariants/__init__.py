"""What must hold after every run? One function each: how often it did not hold. And figures that only tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faults.invariants import appointments, conversations, keeping, secrecy, sending
from faults.run import Run


@dataclass(frozen=True)
class Invariant:
    """`count` of 0 is right. `title` heads its column."""

    name: str
    title: str
    says: str
    count: Callable[[Run], int]


INVARIANTS = (
    Invariant("lost", "lost", "an acknowledged delivery is in our table, and its message too", keeping.lost),
    Invariant("stuck", "stuck", "nothing waits for ever, nothing is set aside", keeping.stuck),
    Invariant("duplicates", "rows twice", "one item and one message row per wamid", keeping.duplicates),
    Invariant("replies", "replies twice", "one answer per wamid", conversations.replies_twice),
    Invariant("unanswered", "unanswered", "an answer per wamid where the assistant answers", conversations.unanswered),
    Invariant("sends", "sent twice", "one call per row that reached the provider", sending.sent_twice),
    Invariant("never_sent", "not sent", "a row that counts as sent reached the provider", sending.never_sent),
    Invariant("statuses", "status back", "a status never goes back, and the highest counts", sending.statuses_back),
    Invariant("double", "double bookings", "one appointment per professional and time", appointments.double_bookings),
    Invariant(
        "events", "events wrong", "one event per appointment of a linked professional", appointments.events_wrong
    ),
    Invariant("notices", "notices wrong", "each appointment message once, or reported", appointments.notices_wrong),
    Invariant("foreign", "foreign", "nothing of one clinic is readable by another", secrecy.foreign),
    Invariant("window", "outside window", "nothing free-form outside the 24 hours", sending.outside_window),
    Invariant("opt_out", "after opt-out", "no campaign to somebody who wants none", sending.after_opt_out),
    Invariant("leaks", "in logs", "no patient's name, text or phone and no token in logs", secrecy.leaks),
    Invariant(
        "held", "over a person", "no word of the assistant while a person holds the chat", conversations.over_a_person
    ),
    Invariant("order", "out of order", "order within a conversation, in and out", conversations.out_of_order),
)
FIGURES: dict[str, Callable[[Run], int]] = {
    "acknowledged": keeping.acknowledged,
    "sent": sending.sent,
    "struck": sending.struck,
    "uncertain": sending.uncertain_repeats,
}
