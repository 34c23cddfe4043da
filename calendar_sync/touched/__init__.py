"""What when somebody touches an event of ours in Google? Noted by a pull, looked at in Google, then decided.

The list that a pull reads may be older than our own last write, and a missing row proves nothing. So a touch only
makes a row; what counts is the event itself, asked for once nothing of ours is on its way to it. Any error of
Google's leaves everything as it is. What is decided: the event agrees with the appointment; it was moved (followed,
asked about or put back); it was deleted (asked about or followed); it was made something an appointment cannot be
(put back).
"""

from calendar_sync.touched.deciding import AlreadyDecided, NoLongerFits, accept, refuse
from calendar_sync.touched.looking import due, look, reading
from calendar_sync.touched.noting import Touch, forget, missing, note, withdraw
from calendar_sync.touched.showing import MOST_COUNTED, Conflict, conflicts, open_count, raise_conflicts

__all__ = [
    "MOST_COUNTED",
    "AlreadyDecided",
    "Conflict",
    "NoLongerFits",
    "Touch",
    "accept",
    "conflicts",
    "due",
    "forget",
    "look",
    "missing",
    "note",
    "open_count",
    "raise_conflicts",
    "reading",
    "refuse",
    "withdraw",
]
