"""What goes out when a patient writes? The message object, the chat and the signed webhook."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sandbox import chats
from sandbox.delivery import Post
from sandbox.flags import STANDBY, has_flag
from sandbox.graph.messages import contact_of, new_wamid
from sandbox.graph.webhooks import signed_post
from sandbox.patients import shown_phone
from sandbox.simulator import Simulator
from sandbox.store import Json, Row


def choice_message(simulator: Simulator, number: Row, patient: Row, *, kind: str, choice: str) -> Json:
    """A press of a button ("button") or of a list row ("list"). Raises ValueError when nothing offers it."""
    place = {"number": number["phone_number_id"], "patient": patient["key"]}
    offers = "buttons" if kind == "button" else "rows"
    found = chats.find_choice(simulator.store, kind=offers, choice=choice, **place)
    if found is None:
        raise ValueError(f"no message in this chat offers the {kind} {choice!r}")
    message, offered = found
    context = {"from": digits_of(number), "id": message["id"]}
    if message["type"] == "template":
        return {"type": "button", "button": {"payload": choice, "text": offered["title"]}, "context": context}
    reply = {"id": offered["id"], "title": offered["title"]}
    if offered.get("description"):
        reply["description"] = offered["description"]
    node = {"type": f"{kind}_reply", f"{kind}_reply": reply}
    return {"type": "interactive", "interactive": node, "context": context}


def with_quote(simulator: Simulator, number: Row, patient: Row, message: Json, quoted: object) -> Json:
    """The message as a reply to another of this chat. Raises ValueError when it is not there."""
    sql = "SELECT direction FROM messages WHERE id = ? AND number = ? AND patient = ?"
    row = simulator.store.find(sql, quoted, number["phone_number_id"], patient["key"])
    if row is None:
        raise ValueError("reply_to must be the id of a message in this chat")
    author = shown_phone(simulator.store, patient) if row["direction"] == "in" else digits_of(number)
    return {**message, "context": {**({"from": author} if author else {}), "id": quoted}}


def digits_of(number: Row) -> str:
    """The clinic's phone as webhooks write it."""
    return "".join(filter(str.isdigit, number["display"]))


async def write(simulator: Simulator, number: Row, patient: Row, message: Json) -> tuple[str, int]:
    """The message's id, and the HTTP status of the webhook's first copy (0 when nobody answered).

    In a chat that Meta's agent attends, the app only hears of it, under another field.
    """
    message = _complete(simulator, number, patient, message)
    value: Json = {"contacts": [contact_of(simulator, number, patient)], "messages": [message]}
    field = "messages"
    if has_flag(simulator.store, STANDBY, number=number["phone_number_id"], patient=patient["key"]):
        field, value = "standby", {"standby": value}
    with simulator.store.transaction():
        _record(simulator, number, patient, message)
        post = replace(signed_post(simulator, number, value, field=field), marks=(message["id"], "delivered"))
        owed = [] if "messages" in simulator.poster.habits.drop else owe(simulator, post)
    simulator.changed()
    return message["id"], await send_first(simulator, owed)


def owe(simulator: Simulator, post: Post) -> list[tuple[int, float]]:
    """Writes one webhook down in as many copies as are the habit: (post id, wait in seconds) each."""
    habits = simulator.poster.habits
    if not post.url:
        return []
    waits = [habits.wait_seconds() for _ in range(habits.duplicates)]
    return [(simulator.poster.keep(replace(post, delay_seconds=wait)), wait) for wait in waits]


async def send_first(simulator: Simulator, owed: list[tuple[int, float]]) -> int:
    """Sends all copies; the HTTP status of the first, 0 when there is none."""
    if not owed:
        return 0
    for post_id, wait in owed[1:]:
        simulator.poster.send_in_order([post_id], wait)
    first, wait = owed[0]
    await asyncio.sleep(wait)
    return await simulator.poster.send_now(first)


def _complete(simulator: Simulator, number: Row, patient: Row, message: Json) -> Json:
    """Meta's common keys, as far as the message does not bring its own."""
    common: Json = {}
    phone = shown_phone(simulator.store, patient)
    if phone is not None:
        common["from"] = phone
    contact = contact_of(simulator, number, patient)
    common["from_user_id"] = contact["user_id"]
    common["id"] = new_wamid(phone or "")
    common["timestamp"] = str(int(simulator.clock.now()))
    return {**common, **message}


def _record(simulator: Simulator, number: Row, patient: Row, message: Json) -> None:
    place = {"number": number["phone_number_id"], "patient": patient["key"]}
    now = simulator.clock.now()
    chats.add_message(
        simulator.store,
        message_id=message["id"],
        direction="in",
        content=message,
        state="sent",
        at=now,
        **place,
    )
    if not message.get("group_id"):
        # What is written in a group opens no window with whoever wrote it.
        chats.note_written(simulator.store, at=now, **place)
