"""What was said before the number came to us? (Coexistence: `history`, at most 180 days, once, within a day.)

Past messages stand in the chat above everything else. They are never answered, count as read, open no window, and a
message that is there already stays as it is. One item is one thread of one chunk, with perhaps thousands of messages;
files follow one by one and take the place of their placeholder.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from atendeai.common import phones
from clinics import alerts
from clinics.models import Alert
from whatsapp import contacts, media
from whatsapp.models import Author, Conversation, Direction, Item, Message, MessageState, Number
from whatsapp.payloads import Identity, error_of, identifier, identify, incoming, moment

REFUSED = "history_refused"
FILES = ("image", "sticker", "audio", "video", "document")
_STATES = {
    "SENT": MessageState.SENT,
    "PENDING": MessageState.SENT,
    "DELIVERED": MessageState.DELIVERED,
    "READ": MessageState.READ,
    "PLAYED": MessageState.PLAYED,
    "ERROR": MessageState.FAILED,
}


def apply_notice(*, item: Item, payload: dict[str, Any], now: datetime) -> str:
    """A thread, a file that belongs to one, or a refusal."""
    errors = payload.get("errors")
    if isinstance(errors, list) and errors:
        return _refused(item, errors[0], now)
    messages = [one for one in payload.get("messages") or () if isinstance(one, dict)]
    number = Number.objects.for_clinic(item.clinic_id).filter(phone_number_id=item.scope).first()
    if number is None or not messages:
        return "nothing_in_it"
    person = _person(payload, messages[0])
    if not (person.user_id or person.wa_id):
        return "nobody_named"
    _Thread(item, number, person, now).keep(messages)
    return ""


def _refused(item: Item, error: Any, now: datetime) -> str:
    """The clinic said no to sharing its past, or the time for it is over."""
    code = error_of(error if isinstance(error, dict) else {}).code
    if item.clinic is not None:
        alerts.raise_alert(clinic=item.clinic, kind=REFUSED, now=now, detail=code)
    return f"refused {code}"


def _person(thread: dict[str, Any], message: dict[str, Any]) -> Identity:
    """The patient of the thread: it bears their id; a file on its own names both sides."""
    named = identify(thread.get("id"), None, None)
    if named.user_id or named.wa_id:
        return named
    told = identify(message.get("to"), message.get("to_user_id"), None)
    return told if told.user_id or told.wa_id else identify(message.get("from"), message.get("from_user_id"), None)


@dataclass
class _Thread:
    item: Item
    number: Number
    person: Identity
    now: datetime

    def keep(self, messages: list[dict[str, Any]]) -> None:
        conversation = self._conversation()
        reactions = [message for message in messages if message.get("type") == "reaction"]
        rows = [self._row(conversation, message) for message in messages if message.get("type") != "reaction"]
        if rows:
            self._insert(conversation, rows)
        self._react(conversation, reactions)

    def _insert(self, conversation: Conversation, rows: list[Message]) -> None:
        Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        newest = max(row.created_at for row in rows)
        latest = Greatest(Coalesce("last_message_at", newest), newest)
        Conversation.objects.for_clinic(self.number.clinic_id).filter(pk=conversation.pk).update(last_message_at=latest)
        self._fill_places(conversation, rows)

    def _conversation(self) -> Conversation:
        clinic_id, at = self.number.clinic_id, self.item.provider_at
        contact = contacts.find(clinic_id, self.person)
        contact = contact or contacts.resolve(self.number, self.person, at=at, now=self.now)
        conversation, _is_new = Conversation.objects.get_or_create(
            number=self.number, contact=contact, defaults={"clinic_id": clinic_id}
        )
        return conversation

    def _row(self, conversation: Conversation, message: dict[str, Any]) -> Message:
        said = incoming(message)
        at = moment(message.get("timestamp")) or self.item.provider_at
        is_theirs = self._is_theirs(message)
        return Message(
            clinic_id=self.number.clinic_id,
            conversation=conversation,
            direction=Direction.IN if is_theirs else Direction.OUT,
            author=Author.PATIENT if is_theirs else Author.PHONE,
            type=said.type[:30] or "unknown",
            body=said.text,
            content=json.dumps(message, ensure_ascii=True, separators=(",", ":")),
            wamid=_wamid(message),
            context_wamid=said.context_id,
            state=MessageState.RECEIVED if is_theirs else _state(message),
            created_at=at,
            sent_at=None if is_theirs else at,
            is_past=True,
        )

    def _is_theirs(self, message: dict[str, Any]) -> bool:
        if message.get("to") or message.get("to_user_id"):
            return False
        sender = identify(message.get("from"), message.get("from_user_id"), None)
        if sender.user_id and sender.user_id == self.person.user_id:
            return True
        return phones.match_key(sender.wa_id or "") == phones.match_key(self.person.wa_id or "")

    def _fill_places(self, conversation: Conversation, rows: list[Message]) -> None:
        """A file that came on its own takes the place of its placeholder."""
        files = {row.wamid: row for row in rows if row.wamid and row.type in FILES}
        known = Message.objects.for_clinic(self.number.clinic_id).filter(conversation=conversation)
        for message in known.filter(wamid__in=files, file__isnull=True, is_past=True):
            file = files[message.wamid or ""]
            message.type, message.body, message.content = file.type, message.body or file.body, file.content
            message.save(update_fields=["type", "body", "content"])
            media.expect(message=message, payload=json.loads(file.content), now=self.now)

    def _react(self, conversation: Conversation, reactions: list[dict[str, Any]]) -> None:
        known = Message.objects.for_clinic(self.number.clinic_id).filter(conversation=conversation)
        for message in reactions:
            reaction = incoming(message).reaction
            side = "patient" if self._is_theirs(message) else "clinic"
            if reaction is not None and reaction.message_id:
                at = moment(message.get("timestamp")) or self.item.provider_at
                rows = known.filter(**{"wamid": reaction.message_id, f"{side}_reacted_at": None})
                rows.update(**{f"{side}_reaction": reaction.emoji, f"{side}_reacted_at": at})


def _wamid(message: dict[str, Any]) -> str | None:
    return identifier(message.get("id")) or None


def _state(message: dict[str, Any]) -> str:
    context = message.get("history_context")
    told = context.get("status") if isinstance(context, dict) else None
    return _STATES.get(str(told).upper(), MessageState.SENT)


def register_alert() -> None:
    """Names our alert."""
    alerts.register(REFUSED, alerts.Kind(words=_refused_words, is_grave=False, can_be_dismissed=True))


def _refused_words(alert: Alert) -> Any:
    words = _("WhatsApp did not pass on the earlier conversations of the clinic's telephone (code %(code)s).")
    return words % {"code": alert.detail or "?"}
