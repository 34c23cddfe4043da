"""What does the app hear when the clinic is served without it? Echoes of a person's phone or of Meta's agent,
the history of a phone that joins, its address book.

Shapes: fields smb_message_echoes, standby, history and smb_app_state_sync of Meta's webhooks reference.
"""

from __future__ import annotations

from sandbox import chats
from sandbox.flags import STANDBY, has_flag
from sandbox.graph.errors import failure
from sandbox.graph.inbound import digits_of, owe, send_first
from sandbox.graph.messages import contact_of, new_wamid
from sandbox.graph.webhooks import signed_post
from sandbox.patients import shown_phone, user_id_of
from sandbox.simulator import Simulator
from sandbox.store import Json, Row

HISTORY_IS_OFF = failure(2593109, "History sync is turned off by the business from the WhatsApp Business App")


async def echo(simulator: Simulator, number: Row, patient: Row, message: Json) -> tuple[str, int]:
    """Somebody answers without the app: Meta's agent in a chat that it attends, else a person on the clinic's phone.

    The message's id, and the HTTP status of the webhook's first copy.
    """
    place = {"number": number["phone_number_id"], "patient": patient["key"]}
    is_agent = has_flag(simulator.store, STANDBY, **place)
    message = {**_common(simulator, number, patient), **message}
    value: Json = {"message_echoes": [message]}
    field = "smb_message_echoes"
    if is_agent:
        field, value = "standby", {"standby": {**value, "contacts": [contact_of(simulator, number, patient)]}}
    with simulator.store.transaction():
        chats.add_message(
            simulator.store,
            message_id=message["id"],
            direction="out",
            content=message,
            state="delivered",
            at=simulator.clock.now(),
            by="agent" if is_agent else "phone",
            **place,
        )
        owed = owe(simulator, signed_post(simulator, number, value, field=field))
    simulator.changed()
    return message["id"], await send_first(simulator, owed)


def _common(simulator: Simulator, number: Row, patient: Row) -> Json:
    common: Json = {
        "from": digits_of(number),
        "to_user_id": user_id_of(simulator.store, number["slug"], patient["key"]),
        "id": new_wamid(),
        "timestamp": str(int(simulator.clock.now())),
    }
    phone = shown_phone(simulator.store, patient)
    return {**common, "to": phone} if phone is not None else common


async def tell_history(simulator: Simulator, number: Row, patient: Row, lines: list[Json]) -> int:
    """What the phone held of one chat before it joined: `lines` of {"text", "is_ours", "hours_ago"}, oldest first."""
    thread = str(shown_phone(simulator.store, patient) or user_id_of(simulator.store, number["slug"], patient["key"]))
    messages = [_line(simulator, number, thread, line) for line in lines]
    metadata = {"phase": 2, "chunk_order": 1, "progress": 100}
    return await _tell(
        simulator,
        number,
        "history",
        {"history": [{"metadata": metadata, "threads": [{"id": thread, "messages": messages}]}]},
    )


def _line(simulator: Simulator, number: Row, thread: str, line: Json) -> Json:
    at = int(simulator.clock.now() - line["hours_ago"] * 3600)
    ends = {"from": digits_of(number), "to": thread} if line["is_ours"] else {"from": thread}
    return {
        **ends,
        "id": new_wamid(),
        "timestamp": str(at),
        "type": "text",
        "text": {"body": line["text"]},
        "history_context": {"status": "READ"},
    }


async def refuse_history(simulator: Simulator, number: Row) -> int:
    """The clinic did not want to share what the phone held."""
    return await _tell(simulator, number, "history", {"history": [{"errors": [HISTORY_IS_OFF]}]})


async def tell_phone_book(simulator: Simulator, number: Row, patient: Row, name: str, *, is_removed: bool) -> int:
    """Somebody saved the patient in the phone's address book, or removed them."""
    contact: Json = {"phone_number": shown_phone(simulator.store, patient) or ""}
    if not is_removed:
        contact |= {"full_name": name, "first_name": name.partition(" ")[0]}
    entry = {
        "type": "contact",
        "contact": contact,
        "action": "remove" if is_removed else "add",
        "metadata": {"timestamp": str(int(simulator.clock.now()))},
    }
    return await _tell(simulator, number, "smb_app_state_sync", {"state_sync": [entry]})


async def tell_preference(simulator: Simulator, number: Row, patient: Row, value: str) -> int:
    """The patient stops or resumes promotions from this clinic."""
    contact = contact_of(simulator, number, patient)
    entry: Json = {
        **{key: contact[key] for key in ("wa_id", "user_id") if key in contact},
        "category": "marketing_messages",
        "value": value,
        "detail": f"User requested to {value} marketing messages",
        "timestamp": int(simulator.clock.now()),
    }
    return await _tell(simulator, number, "user_preferences", {"contacts": [contact], "user_preferences": [entry]})


async def _tell(simulator: Simulator, number: Row, field: str, value: Json) -> int:
    return await send_first(simulator, owe(simulator, signed_post(simulator, number, value, field=field)))
