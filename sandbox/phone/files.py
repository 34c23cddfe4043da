"""What does the page load beside its state? Files of the chat, as the patient's phone holds them, and Meta's codes."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from sandbox import media
from sandbox.graph.errors import CODES, FAMILIES, meaning
from sandbox.simulator import simulator_of

# A file from a stranger must not run in the page: no script, no other type than its own.
HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}
SHOWN = ("image/", "audio/", "video/", "application/pdf", "text/plain")


async def file(request: Request) -> Response:
    """The bytes of a media id that has not run out; ?name= for the download."""
    simulator = simulator_of(request)
    row = media.find(simulator, request.path_params["media_id"])
    path = media.path_of(simulator, row["id"]) if row is not None else None
    if row is None or path is None or not path.is_file():
        return Response("gone", 404)
    name = quote(request.query_params.get("name") or "arquivo")
    how = "inline" if str(row["mime_type"]).startswith(SHOWN) and "svg" not in row["mime_type"] else "attachment"
    headers = {**HARMLESS, "Content-Disposition": f"{how}; filename*=UTF-8''{name}", "Cache-Control": "private"}
    return FileResponse(path, media_type=row["mime_type"], headers=headers)


async def codes(_request: Request) -> Response:
    """Every code with which Meta can refuse, and the first of each family: its HTTP status and title."""
    known = sorted({*CODES, *(family.start for family, _ in FAMILIES)})
    told = [{"code": code, "status": meaning(code)[0], "title": meaning(code)[1]} for code in known]
    return JSONResponse({"codes": told})
