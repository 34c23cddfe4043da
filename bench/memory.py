"""How much memory does the whole house hold? Read from the kernel, for every process below the programs we started.

RSS counts memory that processes share (code, forked pages, PostgreSQL's buffers) once for each of them; PSS divides it
among them, so only the sum of PSS is memory that the machine really lacks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Memory:
    """Bytes."""

    rss: int
    pss: int

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(self.rss + other.rss, self.pss + other.pss)


def measure(pids: Iterable[int]) -> Memory:
    """The sum over these processes and all that descend from them."""
    total = Memory(0, 0)
    for pid in _with_descendants(pids):
        total += _of_process(pid)
    return total


def _of_process(pid: int) -> Memory:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
        return Memory(0, 0)
    sizes = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines[1:])}
    return Memory(sizes["Rss"], sizes["Pss"])


def _with_descendants(pids: Iterable[int]) -> Iterator[int]:
    children = _children()
    left = list(pids)
    while left:
        pid = left.pop()
        yield pid
        left += children[pid]


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for folder in PROC.glob("[0-9]*"):
        try:
            # The program's name is in brackets and may hold anything; the parent is the second word after it.
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children[int(words[1])].append(int(folder.name))
    return children
