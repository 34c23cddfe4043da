"""What does the clinic hear of its message? sent and delivered at once, read a second later, or failed.

A voice note is played when the patient does it.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.delivery import Post
from sandbox.graph.webhooks import signed_post
from sandbox.simulator import Simulator
from sandbox.store import Json, Row

READ_SECONDS = 1.0
Owed = tuple[int, float]


def queue_statuses(
    simulator: Simulator, status: Json, number: Row, contact: Json, *, category: str, only_sent: bool = False
) -> list[Owed]:
    """Writes down what is owed, within the caller's transaction: (post id, wait in seconds) each.

    `status` holds id, recipient keys and tracker; pricing goes with "sent" only. `only_sent`: no more than that comes,
    as for reactions.
    """
    now = int(simulator.clock.now())
    pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": category}
    owed: list[Owed] = []
    stages: list[tuple[str, float, Json]] = [
        ("sent", 0.0, {"pricing": pricing}),
        ("delivered", 0.0, {}),
        ("read", READ_SECONDS / simulator.settings.times_divided_by, {}),
    ]
    for name, wait, extra in stages[:1] if only_sent else stages:
        entry = {**status, "status": name, "timestamp": str(now + int(wait)), **extra}
        post = signed_post(simulator, number, {"contacts": [contact], "statuses": [entry]}, delay_seconds=wait)
        owed += _keep(simulator, post, name, status["id"])
    return owed


def queue_failure(simulator: Simulator, status: Json, number: Row, contact: Json, error: Json) -> list[Owed]:
    entry = {**status, "status": "failed", "timestamp": str(int(simulator.clock.now())), "errors": [error]}
    post = signed_post(simulator, number, {"contacts": [contact], "statuses": [entry]})
    return _keep(simulator, post, "failed", status["id"])


def queue_played(simulator: Simulator, message_id: str, number: Row, contact: Json) -> list[Owed]:
    """A voice note was listened to, which comes after "read"."""
    recipient = {"recipient_user_id": contact["user_id"]}
    if "wa_id" in contact:
        recipient["recipient_id"] = contact["wa_id"]
    entry = {"id": message_id, "status": "played", "timestamp": str(int(simulator.clock.now())), **recipient}
    post = signed_post(simulator, number, {"contacts": [contact], "statuses": [entry]})
    return _keep(simulator, post, "played", message_id)


def _keep(simulator: Simulator, post: Post, name: str, message_id: str) -> list[Owed]:
    """One row per copy. A dropped "read" still happens on the patient's phone."""
    habits = simulator.poster.habits
    if name == "read":
        post = replace(post, marks=(message_id, "read"))
    if name in habits.drop or not post.url:
        if name != "read":
            return []
        post = replace(post, url="")
    copies = habits.duplicates if post.url else 1
    waits = [post.delay_seconds + habits.wait_seconds() for _ in range(copies)]
    return [(simulator.poster.keep(replace(post, delay_seconds=wait)), wait) for wait in waits]


def start_sending(simulator: Simulator, owed: list[Owed]) -> None:
    """After the commit. Posts with the same wait go one after the other: sent before delivered."""
    by_wait: dict[float, list[int]] = {}
    for post_id, wait in owed:
        by_wait.setdefault(wait, []).append(post_id)
    for wait, ids in by_wait.items():
        simulator.poster.send_in_order(ids, wait)
