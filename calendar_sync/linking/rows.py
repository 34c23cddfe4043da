"""Which link does a professional have?"""

from calendar_sync.models import Link, LinkState
from clinics.models import Clinic, Professional


def find_alive(*, clinic: Clinic, professional: Professional) -> Link | None:
    """The professional's link, if it is not disconnected."""
    links = Link.objects.for_clinic(clinic).filter(professional=professional)
    return links.exclude(state=LinkState.DISCONNECTED).first()


def get_locked(clinic: Clinic, link: Link) -> Link:
    """The row as it is now, locked until the transaction ends."""
    rows = Link.objects.for_clinic(clinic).select_related("clinic", "professional")
    return rows.select_for_update(of=("self",)).get(pk=link.pk)
