"""What does a patient see in a chat with a clinic? Stores messages and shows them, oldest first."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sandbox.store import Json, Row, Store

WINDOW_SECONDS = 24 * 3600
TYPING_SECONDS = 25


def add_message(
    store: Store,
    *,
    message_id: str,
    number: str,
    patient: str,
    direction: str,
    content: Json,
    state: str,
    at: float,
    shown: tuple[str, Json] | None = None,
    by: str = "",
) -> None:
    """`content` is Meta's message object; an id that is already there changes nothing.

    `shown`: words and parts of a template, whose text is not in the message. `by`: who answered for the clinic, when
    it was not the app: "phone" or "agent".
    """
    body, parts = describe(content)
    if by:
        parts["by"] = by
    if shown is not None:
        body, parts = shown[0], {**parts, **shown[1]}
    store.run(
        "INSERT OR IGNORE INTO messages (id, number, patient, direction, type, body, parts, state, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(message_id, number, patient, direction, str(content.get("type", "text"))),
        *(body, json.dumps(parts), state, at),
    )


def describe(content: Json) -> tuple[str, Json]:
    """The words of a message, and what else the phone shows of it."""
    kind = str(content.get("type", "text"))
    node = content.get(kind)
    parts: Json = {}
    if isinstance(content.get("context"), dict):
        parts["reply_to"] = content["context"].get("message_id") or content["context"].get("id")
        if content["context"].get("forwarded") or content["context"].get("frequently_forwarded"):
            parts["forwarded"] = True
    if content.get("group_id"):
        parts["group"] = content["group_id"]
    if isinstance(content.get("referral"), dict):
        parts["referral"] = content["referral"]
    if kind == "interactive" and isinstance(node, dict):
        return _describe_interactive(node, parts)
    return _describe_plain(kind, node, parts), parts


def _describe_plain(kind: str, node: Any, parts: Json) -> str:
    if kind == "contacts" and isinstance(node, list):
        parts["contacts"] = node
        return ", ".join(one.get("name", {}).get("formatted_name", "") for one in node if isinstance(one, dict))
    if not isinstance(node, dict):
        return ""
    parts[kind] = node
    for key in ("body", "caption", "text", "emoji", "name", "filename"):
        if isinstance(node.get(key), str):
            return str(node[key])
    return ""


def _describe_interactive(node: Json, parts: Json) -> tuple[str, Json]:
    reply = node.get("button_reply") or node.get("list_reply")
    if isinstance(reply, dict):
        return str(reply.get("title", "")), {**parts, "choice": reply.get("id")}
    if isinstance(node.get("nfm_reply"), dict):
        return "Formulário enviado", {**parts, "form": node["nfm_reply"].get("response_json", "")}
    if isinstance(node.get("call_permission_reply"), dict):
        is_yes = node["call_permission_reply"].get("response") == "accept"
        return "Aceita ligações da clínica" if is_yes else "Não aceita ligações da clínica", parts
    action = node.get("action") or {}
    for key in ("header", "footer"):
        if isinstance(node.get(key), dict):
            parts[key] = node[key].get("text", "")
    header = node.get("header") or {}
    if header.get("type") in ("image", "video", "document"):
        parts["header_file"] = {"type": header["type"], **header[header["type"]]}
    if "buttons" in action:
        parts["buttons"] = [button["reply"] for button in action["buttons"]]
    if "sections" in action:
        parts.update(list_button=action["button"], sections=action["sections"])
    if "parameters" in action:
        parts["flow" if action.get("name") == "flow" else "link"] = action["parameters"]
    parts["interactive"] = node.get("type")
    return str((node.get("body") or {}).get("text", "")), parts


def list_messages(store: Store, *, number: str, patient: str) -> list[Json]:
    """Reactions, edits and revokes are messages of their own; the one they are about shows them, too.

    It has `reactions` by direction, `edited` beside its new words, or `revoked` and no words any more.
    """
    sql = "SELECT * FROM messages WHERE number = ? AND patient = ? ORDER BY position"
    messages = [show(row) for row in store.list(sql, number, patient)]
    by_id = {message["id"]: message for message in messages}
    for message in messages:
        _apply(message, by_id)
    return messages


def _apply(message: Json, by_id: dict[str, Json]) -> None:
    node = message.get(message["type"])
    if message["type"] not in ("reaction", "edit", "revoke") or not isinstance(node, dict):
        return
    target = by_id.get(str(node.get("message_id") or node.get("original_message_id")))
    if target is None:
        return
    if message["type"] == "reaction":
        target.setdefault("reactions", {})[message["direction"]] = message["body"]
    elif message["type"] == "revoke":
        target.update(revoked=True, body="")
    elif not target.get("revoked"):
        target.update(edited=True, body=describe(node.get("message") or {})[0])


def show(row: Row) -> Json:
    parts = json.loads(row["parts"])
    rows = [_show_row(one) for section in parts.get("sections", ()) for one in section["rows"]]
    return {
        **parts,
        "id": row["id"],
        "direction": row["direction"],
        "type": row["type"],
        "body": row["body"],
        "buttons": parts.get("buttons", []),
        "rows": rows,
        "state": row["state"],
        "at": datetime.fromtimestamp(row["at"], UTC).isoformat(timespec="milliseconds"),
    }


def _show_row(row: Json) -> Json:
    return {"id": row["id"], "title": row["title"], "description": row.get("description", "")}


def find_choice(store: Store, *, number: str, patient: str, kind: str, choice: str) -> tuple[Row, Json] | None:
    """The clinic's last message that offers this button ("buttons") or row ("rows"), and what it offers."""
    sql = (
        "SELECT * FROM messages WHERE number = ? AND patient = ? AND direction = 'out'"
        " AND parts LIKE '%\"id\"%' ORDER BY position DESC"
    )
    for row in store.list(sql, number, patient):
        for offered in show(row)[kind]:
            if offered["id"] == choice:
                return row, offered
    return None


def note_written(store: Store, *, number: str, patient: str, at: float) -> None:
    """The patient wrote: the 24-hour window opens again."""
    _ensure_chat(store, number, patient)
    store.run("UPDATE chats SET written_at = ? WHERE number = ? AND patient = ?", at, number, patient)


def is_window_open(store: Store, *, number: str, patient: str, now: float) -> bool:
    row = store.find("SELECT written_at FROM chats WHERE number = ? AND patient = ?", number, patient)
    return row is not None and now - row["written_at"] < WINDOW_SECONDS


def set_typing(store: Store, *, number: str, patient: str, until: float) -> None:
    _ensure_chat(store, number, patient)
    store.run("UPDATE chats SET typing_until = ? WHERE number = ? AND patient = ?", until, number, patient)


def _ensure_chat(store: Store, number: str, patient: str) -> None:
    store.run("INSERT OR IGNORE INTO chats (number, patient) VALUES (?, ?)", number, patient)


def mark_read(store: Store, *, number: str, message_id: str) -> Row | None:
    """Marks this message of the patient and all earlier ones; None when there is no such message."""
    sql = "SELECT * FROM messages WHERE id = ? AND number = ? AND direction = 'in'"
    row = store.find(sql, message_id, number)
    if row is not None:
        store.run(
            "UPDATE messages SET state = 'read' WHERE number = ? AND patient = ? AND direction = 'in'"
            " AND position <= ? AND state != 'read'",
            *(number, row["patient"], row["position"]),
        )
    return row
