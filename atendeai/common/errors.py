"""What went wrong with an outside system, said so that the class alone decides what happens next.

Promises: every failure of a provider call leaves its client as one of these classes, and none carries
personal data or a secret: `code` and `detail` are the provider's own words about the *call*.

    NotConfigured        wait for a person
    Throttled            again at `retry_after_seconds`
    Unreachable          again, with back-off; surely not done
    OutcomeUnknown       perhaps done: find out before trying again
    Rejected             never again; show it to the clinic
    CredentialsRevoked   disable the number or link, tell the clinic
"""


class IntegrationError(Exception):
    """A provider call that did not succeed. Raise one of the subclasses, never this."""

    def __init__(
        self,
        provider: str,
        operation: str,
        *,
        code: str = "",
        detail: str = "",
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(provider, operation, code, detail, status, retry_after_seconds)
        self.provider = provider
        self.operation = operation
        self.code = code
        self.detail = detail
        self.status = status
        self.retry_after_seconds = retry_after_seconds

    def __reduce__(self) -> tuple[object, ...]:
        # Celery pickles exceptions; the default would call __init__ without its keywords.
        return _rebuild, (type(self), self.__dict__.copy())

    def __str__(self) -> str:
        parts = [f"{self.provider} {self.operation}", type(self).__name__]
        parts += [f"HTTP {self.status}"] if self.status is not None else []
        parts += [f"code {self.code}"] if self.code else []
        parts += [self.detail] if self.detail else []
        return ": ".join(parts)


def _rebuild(kind: type[IntegrationError], state: dict[str, object]) -> IntegrationError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    return error


class NotConfigured(IntegrationError):
    """A secret, a link or an address is missing or unusable."""


class Throttled(IntegrationError):
    """The provider asked for a pause; Meta does so with HTTP 400."""


class Unreachable(IntegrationError):
    """Surely not done: no connection, or the provider's own error says that it failed on its side."""


class OutcomeUnknown(IntegrationError):
    """Perhaps done: the request went out and no readable answer came back."""


class Rejected(IntegrationError):
    """Refused for a reason that a repeat does not change."""


class CredentialsRevoked(IntegrationError):
    """The token or the consent is gone."""
