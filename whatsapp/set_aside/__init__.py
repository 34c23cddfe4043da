"""What was tried in the channel and waits for a person: which rows, and how is one put back to work?"""

from whatsapp.set_aside import deliveries, files, items, messages, reminders

__all__ = ["deliveries", "files", "items", "messages", "reminders"]
