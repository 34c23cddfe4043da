"""The Calendar calls we use, typed in and out; pure.

Promises: one HTTP call per method (for lists one per page); nothing repeated here; every failure is one
of the integration errors, decided by Google's `reason` in one closed table. Google's own client library
builds the requests from its bundled discovery document (never fetched) and is shared; its transport is
not: each call gets a small adapter of its own over `common.http`, with its own token. (A shared httplib2
transport was measured to hand 33 of 480 answers to another clinic.) No batch (it ignores the endpoint) and
no `list_next` (it breaks on repeated parameters).

Source: Google Calendar API v3, discovery revision 20261030; errors: developers.google.com/calendar/api/guides/errors.
"""

from calendar_sync.google_api.client import Calendar
from calendar_sync.google_api.codes import (
    AlreadyThere,
    BadToken,
    ChangedMeanwhile,
    NotAllowed,
    NotThere,
    TokenEnded,
    classify,
)
from calendar_sync.google_api.readings import CalendarEntry, Event, FreeBusy, OpenedChannel, Page

__all__ = [
    "AlreadyThere",
    "BadToken",
    "Calendar",
    "CalendarEntry",
    "ChangedMeanwhile",
    "Event",
    "FreeBusy",
    "NotAllowed",
    "NotThere",
    "OpenedChannel",
    "Page",
    "TokenEnded",
    "classify",
]
