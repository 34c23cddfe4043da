"""The disk takes no more files."""

from __future__ import annotations

import base64
import resource
from pathlib import Path

from faults.fault import Fault
from faults.house import wait_until
from faults.load import writes
from faults.run import Person, Run
from faults.usual import usual

# A limit of the kernel on the size of any file that the worker writes: works for whoever may not mount a small disk.
MOST_BYTES = 150_000
PICTURE_BYTES = 400_000
FILES = "SELECT state, error_code FROM whatsapp_mediafile WHERE clinic_id = %s ORDER BY id DESC LIMIT 2"


def fill(run: Run) -> None:
    """From now on no picture fits; two are sent."""
    _limit(run, MOST_BYTES)
    run.notes["files"] = 2
    for _ in range(2):
        person = run.person(run.a)
        run.start(sends_a_picture, person)

    def refused() -> bool:
        return any(code == "storage" for _state, code in run.house.query(FILES, run.a.clinic_id))

    if wait_until(refused, 30, 0.1) is None:
        run.wrong.append("no file was refused by the disk")


def sends_a_picture(run: Run, person: Person) -> None:
    """As a patient does."""
    content = b"\x89PNG\r\n\x1a\n" + run.rng.randbytes(PICTURE_BYTES)
    file = {"name": "exame.png", "mime_type": "image/png", "base64": base64.b64encode(content).decode()}
    writes(run, person, file=file)
    run.step()


def make_room(run: Run) -> None:
    """Files of any size again."""
    _limit(run, resource.RLIM_INFINITY)


def both_are_kept(run: Run) -> None:
    """Nothing was given up."""
    states = [state for state, _code in run.house.query(FILES, run.a.clinic_id)]
    if states != ["stored", "stored"]:
        run.wrong.append(f"the files are {states}")


def _limit(run: Run, most: int) -> None:
    leader = run.house.supervisor.children["worker"].pid
    for pid in (leader, *_children(leader)):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def _children(pid: int) -> list[int]:
    found = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*found, *(below for one in found for below in _children(one))]


FAULTS = (Fault("disk-full", "the disk is full for files of chats", fill, make_room, usual, both_are_kept),)
