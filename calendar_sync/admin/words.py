"""What the calendar's pages call errors, lights and differences."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calendar_sync.reconciling import FOR_PEOPLE, HARMLESS, Kind

_ERRORS: dict[str, Promise] = {
    "invalid_grant": _("Google no longer accepts the permission: connect again."),
    "notFound": _("The calendar no longer exists in this account."),
    "forbidden": _("The account may no longer write to this calendar."),
    "requiredAccessLevel": _("The account may no longer write to this calendar."),
    "insufficientPermissions": _("A permission is missing: connect again and leave everything ticked."),
    "rateLimitExceeded": _("Google asked for a pause; it goes on by itself."),
    "userRateLimitExceeded": _("Google asked for a pause; it goes on by itself."),
    "quotaExceeded": _("Google's limit was reached; it goes on by itself later."),
    "circuit_open": _("Google is not answering; it goes on by itself."),
    "Unreachable": _("Google is not answering; it goes on by itself."),
    "OutcomeUnknown": _("Google is not answering; it goes on by itself."),
    "no_time_left": _("Google is not answering; it goes on by itself."),
    "authError": _("Google is not answering; it goes on by itself."),
    "connected_anew": _("Google is not answering; it goes on by itself."),
    "backendError": _("Google is not answering; it goes on by itself."),
    "needs_reconnect": _("Google no longer accepts the permission: connect again."),
    "client_changed": _("The Google client was changed: connect again."),
    "given_up": _("It was tried several times and did not come to an end."),
}
DIFFERENCES: dict[str, tuple[Promise, Promise]] = {
    Kind.MISSING: (_("Appointment without its event"), _("The event is written.")),
    Kind.SET_ASIDE: (_("Google refused the last change"), _("It is tried once more.")),
    Kind.WRONG_TIME: (_("The event is at another time than the appointment"), _("The event follows the appointment.")),
    Kind.OLD_TEXT: (_("The event's text is out of date"), _("The text is written anew.")),
    Kind.STALE: (_("Event of a cancelled or handed over appointment"), _("The event is removed.")),
    Kind.TWIN: (_("Second event of one appointment"), _("The second one is removed.")),
    Kind.GONE: (
        _("The event is not in the calendar"),
        _("It is looked up, and then asked about or followed, as the clinic chose."),
    ),
    Kind.MOVED: (_("The event was changed in Google"), _("It is followed, asked about or put back.")),
    Kind.CHANGED: (_("Text or colour changed in Google"), _("It stays as the person made it.")),
    Kind.BUSY_MISSING: (_("Busy time in Google that was not known here"), _("The time is kept free of appointments.")),
    Kind.BUSY_MOVED: (_("Busy time at another hour"), _("The time in Google counts.")),
    Kind.BUSY_EXTRA: (_("Busy time that Google no longer has"), _("The time is free again.")),
    Kind.UNKNOWN: (
        _("Event with our mark, of an appointment that is not known here"),
        _("Nothing is touched: look at it in Google Calendar and delete it there if it is not needed."),
    ),
    Kind.RESTORED: (
        _("Event of a cancelled appointment, restored in Google"),
        _("It stays, and its time is kept free of appointments."),
    ),
    Kind.OTHER_CLINIC: (_("Event of another clinic in the same calendar"), _("Nothing is touched.")),
}


def error_words(code: str) -> str:
    """What is wrong with a calendar; "" for no code."""
    if not code:
        return ""
    return str(_ERRORS.get(code) or _("Google answered with an error (%(code)s).") % {"code": code})


def tone_of(kind: str) -> str:
    """How a difference is coloured."""
    if kind in FOR_PEOPLE:
        return "danger"
    return "neutral" if kind in HARMLESS else "warning"
