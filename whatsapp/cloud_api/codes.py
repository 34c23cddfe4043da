"""What does this Graph API error mean for us? One closed table: provider code to error class.

Promises: the code decides, in answers and in `statuses[].errors` alike; the HTTP status only when there is no
code, or one that the table does not know (Meta throttles with HTTP 400 and reports full outages as 500).

**Source**: Meta, WhatsApp Cloud API error codes and Graph API error handling, 2025-12 and 2026 excerpts.
"""

import random
from dataclasses import dataclass

from atendeai.common.errors import CredentialsRevoked, IntegrationError, Rejected, Throttled, Unreachable

UNDELIVERABLE = "131026"
OUTSIDE_WINDOW = "131047"
PAIR_LIMIT = "131056"

ErrorClass = type[IntegrationError]


@dataclass(frozen=True)
class Verdict:
    """The class to raise; where Meta names a time, the least wait; how far to spread the repeats, and how many."""

    kind: ErrorClass
    retry_after_seconds: float | None = None
    spread_seconds: float = 0
    most_repeats: int | None = None


_REVOKED = Verdict(CredentialsRevoked)
_REFUSED = Verdict(Rejected)

_TABLE: dict[int, Verdict] = {
    0: _REVOKED,  # the token could not be read
    190: _REVOKED,  # expired or withdrawn
    1: Verdict(Unreachable, most_repeats=2),  # "unknown error", or a request that Meta does not understand
    2: Verdict(Unreachable, 60),  # service down
    131000: Verdict(Unreachable, most_repeats=3),  # something went wrong on Meta's side
    131016: Verdict(Unreachable),  # service unavailable
    131057: Verdict(Unreachable, 60),  # the number is being upgraded
    133004: Verdict(Unreachable),  # registration server unavailable
    139103: Verdict(Unreachable),  # block-list: internal error
    4: Verdict(Throttled, 300),  # calls of the whole app
    613: Verdict(Throttled, 60),  # calls of this kind
    80007: Verdict(Throttled, 120),  # calls of the WABA
    130429: Verdict(Throttled, 1, spread_seconds=59),  # throughput of the number: not all again at once
    131056: Verdict(Throttled, 4),  # this recipient only, see pair_wait_seconds
    132069: Verdict(Throttled, 360),  # a flow that is limited to ten messages an hour
    133015: Verdict(Throttled, 300),  # deregistered a moment ago
    134101: Verdict(Throttled, 600),  # a template still being prepared for marketing
}
# Permissions, policy, parameters, templates, registration limits: a repeat changes nothing.
_LISTED_REFUSALS = """
    3 10 33 100 368 131005 131031
    130472 130497 131048 131049 131050 131064
    131008 131009 131020 131021 131026 131030 131037 131041 131042 131045 131047
    131051 131052 131053 131055 131059 131062 131063
    132000 132001 132005 132007 132008 132012 132015 132016 132018 132068
    133000 133005 133006 133008 133009 133010 133016
    134011 134100 134102 135000 137000 2593107 2593108
"""
_TABLE |= dict.fromkeys(map(int, _LISTED_REFUSALS.split()), _REFUSED)
# Families whose members Meta adds to: permissions, groups, calling, flows, block-list, usernames,
# template creation, migration.
_REFUSED_RANGES = (
    range(200, 300),
    range(131200, 131300),
    range(138000, 139000),
    range(139000, 139005),
    range(139100, 139103),
    range(147001, 147006),
    range(2388000, 2389000),
    range(2494000, 2495000),
)


def find_verdict(code: str) -> Verdict | None:
    """What the table says about a code; None when it does not know it."""
    if not (code.isascii() and code.isdigit()) or len(code) > 9:
        return None
    number = int(code)
    if any(number in family for family in _REFUSED_RANGES):
        return _REFUSED
    return _TABLE.get(number)


def verdict_by_status(status: int) -> Verdict:
    """What an HTTP status means beside a readable error whose code tells nothing."""
    if status == 401:
        return _REVOKED
    if status == 429:
        return Verdict(Throttled, 60)
    return Verdict(Unreachable) if status >= 500 else _REFUSED


def error_class(code: str) -> ErrorClass:
    """The class for a code that came later, in `statuses[].errors`; Rejected for one nobody knows."""
    verdict = find_verdict(code)
    return verdict.kind if verdict else Rejected


def wait_seconds(code: str) -> float | None:
    """The least wait after a code that came later, spread as after a direct answer; None: no time is named."""
    verdict = find_verdict(code)
    if verdict is None or verdict.retry_after_seconds is None:
        return None
    return verdict.retry_after_seconds + random.uniform(0, verdict.spread_seconds)


def most_repeats(code: str) -> int | None:
    """How often a message may be tried again after this code; None: as long as somebody still wants it."""
    verdict = find_verdict(code)
    return verdict.most_repeats if verdict else None


def pair_wait_seconds(attempts: int) -> float:
    """How long to leave one recipient alone after so many refusals by PAIR_LIMIT: 4^n, at most an hour."""
    return float(min(4 ** min(max(attempts, 1), 6), 3600))
