"""How are files fetched from Meta and given to it? Ids, short-lived addresses, uploads.

Promises: every call names our number, so that Meta itself refuses an id of another number's; the token goes to the
address it was asked for and nowhere else (`common.http` follows no redirect; where a file may be fetched from is the
caller's rule). Failures are `IntegrationError`s; an address that has run out is `AddressExpired`.

**Source**: Meta, WhatsApp Cloud API, Media reference, v24.0-v26.0: ids of received files 7 days, of uploads 30 days,
addresses 5 minutes.
"""

import base64
import binascii
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from atendeai.common import circuit, http
from atendeai.common.errors import NotConfigured, OutcomeUnknown, Unreachable
from whatsapp.cloud_api.answers import checked
from whatsapp.cloud_api.asking import ask
from whatsapp.cloud_api.client import Waits

_EXPIRED = (404, 410)


class AddressExpired(Unreachable):
    """The five minutes of this address are over: ask for a new one."""


@dataclass(frozen=True)
class Described:
    """What Meta says of a file. `sha256` in hex, "" when it says none; `size` None likewise."""

    url: str
    mime_type: str
    sha256: str
    size: int | None


class MediaApi:
    """One number's files at Meta. Holds the token, so keep it no longer than a call needs."""

    def __init__(
        self,
        base_url: str,
        version: str,
        access_token: str,
        phone_number_id: str,
        clinic_id: int | None,
        waits: Waits | None = None,
    ) -> None:
        if not access_token or not phone_number_id:
            raise NotConfigured("whatsapp", "media", detail="access token or phone_number_id is missing")
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._number = phone_number_id
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._clinic_id = clinic_id
        self._waits = waits or Waits()

    def __repr__(self) -> str:
        return f"MediaApi(clinic_id={self._clinic_id})"

    def describe(self, media_id: str) -> Described:
        """A fresh address for an id; Rejected when the id is unknown, run out or another number's."""
        answer = ask(
            "GET",
            f"{self._base}/{quote(media_id, safe='')}",
            operation="media.get",
            clinic_id=self._clinic_id,
            headers=self._headers,
            params={"phone_number_id": self._number},
            connect_seconds=self._waits.connect_seconds,
            read_seconds=self._waits.read_seconds,
        )
        size = answer.get("file_size")
        if not isinstance(answer.get("url"), str):
            raise OutcomeUnknown("whatsapp", "media.get", detail="the answer names no address")
        return Described(
            url=answer["url"],
            mime_type=str(answer.get("mime_type") or ""),
            sha256=hex_hash(answer.get("sha256")),
            size=int(size) if isinstance(size, int | str) and str(size).isdecimal() else None,
        )

    def download(self, url: str, take: Callable[[bytes], object], *, most_bytes: int, seconds: float) -> int:
        """Gives the file's bytes to `take`; how many. AddressExpired, CircuitOpen, or what the answer's error means."""
        with circuit.calling(
            provider="whatsapp",
            operation="media.download",
            clinic_id=self._clinic_id,
            seconds=self._waits.connect_seconds + seconds,
            may_try=False,
        ):
            found = http.download(
                url,
                take=take,
                most_bytes=most_bytes,
                seconds=seconds,
                provider="whatsapp",
                operation="media.download",
                clinic_id=self._clinic_id,
                headers=self._headers,
                connect_seconds=self._waits.connect_seconds,
                read_seconds=self._waits.read_seconds,
            )
            has_expired = found.status in _EXPIRED
            if found.status // 100 != 2 and not has_expired:
                checked(found.reply(), "media.download")
                raise Unreachable("whatsapp", "media.download", status=found.status)
        if has_expired:
            # Out here: an answer, which says that Meta lives.
            raise AddressExpired("whatsapp", "media.download", status=found.status)
        return found.size

    def upload(self, content: Iterable[bytes], *, size: int, name: str, mime_type: str) -> str:
        """The id of the uploaded file, good for 30 days. A lost answer costs nothing but another upload."""
        form = _Form(content, size, name, mime_type)
        answer = ask(
            "POST",
            f"{self._base}/{self._number}/media",
            operation="media.upload",
            clinic_id=self._clinic_id,
            headers={**self._headers, "Content-Type": form.content_type},
            may_try=False,
            body=form,
            # Also how long a piece of the body may wait to be taken.
            connect_seconds=max(self._waits.connect_seconds, 10.0),
            read_seconds=max(self._waits.read_seconds, 30.0),
        )
        media_id = answer.get("id")
        if not isinstance(media_id, str | int) or not media_id:
            raise OutcomeUnknown("whatsapp", "media.upload", detail="the answer names no id")
        return str(media_id)

    def delete(self, media_id: str) -> None:
        """Meta forgets the file now, not after its 30 days."""
        ask(
            "DELETE",
            f"{self._base}/{quote(media_id, safe='')}",
            operation="media.delete",
            clinic_id=self._clinic_id,
            headers=self._headers,
            params={"phone_number_id": self._number},
        )


def hex_hash(text: object) -> str:
    """A SHA-256 as Meta writes it, base64 in webhooks and hex in answers, in hex; "" for anything else."""
    if not isinstance(text, str):
        return ""
    try:
        raw = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return ""
    return raw.hex() if len(raw) == 32 else ""


class _Form:
    """A multipart form with one file that is read while it is sent: 100 MB never stand in memory."""

    def __init__(self, content: Iterable[bytes], size: int, name: str, mime_type: str) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        fields = {"messaging_product": "whatsapp", "type": mime_type}
        head = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        )
        head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_plain(name)}"\r\n'
        head += f"Content-Type: {mime_type}\r\n\r\n"
        start, end = head.encode(), f"\r\n--{boundary}--\r\n".encode()
        self._size = len(start) + size + len(end)
        self._pieces = _joined(start, content, end)
        self._rest = b""

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(http.PIECE_BYTES):
            yield piece

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        end = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:end], self._rest[end:]
        return taken


def _joined(start: bytes, content: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    yield start
    yield from content
    yield end


def _plain(name: str) -> str:
    """A file name without what could end the header it stands in."""
    return "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "._-")) or "file"
