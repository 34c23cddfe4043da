"""What does Meta hold about a number and its business account? Defaults of a healthy one, and what was changed since.

`permissions`, `token_expired`, `pin` and the registration counters are Meta's inner knowledge: no node shows them.
"""

from __future__ import annotations

import json

from sandbox.graph.errors import GraphError
from sandbox.simulator import Simulator
from sandbox.store import Json, Row, Store

MANAGE = "whatsapp_business_management"
MESSAGE = "whatsapp_business_messaging"
NUMBER: Json = {
    "quality_rating": "GREEN",
    "code_verification_status": "VERIFIED",
    "platform_type": "CLOUD_API",
    "status": "CONNECTED",
    "name_status": "APPROVED",
    "new_name_status": "NONE",
    "new_display_name": "",
    "verified_name": None,  # the row's own unless changed
    "throughput_level": "STANDARD",
    "messaging_limit": "TIER_2K",
    "is_on_biz_app": False,
    "health_errors": [],
    "permissions": [MANAGE, MESSAGE],
    "token_expired": False,
    "pin": None,
    "wrong_pins": [],
    "registrations": [],
    "deregistered_at": 0,
}
ACCOUNT: Json = {
    "name": None,
    "currency": "BRL",
    "timezone_id": "25",
    "account_review_status": "APPROVED",
    "business_verification_status": "verified",
    "country": "BR",
    "ban_state": "",
    "restrictions": [],
    "payment_problem": False,
    "health_errors": [],
}


def number_facts(store: Store, number: Row) -> Json:
    return {**NUMBER, "verified_name": number["verified_name"], **_stored(store, number["phone_number_id"])}


def account_facts(store: Store, number: Row) -> Json:
    return {**ACCOUNT, "name": number["verified_name"], **_stored(store, number["waba_id"])}


def set_facts(store: Store, object_id: str, **facts: object) -> None:
    """Changes what is named, keeps the rest."""
    kept = json.dumps({**_stored(store, object_id), **facts})
    store.run("INSERT OR REPLACE INTO nodes (id, facts) VALUES (?, ?)", object_id, kept)


def _stored(store: Store, object_id: str) -> Json:
    row = store.find("SELECT facts FROM nodes WHERE id = ?", object_id)
    found: Json = json.loads(row["facts"]) if row else {}
    return found


def need_permission(simulator: Simulator, number: Row, permission: str) -> None:
    """The token's scopes: what it lacks is refused before anything is looked at."""
    if permission not in number_facts(simulator.store, number)["permissions"]:
        code = 10 if permission == MESSAGE else 200
        raise GraphError(code, f"The access token does not have the permission {permission}")


def need_sendable(simulator: Simulator, number: Row) -> None:
    """Whether Meta takes a message from this number at all."""
    facts, account = number_facts(simulator.store, number), account_facts(simulator.store, number)
    if account["ban_state"] == "DISABLE" or facts["status"] == "BANNED":
        raise GraphError(131031, "Account has been locked.")
    if facts["platform_type"] != "CLOUD_API":
        raise GraphError(133010, "Phone number not registered on the WhatsApp Business Platform.")
    if account["restrictions"]:
        raise GraphError(368, "The WhatsApp Business Account is restricted.")


def number_node(simulator: Simulator, number: Row) -> Json:
    """Every field but the webhook configuration."""
    facts = number_facts(simulator.store, number)
    return {
        "id": number["phone_number_id"],
        "display_phone_number": number["display"],
        "verified_name": facts["verified_name"],
        "quality_rating": facts["quality_rating"],
        "code_verification_status": facts["code_verification_status"],
        "platform_type": facts["platform_type"],
        "status": facts["status"],
        "name_status": facts["name_status"],
        "new_name_status": facts["new_name_status"],
        "new_display_name": facts["new_display_name"],
        "throughput": {"level": facts["throughput_level"]},
        "whatsapp_business_manager_messaging_limit": facts["messaging_limit"],
        "is_on_biz_app": facts["is_on_biz_app"],
        "health_status": health(simulator, number),
    }


def account_node(simulator: Simulator, number: Row) -> Json:
    facts = account_facts(simulator.store, number)
    shown = ("name", "currency", "timezone_id", "account_review_status", "business_verification_status", "country")
    return {"id": number["waba_id"], **{key: facts[key] for key in shown}, "health_status": health(simulator, number)}


def health(simulator: Simulator, number: Row) -> Json:
    """`can_send_message` for each entity; the whole is as bad as its worst part."""
    facts, account = number_facts(simulator.store, number), account_facts(simulator.store, number)
    entities = [
        _entity("PHONE_NUMBER", number["phone_number_id"], _number_errors(facts)),
        _entity("WABA", number["waba_id"], _account_errors(account)),
        _entity("BUSINESS", f"4{number['waba_id'][1:]}", account["health_errors"]),
        _entity("APP", "300000000000001", []),
    ]
    worst = max((entity["can_send_message"] for entity in entities), key=("AVAILABLE", "LIMITED", "BLOCKED").index)
    return {"can_send_message": worst, "entities": entities}


def _entity(kind: str, object_id: str, errors: list[Json]) -> Json:
    limited = all(error.get("is_limit") for error in errors)
    can = "AVAILABLE" if not errors else "LIMITED" if limited else "BLOCKED"
    shown = [{key: value for key, value in error.items() if key != "is_limit"} for error in errors]
    return {"entity_type": kind, "id": object_id, "can_send_message": can, **({"errors": shown} if shown else {})}


def _error(code: int, words: str, solution: str, *, is_limit: bool = False) -> Json:
    return {"error_code": code, "error_description": words, "possible_solution": solution, "is_limit": is_limit}


def _number_errors(facts: Json) -> list[Json]:
    errors = list(facts["health_errors"])
    if facts["name_status"] in ("PENDING_REVIEW", "DECLINED", "NONE"):
        words = "The display name of this phone number has not been approved yet."
        errors.append(_error(141006, words, "Wait for the review or choose another name.", is_limit=True))
    if facts["platform_type"] != "CLOUD_API":
        errors.append(_error(141010, "The phone number is not registered.", "Register the phone number."))
    return errors


def _account_errors(account: Json) -> list[Json]:
    errors = []
    if account["payment_problem"]:
        errors.append(_error(141002, "There is an error with the payment method.", "Add a payment method."))
    if account["ban_state"] == "DISABLE":
        errors.append(_error(141005, "The WhatsApp Business Account is disabled.", "Ask for a review."))
    if account["restrictions"]:
        errors.append(_error(141004, "The WhatsApp Business Account is restricted.", "Wait or ask for a review."))
    return errors
