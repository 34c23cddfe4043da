"""How does a clinic fetch what a patient sent, and upload what it wants to send? Media ids and their addresses."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from sandbox import media
from sandbox.faults import BODY_KINDS, Fault, misbehave
from sandbox.graph import numbers
from sandbox.graph.errors import GraphError, refuse, unknown_object
from sandbox.graph.media_limits import check_upload, kind_of, plain_type
from sandbox.server import cut_after
from sandbox.simulator import Simulator, simulator_of
from sandbox.store import Json, Row

REDIRECT_NOTE = "media_redirect"


async def get_node(request: Request) -> Response:
    """GET /<version>/<id>: a file's node, or a number's."""
    simulator = simulator_of(request)
    object_id = request.path_params["object_id"]
    if simulator.store.find("SELECT 1 FROM media WHERE id = ?", object_id) is None:
        return await numbers.get_number(request)
    number, row = _owned(request, simulator)

    async def act() -> Response:
        return JSONResponse(_node(simulator, row))

    fault = simulator.faults.take("graph", "media.get", number["slug"])
    if fault is None:
        return await act()
    if fault.kind in BODY_KINDS:
        return JSONResponse(_spoilt(_node(simulator, row), fault))
    return await misbehave(fault, request, act, refuse)


def _owned(request: Request, simulator: Simulator) -> tuple[Row, Row]:
    """The caller's number and the file, which must belong to it; `phone_number_id` makes Meta check that too."""
    number = numbers.owner_of(request, simulator)
    media_id = request.path_params["object_id"]
    row = media.find(simulator, media_id)
    asked = request.query_params.get("phone_number_id")
    if row is None or row["number"] != number["phone_number_id"] or asked not in (None, row["number"]):
        raise unknown_object(media_id)
    return number, row


def _node(simulator: Simulator, row: Row) -> Json:
    return {
        "url": media.new_url(simulator, row["id"]),
        "mime_type": row["mime_type"],
        "sha256": row["sha256"],
        "file_size": row["size"],
        "id": row["id"],
        "messaging_product": "whatsapp",
    }


def _spoilt(node: Json, fault: Fault) -> Json:
    """What a node says when it does not fit its file."""
    if fault.kind == "wrong_hash":
        return {**node, "sha256": "0" * 64}
    return {**node, "file_size": node["file_size"] + 1}


async def delete_node(request: Request) -> Response:
    """DELETE /<version>/<media id>."""
    simulator = simulator_of(request)
    number, row = _owned(request, simulator)

    async def act() -> Response:
        media.delete(simulator, row["id"])
        return JSONResponse({"success": True})

    return await simulator.guarded(request, ("graph", "media.delete", number["slug"]), act, refuse)


async def upload(request: Request) -> Response:
    """POST /<version>/<phone_number_id>/media, multipart: messaging_product, type, file."""
    simulator = simulator_of(request)
    number = numbers.number_of(request, simulator)
    async with request.form() as form:
        product, mime_type, file = form.get("messaging_product"), form.get("type"), form.get("file")
        content = await file.read() if isinstance(file, UploadFile) else None

    async def act() -> Response:
        if product != "whatsapp":
            raise GraphError(100, "The parameter messaging_product is required.")
        if content is None:
            raise GraphError(100, "The parameter file is required.")
        given = mime_type or (file.content_type if isinstance(file, UploadFile) else "")
        check_upload(str(given), content)
        row = media.keep(simulator, number, content, str(given), is_upload=True)
        return JSONResponse({"id": row["id"]})

    return await simulator.guarded(request, ("graph", "media.upload", number["slug"]), act, refuse)


async def download(request: Request) -> Response:
    """The bytes, for the bearer of the number's token and while the address is good."""
    simulator = simulator_of(request)
    redirect = simulator.store.read_note(REDIRECT_NOTE, None)
    if redirect:
        return RedirectResponse(str(redirect), 302)
    number = numbers.owner_of(request, simulator)
    query = request.query_params
    row = media.find_by_url(simulator, query.get("mid", ""), query.get("hash", ""))
    if row is None or row["number"] != number["phone_number_id"]:
        return Response("Not found", 404)
    path = media.path_of(simulator, row["id"])

    async def act() -> Response:
        return FileResponse(path, media_type=row["mime_type"])

    fault = simulator.faults.take("graph", "media.download", number["slug"])
    if fault is None:
        return await act()
    if fault.kind in BODY_KINDS:
        return await _spoil_bytes(request, path.read_bytes(), row["mime_type"], fault)
    return await misbehave(fault, request, act, refuse)


async def _spoil_bytes(request: Request, content: bytes, mime_type: str, fault: Fault) -> Response:
    if fault.kind == "truncated":
        return await cut_after(request, content[: len(content) // 2], len(content), mime_type)
    if fault.kind == "wrong_size":
        return Response(content + b"\0", media_type=mime_type)
    return Response(bytes([content[0] ^ 0xFF]) + content[1:], media_type=mime_type)


def check_sent(simulator: Simulator, number: Row, body: Json) -> None:
    """Every media id in a message must be an upload of this number that is not 30 days old, and of the right kind."""
    for kind, node in _media_nodes(body):
        if "id" in node:
            _check_id(simulator, number, kind, str(node["id"]))


def _check_id(simulator: Simulator, number: Row, kind: str, media_id: str) -> None:
    row = media.find(simulator, media_id)
    if row is None or not row["is_upload"] or row["number"] != number["phone_number_id"]:
        raise GraphError(131009, f"Media ID {media_id} does not exist, has expired or belongs to another number")
    held = kind_of(row["mime_type"])
    if held != kind and kind != "document":
        raise GraphError(131053, f"Media of type {plain_type(row['mime_type'])} cannot be sent as {kind}")


def _media_nodes(body: Json) -> list[tuple[str, Json]]:
    """The message's own file, an interactive header's, and those of template headers."""
    kind = str(body.get("type", "text"))
    holders: list[Json] = [body]
    if kind == "interactive":
        holders = [body["interactive"].get("header") or {}]
    if kind == "template":
        components = body["template"].get("components") or []
        holders = [parameter for one in components for parameter in one.get("parameters") or []]
    kinds = ("image", "video", "document", "audio", "sticker")
    return [(held, holder[held]) for holder in holders for held in kinds if isinstance(holder.get(held), dict)]
