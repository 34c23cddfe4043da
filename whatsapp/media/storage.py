"""Where do the bytes of files lie? In a folder outside the web root, or in a bucket by setting.

Promises: a key says the clinic's number and nothing else; what `put` was given is there, whole and on the disk, when it
returns, or not at all. Everything is sealed before it comes here.
"""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages

BUCKET = "media"
_UNFINISHED = ".unfinished"


class Files(Protocol):
    """A place for files."""

    def put(self, source: Path, key: str) -> None:
        """Moves a finished file to its place. OSError when it cannot."""

    def open(self, key: str) -> BinaryIO:
        """To be read from any place in it. FileNotFoundError when it is gone."""

    def delete(self, key: str) -> None:
        """Nothing happens when it is gone already."""

    def keys(self, *, before: datetime) -> Iterator[str]:
        """Everything that was put there before then."""


def new_key(clinic_id: int) -> str:
    return f"{clinic_id}/{secrets.token_hex(16)}"


@contextmanager
def unfinished() -> Iterator[Path]:
    """A path for a file that is being written; what is left there afterwards goes."""
    folder = _folder(Path(settings.MEDIA_FILES_DIR) / _UNFINISHED)
    path = folder / secrets.token_hex(16)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """The file, for its owner only; on the disk when the block ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def place() -> Files:
    """Where this installation keeps its files."""
    return _bucket() if settings.MEDIA_S3_BUCKET else Folder(Path(settings.MEDIA_FILES_DIR))


@cache
def _bucket() -> "Bucket":
    return Bucket(storages[BUCKET])


class Folder:
    """A folder of this machine, with one below it for each clinic."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, source: Path, key: str) -> None:
        target = self._root / key
        _folder(target.parent)
        source.replace(target)
        _sync(target.parent)

    def open(self, key: str) -> BinaryIO:
        return (self._root / key).open("rb")

    def delete(self, key: str) -> None:
        (self._root / key).unlink(missing_ok=True)

    def keys(self, *, before: datetime) -> Iterator[str]:
        for path in self._root.glob("*/*"):
            with suppress(FileNotFoundError):  # erased meanwhile
                if path.is_file() and path.stat().st_mtime < before.timestamp():
                    yield str(path.relative_to(self._root))


class Bucket:
    """A bucket at S3 or at what speaks like it, through django-storages."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def put(self, source: Path, key: str) -> None:
        with source.open("rb") as file, _as_os_errors():
            self._storage.save(key, File(file))

    def open(self, key: str) -> BinaryIO:
        with _as_os_errors():
            return cast(BinaryIO, self._storage.open(key, "rb"))

    def delete(self, key: str) -> None:
        with _as_os_errors():
            self._storage.delete(key)

    def keys(self, *, before: datetime) -> Iterator[str]:
        bucket: Any = self._storage
        for entry in bucket.bucket.objects.filter(Prefix=bucket.location):
            if entry.last_modified < before:
                yield str(entry.key)[len(bucket.location) :].lstrip("/")


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """A bucket that does not answer is to its callers what a broken disk is."""
    # Here only: without a bucket nobody loads the client.
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OSError(errno.EIO, type(error).__name__) from None


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _sync(folder: Path) -> None:
    """The new name survives a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
