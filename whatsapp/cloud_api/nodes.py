"""What does Meta hold about a number and its business account, and may this token speak for them?

Promises: as the client: what Meta answered, or an `IntegrationError`. One try, at most ten seconds. Every field may be
missing: Meta shows a field only to whom it concerns. Unknown values come as they are.

**Source**: Meta, WhatsApp Business Account and Phone Number nodes, registration, health status, v24.0-v26.0. Calls on
an account count against 200 an hour, 5,000 for an active one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from atendeai.common.errors import NotConfigured, Rejected, Throttled
from whatsapp.cloud_api.asking import ask

CONNECT_SECONDS = 3.0
READ_SECONDS = 7.0
PAGE_ROWS = 100
# Meta lets an account have 25 numbers at most (its 20 rows a page come in two): more pages are a loop.
MOST_PAGES = 20
PIN_DIGITS = 6
NUMBER_FIELDS = (
    *("display_phone_number", "verified_name", "quality_rating", "name_status", "new_display_name", "throughput"),
    *("whatsapp_business_manager_messaging_limit", "platform_type", "is_on_biz_app", "code_verification_status"),
    *("status", "health_status", "webhook_configuration"),
)
ACCOUNT_FIELDS = ("name", "currency", "account_review_status", "business_verification_status", "health_status")
# What a call says that needs the permission to send, when the permission is missing.
_NO_PERMISSION = frozenset({"3", "10", "131005", *map(str, range(200, 300))})


@dataclass(frozen=True)
class HealthProblem:
    """Why one entity (PHONE_NUMBER, WABA, BUSINESS, APP) sends little or nothing. `can`: LIMITED or BLOCKED."""

    entity: str
    can: str
    code: str
    words: str
    solution: str


@dataclass(frozen=True)
class Health:
    """`can_send`: AVAILABLE, LIMITED, BLOCKED, or "" when Meta says nothing."""

    can_send: str = ""
    problems: tuple[HealthProblem, ...] = ()


@dataclass(frozen=True)
class NumberNode:
    """A number. `webhook`: where its messages go, by Meta's precedence; "" when nothing is told."""

    id: str
    display: str
    verified_name: str
    quality: str
    name_status: str
    requested_name: str
    throughput: str
    messaging_limit: str
    platform: str
    status: str
    code_verification: str
    is_coexistence: bool | None
    webhook: str
    webhook_level: str
    health: Health


@dataclass(frozen=True)
class AccountNode:
    """A business account."""

    id: str
    name: str
    currency: str
    review: str
    verification: str
    health: Health


class NodeApi:
    """Meta's nodes as one token sees them. Holds the token: keep it no longer than a call needs."""

    def __init__(self, base_url: str, version: str, access_token: str, clinic_id: int | None) -> None:
        if not access_token:
            raise NotConfigured("whatsapp", "nodes", code="WHATSAPP_ACCESS_TOKEN", detail="access token is missing")
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._clinic_id = clinic_id

    def __repr__(self) -> str:
        return f"NodeApi(clinic_id={self._clinic_id})"

    def number(self, phone_number_id: str) -> NumberNode:
        """The number's own node."""
        return _number(self._get(phone_number_id, "phone_number", NUMBER_FIELDS))

    def touch(self, phone_number_id: str) -> None:
        """The least that can be asked of a number: does Meta answer?"""
        self._get(phone_number_id, "phone_number", ("id",))

    def account(self, account_id: str) -> AccountNode:
        """The account's own node."""
        return _account(self._get(account_id, "account", ACCOUNT_FIELDS))

    def number_ids(self, account_id: str) -> list[str]:
        """The ids of all numbers of the account, to the last page."""
        found: list[str] = []
        params: dict[str, str] = {"fields": "id", "limit": str(PAGE_ROWS)}
        for _ in range(MOST_PAGES):
            answer = self._call("GET", f"{account_id}/phone_numbers", "phone_numbers", params=params)
            rows = answer.get("data")
            found += [_text(row, "id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
            # Our own address with Meta's cursor: its `next` carries the token in the query.
            after = _text(_object(_object(answer, "paging"), "cursors"), "after")
            if not after or not _text(_object(answer, "paging"), "next"):
                break
            params["after"] = after
        return found

    def register(self, phone_number_id: str, pin: str) -> None:
        """Brings the number onto the Cloud API; `pin`: its six digits, which become its own when it has none.

        Rejected 133005: another PIN; 133006: not verified; 133008, 133016: too many tries; Throttled 133015: wait.
        """
        body = {"messaging_product": "whatsapp", "pin": pin}
        self._call("POST", f"{phone_number_id}/register", "register", json=body)

    def is_subscribed(self, account_id: str) -> bool:
        """Whether any app (ours: Meta shows no others to our token) gets the account's webhooks."""
        return bool(self._call("GET", f"{account_id}/subscribed_apps", "subscribed_apps").get("data"))

    def may_send(self, phone_number_id: str) -> bool:
        """Whether the token has the permission to send: asks to mark a message as read that does not exist.

        A refusal for want of permission is certain; "yes" means that Meta looked for the message.
        """
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.none"}
        try:
            self._call("POST", f"{phone_number_id}/messages", "mark_read", json=body)
        except Throttled:
            raise
        except Rejected as refusal:
            return refusal.code not in _NO_PERMISSION
        return True

    def _get(self, object_id: str, operation: str, fields: Sequence[str]) -> dict[str, Any]:
        return self._call("GET", object_id, operation, params={"fields": ",".join(fields)})

    def _call(self, method: str, path: str, operation: str, **content: Any) -> dict[str, Any]:
        return ask(
            method,
            f"{self._base}/{path}",
            operation=operation,
            clinic_id=self._clinic_id,
            headers=self._headers,
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS,
            **content,
        )


def _number(node: dict[str, Any]) -> NumberNode:
    on_app = node.get("is_on_biz_app")
    level, webhook = _webhook(_object(node, "webhook_configuration"))
    return NumberNode(
        id=_text(node, "id"),
        display=_text(node, "display_phone_number"),
        verified_name=_text(node, "verified_name"),
        quality=_text(node, "quality_rating"),
        name_status=_text(node, "name_status"),
        requested_name=_text(node, "new_display_name"),
        throughput=_text(_object(node, "throughput"), "level"),
        messaging_limit=_text(node, "whatsapp_business_manager_messaging_limit"),
        platform=_text(node, "platform_type"),
        status=_text(node, "status"),
        code_verification=_text(node, "code_verification_status"),
        is_coexistence=on_app if isinstance(on_app, bool) else None,
        webhook=webhook,
        webhook_level=level,
        health=_health(node),
    )


def _account(node: dict[str, Any]) -> AccountNode:
    return AccountNode(
        id=_text(node, "id"),
        name=_text(node, "name"),
        currency=_text(node, "currency"),
        review=_text(node, "account_review_status"),
        verification=_text(node, "business_verification_status"),
        health=_health(node),
    )


def _webhook(configuration: dict[str, Any]) -> tuple[str, str]:
    for level in ("phone_number", "whatsapp_business_account", "application"):
        if url := _text(configuration, level, 300):
            return level, url
    return "", ""


def _health(node: dict[str, Any]) -> Health:
    status = _object(node, "health_status")
    entities = status.get("entities")
    problems = [
        problem
        for entity in (entities if isinstance(entities, list) else [])
        if isinstance(entity, dict)
        for problem in _problems(entity)
    ]
    return Health(_text(status, "can_send_message"), tuple(problems[:20]))


def _problems(entity: dict[str, Any]) -> list[HealthProblem]:
    kind, can = _text(entity, "entity_type"), _text(entity, "can_send_message")
    errors = entity.get("errors")
    told = [error for error in (errors if isinstance(errors, list) else []) if isinstance(error, dict)]
    if not told and can in ("LIMITED", "BLOCKED"):
        told = [{}]
    return [
        HealthProblem(
            kind, can, _text(error, "error_code"), _text(error, "error_description"), _text(error, "possible_solution")
        )
        for error in told
    ]


def _object(node: dict[str, Any], key: str) -> dict[str, Any]:
    value = node.get(key)
    return value if isinstance(value, dict) else {}


def _text(node: dict[str, Any], key: str, longest: int = 200) -> str:
    """A text or a number as text, without the NUL that no column takes; "" for anything else."""
    value = node.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).encode(errors="replace").decode().replace("\0", "")[:longest]
