"""May our token go to this address? A file's address comes from Meta, but only so far as we trust who spoke.

Promises: pure, and nothing is looked up: a name says whose it is, and https holds its bearer to it. Allowed are https
on its own port to one of the given names or a name below it, and the very place that is configured as Meta's API,
however it is reached. Only an address that every reader reads alike is read at all: what one takes for a path and
another for a name is refused.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:[/?][!-~]*)?",
    re.ASCII | re.IGNORECASE,
)
_OWN_PORTS = {"http": 80, "https": 443}


class _Place(NamedTuple):
    scheme: str
    host: str
    port: int


def is_allowed(url: str, *, api_base_url: str, names: Iterable[str]) -> bool:
    """Whether a file may be fetched from there with the token."""
    place = _place(url)
    if place is None:
        return False
    if place == _place(api_base_url):
        return True
    is_theirs = any(place.host == name or place.host.endswith(f".{name}") for name in names)
    return is_theirs and (place.scheme, place.port) == ("https", 443)


def host_of(url: str) -> str:
    """Where an address leads, for the log; "" when nobody can say."""
    place = _place(url)
    return place.host if place else ""


def _place(url: str) -> _Place | None:
    found = _ADDRESS.fullmatch(url)
    if found is None:
        return None
    scheme = found["scheme"].lower()
    return _Place(scheme, found["host"].lower(), int(found["port"] or _OWN_PORTS[scheme]))
