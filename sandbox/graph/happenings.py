"""Which webhook follows from what happens to a number or account, and what does it change at Meta?

Shapes: Meta's webhooks reference, fields account_update, phone_number_*, security, business_capability_update.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.store import Json, Row

Change = tuple[str, Json, Json, Json]  # field, value, facts of the number, facts of the account


def _phone(number: Row) -> str:
    return "".join(filter(str.isdigit, number["display"]))


def _quality(event: str, **facts: str) -> Callable[[Row, Json], Change]:
    def happen(number: Row, body: Json) -> Change:
        value = {"display_phone_number": _phone(number), "event": event}
        own: Json = dict(facts)
        if body.get("limit"):
            value["max_daily_conversations_per_business"] = body["limit"]
            own["messaging_limit"] = body["limit"]
        if body.get("rating"):
            own["quality_rating"] = body["rating"]
        return "phone_number_quality_update", value, own, {}

    return happen


def _capability(number: Row, body: Json) -> Change:  # noqa: ARG001 - one shape for all
    """The documents say TIER_*, the sample is a number: `limit` goes out as it is given."""
    limit = body.get("limit", "TIER_2K")
    value = {"max_daily_conversations_per_business": limit, "max_phone_numbers_per_business": 25}
    tiers = {250: "TIER_250", 2000: "TIER_2K", 10000: "TIER_10K", 100000: "TIER_100K", -1: "TIER_UNLIMITED"}
    tier = limit if isinstance(limit, str) else tiers.get(limit, "TIER_2K")
    return "business_capability_update", value, {"messaging_limit": tier}, {}


def _name(decision: str, name_status: str) -> Callable[[Row, Json], Change]:
    def happen(number: Row, body: Json) -> Change:
        name = body.get("name") or number["verified_name"]
        value = {
            "display_phone_number": _phone(number),
            "decision": decision,
            "requested_verified_name": name,
            "rejection_reason": body.get("reason") if decision == "REJECTED" else None,
        }
        own = {"name_status": name_status, **({"verified_name": name} if decision == "APPROVED" else {})}
        return "phone_number_name_update", value, own, {}

    return happen


def _account(event: str, detail: Json, own: Json, account: Json) -> Callable[[Row, Json], Change]:
    def happen(number: Row, body: Json) -> Change:
        value: Json = {"phone_number": _phone(number), "event": event, **detail}
        if event == "ACCOUNT_RESTRICTION":
            kind = body.get("restriction") or "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
            value["restriction_info"] = [{"restriction_type": kind, "expiration": body.get("until") or 1_900_000_000}]
        if event.startswith("PARTNER_"):
            value["waba_info"] = {"waba_id": number["waba_id"], "owner_business_id": f"4{number['waba_id'][1:]}"}
        return "account_update", value, own, account

    return happen


def _ban(state: str, status: str) -> Callable[[Row, Json], Change]:
    ban = {"ban_info": {"waba_ban_state": state, "waba_ban_date": "November 25, 2026"}}
    return _account("DISABLED_UPDATE", ban, {"status": status}, {"ban_state": state})


def _review(number: Row, body: Json) -> Change:  # noqa: ARG001 - one shape for all
    decision = body.get("decision", "APPROVED")
    return "account_review_update", {"decision": decision}, {}, {"account_review_status": decision}


def _alert(number: Row, body: Json) -> Change:
    value = {
        "entity_type": "BUSINESS",
        "entity_id": f"4{number['waba_id'][1:]}",
        "alert_severity": body.get("severity", "WARNING"),
        "alert_status": body.get("status", "ACTIVE"),
        "alert_type": body.get("alert", "OBA_REJECTED"),
        "alert_description": "Simulated alert.",
    }
    return "account_alerts", value, {}, {}


def _security(event: str) -> Callable[[Row, Json], Change]:
    def happen(number: Row, body: Json) -> Change:
        value = {"display_phone_number": _phone(number), "event": event, "requester": "61555822107539"}
        own = {"pin": body["pin"]} if body.get("pin") else {}
        return "security", value, own, {}

    return happen


def _username(field: str) -> Callable[[Row, Json], Change]:
    def happen(number: Row, body: Json) -> Change:
        value = {
            "display_phone_number": _phone(number),
            "username": body.get("name", "clinica"),
            "status": body.get("status", "approved"),
        }
        return field, value, {}, {}

    return happen


OFFLINE = {"platform_type": "NOT_APPLICABLE", "status": "DISCONNECTED"}
ONLINE = {"platform_type": "CLOUD_API", "status": "CONNECTED"}
OPTIONS = (
    "limit",
    "rating",
    "name",
    "reason",
    "restriction",
    "until",
    "decision",
    "severity",
    "status",
    "alert",
    "pin",
)
EVENTS: dict[str, Callable[[Row, Json], Change]] = {
    "ONBOARDING": _quality("ONBOARDING"),
    "THROUGHPUT_UPGRADE": _quality("THROUGHPUT_UPGRADE", throughput_level="HIGH"),
    "FLAGGED": _quality("FLAGGED", quality_rating="RED"),
    "UNFLAGGED": _quality("UNFLAGGED", quality_rating="GREEN"),
    "CAPABILITY": _capability,
    "NAME_APPROVED": _name("APPROVED", "APPROVED"),
    "NAME_REJECTED": _name("REJECTED", "DECLINED"),
    "BAN_SCHEDULED": _ban("SCHEDULE_FOR_DISABLE", "CONNECTED"),
    "BANNED": _ban("DISABLE", "BANNED"),
    "REINSTATED": _ban("REINSTATE", "CONNECTED"),
    "RESTRICTION": _account("ACCOUNT_RESTRICTION", {}, {}, {"restrictions": ["RESTRICTED"]}),
    "VIOLATION": _account("ACCOUNT_VIOLATION", {"violation_info": {"violation_type": "SPAM"}}, {}, {}),
    "DELETED": _account("ACCOUNT_DELETED", {}, OFFLINE, {}),
    "OFFBOARDED": _account("ACCOUNT_OFFBOARDED", {}, OFFLINE, {}),
    "RECONNECTED": _account("ACCOUNT_RECONNECTED", {}, ONLINE, {}),
    "PARTNER_ADDED": _account("PARTNER_ADDED", {}, {}, {}),
    "PARTNER_REMOVED": _account("PARTNER_REMOVED", {"disconnection_info": {"reason": "USER"}}, OFFLINE, {}),
    "PARTNER_APP_INSTALLED": _account("PARTNER_APP_INSTALLED", {}, {}, {}),
    "PARTNER_APP_UNINSTALLED": _account("PARTNER_APP_UNINSTALLED", {}, {}, {}),
    "REVIEW": _review,
    "ALERT": _alert,
    "PIN_CHANGED": _security("PIN_CHANGED"),
    "PIN_RESET_REQUEST": _security("PIN_RESET_REQUEST"),
    "PIN_REQUEST_SUCCESS": _security("PIN_REQUEST_SUCCESS"),
    "USERNAME": _username("business_username_update"),
    "PHONE_USERNAME": _username("phone_number_username_update"),
}
