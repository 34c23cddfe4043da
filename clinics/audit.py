"""How is a fact written down for the audit? Ids, field names and the actor; never a value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType

from django.db.models import Model

from clinics.models import AuditEntry, Clinic

ActorKind = Literal["user", "patient", "api_key", "system", "google"]
# Closed, so that the portal has words for each (`clinics.admin.history`).
Action = Literal[
    "alert_cleared",
    "alert_raised",
    "api_key_created",
    "api_key_revoked",
    "appointment_booked",
    "appointment_cancelled",
    "appointment_completed",
    "appointment_confirmed",
    "appointment_no_show",
    "appointment_rescheduled",
    "appointment_resized",
    "calendar_authorized",
    "calendar_disconnected",
    "calendar_invited",
    "calendar_linked",
    "calendar_needs_reconnect",
    "calendar_token_refreshed",
    "calendar_twin_removed",
    "circuit_reset",
    "clinic_created",
    "contact_identity_changed",
    "contact_ids_changed",
    "contact_merge_forgotten",
    "contact_merge_undone",
    "contact_merged",
    "conversation_answered",
    "conversation_answered_on_phone",
    "conversation_returned",
    "conversation_taken",
    "credential_changed",
    "credential_created",
    "credential_refused",
    "credential_rotated",
    "delivery_replayed",
    "encryption_key_rotated",
    "google_change_accepted",
    "google_change_refused",
    "marketing_allowed",
    "marketing_stopped",
    "media_downloaded",
    "media_erased",
    "media_retried",
    "media_uploaded",
    "media_viewed",
    "member_invited",
    "member_joined",
    "message_reacted",
    "messageprice_changed",
    "number_changed",
    "number_created",
    "number_registered",
    "number_resumed",
    "number_stopped",
    "number_subscribed",
    "number_tested",
    "number_unblocked",
    "number_webhook_set",
    "patient_merge_undone",
    "patient_merged",
    "patient_merged_away",
    "patient_phone_changed",
    "patient_registered",
    "pending_closed",
    "pending_reopened",
    "pending_replayed",
    "phone_asked",
    "template_deleted",
    "template_edited",
    "template_submitted",
    "template_uses_changed",
    "webhook_networks_changed",
]
# What a form of the portal did: <model>_created, _changed or _deleted.
FormAction = NewType("FormAction", str)


@dataclass(frozen=True)
class Actor:
    """Who acts: a kind and, where there is one, the row's id."""

    kind: ActorKind
    id: int | None = None


SYSTEM = Actor("system")


def record(
    *,
    clinic: Clinic | None,
    action: Action | FormAction,
    target: Model | None = None,
    by: Actor,
    now: datetime,
    fields: Sequence[str] = (),
    target_type: str = "",
    target_id: str = "",
) -> AuditEntry:
    """One row in the transaction at hand. `target` gives type and id, unless they are named."""
    return AuditEntry.objects.create(
        clinic=clinic,
        at=now,
        actor_kind=by.kind,
        actor_id=by.id,
        action=action,
        object_type=target_type or (target._meta.model_name if target else "") or "",
        object_id=target_id or (str(target.pk) if target else ""),
        fields=list(fields),
    )
