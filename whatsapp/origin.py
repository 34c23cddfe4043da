"""May this caller deliver at all? By its network, and by the certificate it showed to the proxy in front.

Networks: those of WEBHOOK_ALLOWED_NETWORKS and those that `refresh_webhook_networks` read from Meta's list; with
neither, every address may. Certificate: only when WEBHOOK_CLIENT_CERT_HEADER names the header in which a trusted proxy
writes the subject it has verified; anybody else could write that header too. The signature is checked in any case.

**Source**: Meta, webhooks overview: the addresses of AS32934 change from time to time; mTLS is the better way. The
client's name is `client.webhooks.fbclientcerts.com`.
"""

import re
import time
from ipaddress import ip_network

from django.conf import settings
from django.http import HttpRequest

from atendeai.common.addresses import Networks, client_address, is_allowed
from whatsapp.models import AllowedNetwork

# A refreshed list counts within this time in every process.
LIST_LIVES_SECONDS = 60.0
_COMMON_NAME = re.compile(r"(?:^|[,/])\s*CN\s*=\s*([^,/]+?)\s*(?=[,/]|$)")

_listed: tuple[float, Networks] | None = None


def is_welcome(request: HttpRequest) -> bool:
    """DatabaseError when the list was never read and cannot be."""
    return _shows_certificate(request) and _comes_from_allowed_network(request)


def _comes_from_allowed_network(request: HttpRequest) -> bool:
    named, listed = settings.WEBHOOK_ALLOWED_NETWORKS, _networks()
    if not named and not listed:
        return True
    address = client_address(request.META, settings.TRUSTED_PROXIES)
    if address is None:
        return False
    return address in listed or (bool(named) and is_allowed(address, named))


def _shows_certificate(request: HttpRequest) -> bool:
    header = settings.WEBHOOK_CLIENT_CERT_HEADER
    if not header:
        return True
    peer = client_address({"REMOTE_ADDR": request.META.get("REMOTE_ADDR", "")}, ())
    if peer is None or not settings.TRUSTED_PROXIES or not is_allowed(peer, settings.TRUSTED_PROXIES):
        return False
    return common_name(request.headers.get(header, "")) == settings.WEBHOOK_CLIENT_CERT_NAME


def common_name(subject: str) -> str:
    """The CN of `CN=…,O=…` or `/O=…/CN=…`, or the text itself; "" when it cannot be read without doubt."""
    if "\\" in subject or '"' in subject:
        # An escaped separator could hide a name inside another part.
        return ""
    names = _COMMON_NAME.findall(subject)
    if "=" not in subject:
        return subject.strip()
    return str(names[0]) if len(names) == 1 else ""


def _networks() -> Networks:
    global _listed
    if _listed is None or _listed[0] <= time.monotonic():
        rows = AllowedNetwork.objects.values_list("cidr", flat=True)
        _listed = time.monotonic() + LIST_LIVES_SECONDS, Networks(ip_network(cidr) for cidr in rows)
    return _listed[1]


def forget_networks() -> None:
    """Empties this process's copy (tests; a refreshed list counts at once)."""
    global _listed
    _listed = None
