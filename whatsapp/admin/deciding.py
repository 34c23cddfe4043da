"""What does a person decide about a message that perhaps arrived? Sent again, or left; a report that came wins."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from atendeai.common import clock
from clinics import pending
from clinics.admin.auditing import actor_of
from clinics.models import CloseReason
from whatsapp.models import Conversation, Direction, Message, MessageState

KIND = "messages"


def settle(request: HttpRequest, conversation: Conversation, message_id: int) -> None:
    """Does what the button says, and tells what came of it. 404 for a message of another chat, or another word."""
    chat = Message.objects.for_clinic(conversation.clinic_id).filter(conversation=conversation, pk=message_id)
    act = request.POST.get("act", "")
    if act not in ("again", "leave") or not chat.filter(direction=Direction.OUT).exists():
        raise Http404
    told: dict[str, Any] = {"name": KIND, "clinic": conversation.clinic, "row_id": message_id, "by": actor_of(request)}
    if act == "again":
        why_not = pending.replay(**told, now=clock.now())
    else:
        why_not = pending.close(**told, reason=CloseReason.LEFT, now=clock.now())
    if why_not == pending.GONE:
        messages.info(request, _gone_words(chat.get()))
    elif why_not:
        kind = pending.get(KIND)
        messages.error(request, pending.words_of(kind, why_not))
    elif act == "again":
        messages.success(request, _("The message is sent again."))
    else:
        messages.success(request, _("The message stays as it is."))


def _gone_words(message: Message) -> str:
    if message.state in (MessageState.SENT, MessageState.DELIVERED, MessageState.READ, MessageState.PLAYED):
        return _("WhatsApp has confirmed the message meanwhile: it is not sent again.")
    return _("Somebody has decided about this message already.")
