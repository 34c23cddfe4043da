"""What of the domain is deleted because of its age? Counts of uses, and logins that are over."""

from django.conf import settings

from atendeai.common import purging

BATCH = 5_000
USES = """
DELETE FROM clinics_credentialuse WHERE id IN (
    SELECT id FROM clinics_credentialuse
     WHERE hour < now() - make_interval(days => %(days)s)
     LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
"""
SESSIONS = """
DELETE FROM django_session WHERE session_key IN (
    SELECT session_key FROM django_session
     WHERE expire_date < now() - make_interval(days => %(days)s)
     LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
"""


def purge() -> bool:
    """A turn of deleting, batch by batch; True when there may be more."""
    is_more = purging.purge(USES, days=settings.KEEP_CREDENTIAL_USES_DAYS, batch=BATCH)
    return purging.purge(SESSIONS, days=1, batch=BATCH) or is_more
