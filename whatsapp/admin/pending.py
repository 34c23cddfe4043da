"""What of the channel waits for a person, in words: the kinds that «Pendências» shows."""

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from atendeai.common.outline import outline
from clinics import pending
from clinics.pending import Kind, Shown
from whatsapp import beginnings, cloud_api, last_look, media, payloads
from whatsapp.admin.inbox import who
from whatsapp.admin.words import error_words, item_words, type_words
from whatsapp.models import (
    Conversation,
    Delivery,
    Item,
    ItemState,
    MediaFile,
    MediaState,
    Message,
    MessageState,
    Reminder,
)
from whatsapp.set_aside import deliveries, files, items, messages, reminders

_MESSAGES: dict[str, Promise] = {
    cloud_api.OUTSIDE_WINDOW: gettext_lazy(
        "More than 24 hours since the patient's last message: WhatsApp takes no free text. Send a template in the chat."
    ),
    last_look.UNTRUE: gettext_lazy("The appointment is not at that time any more."),
    messages.OVER: gettext_lazy("The appointment has passed."),
}

_FILES: dict[str, Promise] = {
    files.EXPIRED: gettext_lazy("WhatsApp no longer has the file: ask the patient to send it again."),
    media.ADDRESS: gettext_lazy("Its address is not one of WhatsApp's, so it was not downloaded. Tell our support."),
    files.LOST: gettext_lazy("The file is no longer here: attach it again."),
}
_TROUBLES: dict[str, Promise] = {
    beginnings.LOST: gettext_lazy("The program stopped several times while working on it."),
    "unknown_message": gettext_lazy("A report about a message that is not here."),
    "unknown_number": gettext_lazy("No clinic here has this number."),
    "foreign_signature": gettext_lazy("Signed by another clinic than the number's."),
    "no_sender": gettext_lazy("It does not say who sent it."),
    "not_placed": gettext_lazy("No conversation could be found or made for it."),
}


def _why_not_message(code: str) -> str:
    return str(_MESSAGES.get(code) or error_words(code))


def _why_not_file(code: str) -> str:
    return str(_FILES.get(code, code))


def _why_not_delivery(_code: str) -> str:
    return _("What WhatsApp sent is no longer kept.")


def _why_not_sent(row: Message) -> str:
    why = error_words(row.error_code) or _("The reason is not known.")
    return _("Gave up: %(why)s") % {"why": why} if row.has_given_up else why


def show_messages(rows: Sequence[Message]) -> list[Shown]:
    """Who each was for, and what the provider said; not its text."""
    return [
        Shown(
            id=row.pk,
            at=row.created_at,
            what=_("Message to %(who)s") % {"who": who(row.conversation)},
            why=_why_not_sent(row),
            tries=row.attempts,
            link=reverse("admin:whatsapp_message_change", args=[row.pk]),
        )
        for row in rows
    ]


def show_items(rows: Sequence[Item]) -> list[Shown]:
    """What kind of thing came, and from whom; not what it says."""
    return [
        Shown(
            id=row.pk,
            at=row.stored_at,
            what=item_words(row.kind) + (f" · {who(row.conversation)}" if row.conversation else ""),
            why=_trouble_words(row.reason, row.last_error),
            tries=row.attempts,
            link=reverse("admin:whatsapp_conversation_change", args=[row.conversation_id])
            if row.conversation_id
            else "",
        )
        for row in rows
    ]


def show_strays(rows: Sequence[Item]) -> list[Shown]:
    """For the operator: no name, no number."""
    return [
        Shown(
            id=row.pk,
            at=row.stored_at,
            what=_("%(what)s, delivery %(delivery)d") % {"what": item_words(row.kind), "delivery": row.delivery_id},
            why=_trouble_words(row.reason, row.last_error),
            tries=row.attempts,
        )
        for row in rows
    ]


def show_deliveries(rows: Sequence[Delivery]) -> list[Shown]:
    """For the operator: never what is in them."""
    return [
        Shown(
            id=row.pk,
            at=row.received_at,
            what=_("Delivery %(id)d") % {"id": row.pk},
            why=_trouble_words("", row.last_error),
            tries=row.attempts,
            link=reverse("admin:whatsapp_delivery_change", args=[row.pk]),
        )
        for row in rows
    ]


def show_files(rows: Sequence[MediaFile]) -> list[Shown]:
    """Whose file it is, by the first message it stands in. Two queries for a page."""
    chats = _chats_of(rows)
    return [
        Shown(
            id=row.pk,
            at=row.created_at,
            what=" · ".join(filter(None, (type_words(row.kind), who(chats[row.pk]) if row.pk in chats else ""))),
            why=_why_file(row),
            tries=row.attempts,
            link=reverse("admin:whatsapp_conversation_change", args=[chats[row.pk].pk]) if row.pk in chats else "",
        )
        for row in rows
    ]


def _chats_of(rows: Sequence[MediaFile]) -> dict[int, Conversation]:
    if not rows:
        return {}
    standing = Message.objects.for_clinic(rows[0].clinic_id).filter(file__in=[row.pk for row in rows])
    found = standing.select_related("conversation__contact__patient").order_by("-id")
    return {message.file_id: message.conversation for message in found if message.file_id is not None}


def _why_file(row: MediaFile) -> str:
    if row.state == MediaState.EXPIRED:
        return str(_FILES[files.EXPIRED])
    if row.error_code in _FILES:
        return str(_FILES[row.error_code])
    if row.error_code == beginnings.LOST:
        return str(_TROUBLES[beginnings.LOST])
    return _("WhatsApp refused it, or what came was not what was announced (code %(code)s).") % {
        "code": row.error_code or "—"
    }


def show_reminders(rows: Sequence[Reminder]) -> list[Shown]:
    """Whose appointment, and when."""
    return [
        Shown(
            id=row.pk,
            at=row.created_at,
            what=_("Reminder to %(who)s, %(at)s")
            % {"who": row.appointment.patient.name, "at": date_format(localtime(row.starts_at), "d/m H:i")},
            why=_("A mistake of the program."),
            tries=row.begun,
            link=reverse("admin:clinics_appointment_change", args=[row.appointment_id]),
        )
        for row in rows
    ]


def _trouble_words(reason: str, error: str) -> str:
    known = _TROUBLES.get(reason or error)
    return str(known) if known else _("A mistake of the program (%(code)s).") % {"code": (error or reason)[:60] or "—"}


pending.register(
    "messages",
    Kind(
        words=gettext_lazy("Messages"),
        aside=messages.aside,
        unfit=messages.unfit,
        show=show_messages,
        again=messages.again,
        why_not=_why_not_message,
        inside=lambda row: outline(row.content),
        filters={
            "failed": (gettext_lazy("not delivered"), Q(state=MessageState.FAILED, gave_up_at__isnull=True)),
            "gave_up": (gettext_lazy("gave up"), Q(state=MessageState.FAILED, gave_up_at__isnull=False)),
            "uncertain": (gettext_lazy("uncertain"), Q(state=MessageState.UNKNOWN)),
        },
        for_reception=True,
    ),
)
pending.register(
    "items",
    Kind(
        words=gettext_lazy("Received"),
        aside=items.aside,
        unfit=items.unfit,
        show=show_items,
        again=items.again,
        why_not=_why_not_delivery,
        inside=lambda row: outline(row.payload),
        filters={
            "chats": (gettext_lazy("from patients"), Q(conversation__isnull=False)),
            "statuses": (gettext_lazy("delivery reports"), Q(kind=payloads.Kind.STATUS)),
            "notices": (
                gettext_lazy("notices of WhatsApp"),
                Q(conversation__isnull=True) & ~Q(kind=payloads.Kind.STATUS),
            ),
        },
    ),
)
pending.register(
    "files",
    Kind(
        words=gettext_lazy("Files"),
        aside=files.aside,
        unfit=files.unfit,
        show=show_files,
        again=files.again,
        why_not=_why_not_file,
    ),
)
pending.register(
    "reminders",
    Kind(
        words=gettext_lazy("Reminders"),
        aside=reminders.aside,
        unfit=reminders.unfit,
        show=show_reminders,
        again=reminders.again,
        why_not=_why_not_message,
    ),
)
pending.register(
    "deliveries",
    Kind(
        words=gettext_lazy("Deliveries"),
        aside=deliveries.aside,
        show=show_deliveries,
        again=deliveries.again,
        why_not=_why_not_delivery,
        inside=lambda row: outline(bytes(row.body)),
        is_clinics=False,
    ),
)
pending.register(
    "strays",
    Kind(
        words=gettext_lazy("Without a clinic"),
        aside=deliveries.strays,
        unfit=deliveries.stray_unfit,
        show=show_strays,
        again=deliveries.stray_again,
        why_not=_why_not_delivery,
        inside=lambda row: outline(row.payload),
        filters={
            "unknown": (gettext_lazy("unknown number"), Q(reason="unknown_number")),
            "foreign": (gettext_lazy("signed by another clinic"), Q(state=ItemState.FOREIGN)),
        },
        is_clinics=False,
    ),
)
