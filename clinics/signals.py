"""What happened to an appointment or a patient? How the domain speaks to the channels without knowing them.

Each is sent inside the transaction of the change, with `appointment=`, `by=` (an Actor), `source=` and `now=`.
Receivers only INSERT rows: a receiver that fails undoes the change.
"""

from django.dispatch import Signal

appointment_booked = Signal()
appointment_confirmed = Signal()
appointment_rescheduled = Signal()
appointment_resized = Signal()
appointment_cancelled = Signal()
appointment_no_show = Signal()
appointment_completed = Signal()

# Two records turned out to be one person, or two after all; with `clinic=`, `survivor=`, `loser=`, `appointments=` (the
# coming ones that changed hands) and, when it is undone, `moved=`. Receivers answer with what they moved: row ids by
# the model's label, or None.
patient_merged = Signal()
patient_unmerged = Signal()

# What appointments' events show was changed, with `clinic=`: in settings, names, colours (`patient=None`), or of one
# patient only.
appearance_changed = Signal()
