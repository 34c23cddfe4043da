"""How does a file that somebody at the clinic chose become one that can be sent? Judged, sealed, stored, then a row.

Promises: nothing is kept of a file that Meta would not take (`WrongFile` says why and names the limit); the bytes go
through in pieces. The row is made in the transaction at hand; bytes whose row never came are swept later.
"""

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime

from clinics.models import Clinic
from whatsapp.media import storage
from whatsapp.media.kinds import HEAD_BYTES, SENT_BYTES, WrongFile, judge
from whatsapp.media.sealing import Sealer, new_key
from whatsapp.models import MediaFile, MediaState


def keep(
    *, clinic: Clinic, content: Iterable[bytes], name: str, declared: str, now: datetime, is_voice: bool = False
) -> MediaFile:
    """The stored file. Raises WrongFile, or OSError when it cannot be written."""
    key, seal = storage.new_key(clinic.pk), new_key()
    name = clean_name(name)
    digest, size, head = hashlib.sha256(), 0, b""
    with storage.unfinished() as path:
        with storage.writing(path) as written:
            sealer = Sealer(seal, written.write)
            for piece in content:
                size += len(piece)
                if size > SENT_BYTES["document"]:
                    raise WrongFile("size", kind="document", most_bytes=SENT_BYTES["document"])
                head = (head + piece)[:HEAD_BYTES] if len(head) < HEAD_BYTES else head
                digest.update(piece)
                sealer.take(piece)
            sealer.finish()
        judged = judge(head=head, size=size, name=name, declared=declared)
        storage.place().put(path, key)
    return MediaFile.objects.create(
        clinic=clinic,
        is_ours=True,
        kind=judged.kind,
        mime_type=judged.mime_type,
        content_type=judged.mime_type,
        name=name,
        sha256=digest.hexdigest(),
        size=size,
        is_voice=is_voice and judged.mime_type == "audio/ogg",
        state=MediaState.STORED,
        storage_key=key,
        seal=base64.b64encode(seal).decode(),
        stored_at=now,
        created_at=now,
    )


def clean_name(name: str) -> str:
    """The last part of a path, without anything that a header or a folder could trip over."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '"<>:|?*').strip(". ")
    stem, dot, suffix = kept.rpartition(".")
    return f"{stem[:200]}{dot}{suffix[:20]}" if stem else kept[:200]
