"""What do the workers run for the domain? The mails about alerts."""

from celery import shared_task

from atendeai.celery import sweep_every
from clinics import alerts

# A mail that lost its hint may wait a little.
SWEEP_SECONDS = 30.0
MAIL_LIMIT = 120


@shared_task(name="clinics.mail_alerts", time_limit=MAIL_LIMIT, soft_time_limit=MAIL_LIMIT - 5)
def mail_alerts() -> None:
    """Tells owners by mail what the portal already shows."""
    alerts.mail_some()


sweep_every("clinics-mail-alerts", "clinics.mail_alerts", SWEEP_SECONDS)
