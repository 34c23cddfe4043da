"""What does the page show of Meta's side? The chosen number with its health, and the account's templates."""

from __future__ import annotations

from sandbox.graph.happenings import EVENTS
from sandbox.graph.nodes import account_facts, number_facts
from sandbox.graph.template_reviews import settings_of
from sandbox.simulator import Simulator
from sandbox.store import Json

HEALTH = ("quality_rating", "messaging_limit", "throughput_level", "status", "name_status", "platform_type")
ACCOUNT = ("account_review_status", "ban_state", "restrictions", "payment_problem")
TEMPLATE = "id, name, language, category, status, quality, reason"


def meta_state(simulator: Simulator, slug: str) -> Json:
    """Empty for a number that does not exist."""
    number = simulator.store.find("SELECT * FROM numbers WHERE slug = ?", slug)
    if number is None:
        return {}
    own, account = number_facts(simulator.store, number), account_facts(simulator.store, number)
    sql = f"SELECT {TEMPLATE} FROM templates WHERE waba_id = ? ORDER BY name, language"  # noqa: S608 - own column names
    return {
        "phone_number_id": number["phone_number_id"],
        "waba_id": number["waba_id"],
        "access_token": number["access_token"],
        "display": number["display"],
        **{name: own[name] for name in HEALTH},
        **{name: account[name] for name in ACCOUNT},
        "templates": [dict(row) for row in simulator.store.list(sql, number["waba_id"])],
        "reviews": settings_of(simulator),
        "events": list(EVENTS),
    }
