"""How does Meta refuse a call? With its own error body, whose `code` alone should be trusted."""

from __future__ import annotations

import secrets

from starlette.responses import JSONResponse

from sandbox.faults import Fault
from sandbox.refusal import RefusalError
from sandbox.store import Json

# code: (HTTP status, title); throttling codes come as 400, never 429
CODES: dict[int, tuple[int, str]] = {
    1: (400, "An unknown error occurred"),
    2: (503, "Service temporarily unavailable"),
    4: (400, "Application request limit reached"),
    10: (403, "Application does not have permission for this action"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Invalid OAuth access token"),
    200: (403, "You do not have the necessary permissions to access this object"),
    368: (403, "Temporarily blocked for policies violations"),
    2200: (400, "Callback verification failed"),
    80007: (400, "Rate limit issues"),
    130429: (400, "Rate limit hit"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Business Account locked"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement"),
    131050: (400, "User has stopped receiving marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Translated text too long"),
    132012: (400, "Parameter format does not match format in the created template"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    133005: (400, "Two-step verification PIN mismatch"),
    133006: (400, "Phone number re-verification needed"),
    133008: (400, "Too many two-step verification PIN guesses"),
    133010: (400, "Account not registered"),
    133015: (400, "Please wait a few minutes before attempting to register this phone number"),
    133016: (400, "Account register/deregister rate limit exceeded"),
}


class GraphError(RefusalError):
    """A refusal in the middle of a call; becomes the answer."""

    def __init__(self, code: int, details: str, *, status: int | None = None, subcode: int | None = None):
        super().__init__(details)
        self.code = code
        self.details = details
        self.status = status
        self.subcode = subcode

    def response(self) -> JSONResponse:
        status, title = CODES.get(self.code, (400, "Error"))
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
