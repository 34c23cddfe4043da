"""The calendar's tables, one module per family."""

from calendar_sync.models.connect_attempt import ConnectAttempt, ConnectInvitation
from calendar_sync.models.link import Link, LinkState
from calendar_sync.models.mirror import EventMirror, MirrorState
from calendar_sync.models.write import CalendarWrite, WriteKind, WriteState

__all__ = [
    "CalendarWrite",
    "ConnectAttempt",
    "ConnectInvitation",
    "EventMirror",
    "Link",
    "LinkState",
    "MirrorState",
    "WriteKind",
    "WriteState",
]
