"""May our token go to this address? A file's address comes from Meta, but only so far as we trust who spoke.

Promises: pure. https to a public address, or the very host that is configured as Meta's API; loopback besides only
where the caller allows it (development). A name that leads to a private network is refused: whoever could name such an
address would have us knock at doors inside.
"""

import ipaddress
import socket
from urllib.parse import urlsplit


def is_allowed(url: str, *, api_base_url: str, loopback: bool) -> bool:
    """Whether a file may be fetched from there with the token. Looks the name up."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return False
    api = urlsplit(api_base_url)
    if (parts.scheme, host, port) == (api.scheme, api.hostname, api.port):
        return True
    addresses = _addresses(host, port or 443)
    if loopback and addresses and all(address.is_loopback for address in addresses):
        return True
    return parts.scheme == "https" and bool(addresses) and all(address.is_global for address in addresses)


def _addresses(host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
