"""What does the clinic read when a template stops, or a notice finds none?"""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinics import alerts
from clinics.models import Alert
from whatsapp.appointment_notices import MISSING, lacking
from whatsapp.purpose_words import PURPOSES
from whatsapp.template_states import BECAME_MARKETING, STOPPED

_STOPPED: dict[str, Promise] = {
    "PAUSED": _("WhatsApp has paused the template «%(name)s». Notices that use it are not sent until it goes on."),
    "REJECTED": _("WhatsApp has not approved the template «%(name)s». Open it to see why and to send it again."),
    "DISABLED": _("WhatsApp has disabled the template «%(name)s» for good. Choose or create another one."),
}
_OTHERWISE = _("The template «%(name)s» cannot be sent at the moment.")
_MARKETING = _("WhatsApp counts the template «%(name)s» as marketing: notices about appointments no longer use it.")
_MISSING = _(
    "Notices to patients were not sent, for want of an approved template: %(purposes)s. More than 24 hours after a"
    " patient wrote, only templates may be sent: create the starter set, or write to the patients yourself."
)


def register() -> None:
    """Names our alerts."""
    alerts.register(STOPPED, alerts.Kind(words=_stopped, page=_page, mails_owners=True, can_be_dismissed=True))
    alerts.register(BECAME_MARKETING, alerts.Kind(words=_marketing, page=_page, can_be_dismissed=True))
    alerts.register(MISSING, alerts.Kind(words=_missing, page=_list, mails_owners=True, can_be_dismissed=True))


def _stopped(alert: Alert) -> str:
    status, _sign, name = alert.detail.partition(":")
    return str(_STOPPED.get(status, _OTHERWISE)) % {"name": name}


def _marketing(alert: Alert) -> str:
    return str(_MARKETING) % {"name": alert.detail}


def _missing(alert: Alert) -> str:
    named = "; ".join(f"«{PURPOSES[purpose]}»" for purpose in lacking(alert.detail))
    return str(_MISSING) % {"purposes": named or "—"}


def _page(alert: Alert) -> str:
    return reverse("admin:whatsapp_template_change", args=[alert.target_id])


def _list(_alert: Alert) -> str:
    return reverse("admin:whatsapp_template_changelist")
