"""Who tries a provider whose circuit is open while nobody calls it? A worker, by one call that changes nothing.

The row of the outage is the work: whoever claims it reads how the circuit stands, and calls only once its wait is over
and nobody else has tried. The circuit lets one trial through and judges it, as any other; so a message that waits is
its trial as before, and without one the portal knows all the same that the provider is back. A clinic that has nobody
to be asked with any more (no number, no linked calendar) is not watched any more. Closed circuits cost nothing.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from atendeai.common.breaker import breaker, limits
from atendeai.common.breaker_store import CLOSED
from atendeai.common.errors import IntegrationError, NotConfigured
from clinics import outages
from clinics.models import Clinic, Outage

logger = logging.getLogger(__name__)

# So long after its wait the trial is left to what waits to be sent.
PATIENCE_SECONDS = 3.0
# A worker that was lost holds up the next trial no longer than this; longer than a call takes.
LEASE_SECONDS = 30.0
# In a long outage the pauses grow with it: a fifteenth of its length, at most two minutes.
SHARE = 15
LONGEST_SECONDS = 120.0
CLAIM = """
UPDATE clinics_outage SET trial_at = now() + make_interval(secs => %(lease)s)
 WHERE id = (SELECT id FROM clinics_outage WHERE ended_at IS NULL AND (trial_at IS NULL OR trial_at <= now())
              ORDER BY trial_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""
Ask = Callable[[Clinic], bool]
_asks: dict[str, Ask] = {}


def register(provider: str, ask: Ask) -> None:
    """Names the call, which may raise. False: the clinic has nothing to call with any more."""
    _asks[provider] = ask


def try_due(*, now: datetime) -> bool:
    """Looks at one outage whose turn it is, and tries its provider if nobody has; False when there is none."""
    row = _claim()
    if row is None:
        return False
    reading = breaker.read(row.provider, row.clinic_id)
    if reading is not None and reading.wait_seconds > 0:
        _put_off(row, reading.wait_seconds + PATIENCE_SECONDS / settings.TIMES_DIVIDED_BY)
    elif reading is None or reading.state == CLOSED:
        # Redis is away, so nothing is guarded; or it has ended, and its row is being told so.
        _put_off(row, _pause_seconds(row, now))
    elif _asked(row):
        _put_off(row, _pause_seconds(row, now))
    else:
        outages.forget(clinic=row.clinic, provider=row.provider, now=now)
    return True


def _claim() -> Outage | None:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"lease": LEASE_SECONDS / settings.TIMES_DIVIDED_BY})
        claimed = cursor.fetchone()
    return Outage.objects.select_related("clinic").get(pk=claimed[0]) if claimed else None


def _asked(row: Outage) -> bool:
    """Whether there is still somebody to ask."""
    ask = _asks.get(row.provider)
    if ask is None or not row.clinic.is_active:
        return False
    try:
        return ask(row.clinic)
    except NotConfigured as error:
        # Nothing to call with; or the provider itself has said so, then it answers.
        return error.status is not None
    except IntegrationError:
        return True
    except Exception:
        # A bug of ours says nothing about the provider, and must not keep the other clinics' trials waiting.
        logger.exception("trial broke", extra={"clinic_id": row.clinic_id, "provider": row.provider})
        return True


def _put_off(row: Outage, seconds: float) -> None:
    rows = Outage.objects.for_clinic(row.clinic_id).filter(pk=row.pk, ended_at__isnull=True)
    rows.update(trial_at=Now() + timedelta(seconds=seconds))


def _pause_seconds(row: Outage, now: datetime) -> float:
    lasted = (now - row.opened_at).total_seconds()
    return max(limits(row.provider)[1], min(lasted / SHARE, LONGEST_SECONDS / settings.TIMES_DIVIDED_BY))
