"""What of the calendars waits for a person, in words: the kinds that «Pendências» shows."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calendar_sync import set_aside
from calendar_sync.admin.words import error_words
from calendar_sync.models import CalendarWrite, GoogleChange
from clinics import pending
from clinics.models import Appointment
from clinics.pending import Kind, Shown

_WHY_NOT: dict[str, Promise] = {
    set_aside.REPLACED: gettext_lazy("A newer version has been written meanwhile."),
    set_aside.DISCONNECTED: gettext_lazy("The calendar is disconnected: connect it again first."),
}


def _why_not(code: str) -> str:
    return str(_WHY_NOT.get(code, code))


def show_writes(rows: Sequence[CalendarWrite]) -> list[Shown]:
    """Whose appointment, in whose calendar."""
    return [
        Shown(
            id=row.pk,
            at=row.created_at,
            what=_appointment_words(row.appointment)
            if row.appointment
            else _("Event in the calendar of %(who)s") % {"who": row.mirror.link.professional.name},
            why=error_words(row.error_code) or _("Google refused the event."),
            tries=row.attempt,
            link=_page(row.appointment_id),
        )
        for row in rows
    ]


def show_changes(rows: Sequence[GoogleChange]) -> list[Shown]:
    """Whose appointment was touched."""
    return [
        Shown(
            id=row.pk,
            at=row.noted_at,
            what=_appointment_words(row.appointment),
            why=_("A change in Google Calendar could not be looked at (%(code)s).") % {"code": row.error_code or "—"},
            tries=row.attempt,
            link=_page(row.appointment_id),
        )
        for row in rows
    ]


def _appointment_words(appointment: Appointment) -> str:
    at = date_format(localtime(appointment.starts_at), "d/m H:i")
    return _("Appointment of %(who)s, %(at)s") % {"who": appointment.patient.name, "at": at}


def _page(appointment_id: int | None) -> str:
    return reverse("admin:clinics_appointment_change", args=[appointment_id]) if appointment_id else ""


pending.register(
    "writes",
    Kind(
        words=gettext_lazy("Google Calendar"),
        aside=set_aside.writes,
        unfit=set_aside.write_unfit,
        show=show_writes,
        again=set_aside.write_again,
        why_not=_why_not,
    ),
)
pending.register(
    "changes",
    Kind(
        words=gettext_lazy("Changes from Google"),
        aside=set_aside.changes,
        show=show_changes,
        again=set_aside.look_again,
        why_not=_why_not,
    ),
)
