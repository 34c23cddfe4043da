"""What happened to this row, and who did it? The audit, in words."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinics.models import AuditEntry, Clinic, User

MOST = 20
_ACTIONS: dict[str, Promise] = {
    "appointment_booked": _("Booked"),
    "appointment_rescheduled": _("Moved to another time"),
    "appointment_confirmed": _("Confirmed"),
    "appointment_cancelled": _("Cancelled"),
    "appointment_no_show": _("Did not come"),
    "appointment_completed": _("Attended"),
    "patient_registered": _("Patient registered"),
    "conversation_taken": _("Conversation taken over"),
    "conversation_answered": _("Answer sent"),
    "conversation_returned": _("Conversation given back to the assistant"),
    "credential_created": _("Credential stored"),
    "credential_changed": _("Credential replaced"),
    "credential_refused": _("Credential refused by the provider"),
    "credential_rotated": _("Credential encrypted anew"),
    "number_unblocked": _("Number unblocked"),
    "calendar_authorized": _("Google account authorised"),
    "calendar_linked": _("Calendar connected"),
    "calendar_disconnected": _("Calendar disconnected"),
    "member_invited": _("Person invited"),
    "member_joined": _("Joined the team"),
    "api_key_created": _("API key created"),
    "api_key_revoked": _("API key revoked"),
}
_VERBS: dict[str, Promise] = {"created": _("Created"), "changed": _("Changed"), "deleted": _("Deleted")}
_ACTORS: dict[str, Promise] = {
    "patient": _("patient, on WhatsApp"),
    "api_key": _("a program (API)"),
    "system": _("the system"),
    "google": _("Google Agenda"),
}


@dataclass(frozen=True)
class Fact:
    """One line of the history."""

    at: datetime
    words: str
    who: str


def action_words(action: str) -> str:
    """The action as a person reads it."""
    verb = _VERBS.get(action.rpartition("_")[2])
    return str(_ACTIONS.get(action) or verb or action.replace("_", " ").capitalize())


def actor_words(kind: str, name: str | None) -> str:
    """The actor as a person reads it; `name` of a user, if they still exist."""
    return name or str(_ACTORS.get(kind, _("somebody of the team")))


def of(clinic: Clinic, row: Model) -> list[Fact]:
    """The latest facts about a row of the clinic, newest first: two queries."""
    entries = AuditEntry.objects.for_clinic(clinic).filter(object_type=row._meta.model_name, object_id=str(row.pk))[
        :MOST
    ]
    return facts(list(entries))


def facts(entries: list[AuditEntry]) -> list[Fact]:
    """Entries in words: one query for the names."""
    names = user_names(entries)
    return [
        Fact(entry.at, action_words(entry.action), actor_words(entry.actor_kind, names.get(entry.actor_id or 0)))
        for entry in entries
    ]


def user_names(entries: list[AuditEntry]) -> dict[int, str]:
    """Names of the users who acted."""
    ids = {entry.actor_id for entry in entries if entry.actor_kind == "user" and entry.actor_id}
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))
