"""What do the workers run for the domain? The mails about alerts, the trials and the history of outages."""

import time

from celery import shared_task
from django.conf import settings

from atendeai.celery import every_night, sweep_every, wake
from atendeai.common import clock
from clinics import alerts, outages, purging, trials

# A mail that lost its hint may wait a little.
SWEEP_SECONDS = 30.0
MAIL_LIMIT = 120
OUTAGES_SECONDS = 10.0
PURGE_SECONDS = 3600.0
LIMIT, PURGE_LIMIT = 60, 90
# No trial is begun after a turn; each takes a few seconds where the provider is slow.
TRIAL_TURN_SECONDS, TRIAL_LIMIT = 2.0, 25


@shared_task(name="clinics.mail_alerts", time_limit=MAIL_LIMIT, soft_time_limit=MAIL_LIMIT - 5)
def mail_alerts() -> None:
    """Tells owners by mail what the portal already shows."""
    alerts.mail_some()


@shared_task(name="clinics.reconcile_outages", time_limit=LIMIT, soft_time_limit=LIMIT - 5)
def reconcile_outages() -> None:
    """What pages say of the providers is what the circuits say."""
    outages.reconcile(now=clock.now())


@shared_task(name="clinics.try_providers", time_limit=TRIAL_LIMIT, soft_time_limit=TRIAL_LIMIT - 2)
def try_providers() -> None:
    """Calls the providers whose circuits may be tried and that nobody else calls."""
    until = time.monotonic() + TRIAL_TURN_SECONDS
    while time.monotonic() < until and trials.try_due(now=clock.now()):
        pass


@shared_task(name="clinics.purge_outages", time_limit=LIMIT, soft_time_limit=LIMIT - 5)
def purge_outages() -> None:
    """Deletes old outages."""
    outages.purge(now=clock.now())


@shared_task(name="clinics.purge", time_limit=PURGE_LIMIT, soft_time_limit=PURGE_LIMIT - 5)
def purge() -> None:
    """Deletes what is old enough, a turn at a time."""
    if purging.purge():
        wake("clinics.purge")


every_night("clinics-purge", "clinics.purge")
sweep_every("clinics-mail-alerts", "clinics.mail_alerts", SWEEP_SECONDS)
sweep_every("clinics-outages", "clinics.reconcile_outages", OUTAGES_SECONDS)
sweep_every("clinics-trials", "clinics.try_providers", settings.CIRCUIT_SWEEP_SECONDS)
sweep_every("clinics-purge-outages", "clinics.purge_outages", PURGE_SECONDS)
