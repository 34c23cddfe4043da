"""How does a file stand encrypted on the disk, and is still read from its middle?

Promises: pure. Every file has a random key of its own (kept in its row, itself encrypted): AES-256-GCM over pieces of
64 KiB, each bound to its place and the last one marked, so that nothing can be changed, moved or cut off unnoticed.
A key is used for one writing only.
"""

import secrets
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 64 * 1024
_TAG = 16


class Damaged(Exception):
    """The bytes on the disk are not those that were written under this key."""


def new_key() -> bytes:
    return secrets.token_bytes(32)


class Sealer:
    """Takes the plain bytes in any portions and writes the sealed ones; `finish` ends the file."""

    def __init__(self, key: bytes, write: Callable[[bytes], object]) -> None:
        self._box = AESGCM(key)
        self._write = write
        self._waiting = bytearray()
        self._number = 0

    def take(self, content: bytes) -> None:
        self._waiting += content
        # One piece stays back: only at the end is it known to be the last.
        while len(self._waiting) > PIECE:
            self._seal(bytes(self._waiting[:PIECE]), is_last=False)
            del self._waiting[:PIECE]

    def finish(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        self._write(self._box.encrypt(_place(self._number), piece, _mark(is_last=is_last)))
        self._number += 1


def unseal(file: BinaryIO, key: bytes, size: int, *, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The plain bytes [start, stop) of a file of `size` plain bytes; Damaged when they cannot be trusted."""
    stop = size if stop is None else min(stop, size)
    box, last = AESGCM(key), max(size - 1, 0) // PIECE
    number = start // PIECE
    file.seek(number * (PIECE + _TAG))
    while number * PIECE < stop:
        sealed = file.read(PIECE + _TAG)
        try:
            piece = box.decrypt(_place(number), sealed, _mark(is_last=number == last))
        except (InvalidTag, ValueError):
            raise Damaged("the file is damaged") from None
        begins = number * PIECE
        yield piece[max(start - begins, 0) : stop - begins]
        number += 1


def _place(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _mark(*, is_last: bool) -> bytes:
    return b"last" if is_last else b"more"
