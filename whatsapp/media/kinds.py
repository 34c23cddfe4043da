"""What may a file be? Meta's types and sizes, and what the bytes themselves say they are.

Promises: pure. `sniff` looks at the first bytes only and never trusts a name or a declared type; what it does not know
for certain is `UNKNOWN`, which is never shown inside a page.

**Source**: Meta, Cloud API, Media reference: supported types and sizes; received files reach 100 MB.
"""

from dataclasses import dataclass

MB = 1024 * 1024
UNKNOWN = "application/octet-stream"
HEAD_BYTES = 512

_OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES: dict[str, tuple[str, ...]] = {
    "image": ("image/jpeg", "image/png"),
    "sticker": ("image/webp",),
    "audio": ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
    "video": ("video/mp4", "video/3gpp"),
    "document": (
        "text/plain",
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        f"{_OFFICE}.wordprocessingml.document",
        f"{_OFFICE}.spreadsheetml.sheet",
        f"{_OFFICE}.presentationml.presentation",
    ),
}
KINDS = tuple(TYPES)
# What Meta takes from us, and what may come from a patient.
SENT_BYTES = {"image": 5 * MB, "sticker": 500 * 1024, "audio": 16 * MB, "video": 16 * MB, "document": 100 * MB}
STILL_STICKER_BYTES = 100 * 1024
RECEIVED_BYTES = {"image": 100 * MB, "sticker": 5 * MB, "audio": 100 * MB, "video": 100 * MB, "document": 100 * MB}
# Above it WhatsApp shows a voice note as a file to be downloaded.
VOICE_BYTES = 512 * 1024

# Shown inside the page. Everything else is downloaded.
INLINE = frozenset({"image/jpeg", "image/png", "image/webp", *TYPES["audio"], *TYPES["video"]})

_SUFFIXES = {
    "txt": "text/plain",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
}
# What a browser's file dialogue offers.
ACCEPTED = ",".join([*(one for types in TYPES.values() for one in types), *(f".{suffix}" for suffix in _SUFFIXES)])
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
)


class WrongFile(Exception):
    """Meta would not take this file. `code`: empty, type or size; `kind` and `most_bytes` name the limit."""

    def __init__(self, code: str, *, kind: str = "", most_bytes: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.kind = kind
        self.most_bytes = most_bytes


@dataclass(frozen=True)
class Judged:
    """A file that can be sent: as which kind of message, and under which type."""

    kind: str
    mime_type: str


def plain_type(mime_type: str) -> str:
    """Without parameters: "audio/ogg; codecs=opus" is audio/ogg."""
    return mime_type.partition(";")[0].strip().lower()


def sniff(head: bytes, *, declared: str = "") -> str:
    """The type that the first bytes prove; `declared` only chooses between types that look alike."""
    for start, mime_type in _STARTS:
        if head.startswith(start):
            return mime_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _iso_media(head[8:12], plain_type(declared))
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return _frames(head[1])
    return UNKNOWN


def _iso_media(brand: bytes, declared: str) -> str:
    """MP4 and its family: the brand tells, and where it does not, whether sound or pictures were announced."""
    if brand.startswith(b"3g"):
        return "video/3gpp"
    if brand in (b"M4A ", b"M4B ") or declared == "audio/mp4":
        return "audio/mp4"
    return "video/mp4" if brand not in (b"heic", b"heix", b"avif", b"mif1") else UNKNOWN


def _frames(second: int) -> str:
    """Bare sound frames: layer 0 is AAC in ADTS, the others are MPEG audio."""
    return "audio/aac" if second & 0x06 == 0 else "audio/mpeg"


def is_animated(webp: bytes) -> bool:
    """Whether a sticker moves: the flag in an extended WebP's head."""
    return webp[12:16] == b"VP8X" and len(webp) > 20 and bool(webp[20] & 0x02)


def judge(*, head: bytes, size: int, name: str, declared: str = "") -> Judged:
    """As what this file goes to a patient. Raises WrongFile for a type or a size that Meta refuses."""
    if size == 0:
        raise WrongFile("empty")
    mime_type = _sendable_type(head, name, declared)
    kind = next((kind for kind, types in TYPES.items() if mime_type in types), "")
    if not kind:
        raise WrongFile("type")
    most = STILL_STICKER_BYTES if kind == "sticker" and not is_animated(head) else SENT_BYTES[kind]
    if size > most:
        raise WrongFile("size", kind=kind, most_bytes=most)
    return Judged(kind, mime_type)


def _sendable_type(head: bytes, name: str, declared: str) -> str:
    found = sniff(head, declared=declared)
    if found != UNKNOWN:
        return found
    wanted = _SUFFIXES.get(name.rpartition(".")[2].lower(), "")
    if wanted.startswith(_OFFICE):
        return wanted if head.startswith(_ZIP) else UNKNOWN
    if wanted == "text/plain":
        return wanted if _is_text(head) else UNKNOWN
    return wanted if wanted and head.startswith(_OLE) else UNKNOWN


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The head may end in the middle of a letter; old programs write Latin-1.
        return error.start >= len(head) - 3 or all(byte >= 0x20 or byte in b"\r\n\t" for byte in head)
    return True
