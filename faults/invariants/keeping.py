"""Is everything there that we said 200 to, once, and is it done?"""

from __future__ import annotations

from collections import Counter

from faults.draining import waiting
from faults.run import Run

STORED = "SELECT encode(sha256(body), 'hex') FROM whatsapp_delivery WHERE id > %s"


def acknowledged(run: Run) -> int:
    """How many deliveries were answered 200: those of the simulator, and those that the fault posted itself."""
    return len(run.taken) + len(run.posted)


def lost(run: Run) -> int:
    """Acknowledged bodies that are not in the table as often as they were acknowledged, and wamids without an item."""
    stored = Counter(digest for (digest,) in run.house.query(STORED, run.since["delivery"]))
    missing = Counter([*run.taken, *run.posted]) - stored
    wamids = [wamid for person in run.people for wamid in person.wamids]
    query = "SELECT provider_id FROM whatsapp_item WHERE kind = 'message' AND provider_id = ANY(%s)"
    there = {wamid for (wamid,) in run.house.query(query, wamids)}
    return missing.total() + len(set(wamids) - there)


def stuck(run: Run) -> int:
    """What still waits after the time to drain, and what was set aside though nothing was wrong with it."""
    aside = (
        "SELECT (SELECT count(*) FROM whatsapp_delivery WHERE id > %s AND state = 'set_aside')"
        " + (SELECT count(*) FROM whatsapp_item WHERE id > %s AND state = 'set_aside' AND kind <> 'status')"
    )
    left = waiting(run.house).values() if run.drained is None else ()
    return run.house.number(aside, run.since["delivery"], run.since["item"]) + sum(left)


def duplicates(run: Run) -> int:
    """Items and rows beyond the first for one wamid."""
    items = (
        "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM whatsapp_item WHERE id > %s"
        " GROUP BY scope, kind, provider_id, status) AS grouped"
    )
    rows = (
        "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM whatsapp_message WHERE id > %s"
        " AND direction = 'in' AND wamid IS NOT NULL GROUP BY clinic_id, wamid) AS grouped"
    )
    return run.house.number(items, run.since["item"]) + run.house.number(rows, run.since["message"])
