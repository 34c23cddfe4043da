"""What becomes of the code that came back? Exchanged, checked, and kept as the professional's link."""

from datetime import datetime, timedelta

from django.db import transaction

from atendeai.common.errors import CredentialsRevoked, IntegrationError, Rejected
from calendar_sync import oauth, timetable, tokens
from calendar_sync.deadline import Deadline
from calendar_sync.linking import attempts, inviting
from calendar_sync.linking.choosing import choose_if_clear, patience
from calendar_sync.linking.letting_go import disconnect
from calendar_sync.linking.own_calendar import use_own
from calendar_sync.linking.problems import AttemptUnknown, CodeRefused, ConsentRefused, ScopesMissing, WrongAccount
from calendar_sync.models import ConnectAttempt, Link, LinkState
from clinics import audit, credentials
from clinics.audit import Actor
from clinics.models import CalendarMode, Clinic, Professional, TenantQuerySet, User


def complete(
    *, state: str, code: str, user: User | None, session_key: str, now: datetime, clinic: Clinic | None = None
) -> Link:
    """The link, `linked` or `choosing`; a kind of `CannotLink`, or an integration error.

    The attempt is spent whatever happens next; a link that worked goes on with its calendar when Google fails. An
    empty `code`: the person refused on Google's page.
    """
    attempt = attempts.take(state, user, session_key, now, clinic)
    if not code:
        raise ConsentRefused(attempt)
    deadline = patience()
    granted = _exchange(attempt, code, deadline)
    missing = frozenset(attempt.scopes or oauth.NEEDED_SCOPES[attempt.mode]) - granted.scopes
    if missing:
        # Not revoked at Google: that would take this person's consents from every other clinic too.
        raise ScopesMissing(attempt, missing)
    link, worked = _keep(attempt, granted, now)
    settle = use_own if link.mode == CalendarMode.OWN else choose_if_clear
    try:
        return settle(link=link, by=_actor(attempt.user), now=now, deadline=deadline)
    except CredentialsRevoked:
        raise
    except IntegrationError:
        if worked:
            _go_on(link)
        raise


def _go_on(link: Link) -> None:
    """It worked with this calendar until now, and the new consent is good for it: no reason to stop reading it."""
    with transaction.atomic():
        waiting = Link.objects.for_clinic(link.clinic_id).filter(
            pk=link.pk, state=LinkState.CHOOSING, calendar_id=link.calendar_id
        )
        if waiting.update(state=LinkState.LINKED):
            timetable.arm(link=link)


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


def _keep(attempt: ConnectAttempt, granted: oauth.Tokens, now: datetime) -> tuple[Link, bool]:
    """The link of this professional and account: the earlier one continued, or a new one.

    And whether the earlier one worked, the same way.
    """
    with transaction.atomic():
        # Two people linking the same professional at once: one after the other.
        Professional.objects.for_clinic(attempt.clinic).select_for_update().get(pk=attempt.professional_id)
        if attempt.invitation:
            inviting.use_up(invitation=attempt.invitation, now=now)
        links = Link.objects.for_clinic(attempt.clinic).filter(professional=attempt.professional)
        _check_account(attempt, links, granted)
        for other in links.exclude(google_sub=granted.sub).exclude(state=LinkState.DISCONNECTED):
            disconnect(clinic=attempt.clinic, link=other, by=_actor(attempt.user), now=now)
        link = links.select_for_update().filter(google_sub=granted.sub).first()
        link = link or Link(clinic=attempt.clinic, professional=attempt.professional, google_sub=granted.sub)
        worked = link.state == LinkState.LINKED and link.mode == attempt.mode
        _fill(link, attempt, granted, now)
        link.save()
        audit.record(clinic=attempt.clinic, action="calendar_authorized", target=link, by=_actor(attempt.user), now=now)
    return link, worked


def _check_account(attempt: ConnectAttempt, links: TenantQuerySet[Link], granted: oauth.Tokens) -> None:
    connected = links.filter(state__in=(LinkState.LINKED, LinkState.NEEDS_RECONNECT)).first()
    if connected and connected.google_sub != granted.sub and not attempt.may_change_account:
        raise WrongAccount(attempt, expected=connected.email, given=granted.email)


def _fill(link: Link, attempt: ConnectAttempt, granted: oauth.Tokens, now: datetime) -> None:
    link.state = LinkState.CHOOSING
    if link.mode != attempt.mode:
        # Another way of working uses another calendar; the events move there one by one, as they are written.
        link.mode, link.calendar_id, link.calendar_name = attempt.mode, "", ""
    link.email, link.client_id = granted.email, attempt.client_id
    link.scopes = sorted(granted.scopes)
    link.access_token, link.refresh_token = granted.access_token, granted.refresh_token or ""
    link.access_expires_at = now + timedelta(seconds=granted.expires_in_seconds)
    link.refresh_lease_until = link.error_at = None
    link.error_code = ""
    link.linked_by, link.linked_at = attempt.user, now


def _actor(user: User | None) -> Actor:
    return Actor("user", user.pk) if user else audit.SYSTEM
