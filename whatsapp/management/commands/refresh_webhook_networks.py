"""`refresh_webhook_networks FILE`: from now on deliveries come from the networks in this file only.

The file is what Meta publishes (its geofeed, lines of `network,country,…`), a whois answer (`route:` and `route6:`
lines), or one network a line. It is fetched by the operator: this program asks nobody.
"""

import re
from argparse import ArgumentParser
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from atendeai.common import clock
from clinics import audit
from whatsapp.models import AllowedNetwork

_ROUTE = re.compile(r"^route6?:\s*", re.IGNORECASE)
# Broader than any provider's: a typing mistake that would let half the world in.
BROADEST = {4: 8, 6: 16}


class Command(BaseCommand):
    """All or nothing: a line that cannot be read changes nothing."""

    help = "Take Meta's networks from a file: geofeed, whois routes, or one network a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and how to mean it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--force", action="store_true", help="also when more than half of the networks would go")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replaces the list in one transaction and says what changed."""
        wanted = read_networks(_text(options["file"]))
        with transaction.atomic():
            known = set(AllowedNetwork.objects.select_for_update().values_list("cidr", flat=True))
            added, gone = wanted - known, known - wanted
            if len(gone) * 2 > len(known) and not options["force"]:
                raise CommandError(
                    _("%(gone)d of %(known)d networks would go. If that is meant, say --force.")
                    % {"gone": len(gone), "known": len(known)}
                )
            if not options["dry_run"]:
                _replace(added, gone)
        words = _("%(added)d added, %(gone)d gone, %(all)d in all.")
        self.stdout.write(words % {"added": len(added), "gone": len(gone), "all": len(wanted)})


def _replace(added: set[str], gone: set[str]) -> None:
    now = clock.now()
    AllowedNetwork.objects.filter(cidr__in=gone).delete()
    AllowedNetwork.objects.bulk_create([AllowedNetwork(cidr=cidr, listed_at=now) for cidr in sorted(added)])
    if added or gone:
        audit.record(clinic=None, action="webhook_networks_changed", target_type="network", by=audit.SYSTEM, now=now)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(_("The file cannot be read (%(why)s).") % {"why": type(error).__name__}) from None


def read_networks(text: str) -> set[str]:
    """The networks in canonical form; CommandError names the line that is none."""
    found = {str(network) for number, line in enumerate(text.splitlines(), 1) if (network := _network(number, line))}
    if not found:
        raise CommandError(_("There is no network in this file."))
    return found


def _network(number: int, line: str) -> IPv4Network | IPv6Network | None:
    line = line.partition("#")[0].strip()
    is_other_whois = ":" in line and not _ROUTE.match(line) and re.match(r"^[a-z-]+[0-9]?:\s", line, re.IGNORECASE)
    if not line or line.startswith("%") or is_other_whois:
        return None
    written = _ROUTE.sub("", line).split(",")[0].strip()
    try:
        network = ip_network(written)
    except ValueError:
        raise CommandError(_("Line %(number)d is no network.") % {"number": number}) from None
    if network.prefixlen < BROADEST[network.version] or network.is_private:
        raise CommandError(_("Line %(number)d is not a network of a provider.") % {"number": number})
    return network
