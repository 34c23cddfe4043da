"""How does a handler say no in the middle of its work? By raising what knows its own answer."""

from __future__ import annotations

from starlette.responses import JSONResponse


class RefusalError(Exception):
    """Base of every provider's error and of the control API's."""

    def response(self) -> JSONResponse:
        """The body and HTTP status that the caller gets."""
        return JSONResponse({"error": str(self)}, 400)
