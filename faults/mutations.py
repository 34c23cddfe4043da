"""`make mutations`: do the faults notice when the product's safety is taken away?

Each mutation is one deliberate break in a copy of this tree. The suite runs there with the one fault that should show
it, and must find that the named invariant does not hold. A break that no longer fits its file is an error, not a pass.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.places import ROOT

LEFT_OUT = shutil.ignore_patterns("var", ".git", ".venv", ".boot", "__pycache__", ".mypy_cache", ".ruff_cache")
SQL_AT = "    house.query(WATCH)\n"


@dataclass(frozen=True)
class Change:
    """A text that stands once in a file, and what stands there instead."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutation:
    """`caught_by`: invariants of which at least one must fail; "own" is the fault's own measure."""

    name: str
    says: str
    changes: tuple[Change, ...]
    fault: str
    seed: int
    caught_by: tuple[str, ...]


def _sql(statement: str) -> Change:
    return Change("faults/house.py", SQL_AT, f'{SQL_AT}    house.query("{statement}")\n')


MUTATIONS = (
    Mutation(
        "no-unique-key",
        "items without their unique key, and nobody looks whether one is there already",
        (
            _sql("ALTER TABLE whatsapp_item DROP CONSTRAINT whatsapp_item_once"),
            _sql("ALTER TABLE whatsapp_message DROP CONSTRAINT IF EXISTS whatsapp_message_wamid"),
            _sql("DROP INDEX IF EXISTS whatsapp_message_wamid"),
            Change("whatsapp/inbox.py", "    if asked:\n", "    if asked is None:\n"),
        ),
        "same-payload-50",
        1,
        ("duplicates", "replies"),
    ),
    Mutation(
        "ack-before-commit",
        "200 before the row is stored",
        (
            Change(
                "whatsapp/webhook.py",
                '    except DatabaseError:\n        return _answer("unavailable", 503)\n    wake("whatsapp.unpack")\n',
                '    except DatabaseError:\n        return _answer("stored", 200)\n    wake("whatsapp.unpack")\n',
            ),
        ),
        "postgres-stopped",
        1,
        ("lost",),
    ),
    Mutation(
        "retry-on-unknown",
        "a send whose answer was lost is simply sent again",
        (
            Change("whatsapp/outcomes.py", "    if isinstance(error, OutcomeUnknown):\n", "    if error is None:\n"),
            Change(
                "whatsapp/outcomes.py",
                "    elif isinstance(error, AGAIN)",
                "    elif isinstance(error, (OutcomeUnknown, *AGAIN))",
            ),
        ),
        "meta-lost-response",
        2,
        ("sends",),
    ),
    Mutation(
        "no-ladder",
        "a status is written whatever stands there",
        (
            Change(
                "whatsapp/statuses.py",
                "coalesce(array_position(%(ladder)s::text[], state::text) < %(rung)s, false) AS up",
                "(%(ladder)s::text[] IS NOT NULL AND %(rung)s > 0) AS up",
            ),
        ),
        "status-orders",
        1,
        ("statuses",),
    ),
    Mutation(
        "no-exclusion",
        "no exclusion constraint on appointments",
        (_sql("ALTER TABLE clinics_appointment DROP CONSTRAINT clinics_appointment_no_double_booking"),),
        "one-slot-200",
        1,
        ("double", "own"),
    ),
    Mutation(
        "lease-not-believed",
        "a send whose lease ran out goes back to the queue",
        (
            Change(
                "whatsapp/outcomes.py",
                "            state=MessageState.UNKNOWN,\n            unknown_since",
                "            state=MessageState.QUEUED,\n            unknown_since",
            ),
        ),
        "worker-killed-after",
        1,
        ("sends",),
    ),
    Mutation(
        "event-id-not-fixed",
        "each insert makes up an id of its own",
        (
            Change(
                "calendar_sync/writes/perform.py",
                "lambda api, place, event_id: api.insert_event(place, event_id, made,",
                'lambda api, place, event_id: api.insert_event(place, __import__("uuid").uuid4().hex, made,',
            ),
        ),
        "google-lost-response",
        3,
        ("events",),
    ),
    Mutation(
        "signature-not-verified",
        "whatever is posted is taken",
        (
            Change(
                "whatsapp/webhook.py",
                '"HTTP_X_HUB_SIGNATURE_256"), body, caller.secrets) is None:\n',
                '"HTTP_X_HUB_SIGNATURE_256"), body, caller.secrets) == "no":\n',
            ),
        ),
        "bad-signature",
        1,
        ("own",),
    ),
    Mutation(
        "bot-over-a-person",
        "the assistant answers although a person holds the chat",
        (Change("whatsapp/arrivals/messages.py", "if conversation.handler == Handler.BOT and conv", "if conv"),),
        "bad-signature",
        1,
        ("held",),
    ),
    Mutation(
        "newest-first",
        "a chat's newest message is worked first",
        (
            Change(
                "whatsapp/handling.py",
                '.order_by("provider_at", "delivery_id", "id")',
                '.order_by("-provider_at", "-id")',
            ),
        ),
        "worker-killed-anywhere",
        1,
        ("order",),
    ),
)


def main(arguments: Sequence[str]) -> int:
    """0 when every mutation was caught by what should catch it."""
    parser = argparse.ArgumentParser(
        prog="mutations", description="Breaks a copy of the product; the faults must notice."
    )
    parser.add_argument("--only", default="", help="names, separated by commas")
    names = [name for name in parser.parse_args(arguments).only.split(",") if name]
    missed = 0
    print("| deliberate break | run with | caught by | |\n|---|---|---|---|")
    for one in MUTATIONS:
        if not names or one.name in names:
            found = _caught(one)
            missed += not found
            caught = f"{found} | caught" if found else f"{', '.join(one.caught_by)} | MISSED"
            print(f"| {one.says} | {one.fault}, seed {one.seed} | {caught} |", flush=True)
    return 1 if missed else 0


def _caught(mutation: Mutation) -> str:
    """What did not hold, of what was expected not to; "" when all of it held."""
    with tempfile.TemporaryDirectory(prefix="atendeai-mutation-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT, symlinks=True)
        for change in mutation.changes:
            _apply(change, tree)
        command = [sys.executable, "-m", "faults", "--only", mutation.fault, "--seed", str(mutation.seed)]
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=900)
        results = tree / "var" / "faults.json"
        if not results.exists():
            print(
                f"{mutation.name}: the suite did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}", file=sys.stderr
            )
            return ""
        (result,) = json.loads(results.read_text(encoding="utf-8"))
    counts = {**result["counts"], "own": len(result["wrong"])}
    return ", ".join(f"{name} {counts[name]}" for name in mutation.caught_by if counts[name])


def _apply(change: Change, tree: Path) -> None:
    path = tree / change.path
    text = path.read_text(encoding="utf-8")
    if text.count(change.old) != 1:
        raise SystemExit(f"{change.path} holds {text.count(change.old)} times, not once: {change.old!r}")
    path.write_text(text.replace(change.old, change.new), encoding="utf-8")


if __name__ == "__main__":
    began = time.monotonic()
    code = main(sys.argv[1:])
    print(f"\n{time.monotonic() - began:.0f} s")
    sys.exit(code)
