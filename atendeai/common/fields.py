"""How is a secret kept in the database? Encrypted with MultiFernet: the first of CREDENTIALS_KEYS writes, all read."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class WrongKeys(Exception):
    """None of CREDENTIALS_KEYS opens this value."""


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current_box() -> MultiFernet:
    return _box(tuple(settings.CREDENTIALS_KEYS))


def encrypt(text: str) -> str:
    """URL-safe text of about 4/3 the length plus 76 characters; another one at each call."""
    return _current_box().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text again; `WrongKeys` when no key fits or the token was changed."""
    try:
        return _current_box().decrypt(token.encode()).decode()
    except InvalidToken:
        raise WrongKeys("CREDENTIALS_KEYS holds no key that opens this value") from None


def reencrypt(token: str) -> str:
    """The same text under the first key."""
    try:
        return _current_box().rotate(token.encode()).decode()
    except InvalidToken:
        raise WrongKeys("CREDENTIALS_KEYS holds no key that opens this value") from None


class EncryptedTextField(models.TextField[str, str]):
    """A text that stands encrypted in its column. Cannot be searched; an empty text stays empty."""

    def get_prep_value(self, value: Any) -> Any:
        plain = super().get_prep_value(value)
        return encrypt(plain) if plain else plain

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:  # noqa: ARG002
        return decrypt(value) if value else value
