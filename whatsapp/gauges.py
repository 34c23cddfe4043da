"""How much waits in the channel's queues, and for how long? Read at each scrape."""

from django.db import connection

from atendeai.metrics import QueueReading, register_queue

DELIVERIES = (
    "SELECT count(*), extract(epoch FROM now() - min(received_at)) FROM whatsapp_delivery WHERE state = 'stored'"
)
ITEMS = (
    "SELECT count(*), extract(epoch FROM now() - min(wanted_at)) FROM whatsapp_conversation WHERE wanted_at IS NOT NULL"
)
STATUSES = (
    "SELECT count(*), extract(epoch FROM now() - min(stored_at)) FROM whatsapp_item"
    " WHERE state = 'waiting' AND conversation_id IS NULL AND kind = 'status'"
)
NOTICES = (
    "SELECT count(*), extract(epoch FROM now() - min(stored_at)) FROM whatsapp_item"
    " WHERE state = 'waiting' AND conversation_id IS NULL AND kind <> 'status'"
)
OUTBOX = (
    "SELECT count(*), extract(epoch FROM now() - min(created_at)) FROM whatsapp_message"
    " WHERE direction = 'out' AND state IN ('queued', 'sending', 'unknown')"
)
MEDIA = (
    "SELECT count(*), extract(epoch FROM now() - min(created_at)) FROM whatsapp_mediafile"
    " WHERE state IN ('wanted', 'fetching', 'to_upload', 'uploading')"
)


def _read(statement: str) -> QueueReading:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        depth, oldest = cursor.fetchone()
    return QueueReading(depth, max(float(oldest or 0), 0.0))


def register() -> None:
    """Shows the queues under their names."""
    register_queue("deliveries", lambda: _read(DELIVERIES))
    register_queue("conversations", lambda: _read(ITEMS))
    register_queue("statuses", lambda: _read(STATUSES))
    register_queue("notices", lambda: _read(NOTICES))
    register_queue("outbox", lambda: _read(OUTBOX))
    register_queue("media", lambda: _read(MEDIA))
