"""What does the clinic answer in the chat? Pure: values in, values out; no clock, no database, no framework.

One message is one turn: `understand` reads it, `needed` names the facts, `step` answers with the next state and
actions. An action's outcome is the next turn (`needed` and `step` again), at most three in all. Nothing here raises
for anything a patient writes or a clinic has set up.

Settled: everything a caller uses is exported here.
"""

from .actions import (
    Action,
    Book,
    Booked,
    Buttons,
    Cancel,
    Cancelled,
    Confirm,
    Confirmed,
    Event,
    HandOver,
    ListMessage,
    Message,
    NoteMarketing,
    Refused,
    Rescheduled,
    Row,
    Say,
    Section,
    SlotTaken,
)
from .choices import about
from .engine import needed, step
from .facts import (
    AppointmentFact,
    DayFact,
    Facts,
    Found,
    OfferingFact,
    ProfessionalFact,
    SlotFact,
    Vocabulary,
)
from .slot_search import SlotQuery, find
from .states import Purpose, State, Step, after_notice, after_reminder
from .understanding import understand
from .wishes import Incoming, Wish

__all__ = [
    "Action",
    "AppointmentFact",
    "Book",
    "Booked",
    "Buttons",
    "Cancel",
    "Cancelled",
    "Confirm",
    "Confirmed",
    "DayFact",
    "Event",
    "Facts",
    "Found",
    "HandOver",
    "Incoming",
    "ListMessage",
    "Message",
    "NoteMarketing",
    "OfferingFact",
    "ProfessionalFact",
    "Purpose",
    "Refused",
    "Rescheduled",
    "Row",
    "Say",
    "Section",
    "SlotFact",
    "SlotQuery",
    "SlotTaken",
    "State",
    "Step",
    "Vocabulary",
    "Wish",
    "about",
    "after_notice",
    "after_reminder",
    "find",
    "needed",
    "step",
    "understand",
]
