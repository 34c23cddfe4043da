"""How does Google refuse a call? One body for the Calendar API, another for the OAuth endpoints."""

from __future__ import annotations

from starlette.responses import JSONResponse

from sandbox.faults import Fault
from sandbox.refusal import RefusalError
from sandbox.store import Json

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}
DEFAULT_REASONS = {
    400: "badRequest",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    409: "duplicate",
    410: "deleted",
    412: "conditionNotMet",
    429: "rateLimitExceeded",
}


class GoogleError(RefusalError):
    """A refusal in the middle of a Calendar call; becomes the answer."""

    def __init__(self, status: int, reason: str, message: str, **location: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.location = location

    def response(self) -> JSONResponse:
        domain = "usageLimits" if self.reason.endswith(("LimitExceeded", "quotaExceeded")) else "global"
        detail = {"domain": domain, "reason": self.reason, "message": self.message, **self.location}
        error: Json = {"code": self.status, "message": self.message, "errors": [detail]}
        if self.status in STATUS_NAMES and self.reason in ("authError", "insufficientPermissions"):
            error["status"] = STATUS_NAMES[self.status]
        return JSONResponse({"error": error}, self.status)


class OAuthError(RefusalError):
    """A refusal of the token or revoke endpoint."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description

    def response(self) -> JSONResponse:
        return JSONResponse({"error": self.error, "error_description": self.description}, self.status)


def bad_token() -> GoogleError:
    return GoogleError(401, "authError", "Invalid Credentials", location="Authorization", locationType="header")


def scope_missing() -> GoogleError:
    message = "Request had insufficient authentication scopes."
    return GoogleError(403, "insufficientPermissions", message)


def not_found() -> GoogleError:
    return GoogleError(404, "notFound", "Not Found")


def refuse(fault: Fault) -> JSONResponse:
    """A fault of kind "status" on a Calendar call."""
    status = fault.status or 500
    reason = fault.reason or DEFAULT_REASONS.get(status, "backendError")
    message = "Backend Error" if status >= 500 else f"Simulated fault: {reason}"
    return GoogleError(status, reason, message).response()


def refuse_oauth(fault: Fault) -> JSONResponse:
    """A fault of kind "status" on the token or revoke endpoint."""
    status = fault.status or 500
    default = "internal_failure" if status >= 500 else "invalid_grant"
    return OAuthError(status, fault.reason or default, "Simulated fault").response()
