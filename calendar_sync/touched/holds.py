"""The place an event of ours was dragged to is kept until somebody decides.

As a busy time under the event's own name.
"""

from calendar_sync.busy import Period
from calendar_sync.models import EventMirror
from clinics.models import BusyPeriod, BusySource


def name_of(mirror: EventMirror) -> str:
    """As a pull names the busy time of this event."""
    return f"{mirror.link_id}:{mirror.google_event_id}"


def release(mirror: EventMirror) -> None:
    """The place is free, or the appointment itself holds it from now on."""
    rows = BusyPeriod.objects.for_clinic(mirror.clinic_id)
    rows.filter(source=BusySource.GOOGLE, external_id=name_of(mirror)).delete()


def hold(mirror: EventMirror, professional_id: int, period: Period) -> None:
    """The place is kept."""
    BusyPeriod.objects.for_clinic(mirror.clinic_id).update_or_create(
        clinic_id=mirror.clinic_id,
        professional_id=professional_id,
        source=BusySource.GOOGLE,
        external_id=name_of(mirror),
        defaults={"starts_at": period[0], "ends_at": period[1]},
    )
