"""What did the caller of /control/ send? Bad input is answered 400 with the reason in words."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.refusal import RefusalError
from sandbox.store import Json


class ControlError(RefusalError):
    """Wrong use of the control API."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status

    def response(self) -> JSONResponse:
        return JSONResponse({"error": self.reason}, self.status)


async def control_json(request: Request) -> Json:
    raw = await request.body()
    try:
        body: Any = json.loads(raw or b"{}")
    except ValueError as error:
        raise ControlError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ControlError("the body must be a JSON object")
    return body


def only(body: Json, *names: str) -> None:
    unknown = set(body) - set(names)
    if unknown:
        raise ControlError(f"unknown fields: {', '.join(sorted(unknown))}; known: {', '.join(names)}")
