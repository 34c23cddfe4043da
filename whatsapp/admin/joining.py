"""Two contacts that are one person: their chats joined from the chat's page, and taken apart again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from atendeai.common import clock, phones
from clinics.admin.auditing import user_of
from clinics.admin.joining import WHY, Card, Desk, Past, join, number_in, tell_refused, tell_undone
from clinics.merging import CannotUndo
from clinics.models import Clinic
from whatsapp import likely, merging, unmerging
from whatsapp.admin import inbox
from whatsapp.models import Contact, ContactMerge, Conversation, MergeSource, Message

MOST_PAST = 5
SAID_SHOWN = 3


class ContactDesk(Desk):
    """Chats of one clinic, each standing for its contact."""

    title = _("Join with another contact")
    address = "admin:whatsapp_conversation_change"

    def rows(self) -> Any:
        """Chats that stand."""
        rows = Conversation.objects.for_clinic(self.clinic).filter(merged_into__isnull=True)
        return rows.select_related("contact__patient")

    def card(self, row: Conversation) -> Card:
        """Names, number, patient and what was said last."""
        contact = row.contact
        lines = [
            (_("phone"), inbox.phone_of(row) or str(_("no phone"))),
            (_("user name"), inbox.username_of(row)),
            (_("on WhatsApp"), contact.name),
            (_("patient"), contact.patient.name if contact.patient else "—"),
            (_("patient's phone"), phones.display(phones.digits(contact.patient.phone)) if contact.patient else ""),
            (_("since"), date_format(localtime(contact.created_at), "d/m/Y")),
            *((_("said"), words) for words in _said(row)),
        ]
        return Card(row.pk, inbox.who(row), [(label, value) for label, value in lines if value])

    def suggestions(self, row: Conversation) -> list[Card]:
        """By patient, number and name; the latest chat of each."""
        why = {one.contact.pk: one.why for one in likely.of(row.contact)}
        chats = self.rows().filter(contact__in=why).order_by("contact", "-last_message_at").distinct("contact")
        return [_short(chat, why[chat.contact_id]) for chat in chats]

    def search(self, row: Conversation, term: str) -> list[Card]:
        """Name, user name or number contains it."""
        found = inbox.conversations(self.clinic, "all", term).exclude(contact=row.contact_id)
        return [_short(chat) for chat in inbox.waiting_first(found, 10)]

    def merge(self, kept: Conversation, lost: Conversation) -> None:
        """By the person at the screen."""
        merging.merge(
            survivor=kept.contact,
            loser=lost.contact,
            source=MergeSource.STAFF,
            by=user_of(self.request),
            now=clock.now(),
        )


def _said(chat: Conversation) -> list[str]:
    rows = Message.objects.for_clinic(chat.clinic_id).filter(conversation=chat).exclude(body="").order_by("-id")
    return [
        f"{date_format(localtime(one.created_at), 'd/m H:i')} · {one.get_author_display()}: {one.body[:80]}"
        for one in rows[:SAID_SHOWN]
    ]


def _short(chat: Conversation, why: str = "") -> Card:
    where = inbox.phone_of(chat) or inbox.username_of(chat) or str(_("no phone"))
    return Card(chat.pk, inbox.who(chat), [(_("phone"), where)], WHY[why])


def past(contact: Contact) -> list[Past]:
    """What was joined into this contact, newest first."""
    rows = ContactMerge.objects.for_clinic(contact.clinic_id).filter(survivor=contact, undone_at__isnull=True)
    now = clock.now()
    return [
        Past(row.pk, _name(row.loser), row.at, str(row.by) if row.by else "WhatsApp", unmerging.may_undo(row, now=now))
        for row in rows.select_related("loser__patient", "by", "clinic")[:MOST_PAST]
    ]


def _name(contact: Contact) -> str:
    return contact.name or (f"@{contact.username}" if contact.username else "") or str(_("contact without a name"))


def show(page: Any, request: HttpRequest, clinic: Clinic, conversation: Conversation) -> HttpResponse:
    """«Juntar com outro contato»."""
    return join(page, request, ContactDesk(request, clinic), conversation)


def undo(request: HttpRequest, clinic: Clinic, conversation: Conversation) -> HttpResponse:
    """«Desfazer»."""
    rows = ContactMerge.objects.for_clinic(clinic).filter(survivor=conversation.contact)
    merge = get_object_or_404(rows, pk=number_in(request.POST.get("merge", "")))
    try:
        undone = unmerging.undo(clinic=clinic, merge=merge, by=user_of(request), now=clock.now())
    except CannotUndo as refusal:
        tell_refused(request, refusal)
    else:
        tell_undone(request, undone)
        if merge.source == MergeSource.META:
            messages.info(request, _("WhatsApp had told that they are one; should it do so again, they are joined."))
    return redirect("admin:whatsapp_conversation_change", conversation.pk)
