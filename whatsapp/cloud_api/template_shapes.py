"""What does a template of Meta's hold: its parts, its variables, and its words with values filled in?

Promises: reads whatever Meta lists, parts of unknown kinds too, and never raises: what cannot be read is left out.

**Source**: Meta, WhatsApp Business Management API, Message Templates, v24.0-v26.0.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

VARIABLE = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
TEXT = "TEXT"


@dataclass(frozen=True)
class ShapeButton:
    """`kind`: QUICK_REPLY, URL, PHONE_NUMBER, …; `target`: the address or the number behind it."""

    kind: str
    text: str
    target: str = ""


@dataclass(frozen=True)
class Shape:
    """`header_format`: "" without a header, TEXT, or the kind of file that is needed to send it."""

    body: str
    header_format: str = ""
    header: str = ""
    footer: str = ""
    buttons: tuple[ShapeButton, ...] = ()

    @property
    def body_variables(self) -> tuple[str, ...]:
        """In the order in which they first appear."""
        return variables(self.body)

    @property
    def header_variables(self) -> tuple[str, ...]:
        """At most one."""
        return variables(self.header)

    @property
    def all_variables(self) -> tuple[str, ...]:
        """Of header, body and addresses: what has to be known before it can be sent."""
        return tuple(dict.fromkeys((*self.header_variables, *self.body_variables)))

    @property
    def is_plain(self) -> bool:
        """Whether texts alone are enough to send it: no file in its header, no code or address to fill in."""
        fillable = all(not variables(button.target) and button.kind in _PLAIN for button in self.buttons)
        return self.header_format in ("", TEXT) and fillable


_PLAIN = ("QUICK_REPLY", "URL", "PHONE_NUMBER", "VOICE_CALL", "REQUEST_CONTACT_INFO")


def variables(text: str) -> tuple[str, ...]:
    """Names or numbers in {{…}}, each once."""
    return tuple(dict.fromkeys(VARIABLE.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its values; what has none keeps its braces."""
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def read_shape(components: Any) -> Shape:
    """The parts of a template as Meta lists them."""
    parts: dict[str, dict[str, Any]] = {
        str(part.get("type", "")).upper(): part for part in _objects(components) if isinstance(part.get("type"), str)
    }
    header = parts.get("HEADER", {})
    return Shape(
        body=_text(parts.get("BODY", {}).get("text")),
        header_format=_text(header.get("format")).upper(),
        header=_text(header.get("text")),
        footer=_text(parts.get("FOOTER", {}).get("text")),
        buttons=tuple(_button(button) for button in _objects(parts.get("BUTTONS", {}).get("buttons"))),
    )


def read_examples(components: Any) -> dict[str, str]:
    """The example value of each variable, as far as Meta lists them."""
    found: dict[str, str] = {}
    for part in _objects(components):
        where = _text(part.get("type")).lower()
        example = part.get("example")
        if where not in ("header", "body") or not isinstance(example, dict):
            continue
        for named in _objects(example.get(f"{where}_text_named_params")):
            found[_text(named.get("param_name"))] = _text(named.get("example"))
        found |= _by_position(example.get(f"{where}_text"), _text(part.get("text")))
    return found


def _by_position(values: Any, text: str) -> dict[str, str]:
    rows = values if isinstance(values, list) else []
    inner = rows[0] if rows and isinstance(rows[0], list) else rows
    return {name: _text(value) for name, value in zip(variables(text), inner, strict=False)}


def _button(button: dict[str, Any]) -> ShapeButton:
    target = button.get("url") or button.get("phone_number")
    return ShapeButton(_text(button.get("type")).upper(), _text(button.get("text")), _text(target))


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""
