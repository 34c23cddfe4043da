"""When does a patient see blue ticks, and "typing…"? When a person has the chat on the screen, when the assistant has
answered, while a person writes an answer.

Best effort: only hints, which wait behind all other work of a chat and expire. No row waits, no failure is repeated or
held against the number; it is counted. One call for the newest message marks all before it. Never for a message of more
than 30 days ago, never while Meta's own assistant has the chat, never for a number whose clinic has turned it off
("typing…" marks as read too).
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from atendeai.celery import wake_after_commit
from atendeai.common.errors import IntegrationError
from atendeai.metrics import READ_MARKS
from clinics import credentials
from clinics.credentials import Name
from whatsapp.cloud_api import CloudApi, Waits
from whatsapp.models import Author, Conversation, Direction, Message

OLDEST = timedelta(days=30)
# WhatsApp shows "typing…" for 25 seconds.
TYPING_EVERY = timedelta(seconds=20)
# Nobody waits for it, and a worker should not either.
WAITS = Waits(connect_seconds=2.0, read_seconds=4.0)


def want(conversation_id: int) -> None:
    """Somebody has read the chat, or has answered it: its newest message is to be marked after the commit."""
    wake_after_commit("whatsapp.mark_read", conversation_id=conversation_id)


def want_typing(*, conversation: Conversation, now: datetime) -> bool:
    """Somebody writes an answer; whether it is shown. At most once in 20 seconds for a chat, whoever writes."""
    rows = Conversation.objects.for_clinic(conversation.clinic_id).filter(pk=conversation.pk)
    is_due = Q(typing_at__isnull=True) | Q(typing_at__lte=now - TYPING_EVERY)
    if not rows.filter(is_due).update(typing_at=now):
        return False
    wake_after_commit("whatsapp.show_typing", conversation_id=conversation.pk)
    return True


def mark(conversation_id: int, *, now: datetime, typing: bool = False) -> bool:
    """Marks the newest message of the patient that is not marked yet; whether a call was made. `typing`: also shows
    "typing…", and then a marked one will do."""
    conversation = _find(conversation_id)
    if conversation is None:
        return False
    wamid = _newest(conversation, now)
    if not wamid or not (_take(conversation, wamid) or typing):
        return False
    _call(conversation, wamid, typing=typing)
    return True


def _find(conversation_id: int) -> Conversation | None:
    rows = Conversation.objects.select_related("number", "clinic").filter(
        pk=conversation_id,
        standby_since__isnull=True,
        number__is_active=True,
        number__marks_read=True,
        number__blocked_code="",
    )
    return rows.first()


def _newest(conversation: Conversation, now: datetime) -> str:
    """The wamid of what the patient said last; "" when that is too long ago."""
    rows = Message.objects.for_clinic(conversation.clinic_id).filter(
        conversation=conversation, direction=Direction.IN, author=Author.PATIENT, is_past=False, wamid__isnull=False
    )
    found = rows.order_by("-id").values_list("wamid", "created_at").first()
    if found is None or now - found[1] > OLDEST:
        return ""
    return found[0] or ""


def _take(conversation: Conversation, wamid: str) -> bool:
    """Whether nobody else has marked it."""
    rows = Conversation.objects.for_clinic(conversation.clinic_id).filter(pk=conversation.pk)
    return bool(rows.exclude(read_wamid=wamid).update(read_wamid=wamid))


def _call(conversation: Conversation, wamid: str, *, typing: bool) -> None:
    clinic, number = conversation.clinic, conversation.number
    operation = "typing" if typing else "mark_read"
    try:
        token = credentials.use(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN, operation=operation)
        base, version = settings.GRAPH_API_BASE_URL, settings.GRAPH_API_VERSION
        api = CloudApi(base, version, token, number.phone_number_id, clinic.pk, WAITS)
        api.mark_read(wamid, typing=typing)
    except IntegrationError as error:
        READ_MARKS.labels(operation, type(error).__name__).inc()
    else:
        READ_MARKS.labels(operation, "done").inc()
