"""Would Meta take this file? Types and sizes by kind, repeated here on purpose."""

from __future__ import annotations

from sandbox.graph.errors import GraphError

MB = 1024 * 1024
OFFICE = "application/vnd.openxmlformats-officedocument"
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
        f"{OFFICE}.wordprocessingml.document",
        f"{OFFICE}.spreadsheetml.sheet",
        f"{OFFICE}.presentationml.presentation",
    ),
}
MOST_BYTES = {"image": 5 * MB, "sticker": 500 * 1024, "audio": 16 * MB, "video": 16 * MB, "document": 100 * MB}
STATIC_STICKER_BYTES = 100 * 1024
INBOUND_BYTES = 100 * MB


def plain_type(mime_type: str) -> str:
    """Without parameters: "audio/ogg; codecs=opus" is audio/ogg."""
    return mime_type.partition(";")[0].strip().lower()


def kind_of(mime_type: str) -> str | None:
    """Which kind of message a file of this type makes; None for a type that Meta does not take from a business."""
    plain = plain_type(mime_type)
    return next((kind for kind, types in TYPES.items() if plain in types), None)


def kind_from_patient(mime_type: str) -> str:
    """A phone sends anything it does not know as a document."""
    return kind_of(mime_type) or "document"


def check_upload(mime_type: str, content: bytes) -> None:
    """Raises GraphError for a type or a size that Meta refuses."""
    kind = kind_of(mime_type)
    if kind is None:
        known = ", ".join(one for types in TYPES.values() for one in types)
        received = f"Received file of type '{mime_type}'."
        raise GraphError(100, f"Param file must be a file with one of the following types: {known}. {received}")
    most = MOST_BYTES[kind]
    if kind == "sticker" and not _is_animated(content):
        most = STATIC_STICKER_BYTES
    if not content:
        raise GraphError(131053, "The file is empty")
    if len(content) > most:
        raise GraphError(131053, f"File size {len(content)} exceeds the limit of {most} bytes for {kind}")


def _is_animated(webp: bytes) -> bool:
    """The animation flag of an extended WebP."""
    return webp[12:16] == b"VP8X" and len(webp) > 20 and bool(webp[20] & 0x02)
