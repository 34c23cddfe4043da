"""What do all handlers share? The store, the clock, the faults and the poster of one simulated world."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from sandbox.calls import Call, Calls
from sandbox.clock import Clock
from sandbox.delivery import Poster
from sandbox.faults import Fault, Faults, misbehave
from sandbox.graph.pace import Pace
from sandbox.refusal import RefusalError
from sandbox.settings import Settings
from sandbox.store import Store


@dataclass
class Simulator:
    """One world. `version` grows with every visible change, so that the page polls cheaply."""

    settings: Settings
    store: Store
    clock: Clock
    faults: Faults
    poster: Poster
    calls: Calls
    pace: Pace = field(default_factory=Pace)
    version: int = field(default_factory=lambda: int(time.time() * 1000))

    def changed(self) -> None:
        self.version += 1

    async def guarded(
        self,
        request: Request,
        call: tuple[str, str, str | None],
        act: Callable[[], Awaitable[Response]],
        refuse: Callable[[Fault], Response],
        key: str = "",
    ) -> Response:
        """Runs `act`, unless a fault was set for this call: (target, operation, clinic slug). Either is written down.

        `key`: what the call is about, for whoever counts.
        """
        fault = self.faults.take(*call)
        noted = self.calls.note(Call(*call, key), fault.kind if fault else "", time.time())

        async def counted() -> Response:
            try:
                response = await act()
            except RefusalError as refusal:
                self.calls.refused(noted, refusal)
                raise
            self.calls.done(noted, response)
            return response

        if fault is None:
            return await counted()
        self.changed()
        return await misbehave(fault, request, counted, refuse)


def open_simulator(settings: Settings) -> Simulator:
    """The world as the last run left it."""
    store = Store(settings.state_dir / "sandbox.sqlite3")
    calls = Calls(store)
    poster = Poster(store, calls, times_divided_by=settings.times_divided_by)
    simulator = Simulator(settings, store, Clock(settings.clock_file), Faults(store), poster, calls)
    simulator.poster.on_change = simulator.changed
    return simulator


def simulator_of(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator
