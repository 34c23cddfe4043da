"""How does a professional's Google calendar become linked, and how is it let go?

`start` makes a one-time way to Google; `complete` takes the code that came back with it, in the same
session, by the same person, for the same professional, once, within ten minutes; `choose_calendar`
says which of the account's calendars it is. Tokens are stored encrypted; no code and no token is ever
shown or logged.
"""

import hashlib
import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from atendeai.celery import wake
from atendeai.common.errors import CredentialsRevoked, IntegrationError, Rejected
from calendar_sync import calls, oauth, tokens, writes
from calendar_sync.deadline import Deadline
from calendar_sync.google_api import CalendarEntry
from calendar_sync.models import ConnectAttempt, Link, LinkState
from clinics import audit, credentials
from clinics.audit import Actor
from clinics.models import Clinic, Professional, User

logger = logging.getLogger(__name__)

ATTEMPT_LIFE = timedelta(minutes=10)
# A person waits for this page: exchange, list of calendars.
PATIENCE_SECONDS = 20


class CannotLink(Exception):
    """The linking did not succeed, for a reason the person can do something about."""

    def __init__(self, attempt: ConnectAttempt | None = None, scopes: frozenset[str] = frozenset()) -> None:
        super().__init__(type(self).__name__)
        self.professional_id = attempt.professional_id if attempt else None
        self.missing_scopes = scopes


class AttemptUnknown(CannotLink):
    """The way back is unknown, used, too old, or belongs to another session or person."""


class ConsentRefused(CannotLink):
    """The person said no on Google's page."""


class ScopesMissing(CannotLink):
    """The person unticked a permission without which nothing works; `missing_scopes` says which."""


class CodeRefused(CannotLink):
    """Google did not accept the code (used, too old)."""


class NoCalendar(CannotLink):
    """The account has no calendar that we may write to."""


def start(
    *,
    clinic: Clinic,
    professional: Professional,
    user: User | None,
    session_key: str,
    now: datetime,
) -> str:
    """The address of Google's consent page for this professional; `NotConfigured` without a Google client.

    A program without a browser session gives an empty session key and no user; it must complete likewise.
    """
    client = tokens.oauth_client(clinic)
    state, verifier = oauth.new_state(), oauth.new_verifier()
    earlier = find_alive(clinic=clinic, professional=professional)
    ConnectAttempt.objects.for_clinic(clinic).filter(expires_at__lt=now - ATTEMPT_LIFE).delete()
    ConnectAttempt.objects.create(
        clinic=clinic,
        professional=professional,
        user=user,
        state_hash=_hash(state),
        session_hash=_hash(session_key) if session_key else "",
        verifier=verifier,
        client_id=client.client_id,
        expires_at=now + ATTEMPT_LIFE,
    )
    hint = earlier.email if earlier else ""
    return oauth.authorize_url(client, state=state, verifier=verifier, login_hint=hint)


def complete(
    *, state: str, code: str, user: User | None, session_key: str, now: datetime, clinic: Clinic | None = None
) -> Link:
    """The link, `linked` or `choosing`; a kind of `CannotLink`, or an integration error.

    The attempt is spent whatever happens next. An empty `code`: the person refused on Google's page.
    """
    attempt = _take_attempt(state, user, session_key, now, clinic)
    if not code:
        raise ConsentRefused(attempt)
    deadline = _patience()
    granted = _exchange(attempt, code, deadline)
    missing = frozenset(oauth.NEEDED_SCOPES) - granted.scopes
    if missing:
        # Not revoked at Google: that would take this person's consents from every other clinic too.
        raise ScopesMissing(attempt, missing)
    link = _keep(attempt, granted, now)
    return _choose_if_clear(link, now, deadline)


def list_calendars(*, link: Link, now: datetime) -> list[CalendarEntry]:
    """The account's calendars that we may write to, the main one first."""
    return _writable(link, now, _patience())


def choose_calendar(*, clinic: Clinic, link: Link, calendar_id: str, by: Actor, now: datetime) -> Link:
    """Puts the professional's appointments into this calendar, the coming ones at once."""
    writable = list_calendars(link=link, now=now)
    chosen = next((entry for entry in writable if entry.id == calendar_id), None)
    if chosen is None:
        raise NoCalendar
    return _settle(clinic, link, chosen, by, now)


def disconnect(*, clinic: Clinic, link: Link, by: Actor, now: datetime) -> None:
    """Forgets the tokens and stops writing. Events that are in the calendar stay there.

    Google's own revocation takes *all* consents of that person to our project, so it is asked for only
    when no other link, in any clinic, lives from the same account.
    """
    with transaction.atomic():
        current = _locked(clinic, link)
        token = current.refresh_token
        writes.drop_queued(link=current)
        current.state = LinkState.DISCONNECTED
        current.access_token = current.refresh_token = current.error_code = ""
        # Without its lease a refresh under way cannot store what it gets.
        current.access_expires_at = current.refresh_lease_until = current.error_at = None
        current.save()
        audit.record(clinic=clinic, action="calendar_disconnected", target=current, by=by, now=now)
        if token:
            # Outside the transaction, and our own tokens are gone whatever Google says.
            transaction.on_commit(partial(_revoke, current, token), robust=True)


def find_alive(*, clinic: Clinic, professional: Professional) -> Link | None:
    """The professional's link, if it is not disconnected."""
    links = Link.objects.for_clinic(clinic).filter(professional=professional)
    return links.exclude(state=LinkState.DISCONNECTED).first()


def _take_attempt(
    state: str, user: User | None, session_key: str, now: datetime, clinic: Clinic | None
) -> ConnectAttempt:
    """Spends the attempt: one conditional UPDATE, so that of two returns only one goes on."""
    mine = ConnectAttempt.objects.filter(
        state_hash=_hash(state),
        session_hash=_hash(session_key) if session_key else "",
        user=user,
        used_at__isnull=True,
        expires_at__gt=now,
    )
    mine = mine.filter(clinic=clinic) if clinic else mine
    if not state or not mine.update(used_at=now):
        raise AttemptUnknown
    rows = ConnectAttempt.objects.select_related("clinic", "professional", "user")
    return rows.get(state_hash=_hash(state))


def _exchange(attempt: ConnectAttempt, code: str, deadline: Deadline) -> oauth.Tokens:
    client = tokens.oauth_client(attempt.clinic)
    if client.client_id != attempt.client_id:
        raise AttemptUnknown(attempt)
    credentials.count_use(clinic=attempt.clinic, name=credentials.Name.GOOGLE_CLIENT_SECRET, operation="token.exchange")
    try:
        granted = oauth.exchange_code(
            client,
            code=code,
            verifier=attempt.verifier,
            waits=deadline.waits("token.exchange"),
            clinic_id=attempt.clinic_id,
        )
    except (CredentialsRevoked, Rejected):
        raise CodeRefused(attempt) from None
    if not granted.refresh_token or not granted.sub:
        # Asked for with prompt=consent, so it always comes; without it the link would die in an hour.
        raise CodeRefused(attempt)
    return granted


def _keep(attempt: ConnectAttempt, granted: oauth.Tokens, now: datetime) -> Link:
    """The link of this professional and account: the earlier one continued, or a new one."""
    with transaction.atomic():
        # Two people linking the same professional at once: one after the other.
        Professional.objects.for_clinic(attempt.clinic).select_for_update().get(pk=attempt.professional_id)
        links = Link.objects.for_clinic(attempt.clinic).filter(professional=attempt.professional)
        for other in links.exclude(google_sub=granted.sub).exclude(state=LinkState.DISCONNECTED):
            disconnect(clinic=attempt.clinic, link=other, by=_actor(attempt.user), now=now)
        link = links.select_for_update().filter(google_sub=granted.sub).first()
        link = link or Link(clinic=attempt.clinic, professional=attempt.professional, google_sub=granted.sub)
        _fill(link, attempt, granted, now)
        link.save()
        audit.record(clinic=attempt.clinic, action="calendar_authorized", target=link, by=_actor(attempt.user), now=now)
    return link


def _fill(link: Link, attempt: ConnectAttempt, granted: oauth.Tokens, now: datetime) -> None:
    link.state = LinkState.CHOOSING
    link.email, link.client_id = granted.email, attempt.client_id
    link.scopes = sorted(granted.scopes)
    link.access_token, link.refresh_token = granted.access_token, granted.refresh_token or ""
    link.access_expires_at = now + timedelta(seconds=granted.expires_in_seconds)
    link.refresh_lease_until = link.error_at = None
    link.error_code = ""
    link.linked_by, link.linked_at = attempt.user, now


def _choose_if_clear(link: Link, now: datetime, deadline: Deadline) -> Link:
    """No question when there is nothing to ask: the calendar used before, or the only one."""
    writable = _writable(link, now, deadline)
    if not writable:
        raise NoCalendar
    before = [entry for entry in writable if entry.id == link.calendar_id]
    clear = before or (writable if len(writable) == 1 else [])
    return _settle(link.clinic, link, clear[0], _actor(link.linked_by), now) if clear else link


def _writable(link: Link, now: datetime, deadline: Deadline) -> list[CalendarEntry]:
    found = calls.call(
        link=link,
        operation="calendarList.list",
        now=now,
        deadline=deadline,
        act=lambda calendar: calendar.list_calendars(),
    )
    return sorted((entry for entry in found if entry.is_writable), key=lambda entry: not entry.is_primary)


def _settle(clinic: Clinic, link: Link, chosen: CalendarEntry, by: Actor, now: datetime) -> Link:
    with transaction.atomic():
        # First the professional, then the link: the order in which a new link takes them.
        Professional.objects.for_clinic(clinic).select_for_update().get(pk=link.professional_id)
        current = _locked(clinic, link)
        if current.state not in (LinkState.CHOOSING, LinkState.LINKED):
            raise AttemptUnknown
        current.calendar_id, current.calendar_name = chosen.id[:255], chosen.summary[:255]
        current.state = LinkState.LINKED
        current.save(update_fields=["calendar_id", "calendar_name", "state"])
        audit.record(clinic=clinic, action="calendar_linked", target=current, by=by, now=now)
        for mirror_id in writes.queue_upcoming(link=current, now=now):
            transaction.on_commit(partial(wake, "calendar_sync.write", mirror_id=mirror_id), robust=True)
    return current


def _locked(clinic: Clinic, link: Link) -> Link:
    rows = Link.objects.for_clinic(clinic).select_related("clinic", "professional")
    return rows.select_for_update(of=("self",)).get(pk=link.pk)


def _is_shared(link: Link) -> bool:
    """Across clinics on purpose: the answer only decides whether Google is told."""
    others = Link.objects.filter(google_sub=link.google_sub).exclude(pk=link.pk)
    return others.exclude(state=LinkState.DISCONNECTED).exists()


def _revoke(link: Link, token: str) -> None:
    """Best effort: our own tokens are gone already."""
    if _is_shared(link):
        return
    try:
        waits = _patience().waits("token.revoke")
        oauth.revoke(tokens.oauth_client(link.clinic), token=token, waits=waits, clinic_id=link.clinic_id)
    except IntegrationError as error:
        details = {"clinic_id": link.clinic_id, "link": link.pk, "error": type(error).__name__}
        logger.warning("consent not revoked at Google", extra=details)


def _patience() -> Deadline:
    return Deadline.after(PATIENCE_SECONDS, read_seconds=settings.CALENDAR_READ_SECONDS)


def _actor(user: User | None) -> Actor:
    return Actor("user", user.pk) if user else audit.SYSTEM


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
