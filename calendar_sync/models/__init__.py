"""The calendar's tables, one module per family."""

from calendar_sync.models.channel import PUSH_PATH, Channel, ChannelState, push_address
from calendar_sync.models.connect_attempt import ConnectAttempt, ConnectInvitation
from calendar_sync.models.google_change import OPEN_STATES, ChangeKind, ChangeState, GoogleChange
from calendar_sync.models.link import Link, LinkState
from calendar_sync.models.mirror import EventMirror, MirrorState
from calendar_sync.models.pull_state import PullState
from calendar_sync.models.reconciliation import Origin, Reconciliation, RunState
from calendar_sync.models.write import CalendarWrite, WriteKind, WriteState

__all__ = [
    "OPEN_STATES",
    "PUSH_PATH",
    "CalendarWrite",
    "ChangeKind",
    "ChangeState",
    "Channel",
    "ChannelState",
    "ConnectAttempt",
    "ConnectInvitation",
    "EventMirror",
    "GoogleChange",
    "Link",
    "LinkState",
    "MirrorState",
    "Origin",
    "PullState",
    "Reconciliation",
    "RunState",
    "WriteKind",
    "WriteState",
    "push_address",
]
