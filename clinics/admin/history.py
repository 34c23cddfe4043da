"""What happened to this row, and who did it? The audit, in words."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from clinics.models import AuditEntry, Clinic, CloseReason, User

MOST = 20
_ACTIONS: dict[str, Promise] = {
    "alert_raised": _("Something needed attention"),
    "alert_cleared": _("No longer needs attention"),
    "appointment_booked": _("Booked"),
    "appointment_rescheduled": _("Moved to another time"),
    "appointment_resized": _("Lasts another time"),
    "appointment_confirmed": _("Confirmed"),
    "appointment_cancelled": _("Cancelled"),
    "appointment_no_show": _("Did not come"),
    "appointment_completed": _("Attended"),
    "patient_registered": _("Patient registered"),
    "patient_merged": _("Joined with another record"),
    "patient_merged_away": _("Joined into another record"),
    "patient_merge_undone": _("Taken apart again"),
    "patient_phone_changed": _("Phone changed"),
    "contact_merged": _("Conversations joined"),
    "contact_merge_undone": _("Conversations taken apart again"),
    "contact_merge_forgotten": _("Trace of joined conversations erased"),
    "contact_ids_changed": _("Number or id on WhatsApp changed"),
    "contact_identity_changed": _("WhatsApp set up anew on the patient's phone"),
    "phone_asked": _("Asked for the phone number"),
    "conversation_taken": _("Conversation taken over"),
    "conversation_answered": _("Answer sent"),
    "conversation_answered_on_phone": _("Answered on the clinic's telephone"),
    "message_reacted": _("Reaction sent"),
    "marketing_stopped": _("Asked for no more marketing"),
    "marketing_allowed": _("Accepts marketing again"),
    "media_viewed": _("File seen"),
    "media_downloaded": _("File downloaded"),
    "media_uploaded": _("File sent up"),
    "media_retried": _("File fetched once more"),
    "media_erased": _("File erased"),
    "conversation_returned": _("Conversation given back to the assistant"),
    "credential_created": _("Credential stored"),
    "credential_changed": _("Credential replaced"),
    "credential_refused": _("Credential refused by the provider"),
    "credential_rotated": _("Credential encrypted anew"),
    "number_created": _("Number added"),
    "number_changed": _("Number changed"),
    "number_unblocked": _("Number unblocked"),
    "number_stopped": _("Number stopped by Meta"),
    "number_resumed": _("Number free to send again"),
    "number_registered": _("Number registered at Meta"),
    "number_subscribed": _("Webhooks of the account turned on"),
    "number_webhook_set": _("Address for webhooks set"),
    "number_tested": _("Test message sent"),
    "calendar_authorized": _("Google account authorised"),
    "calendar_linked": _("Calendar connected"),
    "calendar_invited": _("Professional invited to connect a calendar"),
    "calendar_needs_reconnect": _("Calendar must be connected again"),
    "calendar_disconnected": _("Calendar disconnected"),
    "calendar_token_refreshed": _("Access to the calendar renewed"),
    "calendar_twin_removed": _("Repeated event removed from Google"),
    "google_change_accepted": _("Change from Google followed"),
    "google_change_refused": _("Change from Google not followed"),
    "template_submitted": _("Template submitted"),
    "template_edited": _("Template edited"),
    "template_deleted": _("Template deleted"),
    "template_uses_changed": _("Uses of templates changed"),
    "messageprice_changed": _("Prices of messages changed"),
    "pending_replayed": _("Tried again"),
    "pending_closed": _("Put away"),
    "pending_reopened": _("Open again"),
    "delivery_replayed": _("Call unpacked once more"),
    "circuit_reset": _("Tried at once after an outage"),
    "clinic_created": _("Clinic created"),
    "encryption_key_rotated": _("Encryption key replaced"),
    "webhook_networks_changed": _("Networks of Meta replaced"),
    "member_invited": _("Person invited"),
    "member_joined": _("Joined the team"),
    "api_key_created": _("API key created"),
    "api_key_revoked": _("API key revoked"),
}
_VERBS: dict[str, Promise] = {"created": _("Created"), "changed": _("Changed"), "deleted": _("Deleted")}
_MORE_FIELDS: dict[str, Promise] = {
    "services": _("services"),
    "givers": _("professionals"),
    "added": _("added"),
    "deleted": _("removed"),
    "access_token": _("access token"),
    "app_secret": _("App secret of the clinic"),
    "whatsapp": _("WhatsApp"),
    "google": _("Google Agenda"),
    "handler": _("who answers"),
    **dict(CloseReason.choices),
}
# What is audited and is no row of ours.
_OBJECTS: dict[str, Promise] = {
    "credential": _("Credential"),
    "network": _("Networks of Meta"),
    "installation": _("Installation"),
}
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
    return str(_ACTIONS.get(action) or _VERBS.get(action.rpartition("_")[2]) or action)


def object_words(model_name: str) -> str:
    """What kind of row it was, as the portal calls it."""
    model = _models().get(model_name)
    return capfirst(str(model._meta.verbose_name)) if model else str(_OBJECTS.get(model_name, model_name))


def field_words(model_name: str, names: list[str]) -> str:
    """The fields by the names the forms give them; `model.field` for rows below."""
    return ", ".join(_field_words(model_name, name) for name in names)


def _field_words(model_name: str, name: str) -> str:
    below, _dot, field = name.rpartition(".")
    model = _models().get(below or model_name)
    try:
        words = str(getattr(model._meta.get_field(field), "verbose_name", field)) if model else field
    except FieldDoesNotExist:  # a box of the form, such as the services of a professional
        words = str(_MORE_FIELDS.get(field, field))
    return f"{object_words(below).lower()}: {words}" if below else words


@cache
def _models() -> dict[str, type[Model]]:
    return {str(model._meta.model_name): model for model in apps.get_models()}


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
