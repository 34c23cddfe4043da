"""How does a message get out, once, in order, and known to have arrived or not?

The row first, then the call. A worker claims the oldest unsent row of a conversation by a conditional UPDATE that
counts the attempt; what becomes of it (`outcomes`) is written under that attempt. An outcome that nobody knows is never
sent again blindly: it waits for a status that carries our id (the tracker), and only after the grace time is it sent
once more, counted.
"""

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from atendeai.celery import wake_after_commit
from atendeai.common.circuit import CircuitOpen
from atendeai.common.errors import (
    CredentialsRevoked,
    IntegrationError,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unreachable,
)
from atendeai.common.whole_numbers import parse_whole
from atendeai.metrics import RESENDS
from clinics import audit, credentials
from clinics.credentials import Name
from clinics.models import Appointment, Clinic, User
from whatsapp import cloud_api, feeding, last_look, media, merging, outcomes, pace, refusals, window
from whatsapp.models import (
    RESENT_AUTHORS,
    Author,
    Conversation,
    Direction,
    Item,
    MediaFile,
    Message,
    MessageState,
    Number,
    Urgency,
)

logger = logging.getLogger(__name__)

# How urgent what they write is, unless the caller says otherwise.
URGENCIES = {Author.BOT: Urgency.REPLY, Author.STAFF: Urgency.REPLY}
SWEEP_LIMIT = 200
MOST_COUNTED = 1000

# The head of the conversation's queue, the most urgent first; it goes out only if it is due. An unknown one holds the
# others only for a while.
CLAIM = """
UPDATE whatsapp_message AS claimed
   SET state = 'sending', attempts = attempts + 1, lease_until = now() + make_interval(secs => %(lease)s),
       to_digits = (SELECT length(contact.wa_id) FROM whatsapp_conversation chat
                      JOIN whatsapp_contact contact ON contact.id = chat.contact_id
                     WHERE chat.id = %(conversation)s AND NOT contact.answers_by_id)
 WHERE claimed.id = (SELECT head.id FROM whatsapp_message head
                      WHERE head.conversation_id = %(conversation)s AND head.direction = 'out'
                        AND (head.state IN ('queued', 'sending')
                             OR head.state = 'unknown'
                                AND head.unknown_since > now() - make_interval(secs => %(hold)s))
                      ORDER BY head.urgency, head.id LIMIT 1)
   AND claimed.state = 'queued' AND (claimed.not_before IS NULL OR claimed.not_before <= now())
   AND NOT EXISTS (SELECT 1 FROM whatsapp_conversation chat JOIN whatsapp_number number ON number.id = chat.number_id
                    WHERE chat.id = %(conversation)s AND number.blocked_code <> '')
RETURNING claimed.id
"""
# These are told of by hints as well; less urgent ones are fed by the sweep alone, in the pace of their number.
HINTED = (Urgency.REPLY, Urgency.NOTICE)
# A message is woken when its file has been uploaded; should that be lost, it looks again by itself.
UPLOAD_WAIT = timedelta(seconds=30)


def queue(
    *,
    conversation: Conversation,
    content: cloud_api.OutboundContent,
    author: str,
    now: datetime,
    body: str | None = None,
    context: str = "",
    item: Item | None = None,
    position: int = 0,
    appointment: Appointment | None = None,
    notice: str = "",
    staff: User | None = None,
    file: MediaFile | None = None,
    urgency: Urgency | None = None,
) -> Message:
    """A row to be sent after the commit of the transaction at hand.

    `body`: what the portal shows, if not the content's own words. `context`: the wamid of the message that it answers;
    ContentError for a reaction, which cannot answer. `urgency`: answers of the assistant and of people are replies,
    anything else a notice, unless it is given.
    """
    cloud_api.check_context(content, context)
    stored = cloud_api.to_json(content)
    if urgency is None:
        urgency = URGENCIES.get(Author(author), Urgency.NOTICE)
    message = Message.objects.create(
        clinic_id=conversation.clinic_id,
        conversation=conversation,
        number_id=conversation.number_id,
        direction=Direction.OUT,
        author=author,
        staff=staff,
        type=stored["kind"],
        body=content.words() if body is None else body,
        context_wamid=context,
        content=json.dumps(stored),
        state=MessageState.QUEUED,
        item=item,
        position=position,
        appointment=appointment,
        notice=notice,
        revision=appointment.revision if appointment else None,
        file=file,
        urgency=urgency,
        created_at=now,
    )
    standing = Conversation.objects.filter(pk=conversation.pk, merged_into__isnull=True)
    if not standing.update(last_message_at=now):
        # Merged while this row was waiting to be written: it belongs to the chat that stands.
        conversation = merging.standing_chat(conversation)
        Message.objects.filter(pk=message.pk).update(conversation=conversation)
        message.conversation = conversation
        Conversation.objects.filter(pk=conversation.pk).update(last_message_at=now)
    if isinstance(content, cloud_api.Reaction):
        _show_reaction(conversation, content, now)
    if urgency in HINTED:
        wake_after_commit("whatsapp.deliver", conversation_id=conversation.pk)
    return message


def _show_reaction(conversation: Conversation, reaction: cloud_api.Reaction, now: datetime) -> None:
    """The emoji stands on its message from now on."""
    target = Message.objects.for_clinic(conversation.clinic_id).filter(
        conversation=conversation, wamid=reaction.message_id
    )
    target.update(clinic_reaction=reaction.emoji, clinic_reacted_at=now)


def deliver_one(conversation_id: int, *, now: datetime) -> bool:
    """Sends the most urgent, oldest unsent row of the conversation if it may go now; whether a call was made."""
    message = _claim(conversation_id)
    if message is None or not _may_surely_go(message, now):
        return False
    _send(message, now)
    return True


def _may_surely_go(message: Message, now: datetime) -> bool:
    try:
        return _may_go(message, now)
    except Exception as error:
        # Nothing was sent: its outcome must not end as unknown.
        logger.exception("message not looked at", extra={"message_id": message.pk, "clinic_id": message.clinic_id})
        outcomes.again(message, Unreachable("whatsapp", "messages", code=type(error).__name__), now)
        return False


def has_queued(conversation_id: int) -> bool:
    """Whether a message of the conversation waits that nobody but its sender hints at, due or not."""
    waiting = Message.objects.filter(conversation_id=conversation_id, direction=Direction.OUT)
    return waiting.filter(state=MessageState.QUEUED, urgency__in=HINTED).exists()


def _claim(conversation_id: int) -> Message | None:
    values = {
        "lease": settings.SEND_LEASE_SECONDS,
        "hold": settings.SEND_HOLD_SECONDS,
        "conversation": conversation_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        row = cursor.fetchone()
    if row is None:
        return None
    related = Message.objects.select_related("clinic", "file", "conversation__number", "conversation__contact")
    return related.get(pk=row[0])


def _may_go(message: Message, now: datetime) -> bool:
    number = message.conversation.number
    if last_look.is_too_late(message, now=now):
        outcomes.end(message, message.error_code or "too_late", gave_up_at=now)
    elif (unfit := last_look.look(message, now=now)) is not None:
        was_tried = bool(message.error_code) and unfit.code in last_look.BY_TIME
        outcomes.fail(message, unfit, gave_up_at=now if was_tried else None)
    elif number.blocked_code or not number.is_active:
        # Woken by the sweep once a person has put it right.
        outcomes.put_back(message, not_before=None)
    elif message.urgency == Urgency.BULK and number.bulk_not_before is not None and number.bulk_not_before > now:
        outcomes.put_back(message, not_before=number.bulk_not_before)
    elif message.file is None or _has_file(message, message.file, now):
        return _keeps_pace(message, number)
    return False


def _has_file(message: Message, file: MediaFile, now: datetime) -> bool:
    """Whether the file is at Meta. Otherwise the message waits for its upload, which wakes it, or fails with it."""
    try:
        media.sendable_id(file, number=message.conversation.number, now=now)
    except media.UploadPending:
        outcomes.put_back(message, not_before=Now() + UPLOAD_WAIT / settings.TIMES_DIVIDED_BY)
        return False
    except Rejected as refusal:
        outcomes.fail(message, refusal)
        return False
    return True


def _keeps_pace(message: Message, number: Number) -> bool:
    wait = pace.wait_seconds(
        number_id=number.pk,
        contact_id=message.conversation.contact_id,
        sends_per_second=number.sends_per_second,
        urgency=message.urgency,
    )
    if wait:
        outcomes.put_back(message, not_before=Now() + timedelta(seconds=wait))
    return not wait


def _send(message: Message, now: datetime) -> None:
    try:
        sent = _call(message)
    except CircuitOpen as error:
        outcomes.wait_for_provider(message, error)
    except IntegrationError as error:
        outcomes.record_failure(message, error, now)
    except Exception as error:
        # A time limit or a bug of ours struck in the midst of the call: it may have gone out.
        logger.exception("send broken off", extra={"message_id": message.pk})
        outcomes.record_failure(message, OutcomeUnknown("whatsapp", "messages", detail=type(error).__name__), now)
    else:
        outcomes.record_sent(message, sent)
        window.note_answer(message.conversation, now=now)


def _call(message: Message) -> cloud_api.Sent:
    try:
        token = credentials.use(clinic=message.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, operation="messages")
        send = _prepared(message, token)
    except IntegrationError:
        raise
    except Exception as error:
        # Nothing was sent: its outcome must not end as unknown.
        logger.exception("message not prepared", extra={"message_id": message.pk})
        raise Unreachable("whatsapp", "messages", code=type(error).__name__) from error
    try:
        return send()
    except CredentialsRevoked as error:
        raise refusals.unless_replaced(error, clinic=message.clinic, token=token) from error


def _prepared(message: Message, token: str) -> Callable[[], cloud_api.Sent]:
    """The call, ready to be made; nothing goes out before it is."""
    contact, number = message.conversation.contact, message.conversation.number
    api = cloud_api.CloudApi(
        settings.GRAPH_API_BASE_URL,
        settings.GRAPH_API_VERSION,
        token,
        number.phone_number_id,
        message.clinic_id,
        cloud_api.Waits(settings.SEND_CONNECT_SECONDS, settings.SEND_READ_SECONDS),
    )
    by_id = contact.answers_by_id and contact.scoped_id
    recipient = cloud_api.Recipient(wa_id=None if by_id else contact.wa_id, user_id=contact.scoped_id)
    content = cloud_api.from_json(json.loads(message.content))
    if message.file is not None:
        content = media.with_id(content, message.file.media_id)
    return partial(api.send, recipient, content, tracker(message), message.context_wamid or None)


def tracker(message: Message) -> str:
    """Our id as it travels in `biz_opaque_callback_data`; the same for a resend."""
    return f"m{message.pk}"


def find_tracked(text: str) -> int | None:
    """The message id in a tracker that came back; None for anything we did not write."""
    return parse_whole(text[1:]) if text[:1] == "m" else None


def hurry(clinic: Clinic) -> None:
    """A person does not want to wait: what rests after a failure is due now. Pauses that Meta asked for stay."""
    rows = Message.objects.for_clinic(clinic).filter(
        direction=Direction.OUT, state=MessageState.QUEUED, not_before__gt=Now(), urgency__lt=Urgency.BULK
    )
    asked = [code for code in rows.order_by().values_list("error_code", flat=True).distinct() if _is_asked_pause(code)]
    rows.exclude(error_code__in=asked).update(not_before=Now())


def count_waiting(clinic: Clinic) -> int:
    """How many messages of a clinic wait, at most MOST_COUNTED."""
    rows = Message.objects.for_clinic(clinic).filter(direction=Direction.OUT, state=MessageState.QUEUED)
    return rows[:MOST_COUNTED].count()


def _is_asked_pause(code: str) -> bool:
    return cloud_api.error_class(code) is Throttled


def sweep() -> int:
    """What hints lost and time changed: expired leases become unknown, unknown ones past their grace go out once more,
    due rows are hinted at, each number's in its own pace. Bounded; how many hints were given."""
    expired = Message.objects.filter(direction=Direction.OUT, state=MessageState.SENDING, lease_until__lt=Now())
    outcomes.uncertain(
        Message.objects.filter(
            pk__in=list(expired.values_list("pk", flat=True)[:SWEEP_LIMIT]),
            state=MessageState.SENDING,
            lease_until__lt=Now(),
        ),
        "the sender stopped",
    )
    _resend_unknown()
    return feeding.feed()


def _resend_unknown() -> None:
    waited = Message.objects.filter(
        direction=Direction.OUT,
        state=MessageState.UNKNOWN,
        resends=0,
        author__in=RESENT_AUTHORS,
        unknown_since__lt=Now() - timedelta(seconds=settings.SEND_GRACE_SECONDS),
    )
    for message in waited.order_by("id")[:SWEEP_LIMIT]:
        row = Message.objects.filter(pk=message.pk, state=MessageState.UNKNOWN, resends=0)
        if row.update(state=MessageState.QUEUED, resends=F("resends") + 1, not_before=None):
            RESENDS.labels(str(message.clinic_id)).inc()
            logger.warning("message sent again after an unknown outcome", extra={"message_id": message.pk})


def unblock(*, number: Number, by: audit.Actor, now: datetime) -> None:
    """A person has given a new token, or settled it with Meta: what waited goes out."""
    Number.objects.filter(pk=number.pk).update(blocked_code="")
    audit.record(clinic=number.clinic, action="number_unblocked", target=number, by=by, now=now)
    refusals.settle(number=number, by=by, now=now)
