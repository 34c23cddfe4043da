"""Why did a linking not succeed, in kinds a person can do something about?"""

from calendar_sync.models import ConnectAttempt


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


class WrongAccount(CannotLink):
    """Another account than the one that is connected: perhaps a mistake, so it must be said. Nothing was changed."""

    def __init__(self, attempt: ConnectAttempt, *, expected: str, given: str) -> None:
        super().__init__(attempt)
        self.expected = expected
        self.given = given


class InvitationGone(CannotLink):
    """The one-time link is unknown, used or too old."""


class CodeRefused(CannotLink):
    """Google did not accept the code (used, too old)."""


class NoCalendar(CannotLink):
    """The account has no calendar that we may write to."""
