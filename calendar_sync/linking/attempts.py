"""How does a person get to Google and back? A one-time way: made by `start`, spent by `take`.

Bound to the session, the person, the clinic and the professional; good for ten minutes. Of state and session only
hashes are kept.
"""

import hashlib
from datetime import datetime, timedelta

from calendar_sync import oauth, tokens
from calendar_sync.linking.problems import AttemptUnknown
from calendar_sync.linking.rows import find_alive
from calendar_sync.models import ConnectAttempt, ConnectInvitation, EventMirror, MirrorState
from clinics.models import CalendarMode, Clinic, Professional, User

ATTEMPT_LIFE = timedelta(minutes=10)


def start(
    *,
    clinic: Clinic,
    professional: Professional,
    user: User | None,
    session_key: str,
    now: datetime,
    may_change_account: bool = False,
    invitation: ConnectInvitation | None = None,
) -> str:
    """The address of Google's consent page for this professional; `NotConfigured` without a Google client.

    A program without a browser session gives an empty session key and no user; it must complete likewise. Without
    `may_change_account`, coming back with another account than the connected one is `WrongAccount`.
    """
    client = tokens.oauth_client(clinic)
    state, verifier = oauth.new_state(), oauth.new_verifier()
    earlier = find_alive(clinic=clinic, professional=professional)
    scopes = scopes_for(clinic=clinic, professional=professional, now=now)
    ConnectAttempt.objects.for_clinic(clinic).filter(expires_at__lt=now - ATTEMPT_LIFE).delete()
    ConnectAttempt.objects.create(
        clinic=clinic,
        professional=professional,
        user=user,
        invitation=invitation,
        state_hash=_hash(state),
        session_hash=_hash(session_key) if session_key else "",
        verifier=verifier,
        client_id=client.client_id,
        mode=clinic.calendar_mode,
        scopes=scopes,
        may_change_account=may_change_account,
        expires_at=now + ATTEMPT_LIFE,
    )
    hint = earlier.email if earlier and not may_change_account else ""
    return oauth.authorize_url(client, scopes=scopes, state=state, verifier=verifier, login_hint=hint)


def scopes_for(*, clinic: Clinic, professional: Professional, now: datetime) -> list[str]:
    """What the clinic's way of working needs; of links that worked the other way also what takes their events away."""
    earlier = find_alive(clinic=clinic, professional=professional)
    modes = [clinic.calendar_mode, *([earlier.mode] if earlier else []), *_modes_of_standing(clinic, professional, now)]
    return list(dict.fromkeys(scope for mode in modes for scope in oauth.NEEDED_SCOPES[mode]))


def _modes_of_standing(clinic: Clinic, professional: Professional, now: datetime) -> list[str]:
    """How the calendars were worked with in which events of coming appointments stand, those of links let go too."""
    coming = EventMirror.objects.for_clinic(clinic).filter(
        link__professional=professional, appointment__ends_at__gt=now
    )
    standing = coming.exclude(state=MirrorState.GONE).exclude(calendar_id="").order_by("link__mode").distinct()
    modes: list[str] = []
    for mode, chosen, calendar in standing.values_list("link__mode", "link__calendar_id", "calendar_id"):
        # Not moved yet into the chosen one: a calendar of before, which may be the person's own.
        modes += [mode] if calendar == chosen else [mode, CalendarMode.EXISTING]
    return modes


def take(state: str, user: User | None, session_key: str, now: datetime, clinic: Clinic | None) -> ConnectAttempt:
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
    rows = ConnectAttempt.objects.select_related("clinic", "professional", "user", "invitation")
    return rows.get(state_hash=_hash(state))


def came_by_invitation(*, clinic: Clinic, state: str) -> bool:
    """Whether this way began at a professional's one-time link."""
    attempts = ConnectAttempt.objects.for_clinic(clinic).filter(state_hash=_hash(state))
    return attempts.filter(invitation__isnull=False).exists()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
