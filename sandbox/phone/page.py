"""What does the page show? Its three files, and one light answer that it polls."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from sandbox.simulator import simulator_of

HERE = Path(__file__).parent


async def index(_request: Request) -> Response:
    return FileResponse(HERE / "phone.html")


async def asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ("phone.css", "phone.js"):
        return Response(status_code=404)
    return FileResponse(HERE / name)


async def state(request: Request) -> Response:
    simulator = simulator_of(request)
    return JSONResponse({"version": simulator.version})
