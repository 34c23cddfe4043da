"""Do coming events already show what they shall show? A line beside the settings."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calendar_sync import writes
from clinics.admin import Panel, clinic_panels
from clinics.models import Clinic


def rewriting_panel(clinic: Clinic) -> Panel | None:
    """How many events wait in the queue to be written anew; nothing when none does."""
    number, is_more = writes.rewriting.waiting(clinic_id=clinic.pk)
    if not number and not is_more:
        return None
    if not number:
        words = _("Coming events will be written anew in a moment.")
    elif is_more:
        words = _("Coming events are being written anew; %(number)s are in the queue now.") % {"number": number}
    else:
        words = ngettext(
            "%(number)s event is in the queue to be written anew.",
            "%(number)s events are in the queue to be written anew.",
            number,
        ) % {"number": number}
    return Panel(_("Google Calendar"), words, "warning")


clinic_panels.append(rewriting_panel)
