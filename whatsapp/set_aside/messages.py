"""Which messages did not arrive, or perhaps, and may they be sent again?

A person decides: the row goes back to its queue and is, from then on, as fresh as a new one. What would not be true or
allowed any more is refused here, with the reason, rather than at Meta.
"""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from atendeai.celery import wake_after_commit
from atendeai.metrics import RESENDS
from clinics.models import Appointment
from whatsapp import last_look
from whatsapp.models import RESENT_AUTHORS, Author, Direction, Message, MessageState

ASIDE = (MessageState.FAILED, MessageState.UNKNOWN)
# Sent by others in the clinic's name: not ours to repeat.
NOT_OURS = (Author.PHONE, Author.AGENT)
# An outcome that nobody knows and nobody will find out by itself: what a person or a program wrote, or a second try.
UNCERTAIN = Q(state=MessageState.UNKNOWN) & (~Q(author__in=RESENT_AUTHORS) | Q(resends__gt=0))
OVER = last_look.OVER


def aside(clinic_id: int | None) -> QuerySet[Message]:
    """Not arrived or uncertain, and not sent once more by a row of its own."""
    outgoing = Message.objects.for_clinic(clinic_id).filter(direction=Direction.OUT)
    sent_again = Message.objects.for_clinic(clinic_id).filter(
        conversation=OuterRef("conversation"), direction=Direction.OUT, resend_of=OuterRef("pk")
    )
    rows = outgoing.filter(state__in=ASIDE).filter(Q(state=MessageState.FAILED) | UNCERTAIN)
    rows = rows.exclude(author__in=NOT_OURS).exclude(Exists(sent_again))
    return rows.select_related("conversation__contact__patient", "conversation__number", "clinic")


def is_asked(message: Message) -> bool:
    """Whether a person is to decide about this uncertain message."""
    is_person_s = message.author not in RESENT_AUTHORS or message.resends > 0
    return message.state == MessageState.UNKNOWN and message.closed_at is None and is_person_s


def again(message: Message, now: datetime) -> str:
    """Back to its queue, unless it must not go out any more. The row is locked."""
    if why_not := unfit(message, now):
        return why_not
    was_unknown = message.state == MessageState.UNKNOWN
    Message.objects.for_clinic(message.clinic_id).filter(pk=message.pk, state__in=ASIDE).update(
        state=MessageState.QUEUED,
        replayed_at=now,
        gave_up_at=None,
        not_before=None,
        lease_until=None,
        unknown_since=None,
        error_code="",
        error_detail="",
        error_repeats=0,
        resends=F("resends") + int(was_unknown),
    )
    if was_unknown:
        RESENDS.labels(str(message.clinic_id)).inc()
    wake_after_commit("whatsapp.deliver", conversation_id=message.conversation_id)
    return ""


def unfit(message: Message, now: datetime) -> str:
    """Why it must not go out any more; "" when it may."""
    if message.appointment_id is not None:
        appointment = Appointment.objects.for_clinic(message.clinic_id).get(pk=message.appointment_id)
        if message.revision is not None and appointment.revision != message.revision:
            return last_look.UNTRUE
        if appointment.starts_at <= now:
            return OVER
    refusal = last_look.look(message, now=now)
    return refusal.code or "content" if refusal is not None else ""
