"""How does Meta refuse a call? With its own error body, whose `code` alone should be trusted."""

from __future__ import annotations

import secrets

from starlette.responses import JSONResponse

from sandbox.faults import Fault
from sandbox.refusal import RefusalError
from sandbox.store import Json

# code: (HTTP status, title); throttling codes come as 400, never 429
CODES: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "An unknown error occurred"),
    2: (503, "Service temporarily unavailable"),
    3: (500, "API method"),
    4: (400, "Application request limit reached"),
    10: (403, "Application does not have permission for this action"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Invalid OAuth access token"),
    200: (403, "You do not have the necessary permissions to access this object"),
    368: (403, "Temporarily blocked for policies violations"),
    613: (400, "Calls to this API have exceeded the rate limit"),
    2200: (400, "Callback verification failed"),
    80007: (400, "Rate limit issues"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131020: (400, "Group operation failed"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Business Account locked"),
    131037: (400, "WhatsApp provided number needs display name approval before message can be sent"),
    131041: (400, "Group message not allowed"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement"),
    131050: (400, "User has stopped receiving marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131055: (400, "Method not allowed"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131059: (400, "Invalid cursor"),
    131062: (400, "Business-scoped user ID is not supported for this message"),
    131063: (400, "Marketing templates are disabled on Cloud API"),
    131064: (400, "Message limit reached due to template classification violations"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Translated text too long"),
    132007: (400, "Template format character policy violated"),
    132008: (400, "Template parameter value is invalid"),
    132012: (400, "Parameter format does not match format in the created template"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132018: (400, "Template parameters are invalid"),
    132068: (400, "Flow is blocked"),
    132069: (400, "Flow is throttled"),
    133000: (400, "Incomplete deregistration"),
    133004: (503, "Server temporarily unavailable"),
    133005: (400, "Two-step verification PIN mismatch"),
    133006: (400, "Phone number re-verification needed"),
    133008: (400, "Too many two-step verification PIN guesses"),
    133009: (400, "Two-step verification PIN guessed too fast"),
    133010: (400, "Account not registered"),
    133015: (400, "Please wait a few minutes before attempting to register this phone number"),
    133016: (400, "Account register/deregister rate limit exceeded"),
    134011: (400, "WhatsApp payments terms of service have not been accepted"),
    134100: (400, "Only marketing messages are supported"),
    134101: (400, "Template is still syncing"),
    134102: (400, "Template is unavailable for use"),
    135000: (400, "Generic user error"),
    137000: (400, "Recipient identity key hash mismatch"),
    139103: (400, "Failed to block or unblock some users"),
}
# Families whose members Meta adds to: (HTTP status, title) of one that CODES does not name.
FAMILIES: tuple[tuple[range, tuple[int, str]], ...] = (
    (range(200, 300), (403, "API permission")),
    (range(131200, 131300), (400, "Group operation failed")),
    (range(138000, 139000), (400, "Calling is not possible")),
    (range(139000, 139005), (400, "Flow operation failed")),
    (range(139100, 139104), (400, "Blocking users failed")),
    (range(147001, 147006), (400, "Username operation failed")),
)


def meaning(code: int) -> tuple[int, str]:
    """The HTTP status and the title that Meta sends with a code."""
    family = next((told for codes, told in FAMILIES if code in codes), (400, "Error"))
    return CODES.get(code, family)


class GraphError(RefusalError):
    """A refusal in the middle of a call; becomes the answer."""

    def __init__(self, code: int, details: str, *, status: int | None = None, subcode: int | None = None):
        super().__init__(details)
        self.code = code
        self.details = details
        self.status = status
        self.subcode = subcode

    def response(self) -> JSONResponse:
        status, title = meaning(self.code)
        error: Json = {
            "message": f"(#{self.code}) {title}",
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": secrets.token_urlsafe(8),
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        return JSONResponse({"error": error}, self.status or status)


def unknown_object(object_id: str) -> GraphError:
    """An id that does not exist, and one that this token may not see, look the same."""
    details = (
        f"Unsupported request. Object with ID '{object_id}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation"
    )
    return GraphError(100, details, subcode=33)


def refuse(fault: Fault) -> JSONResponse:
    """A fault of kind "status". Without a code it is an outage: Meta's 500 with code 131000."""
    code = fault.code
    if code is None:
        code = {401: 190, 403: 10, 400: 100, 429: 130429, 503: 2}.get(fault.status or 500, 131000)
    return GraphError(code, fault.reason or "simulated fault", status=fault.status).response()


def failure(code: int, details: str) -> Json:
    """The same error as `statuses[].errors` tells it later."""
    title = meaning(code)[1]
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
