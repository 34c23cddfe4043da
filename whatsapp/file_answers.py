"""How does a stored file leave through HTTP without doing harm? What the bytes are decides, not what was declared.

Promises: only pictures, sound and videos that prove to be such are shown inside a page; everything else is a download.
Nothing is cached, guessed at or allowed to run a script, whatever is in it. Ranges are answered, so that players can
jump.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse

from whatsapp import media
from whatsapp.media.kinds import INLINE, UNKNOWN
from whatsapp.models import MediaFile

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Accept-Ranges": "bytes",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "audio/ogg": "ogg", "video/mp4": "mp4"}


def is_inline(file: MediaFile) -> bool:
    """Whether it may be shown inside a page."""
    return file.content_type in INLINE


def as_download(file: MediaFile) -> StreamingHttpResponse:
    """The whole file, to be saved. FileNotFoundError when its bytes are gone."""
    return _streamed(file, 0, file.size or 0, status=200, inline=False)


def as_view(file: MediaFile, wanted: str = "") -> HttpResponse | StreamingHttpResponse:
    """The file or the range of it that `wanted` (a Range header) names; a download when it may not be shown."""
    size = file.size or 0
    part = _part(wanted, size)
    if part is None:
        return _streamed(file, 0, size, status=200, inline=is_inline(file))
    start, stop = part
    if start >= stop:
        return HttpResponse(status=416, headers={**_HEADERS, "Content-Range": f"bytes */{size}"})
    answer = _streamed(file, start, stop, status=206, inline=is_inline(file))
    answer["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return answer


def _part(wanted: str, size: int) -> tuple[int, int] | None:
    """[start, stop) of a single range; None for none or for what we do not understand (then all of it)."""
    match = _RANGE.fullmatch(wanted.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size


def _streamed(file: MediaFile, start: int, stop: int, *, status: int, inline: bool) -> StreamingHttpResponse:
    pieces: Iterator[bytes] = media.content_of(file, start=start, stop=stop)
    # A type that a browser could run is not named, even for a download.
    named = file.content_type if inline or file.content_type == "application/pdf" else UNKNOWN
    answer = StreamingHttpResponse(pieces, status=status, content_type=named, headers=_HEADERS)
    answer["Content-Length"] = str(stop - start)
    answer["Content-Disposition"] = _disposition(file, inline=inline)
    return answer


def _disposition(file: MediaFile, *, inline: bool) -> str:
    name = media.clean_name(file.name) or f"arquivo-{file.pk}.{_SUFFIXES.get(file.content_type, 'bin')}"
    plain = "".join(letter if letter.isascii() and letter not in '"\\%;' else "_" for letter in name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
