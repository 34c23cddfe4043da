"""Where are the demo's logins written? In `var/demo.json`, readable by its owner only; nowhere else."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings

from atendeai.portal.demo.building import BuiltClinic


def path() -> Path:
    """The file, which another run may have written."""
    return settings.VAR_DIR / "demo.json"


def write(built: Sequence[BuiltClinic]) -> None:
    """Writes everything anew."""
    _write(
        {
            **_addresses(),
            "users": [asdict(login) for one in built for login in one.logins],
            "api_keys": {one.clinic.slug: one.api_key for one in built},
        }
    )


def refresh() -> None:
    """Ports may have moved since: the addresses of this run into a file that is there. Changes nothing else."""
    if not path().exists():
        return
    known = json.loads(path().read_text(encoding="utf-8"))
    if known != (current := {**known, **_addresses()}):
        _write(current)


def _addresses() -> dict[str, str]:
    return {"portal": settings.PUBLIC_BASE_URL, "sandbox": settings.GRAPH_API_BASE_URL}


def _write(content: dict[str, Any]) -> None:
    """All or nothing, and never for a moment readable by others."""
    path().parent.mkdir(parents=True, exist_ok=True)
    fresh = path().with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    fresh.replace(path())
