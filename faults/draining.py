"""When is everything done that can be done, and how long did it take?"""

from __future__ import annotations

import psycopg

from dev.problems import Trouble
from faults.house import House, wait_until

# What still waits, queue by queue. A staff member's uncertain text waits for a person and is no work.
WAITING = {
    "deliveries": "SELECT count(*) FROM whatsapp_delivery WHERE state = 'stored'",
    "chats": "SELECT count(*) FROM whatsapp_conversation WHERE wanted_at IS NOT NULL",
    "items": "SELECT count(*) FROM whatsapp_item WHERE state = 'waiting'",
    "outbox": "SELECT count(*) FROM whatsapp_message WHERE direction = 'out' AND (state IN ('queued', 'sending')"
    " OR state = 'unknown' AND resends = 0 AND author IN ('bot', 'system'))",
    "files": "SELECT count(*) FROM whatsapp_mediafile WHERE state IN ('wanted', 'fetching', 'to_upload', 'uploading')",
    "calendar": "SELECT count(*) FROM calendar_sync_calendarwrite WHERE state IN ('queued', 'sending')",
    "looks": "SELECT count(*) FROM calendar_sync_googlechange WHERE state = 'noted'",
}
FULL_LENGTH_SECONDS = 420.0
LEAST_SECONDS = 60.0


def drain(house: House) -> bool:
    """Waits until nothing waits any more and the simulator owes no webhook; False when that never came."""
    limit = max(FULL_LENGTH_SECONDS / house.scale, LEAST_SECONDS)
    return wait_until(lambda: not waiting(house), limit, 0.1) is not None


def waiting(house: House) -> dict[str, int]:
    """What is left, by queue; only what is not empty."""
    try:
        query = "SELECT " + ", ".join(f"({one})" for one in WAITING.values())
        (counts,) = house.query(query)
        owed = int(house.control("GET", f"calls?after={10**12}&taken_after={10**12}")["owed"])
    except (psycopg.OperationalError, OSError, Trouble):
        return {"unreachable": 1}
    found = {**dict(zip(WAITING, map(int, counts), strict=True)), "webhooks": owed}
    return {name: count for name, count in found.items() if count}
