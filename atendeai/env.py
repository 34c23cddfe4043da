"""What does the environment say? Typed readers of variables, each read once, at start.

A missing or unreadable value raises `BadSetting`, whose message names the variable and what it should look like;
the value itself is never shown, as it may be a secret. `NAME_FILE` names a file (a mounted secret) that holds the value
of `NAME`; both set is an error, because nobody could say which one counts.
"""

import os
import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
Network = IPv4Network | IPv6Network


# All waits at once, for tests of faults in a hurry.
TIMES_DIVIDED_BY = "ATENDEAI_TIMES_DIVIDED_BY"


class BadSetting(SystemExit):
    """The start stops here. A SystemExit, so that the operator reads one line and no traceback."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        super().__init__(f"Bad setting {name}: {why}")


def find_text(name: str) -> str | None:
    """The variable's text, stripped; None when neither NAME nor NAME_FILE is set. An empty value counts as unset."""
    value, path = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value and path:
        raise BadSetting(name, f"both {name} and {name}_FILE are set; keep one")
    if path:
        value = _read_file(name, path)
    return (value or "").strip() or None


def _read_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{name}_FILE", f"cannot be read ({type(error).__name__})") from None


def text(name: str, default: str | None = None) -> str:
    """A required text, or the default when one is given."""
    value = find_text(name)
    if value is None and default is None:
        raise BadSetting(name, "it is required and not set")
    return value if value is not None else str(default)


def words(name: str, default: Sequence[str] | None = None) -> list[str]:
    """A comma-separated list without empty parts; required when no default is given."""
    value = find_text(name)
    if value is None:
        if default is None:
            raise BadSetting(name, "it is required and not set")
        return list(default)
    return [part.strip() for part in value.split(",") if part.strip()]


def _read(name: str, default: T, parse: Callable[[str], T], looks_like: str) -> T:
    value = find_text(name)
    if value is None:
        return default
    try:
        return parse(value)
    except ValueError:
        raise BadSetting(name, f"it should be {looks_like}") from None


def flag(name: str, *, default: bool) -> bool:
    """true/false, yes/no, on/off, 1/0."""
    return _read(name, default, _parse_flag, "true or false")


def _parse_flag(value: str) -> bool:
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError


def seconds(name: str, default: float) -> float:
    """A positive number of seconds. A default is divided by `ATENDEAI_TIMES_DIVIDED_BY`, a given value is not."""
    return _read(name, default / whole(TIMES_DIVIDED_BY, 1), _parse_positive, "a positive number of seconds")


def _parse_positive(value: str) -> float:
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def whole(name: str, default: int) -> int:
    """A whole number above zero."""
    return _read(name, default, lambda value: int(_parse_positive(str(int(value)))), "a whole number above zero")


def choice(name: str, default: str, allowed: Sequence[str]) -> str:
    """One of the allowed words."""
    value = text(name, default)
    if value not in allowed:
        raise BadSetting(name, f"it should be one of {', '.join(allowed)}")
    return value


def rate(name: str, default: str) -> str:
    """A limit such as 100/m: a number per s, m, h or d."""
    value = text(name, default)
    if not re.fullmatch(r"[1-9]\d*/[smhd]", value):
        raise BadSetting(name, "it should look like 100/m (a number per s, m, h or d)")
    return value


def networks(name: str, default: Sequence[str] = ()) -> list[Network]:
    """A comma-separated list of CIDR networks."""
    try:
        return [ip_network(part) for part in words(name, default)]
    except ValueError:
        raise BadSetting(name, "it should be a list of networks such as 10.0.0.0/8,2001:db8::/32") from None


def host_names(name: str, default: Sequence[str]) -> list[str]:
    """A comma-separated list of host names, each standing for itself and what is below it."""
    found = [part.lower() for part in words(name, default)]
    if not all(re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?", part) for part in found):
        raise BadSetting(name, "it should be a list of host names such as lookaside.fbsbx.com")
    return found


def url(name: str, default: str | None = None) -> str:
    """An http(s) address, without its last slash."""
    value = text(name, default)
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise BadSetting(name, "it should be an address such as https://example.org")
    return value.rstrip("/")
