"""What has to be done in the database before the product can serve: migrations, and the demo on a first start.

When the migrations are those of the last start, it is a formality that need not be waited for before anything else
starts; `/readyz` answers 503 until the database is right in any case.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from dev.children import Program, start
from dev.places import ROOT
from dev.problems import Trouble

_LONGEST_SECONDS = 300


class Preparation:
    """`dev.prepare` at work beside us. Leaving the context ends it."""

    def __init__(self, environ: Mapping[str, str], var: Path, simulator: str, check: Callable[[], None]) -> None:
        self._check = check
        self._mark = var / "prepared"
        self._said: list[str] = []
        argv = [sys.executable, "-m", "dev.prepare", simulator]
        program = Program("prepare", argv, environ, ROOT)
        self._child = start(program, lambda _name, line: self._said.append(line))

    @property
    def is_mere_formality(self) -> bool:
        """Return whether the last start has done all there is to do."""
        return self._mark.exists() and self._mark.read_text() == _migrations()

    def finish(self) -> None:
        """Wait for its end; raise Trouble with its words when it failed."""
        if not self._child.wait(_LONGEST_SECONDS, self._check):
            raise Trouble(f"The database was not migrated within {_LONGEST_SECONDS} s.")
        self._child.finish_reading()
        if self._child.process.returncode != 0:
            raise Trouble("The database could not be made ready:\n" + "\n".join(self._said[-40:]))
        self._mark.write_text(_migrations())

    def __enter__(self) -> Preparation:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()


def _migrations() -> str:
    files = [*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "requirements.txt"]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
