"""What becomes of who answers, of the window and of what is unread when two chats become one, and two again?

Joined, a chat is a person's if either was, and has the later of each moment. What each was before is kept with the
merge, so that parting makes each what it would be:

- who answers: as before, unless somebody has decided about the joint chat since (took it, gave it back). They had both
  people before them, so what they decided holds for both: the assistant never speaks where a person has spoken.
- the window: as before, and what each person has written since, told apart by the ids they wrote from. The message
  itself stays with the survivor; the window is Meta's and follows the person.
- what was half said to the assistant goes on where it was; once the joint talk has gone on, the loser's begins anew.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from atendeai.common import phones
from clinics.models import AuditEntry, Membership
from whatsapp import window
from whatsapp.models import Conversation, Direction, Handler, Message
from whatsapp.payloads import identify, incoming

OPENS = ("last_inbound_at", "last_call_at", "entered_at")
MOMENTS = (*OPENS, "free_until", "last_message_at", "standby_since")
HOLDER = ("handler", "attendant_id", "handover_reason")
RETURNED = "conversation_returned"
CALL = "call"
# What changes a bubble, or tells of the person, is not written by them: it opens no window.
SILENT = frozenset({"system", "edit", "revoke", "reaction"})
# More than this since the merge: the older ones no longer say when somebody wrote last, but for a rare case.
MOST_NEWS = 500

Before = dict[str, dict[str, Any]]


def join(chat: Conversation, into: Conversation) -> dict[str, Any]:
    """`into` stands for both, `chat` waits; what each was before, as JSON. The caller saves both."""
    before = {"from": _facts(chat), "to": _facts(into)}
    is_later = bool(chat.last_inbound_at and (not into.last_inbound_at or chat.last_inbound_at > into.last_inbound_at))
    if is_later:
        # The patient is in the middle of that talk.
        chat.state, into.state = into.state, chat.state
    for name in MOMENTS:
        setattr(into, name, latest(getattr(chat, name), getattr(into, name)))
    into.unread += chat.unread
    into.handler, into.attendant_id, into.handover_reason = _holder_of_both(before)
    chat.unread, chat.handler, chat.attendant_id = 0, Handler.BOT, None
    return {"before": before, "is_talk_swapped": is_later}


def part(
    moved: Mapping[str, Any], chat: Conversation, into: Conversation, theirs: Mapping[str, str | None], since: datetime
) -> None:
    """`chat` and `into` as each would be. `theirs`: the ids of `chat`'s person. The caller saves both.

    What was moved is back in `chat` already; `since`: the merge's time.
    """
    before: Before | None = moved.get("before")
    if before is None:
        # Joined before this was kept: with a person rather than with the assistant.
        chat.handler, chat.attendant_id = into.handler, into.attendant_id
        chat.handover_reason = chat.handover_reason or into.handover_reason
        return
    news = Message.objects.for_clinic(into.clinic_id).filter(conversation=into, pk__gt=moved["last"], is_past=False)
    is_decided = _part_holder(before, chat, into, since)
    _part_unread(before, chat, into)
    _part_moments(before, chat, into, news.order_by("-pk")[:MOST_NEWS], theirs)
    is_on = is_decided or news.exists()
    if is_on:
        chat.state = {}
    elif moved["is_talk_swapped"]:
        chat.state, into.state = into.state, chat.state


def _facts(chat: Conversation) -> dict[str, Any]:
    moments = {name: getattr(chat, name) for name in MOMENTS}
    return {
        **{name: getattr(chat, name) for name in HOLDER},
        "unread": chat.unread,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
    }


def _holder_of_both(before: Before) -> tuple[str, int | None, str]:
    mine, theirs = before["to"], before["from"]
    if theirs["handler"] != Handler.PERSON:
        return mine["handler"], mine["attendant_id"], mine["handover_reason"]
    attendant = mine["attendant_id"] or theirs["attendant_id"]
    return Handler.PERSON, attendant, mine["handover_reason"] or theirs["handover_reason"]


def _part_holder(before: Before, chat: Conversation, into: Conversation, since: datetime) -> bool:
    """Whether somebody has decided about the joint chat since it was one."""
    now_held = (into.handler, into.attendant_id, into.handover_reason)
    if now_held != _holder_of_both(before) or _was_returned(into, since):
        chat.handler, chat.attendant_id, chat.handover_reason = now_held
        return True
    for one, was in ((chat, before["from"]), (into, before["to"])):
        one.handler, one.handover_reason = was["handler"], was["handover_reason"]
        one.attendant_id = _still_here(one.clinic_id, was["attendant_id"])
    return False


def _was_returned(chat: Conversation, since: datetime) -> bool:
    """Given back, and perhaps taken again by the very same person."""
    rows = AuditEntry.objects.for_clinic(chat.clinic_id).filter(object_type="conversation", object_id=str(chat.pk))
    return rows.filter(action=RETURNED, at__gte=since).exists()


def _still_here(clinic_id: int, user_id: int | None) -> int | None:
    """Who left the team holds no chat: it waits for somebody."""
    rows = Membership.objects.for_clinic(clinic_id).filter(user=user_id)
    return user_id if user_id is not None and rows.exists() else None


def _part_unread(before: Before, chat: Conversation, into: Conversation) -> None:
    """Unless somebody has seen the joint chat since."""
    mine, theirs = before["to"]["unread"], before["from"]["unread"]
    if into.unread >= mine + theirs:
        chat.unread, into.unread = theirs, into.unread - theirs


def _part_moments(
    before: Before, chat: Conversation, into: Conversation, news: Iterable[Message], theirs: Mapping[str, str | None]
) -> None:
    joint = {name: getattr(into, name) for name in MOMENTS}
    was = {side: {name: _moment(facts[name]) for name in MOMENTS} for side, facts in before.items()}
    for one, side in ((chat, "from"), (into, "to")):
        for name in MOMENTS:
            setattr(one, name, was[side][name])
    found = list(news)
    for message in found:
        _hear(message, chat if _is_from(message, theirs) else into)
    if found:
        into.last_message_at = joint["last_message_at"]
    if joint["standby_since"] != latest(*(moments["standby_since"] for moments in was.values())):
        chat.standby_since = into.standby_since = joint["standby_since"]
    if joint["free_until"] != latest(*(moments["free_until"] for moments in was.values())):
        # Answered since: the free days are of whose entry it was.
        whose = chat if chat.entered_at == joint["entered_at"] else into
        whose.free_until = joint["free_until"]


def _hear(message: Message, chat: Conversation) -> None:
    """As when it came."""
    if message.type == CALL:
        window.hear_call(chat, at=message.created_at)
    elif message.direction == Direction.IN:
        said = incoming(_payload(message))
        if said.type not in SILENT:
            window.hear(chat, at=message.created_at, is_from_ad=said.referral is not None)


def _is_from(message: Message, ids: Mapping[str, str | None]) -> bool:
    told = _payload(message)
    sender = identify(told.get("from"), told.get("from_user_id"), told.get("from_parent_user_id"))
    pairs = (
        (ids["user_id"], sender.user_id),
        (ids["match_key"], phones.match_key(sender.wa_id or "")),
        (ids["parent_user_id"], sender.parent_user_id),
    )
    return any(mine is not None and mine == theirs for mine, theirs in pairs)


def _payload(message: Message) -> dict[str, Any]:
    told = json.loads(message.content)
    return told if isinstance(told, dict) else {}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def latest(*moments: datetime | None) -> datetime | None:
    """Of those that are known; None when none is."""
    return max((moment for moment in moments if moment), default=None)
