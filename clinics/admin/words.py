"""What is said when an appointment cannot be so? In words a receptionist can act on."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinics.booking import CannotBook
from clinics.calendar_looks import CalendarBusy

_REFUSALS: dict[str, Promise] = {
    "slot_taken": _("This professional already has something at that time. Choose another time."),
    "calendar_unknown": _(
        "Google does not answer, so nobody can tell whether the professional is free then. Try again in a moment, or"
        " book this time all the same."
    ),
    "outside_hours": _("The professional does not attend at that time."),
    "too_soon": _("That time is too close, or already past."),
    "too_far": _("That date is beyond the booking window."),
    "not_offered": _("This professional does not give this service."),
    "invalid_transition": _("The appointment's present state does not allow this."),
}


def refusal_words(refusal: CannotBook) -> str:
    """The reason, as the page shows it."""
    if isinstance(refusal, CalendarBusy):
        return str(_("This time is blocked, or the professional's calendar shows something else then."))
    return str(_REFUSALS.get(refusal.code, _("The appointment could not be saved.")))
