"""What is a clinic told about its calendars? The kinds of alert, their words and where each is mended."""

from django.urls import reverse
from django.utils.translation import gettext as _

from calendar_sync.models import Link
from clinics import alerts
from clinics.models import Alert

RECONNECT = "calendar_reconnect"
CONFLICT = "calendar_conflict"
PUT_BACK = "calendar_put_back"
BEHIND = "calendar_behind"
DIFFERENCES = "calendar_differences"
LEFT_BEHIND = "calendar_left_behind"


def register() -> None:
    """Called once, when the app is ready."""
    alerts.register(RECONNECT, alerts.Kind(_reconnect_words, page=_calendars_page, mails_owners=True))
    alerts.register(CONFLICT, alerts.Kind(_conflict_words, page=_changes_page, can_be_dismissed=True))
    alerts.register(PUT_BACK, alerts.Kind(_put_back_words, page=_changes_page, is_grave=False, can_be_dismissed=True))
    alerts.register(
        DIFFERENCES,
        alerts.Kind(_differences_words, page=_calendars_page, is_grave=False, can_be_dismissed=True),
    )
    alerts.register(LEFT_BEHIND, alerts.Kind(_left_behind_words, page=_calendars_page, can_be_dismissed=True))
    alerts.register(BEHIND, alerts.Kind(_behind_words, page=_calendars_page))


def _reconnect_words(alert: Alert) -> str:
    return _("The Google calendar of %(name)s must be connected again: new appointments wait, nothing is lost.") % {
        "name": _name(alert)
    }


def _behind_words(alert: Alert) -> str:
    return _("The Google calendar of %(name)s cannot be read: the busy times known from it may be out of date.") % {
        "name": _name(alert)
    }


def _differences_words(alert: Alert) -> str:
    return _("The calendar of %(name)s holds events that bear our mark and belong to no appointment. Please look.") % {
        "name": _name(alert)
    }


def _left_behind_words(alert: Alert) -> str:
    return _(
        "Events of %(name)s may still stand in the calendar used before, which we can no longer open."
        " Please look there and delete what is there twice."
    ) % {"name": _name(alert)}


def _conflict_words(_alert: Alert) -> str:
    return _("Something in Google Calendar lies over an appointment. Nothing was moved: see which.")


def _put_back_words(_alert: Alert) -> str:
    return _("A change made in Google Calendar did not fit and was undone there.")


def _name(alert: Alert) -> str:
    link = Link.objects.for_clinic(alert.clinic_id).filter(pk=alert.target_id).select_related("professional").first()
    return link.professional.name if link else "?"


def _changes_page(_alert: Alert) -> str:
    return reverse("admin:calendar_sync_googlechange_changelist")


def _calendars_page(_alert: Alert) -> str:
    return reverse("admin:calendar_sync_link_changelist")
