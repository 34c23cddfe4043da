"""Everything that is broken, in the order in which it is."""

from __future__ import annotations

from faults.breaks import clocks, disk, floods, google, meta, outsiders, processes, servers, slot, window
from faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *processes.FAULTS,
    *servers.FAULTS,
    *floods.FAULTS,
    *slot.FAULTS,
    *outsiders.FAULTS,
    *meta.FAULTS,
    *google.FAULTS,
    *disk.FAULTS,
    *clocks.FAULTS,
    *window.FAULTS,
)
