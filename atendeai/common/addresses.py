"""Which address did this call really come from? Pure.

X-Forwarded-For counts only as far as proxies we trust wrote it: read from the right, the first address that is not a
trusted proxy is the caller. Anybody can write the rest.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


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


def _parse(text: str) -> str | None:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None
