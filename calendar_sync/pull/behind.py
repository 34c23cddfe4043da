"""Does the clinic know when a calendar can no longer be read?

An alert after a while of failures, gone with the next success.
"""

from datetime import datetime, timedelta

from calendar_sync.alert_words import BEHIND
from calendar_sync.models import PullState
from clinics import alerts

PATIENCE = timedelta(minutes=30)


def note_behind(state: PullState, *, now: datetime) -> None:
    """Alerts when it has failed for half an hour."""
    since = state.error_at
    if since is not None and now - since >= PATIENCE:
        alerts.raise_alert(clinic=state.link.clinic, kind=BEHIND, target=state.link, now=now, detail=state.error_code)


def note_caught_up(state: PullState, *, now: datetime) -> None:
    """It works again. `state` is the row as it was claimed."""
    if state.error_at is not None:
        alerts.clear_alert(clinic=state.link.clinic, kind=BEHIND, target=state.link, now=now)
