"""How does a patient's file get from Meta to us, once, whole and unchanged?

While the webhook's address is fresh it is used; otherwise, and whenever it has run out, Meta is asked for a new one by
the id, until the id's seven days are over. The bytes stream through the hash and the seal onto the disk; hash and size
must fit, else they are fetched anew, and after a few tries the file is shown as one to be sent again. The token goes to
Meta's hosts only: a file whose address is another's is refused, until somebody allows the host and has it tried again.
"""

import base64
import hashlib
import logging
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from atendeai.common.errors import IntegrationError, NotConfigured, Rejected
from atendeai.metrics import FOREIGN_ADDRESSES
from clinics import alerts, credentials
from clinics.credentials import Name
from whatsapp.cloud_api import Waits
from whatsapp.cloud_api.media import AddressExpired, MediaApi
from whatsapp.media import hosts, jobs, storage
from whatsapp.media.kinds import HEAD_BYTES, RECEIVED_BYTES, sniff
from whatsapp.media.sealing import Sealer, new_key
from whatsapp.models import MediaFile, MediaState

logger = logging.getLogger(__name__)

# The code of a file whose address is not Meta's.
ADDRESS = "address"
# Bytes that do not fit are not better the next time for ever.
MISFIT_TRIES = 5
# An address is not begun with when it would run out on the way.
URL_MARGIN = timedelta(seconds=20)


class ForeignAddress(Rejected):
    """The file's address is not one of Meta's: the token does not go there."""


class Misfit(Exception):
    """The bytes are not those that were announced; `code`: hash or size."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Reader:
    """Takes the bytes as they come: hashed, measured, sealed and written."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._hash = hashlib.sha256()
        self.size = 0
        self.head = b""

    def take(self, piece: bytes) -> None:
        self._hash.update(piece)
        self.size += len(piece)
        if len(self.head) < HEAD_BYTES:
            self.head = (self.head + piece)[:HEAD_BYTES]
        self._sealer.take(piece)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def fetch(file: MediaFile, *, now: datetime) -> None:
    """Works a claimed row; whatever happens is written to it."""
    if file.id_until is not None and now >= file.id_until:
        jobs.end(file, MediaState.EXPIRED, file.error_code or "id_expired")
        return
    try:
        _fetch(file, now)
    except Misfit as misfit:
        jobs.ours(file).update(misfits=file.misfits + 1)
        if file.misfits + 1 >= MISFIT_TRIES:
            jobs.end(file, MediaState.FAILED, misfit.code)
        else:
            jobs.again(file, misfit.code)
    except Rejected as refusal:
        jobs.end(file, MediaState.REFUSED, refusal.code)
    except IntegrationError as error:
        jobs.again_after(file, error)
    except OSError as error:
        jobs.no_room(file, error, now)


def api_of(file: MediaFile, operation: str) -> MediaApi:
    """The calls of the file's number, with the clinic's token."""
    if file.number is None:
        raise NotConfigured("whatsapp", operation, code="number")
    token = credentials.use(clinic=file.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, operation=operation)
    return MediaApi(
        settings.GRAPH_API_BASE_URL,
        settings.GRAPH_API_VERSION,
        token,
        file.number.phone_number_id,
        file.clinic_id,
        Waits(settings.SEND_CONNECT_SECONDS, settings.MEDIA_READ_SECONDS),
    )


def _fetch(file: MediaFile, now: datetime) -> None:
    api = api_of(file, "media.download")
    key, seal = storage.new_key(file.clinic_id), new_key()
    with storage.unfinished() as path:
        reader = _read(api, file, path, seal, now)
        storage.place().put(path, key)
    is_kept = jobs.ours(file).update(
        state=MediaState.STORED,
        storage_key=key,
        seal=base64.b64encode(seal).decode(),
        size=reader.size,
        sha256=reader.sha256,
        content_type=sniff(reader.head, declared=file.mime_type),
        stored_at=now,
        lease_until=None,
        error_code="",
        url="",
    )
    if not is_kept:  # somebody else has taken the row meanwhile
        storage.place().delete(key)
    alerts.clear_alert(clinic=file.clinic, kind=jobs.DISK_ALERT, now=now)


def _read(api: MediaApi, file: MediaFile, path: Path, seal: bytes, now: datetime) -> Reader:
    """One whole, right file at `path`, from the webhook's address or from a new one."""
    if file.url and file.url_until is not None and now < file.url_until - URL_MARGIN:
        try:
            return _download(api, file, file.url, path, seal, size=None)
        except (AddressExpired, ForeignAddress):
            # Nothing was sealed yet: an address that has run out, or is not called, gives no bytes.
            path.unlink(missing_ok=True)
    found = api.describe(file.media_id)
    if found.size is not None and found.size > RECEIVED_BYTES[file.kind]:
        raise Rejected("whatsapp", "media.download", code="too_large")
    if not file.sha256:
        file.sha256 = found.sha256
    return _download(api, file, found.url, path, seal, size=found.size)


def _download(api: MediaApi, file: MediaFile, url: str, path: Path, seal: bytes, *, size: int | None) -> Reader:
    _require_metas(file, url)
    with storage.writing(path) as written:
        sealer = Sealer(seal, written.write)
        reader = Reader(sealer)
        api.download(url, reader.take, most_bytes=RECEIVED_BYTES[file.kind], seconds=settings.MEDIA_SECONDS)
        sealer.finish()
    if size is not None and reader.size != size:
        raise Misfit("size")
    if file.sha256 and reader.sha256 != file.sha256:
        raise Misfit("hash")
    return reader


def _require_metas(file: MediaFile, url: str) -> None:
    """Raises before anything is called. A person may have the file tried again, once the host is allowed."""
    names = settings.MEDIA_ALLOWED_HOSTS
    if hosts.is_allowed(url, api_base_url=settings.GRAPH_API_BASE_URL, names=names):
        return
    FOREIGN_ADDRESSES.labels(file.clinic_id).inc()
    host = hosts.host_of(url)[:253]
    logger.error("file's host not allowed", extra={"media_id": file.pk, "clinic_id": file.clinic_id, "host": host})
    raise ForeignAddress("whatsapp", "media.download", code=ADDRESS, detail="not an address of Meta's")
