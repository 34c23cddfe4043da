"""How is a fact written down for the audit? Ids, field names and the actor; never a value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Model

from clinics.models import AuditEntry, Clinic

ActorKind = Literal["user", "patient", "api_key", "system", "google"]


@dataclass(frozen=True)
class Actor:
    """Who acts: a kind and, where there is one, the row's id."""

    kind: ActorKind
    id: int | None = None


SYSTEM = Actor("system")


def record(
    *,
    clinic: Clinic | None,
    action: str,
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
