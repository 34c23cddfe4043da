"""What do the workers run for the domain? The mails about alerts, and the history of outages."""

from celery import shared_task

from atendeai.celery import sweep_every
from atendeai.common import clock
from clinics import alerts, outages

# A mail that lost its hint may wait a little.
SWEEP_SECONDS = 30.0
MAIL_LIMIT = 120
OUTAGES_SECONDS = 10.0
PURGE_SECONDS = 3600.0
LIMIT = 60


@shared_task(name="clinics.mail_alerts", time_limit=MAIL_LIMIT, soft_time_limit=MAIL_LIMIT - 5)
def mail_alerts() -> None:
    """Tells owners by mail what the portal already shows."""
    alerts.mail_some()


@shared_task(name="clinics.reconcile_outages", time_limit=LIMIT, soft_time_limit=LIMIT - 5)
def reconcile_outages() -> None:
    """What pages say of the providers is what the circuits say."""
    outages.reconcile(now=clock.now())


@shared_task(name="clinics.purge_outages", time_limit=LIMIT, soft_time_limit=LIMIT - 5)
def purge_outages() -> None:
    """Deletes old outages."""
    outages.purge(now=clock.now())


sweep_every("clinics-mail-alerts", "clinics.mail_alerts", SWEEP_SECONDS)
sweep_every("clinics-outages", "clinics.reconcile_outages", OUTAGES_SECONDS)
sweep_every("clinics-purge-outages", "clinics.purge_outages", PURGE_SECONDS)
