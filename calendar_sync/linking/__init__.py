"""How does a professional's Google calendar become linked, and how is it let go?

`start` makes a one-time way to Google; `complete` takes the code that came back with it, in the same
session, by the same person, for the same professional, once, within ten minutes; `choose_calendar`
says which of the account's calendars it is. Tokens are stored encrypted; no code and no token is ever
shown or logged.
"""

from calendar_sync.linking.attempts import ATTEMPT_LIFE, came_by_invitation, scopes_for, start
from calendar_sync.linking.choosing import choose_calendar, list_calendars, patience
from calendar_sync.linking.completing import complete
from calendar_sync.linking.inviting import get_open, invite
from calendar_sync.linking.letting_go import disconnect
from calendar_sync.linking.own_calendar import use_own
from calendar_sync.linking.problems import (
    AttemptUnknown,
    CannotLink,
    CodeRefused,
    ConsentRefused,
    InvitationGone,
    NoCalendar,
    ScopesMissing,
    WrongAccount,
)
from calendar_sync.linking.rows import find_alive

__all__ = [
    "ATTEMPT_LIFE",
    "AttemptUnknown",
    "CannotLink",
    "CodeRefused",
    "ConsentRefused",
    "InvitationGone",
    "NoCalendar",
    "ScopesMissing",
    "WrongAccount",
    "came_by_invitation",
    "choose_calendar",
    "complete",
    "disconnect",
    "find_alive",
    "get_open",
    "invite",
    "list_calendars",
    "patience",
    "scopes_for",
    "start",
    "use_own",
]
