"""«Conferir agenda»: what differs between appointments and one calendar, the button that mends it, the last reports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from calendar_sync.admin.words import DIFFERENCES, error_words, tone_of
from calendar_sync.models import Link, Reconciliation, RunState
from calendar_sync.reconciling import FOR_PEOPLE, HARMLESS
from clinics.models import Appointment, Clinic

REPORTS = 10


def context(clinic: Clinic, link: Link) -> dict[str, Any]:
    """The newest comparison in full, and the ones before: three queries."""
    newest = Reconciliation.objects.for_clinic(clinic).filter(link=link).select_related("asked_by")
    runs = list(newest.order_by("-id")[:REPORTS])
    latest = runs[0] if runs else None
    return {
        "link": link,
        "run": latest,
        "error": error_words(latest.error_code) if latest else "",
        "groups": _groups(clinic, latest) if latest else [],
        "can_mend": latest is not None and can_mend(latest),
        "reports": [{"run": run, **summary(run)} for run in runs if not run.is_open],
    }


def can_mend(run: Reconciliation) -> bool:
    """Whether this preview found something that a click mends."""
    return run.is_preview and run.state == RunState.DONE and bool(_mendable(run.found))


def summary(run: Reconciliation) -> dict[str, Any]:
    """How many differences there were, were taken up, and are left to people."""
    return {
        "found": sum(number for kind, number in run.found.items() if kind not in HARMLESS),
        "mended": sum(run.mended.values()),
        "left": sum(number for kind, number in run.found.items() if kind in FOR_PEOPLE),
        "seconds": run.took_ms / 1000,
        "error": error_words(run.error_code),
    }


def _mendable(found: dict[str, int]) -> int:
    return sum(number for kind, number in found.items() if kind not in HARMLESS | FOR_PEOPLE)


def _groups(clinic: Clinic, run: Reconciliation) -> list[dict[str, Any]]:
    """The differences by kind, each with its first rows."""
    shown = _shown(clinic, run.samples)
    return [
        {
            "title": DIFFERENCES[kind][0],
            "what": DIFFERENCES[kind][1],
            "tone": tone_of(kind),
            "number": number,
            "mended": run.mended.get(kind, 0),
            "rows": shown.get(kind, []),
            "more": number - len(shown.get(kind, [])),
        }
        for kind, number in run.found.items()
        if kind in DIFFERENCES
    ]


def _shown(clinic: Clinic, samples: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    ids = [sample["appointment"] for sample in samples if sample["appointment"]]
    rows = Appointment.objects.for_clinic(clinic).select_related("patient").in_bulk(ids)
    shown: dict[str, list[dict[str, Any]]] = {}
    for sample in samples:
        at = datetime.fromisoformat(sample["at"]) if sample["at"] else None
        row = {"appointment": rows.get(sample["appointment"]), "at": at}
        shown.setdefault(sample["kind"], []).append(row)
    return shown
