"""Does this person want messages that are neither answers nor about their appointments? (LGPD: they decide.)

Three ways lead here: the person says so in WhatsApp's own settings (`user_preferences`), Meta refuses a message because
they said so (131050), or they write so in the chat. The latest word counts, in whatever order the news comes.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from clinics import alerts, audit
from clinics.audit import Actor
from clinics.models import Alert
from whatsapp import contacts
from whatsapp.models import Contact, Item, Marketing, Message, Number
from whatsapp.payloads import identify

SPIKE = "marketing_opt_outs"
# So many within a day are no chance: somebody should look at what the clinic sends.
SPIKE_COUNT, SPIKE_PERIOD = 10, timedelta(hours=24)
REFUSED = "131050"
_WORDS = {"stop": Marketing.STOPPED, "resume": Marketing.ALLOWED, "signup": Marketing.ALLOWED}


def may_market(contact: Contact) -> bool:
    """Whether marketing templates may go to this person; answers and news of their appointments always may."""
    return contact.marketing != Marketing.STOPPED


def note(*, contact: Contact, marketing: Marketing, source: str, at: datetime, now: datetime) -> bool:
    """Writes down what the person wants; False when they said something later or the same before."""
    rows = Contact.objects.for_clinic(contact.clinic_id).filter(pk=contact.pk)
    newer = rows.filter(Q(marketing_at__isnull=True) | Q(marketing_at__lte=at)).exclude(marketing=marketing)
    if not newer.update(marketing=marketing, marketing_at=at, marketing_source=source[:40]):
        return False
    contact.refresh_from_db(fields=["marketing", "marketing_at", "marketing_source"])
    by = Actor("patient", contact.patient_id)
    action: audit.Action = "marketing_stopped" if marketing == Marketing.STOPPED else "marketing_allowed"
    audit.record(clinic=contact.clinic, action=action, target=contact, by=by, now=now, fields=["marketing"])
    if marketing == Marketing.STOPPED:
        _warn(contact, now)
    return True


def apply_notice(*, item: Item, payload: dict[str, Any], now: datetime) -> str:
    """A `user_preferences` entry."""
    marketing = _WORDS.get(str(payload.get("value")))
    if marketing is None or payload.get("category") not in (None, "marketing_messages"):
        return "unknown_preference"
    person = identify(payload.get("wa_id"), payload.get("user_id"), None)
    number = Number.objects.for_clinic(item.clinic_id).filter(phone_number_id=item.scope).first()
    if number is None or not (person.user_id or person.wa_id):
        return "nobody_named"
    contact = contacts.find(number.clinic_id, person) or contacts.resolve(number, person, at=item.provider_at, now=now)
    is_news = note(contact=contact, marketing=marketing, source="user_preferences", at=item.provider_at, now=now)
    return "" if is_news else "nothing_new"


def heed_refusal(message: Message, now: datetime) -> None:
    """Meta did not deliver a message because the person wants none."""
    contact = message.conversation.contact
    note(contact=contact, marketing=Marketing.STOPPED, source=f"error_{REFUSED}", at=now, now=now)


def register_alert() -> None:
    """Names our alert."""
    alerts.register(SPIKE, alerts.Kind(words=_spike_words, is_grave=False, mails_owners=True, can_be_dismissed=True))


def _warn(contact: Contact, now: datetime) -> None:
    stopped = Contact.objects.for_clinic(contact.clinic_id).filter(marketing=Marketing.STOPPED)
    if stopped.filter(marketing_at__gt=now - SPIKE_PERIOD)[:SPIKE_COUNT].count() >= SPIKE_COUNT:
        alerts.raise_alert(clinic=contact.clinic, kind=SPIKE, now=now)


def _spike_words(_alert: Alert) -> Any:
    return _("Many patients in one day asked for no more such messages: look at what the clinic sends.")
