"""What is a clinic told about its calendars? The kinds of alert, their words and where each is mended."""

from django.urls import reverse
from django.utils.translation import gettext as _

from calendar_sync.models import Link
from clinics import alerts
from clinics.models import Alert

RECONNECT = "calendar_reconnect"


def register() -> None:
    """Called once, when the app is ready."""
    alerts.register(RECONNECT, alerts.Kind(_reconnect_words, page=_calendars_page, mails_owners=True))


def _reconnect_words(alert: Alert) -> str:
    link = Link.objects.for_clinic(alert.clinic_id).filter(pk=alert.target_id).select_related("professional").first()
    name = link.professional.name if link else "?"
    return _("The Google calendar of %(name)s must be connected again: new appointments wait, nothing is lost.") % {
        "name": name
    }


def _calendars_page(_alert: Alert) -> str:
    return reverse("admin:calendar_sync_link_changelist")
