"""Which address did this call really come from? Pure.

X-Forwarded-For counts only as far as proxies we trust wrote it: read from the right, the first address that is not a
trusted proxy is the caller. Anybody can write the rest.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address
from typing import TypeVar

Network = IPv4Network | IPv6Network
N = TypeVar("N", IPv4Network, IPv6Network)


def client_address(meta: Mapping[str, str], trusted: Sequence[Network]) -> str | None:
    """The caller's address from a WSGI environment; None when the peer is not an IP address (a unix socket)."""
    peer = _parse(meta.get("REMOTE_ADDR", ""))
    if peer is None or not _is_in(peer, trusted):
        return peer
    for hop in reversed(meta.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        address = _parse(hop)
        if address is None:
            return peer
        if not _is_in(address, trusted):
            return address
        peer = address
    return peer


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    return any(ip_address(address) in network for network in networks)


def is_allowed(address: str | None, networks: Sequence[Network]) -> bool:
    """Whether the address lies in one of the networks; an empty list allows every address."""
    return not networks or (address is not None and _is_in(address, networks))


class Networks:
    """Many networks, asked about often: two searches in a sorted list, whatever their number."""

    def __init__(self, networks: Iterable[Network]) -> None:
        given = list(networks)
        self._ranges = {
            4: _ranges(network for network in given if isinstance(network, IPv4Network)),
            6: _ranges(network for network in given if isinstance(network, IPv6Network)),
        }

    def __bool__(self) -> bool:
        return any(self._ranges.values())

    def __contains__(self, address: str) -> bool:
        asked = ip_address(address)
        ranges = self._ranges[asked.version]
        place = bisect_right(ranges, (int(asked), 1 << 128)) - 1
        return place >= 0 and int(asked) <= ranges[place][1]


def _ranges(networks: Iterable[N]) -> list[tuple[int, int]]:
    """First and last address of each, in order and apart."""
    merged = sorted(collapse_addresses(networks))
    return [(int(network.network_address), int(network.broadcast_address)) for network in merged]


def _parse(text: str) -> str | None:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None
