"""Templates for tests: in our table, at the simulator, or both."""

import json
from datetime import datetime
from typing import Any

from atendeai.testing.factories import MONDAY
from atendeai.testing.simulator import Simulator
from clinics.models import Clinic
from whatsapp.cloud_api.template_drafts import Draft
from whatsapp.models import Number, Template
from whatsapp.starter_templates import BY_PURPOSE, Purpose

ACCOUNT = "200000000000001"


def keep(number: Number, draft: Draft, *, status: str = "APPROVED", at: datetime = MONDAY, **fields: Any) -> Template:
    """Our row of it, as a comparison would have left it."""
    return Template.objects.create(
        clinic=number.clinic,
        account_id=number.account_id,
        name=draft.name,
        language=draft.language,
        is_named=True,
        components=json.dumps(draft.components()),
        status=status,
        created_at=at,
        **{"category": draft.category, **fields},
    )


def keep_starter(number: Number, purpose: Purpose, **fields: Any) -> Template:
    """The starter set's for this purpose."""
    return keep(number, BY_PURPOSE[purpose].draft(), **fields)


def put_at_meta(meta: Simulator, draft: Draft, *, slug: str = "aurora", status: str = "APPROVED") -> str:
    """The same at the simulator, without a review; its id there."""
    told = {**draft.payload(), "slug": slug, "status": status}
    return str(meta.control("POST", "templates", told)["id"])


def empty_meta(meta: Simulator, slug: str = "aurora") -> None:
    """No template is left there, and reviews go as usual."""
    meta.control("DELETE", f"templates?slug={slug}")
    meta.control("POST", "templates/reviews", {})


def at_meta(meta: Simulator, slug: str = "aurora") -> dict[str, dict[str, Any]]:
    """What the simulator holds, by name."""
    return {one["name"]: one for one in meta.control("GET", f"templates?slug={slug}")["templates"]}


def rows_of(clinic: Clinic) -> dict[str, str]:
    """Name → state of our rows."""
    return dict(Template.objects.for_clinic(clinic).values_list("name", "status"))
