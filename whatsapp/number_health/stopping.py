"""What keeps a number from sending, and what lets it go on? A stop that a new token does not end.

`blocked_code` holds the reason: one of STOPS (Meta's word about account or number), or the code with which it refused
the token. Messages wait meanwhile.
"""

from collections.abc import Collection
from datetime import datetime

from clinics import alerts, audit
from clinics.audit import SYSTEM
from whatsapp import refusals
from whatsapp.models import Number

# What Meta said of the account, or the clinic of our app: told by notices, and ended by others or by the check.
TOLD = frozenset({"account_disabled", "account_restricted", "account_deleted", "offboarded", "app_removed"})
NOT_REGISTERED = "not_registered"
STOPS = TOLD | {NOT_REGISTERED}
# The same, as a refused message told it.
REFUSED = refusals.STOPS_CLINIC
STOPPED = "number_stopped"


def settle(number: Number, *, now: datetime) -> None:
    """Stops or resumes by what is known of account and connection. `number`: locked."""
    reason = next((code for code in (number.account_state, number.connection) if code in TOLD), "")
    if reason:
        stop(number, reason, now=now)
    else:
        resume(number, now=now, among=TOLD)


def reinstate(number: Number, *, now: datetime) -> None:
    """Meta said that the account may send again: also ends what refused messages had told."""
    resume(number, now=now, among=TOLD | REFUSED)


def stop(number: Number, code: str, *, now: datetime, is_told: bool = True) -> None:
    """Nothing more goes out until `resume`; the clinic is told of it. Repeating it changes nothing."""
    rows = Number.objects.for_clinic(number.clinic_id).filter(pk=number.pk).exclude(blocked_code=code)
    if rows.update(blocked_code=code):
        number.blocked_code = code
        alerts.clear_alert(clinic=number.clinic, kind=STOPPED, target=number, now=now)
        if is_told:
            alerts.raise_alert(clinic=number.clinic, kind=STOPPED, target=number, now=now, detail=f"{code} {number}")
        audit.record(clinic=number.clinic, action="number_stopped", target=number, by=SYSTEM, now=now, fields=[code])


def resume(number: Number, *, now: datetime, among: Collection[str] = STOPS) -> bool:
    """Ends a stop for one of these reasons; what waited goes out with the next sweep."""
    rows = Number.objects.for_clinic(number.clinic_id).filter(pk=number.pk, blocked_code__in=among)
    if not rows.update(blocked_code=""):
        return False
    number.blocked_code = ""
    alerts.clear_alert(clinic=number.clinic, kind=STOPPED, target=number, now=now)
    refusals.settle(number=number, by=SYSTEM, now=now)
    audit.record(clinic=number.clinic, action="number_resumed", target=number, by=SYSTEM, now=now)
    return True
