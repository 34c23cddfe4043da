"""How does a person get to Google and back? A one-time way: made by `start`, spent by `take`.

Bound to the session, the person, the clinic and the professional; good for ten minutes. Of state and session only
hashes are kept.
"""

import hashlib
from datetime import datetime, timedelta

from calendar_sync import oauth, tokens
from calendar_sync.linking.problems import AttemptUnknown
from calendar_sync.linking.rows import find_alive
from calendar_sync.models import ConnectAttempt, ConnectInvitation, Link
from clinics.models import Clinic, Professional, User

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
    scopes = _scopes(clinic, earlier)
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


def _scopes(clinic: Clinic, earlier: Link | None) -> list[str]:
    """What the clinic's way of working needs; of a link that worked the other way also what takes its events away."""
    modes = [clinic.calendar_mode, *([earlier.mode] if earlier else [])]
    return list(dict.fromkeys(scope for mode in modes for scope in oauth.NEEDED_SCOPES[mode]))


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


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
