"""Which items does a change of this field hold? One reader for each field that Meta documents.

Promises: never raises; every object in a known array becomes an item; what is no object becomes a problem that says
where; a field or value that nobody knows becomes one item of kind "unknown".

**Source**: Meta, WhatsApp webhooks reference, fields of 2025-2026.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from whatsapp.payloads.changes import Change
from whatsapp.payloads.items import Identity, Item, Kind, Problem
from whatsapp.payloads.parts import array, mapping, text
from whatsapp.payloads.people import People, addressee_of, identify, recipient_of, sender_of

Found = Iterator[Item | Problem]
Person = Callable[[dict[str, Any], People], Identity]


def items_of(change: Change) -> Found:
    """Everything in this change; never nothing."""
    reader = _READERS.get(change.field)
    found = list(reader(change)) if reader else []
    reason = f"{change.field or 'no field'}: {'nothing known in it' if reader else 'not handled'}"
    yield from found or [change.item(Kind.UNKNOWN, change.value, reason=reason)]


def _messages(change: Change) -> Found:
    yield from _people_items(change, "messages", Kind.MESSAGE, sender_of)
    yield from _statuses(change)
    yield from _each(change, "errors", lambda error: change.item(Kind.ERROR, error))


def _echoes(change: Change) -> Found:
    return _people_items(change, "message_echoes", Kind.ECHO, addressee_of)


def _standby(change: Change) -> Found:
    """What Meta's own agent receives and answers: kept for the chat, never answered by us."""
    inside = replace(change, value=mapping(change.value.get("standby")))
    yield from _people_items(inside, "messages", Kind.STANDBY, sender_of)
    yield from _people_items(inside, "message_echoes", Kind.STANDBY_ECHO, addressee_of)
    yield from _statuses(inside)


def _preferences(change: Change) -> Found:
    people = People(change.value.get("contacts"))

    def item(preference: dict[str, Any]) -> Item:
        person = identify(preference.get("wa_id"), preference.get("user_id"), None, people)
        return change.item(Kind.PREFERENCE, preference, sender=person)

    return _each(change, "user_preferences", item)


def _history(change: Change) -> Found:
    """Each thread of each chunk; a chunk without threads (a refusal) as a whole; media that follow on their own."""
    for index, chunk in enumerate(_each(change, "history", lambda chunk: change.item(Kind.HISTORY, chunk))):
        threads = chunk.payload.get("threads") if isinstance(chunk, Item) else None
        if isinstance(chunk, Item) and isinstance(threads, list) and threads:
            yield from _threads(change, f"history[{index}].threads", chunk.payload, threads)
        else:
            yield chunk
    yield from _each(change, "messages", lambda message: change.item(Kind.HISTORY, {"messages": [message]}))
    yield from _each(change, "errors", lambda error: change.item(Kind.HISTORY, {"errors": [error]}))


def _threads(change: Change, where: str, chunk: dict[str, Any], threads: list[Any]) -> Found:
    for index, thread in enumerate(threads):
        if isinstance(thread, dict):
            yield change.item(Kind.HISTORY, {**thread, "chunk": chunk.get("metadata")})
        else:
            yield Problem(f"{change.where}.{where}[{index}]", "is no object")


def _app_state(change: Change) -> Found:
    return _each(change, "state_sync", lambda contact: change.item(Kind.APP_STATE, contact))


def _calls(change: Change) -> Found:
    """A person's own call has its caller as sender; the clinic's calls, and how calls went on, are nobody's chat."""
    people = People(change.value.get("contacts"))

    def item(call: dict[str, Any]) -> Item:
        is_theirs = call.get("direction") == "USER_INITIATED" and call.get("event") == "connect"
        return change.item(Kind.CALL, call, sender=sender_of(call, people) if is_theirs else Identity())

    yield from _each(change, "calls", item)
    yield from _each(change, "statuses", lambda status: change.item(Kind.CALL, status))


def _id_updates(change: Change) -> Found:
    """An older field for what is a system message today: read as that message, which nobody but Meta wrote."""

    def item(update: dict[str, Any]) -> Item:
        own, parent = mapping(update.get("user_id")), mapping(update.get("parent_user_id"))
        told = {
            "type": "user_changed_user_id",
            "user_id": own.get("current"),
            "previous_user_id": own.get("previous"),
            "parent_user_id": parent.get("current"),
            "previous_parent_user_id": parent.get("previous"),
        }
        message = {**update, "type": "system", "from": update.get("wa_id"), "system": told}
        return change.item(Kind.MESSAGE, message, sender=sender_of(message))

    return _each(change, "user_id_update", item)


def _whole(kind: Kind) -> Callable[[Change], Found]:
    return lambda change: iter([change.item(kind, change.value)])


def _people_items(change: Change, key: str, kind: Kind, person: Person) -> Found:
    people = People(change.value.get("contacts"))
    return _each(change, key, lambda one: change.item(kind, one, sender=person(one, people)))


def _statuses(change: Change) -> Found:
    people = People(change.value.get("contacts"))

    def item(status: dict[str, Any]) -> Item:
        word = text(status.get("status"), 32)
        return change.item(Kind.STATUS, status, status=word, sender=recipient_of(status, people))

    return _each(change, "statuses", item)


def _each(change: Change, key: str, item: Callable[[dict[str, Any]], Item]) -> Found:
    present = change.value.get(key)
    if present is not None and not isinstance(present, list):
        yield Problem(f"{change.where}.{key}", "is no array")
    for index, one in enumerate(array(present)):
        is_object = isinstance(one, dict)
        yield item(one) if is_object else Problem(f"{change.where}.{key}[{index}]", "is no object")


_READERS: dict[str, Callable[[Change], Found]] = {
    "messages": _messages,
    "smb_message_echoes": _echoes,
    "standby": _standby,
    "user_preferences": _preferences,
    "history": _history,
    "smb_app_state_sync": _app_state,
    "calls": _calls,
    "user_id_update": _id_updates,
    **dict.fromkeys(
        (
            "message_template_status_update",
            "message_template_quality_update",
            "message_template_components_update",
            "template_category_update",
        ),
        _whole(Kind.TEMPLATE),
    ),
    **dict.fromkeys(
        (
            "account_update",
            "account_alerts",
            "account_review_update",
            "business_capability_update",
            "phone_number_name_update",
            "phone_number_quality_update",
            "business_username_update",
            "phone_number_username_update",
            "security",
        ),
        _whole(Kind.ACCOUNT),
    ),
    **dict.fromkeys(
        (
            "group_lifecycle_update",
            "group_participants_update",
            "group_settings_update",
            "group_status_update",
        ),
        _whole(Kind.GROUP),
    ),
    "flows": _whole(Kind.FLOWS),
    **dict.fromkeys(
        (
            "partner_solutions",
            "payment_configuration_update",
            "automatic_events",
            "messaging_handovers",
        ),
        _whole(Kind.KEPT),
    ),
}
# The fields of webhooks that are read here.
READ_FIELDS = frozenset(_READERS)
