"""Does this header sign these bytes, and with which of these secrets?

Promises: compares in constant time and always against every secret, so that the time taken tells neither
whether nor which. Pass the request's bytes as they arrived: Meta signs an escaped form that parsed and
dumped JSON does not reproduce.

**Source**: Meta, WhatsApp webhooks, "Validating payloads"; `X-Hub-Signature-256: sha256=<64 hex digits>`,
HMAC-SHA256 keyed with the app secret.
"""

import hmac
import re
from collections.abc import Sequence

_HEADER = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)


def signing_secret(header: str | None, body: bytes, secrets: Sequence[str]) -> int | None:
    """The index of the first secret that signed `body`; None when none did. Empty secrets never sign."""
    given = _HEADER.fullmatch(header or "")
    claimed = given[1] if given else ""
    found: int | None = None
    for index, secret in enumerate(secrets):
        same = hmac.compare_digest(sign(body, secret), claimed) and secret != ""
        found = index if same and found is None else found
    return found


def is_signed(header: str | None, body: bytes, secrets: Sequence[str]) -> bool:
    """Whether one of `secrets` signed `body`."""
    return signing_secret(header, body, secrets) is not None


def sign(body: bytes, secret: str) -> str:
    """The 64 lowercase hex digits that Meta would send for `body`."""
    return hmac.digest(secret.encode(), body, "sha256").hex()
