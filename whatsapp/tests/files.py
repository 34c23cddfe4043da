"""Files as patients send them, through the simulator and our own workers, called by hand."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from atendeai.testing import webhooks
from atendeai.testing.people import DALVA_PHONE
from atendeai.testing.simulator import Simulator
from whatsapp import handling, inbox, media
from whatsapp.models import Conversation, MediaFile, Message

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
OGG = b"OggS" + b"\x01" * 700
PDF = b"%PDF-1.7\n" + b"guia" * 300
NUMBER = "100000000000001"


def now_of(meta: Simulator) -> datetime:
    """The simulator's clock: its addresses and ids run out by it."""
    return datetime.fromisoformat(meta.control("GET", "clock")["now"]).astimezone(UTC)


def later(meta: Simulator, **by: float) -> datetime:
    """Moves the simulator's clock."""
    meta.control("POST", "clock", {"advance_seconds": timedelta(**by).total_seconds()})
    return now_of(meta)


def sent_by_patient(meta: Simulator, content: bytes = PNG, mime_type: str = "image/png", **more: Any) -> MediaFile:
    """The row of a file that Dalva sent: stored with its message, not fetched yet."""
    file = {"name": "exame.png", "mime_type": mime_type, "base64": base64.b64encode(content).decode(), **more}
    said = meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "file": file})
    return arrived(meta, message_of(meta, said["id"]))


def message_of(meta: Simulator, wamid: str) -> dict[str, Any]:
    """Meta's object of a message in the simulator's chat."""
    shown = next(one for one in meta.chat(DALVA_PHONE) if one["id"] == wamid)
    stamp = str(int(now_of(meta).timestamp()))
    common = {"from": DALVA_PHONE, "id": wamid, "timestamp": stamp, "type": shown["type"]}
    return {**common, shown["type"]: shown[shown["type"]]}


def arrived(meta: Simulator, message: dict[str, Any]) -> MediaFile:
    """Delivers the message to us and works it; its file's row."""
    inbox.store(body=webhooks.body(webhooks.change(NUMBER, messages=[message])), signed_by=None)
    inbox.unpack_some(now=now_of(meta))
    for conversation in Conversation.objects.filter(wanted_at__isnull=False):
        handling.work(conversation.pk, now=now_of(meta))
    found = Message.objects.get(wamid=message["id"]).file
    assert found is not None
    return found


def fetched(meta: Simulator, file: MediaFile, *, now: datetime | None = None) -> MediaFile:
    """One try, whatever the row's pause says; the row afterwards."""
    MediaFile.objects.filter(pk=file.pk).update(not_before=None)
    media.work(file.pk, now=now or now_of(meta))
    file.refresh_from_db()
    return file
