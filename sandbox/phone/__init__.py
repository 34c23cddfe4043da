"""The page at /: a patient's phone, what the calendars hold, and switches for faults."""
