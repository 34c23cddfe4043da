"""Which files does Meta hold? Those that patients sent (7 days) and those that clinics uploaded (30 days).

The bytes lie as files in the state folder; an address to fetch one is good for five minutes, by the simulated clock.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from pathlib import Path

from sandbox.simulator import Simulator
from sandbox.store import Row

DAY = 24 * 3600
INBOUND_SECONDS = 7 * DAY
UPLOAD_SECONDS = 30 * DAY
URL_SECONDS = 5 * 60
DOWNLOADS = "/lookaside/whatsapp_business/attachments/"


def path_of(simulator: Simulator, media_id: str) -> Path:
    return simulator.settings.state_dir / "media" / media_id


def keep(simulator: Simulator, number: Row, content: bytes, mime_type: str, *, is_upload: bool) -> Row:
    """Stores a file that belongs to this number; its row."""
    media_id = str(10**15 + secrets.randbelow(9 * 10**15))
    path = path_of(simulator, media_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    lives = UPLOAD_SECONDS if is_upload else INBOUND_SECONDS
    simulator.store.run(
        "INSERT INTO media (id, number, is_upload, mime_type, sha256, size, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(media_id, number["phone_number_id"], is_upload, mime_type, hashlib.sha256(content).hexdigest()),
        *(len(content), simulator.clock.now() + lives),
    )
    row = find(simulator, media_id)
    assert row is not None  # noqa: S101 - inserted above
    return row


def find(simulator: Simulator, media_id: str) -> Row | None:
    """The file's row while its id is good."""
    sql = "SELECT * FROM media WHERE id = ? AND expires_at > ?"
    return simulator.store.find(sql, media_id, simulator.clock.now())


def delete(simulator: Simulator, media_id: str) -> None:
    simulator.store.run("DELETE FROM media WHERE id = ?", media_id)
    simulator.store.run("DELETE FROM media_urls WHERE media = ?", media_id)
    path_of(simulator, media_id).unlink(missing_ok=True)


def empty(simulator: Simulator) -> None:
    """Removes the bytes of files that no row knows."""
    folder = simulator.settings.state_dir / "media"
    for path in folder.iterdir() if folder.is_dir() else ():
        path.unlink(missing_ok=True)


def new_url(simulator: Simulator, media_id: str) -> str:
    """An address of another place than the API's, as Meta's lookaside host is."""
    token = secrets.token_urlsafe(24)
    until = simulator.clock.now() + URL_SECONDS
    simulator.store.run("INSERT INTO media_urls (token, media, expires_at) VALUES (?, ?, ?)", token, media_id, until)
    return f"http://127.0.0.1:{simulator.settings.port}{DOWNLOADS}?mid={media_id}&source=webhook&hash={token}"


def find_by_url(simulator: Simulator, media_id: str, token: str) -> Row | None:
    """The file of an address that has not run out."""
    sql = "SELECT 1 FROM media_urls WHERE token = ? AND media = ? AND expires_at > ?"
    is_good = simulator.store.find(sql, token, media_id, simulator.clock.now())
    return find(simulator, media_id) if is_good else None


def base64_hash(row: Row) -> str:
    """The hash as webhooks carry it."""
    return base64.b64encode(bytes.fromhex(row["sha256"])).decode()
