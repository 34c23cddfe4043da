"""Do appointments and calendar still say the same? Asked for by a person, a command or the day; worked from a row.

The report is the row itself: what differed by kind, what was mended, when and how long it took.
"""

from calendar_sync.reconciling.findings import BY_READING, BY_WRITING, FOR_PEOPLE, HARMLESS, Kind
from calendar_sync.reconciling.runs import ask, ask_daily, due, latest
from calendar_sync.reconciling.working import work

__all__ = [
    "BY_READING",
    "BY_WRITING",
    "FOR_PEOPLE",
    "HARMLESS",
    "Kind",
    "ask",
    "ask_daily",
    "due",
    "latest",
    "work",
]
