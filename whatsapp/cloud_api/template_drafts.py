"""May a template be submitted for review? Its parts as a person writes them, Meta's limits, and Meta's JSON.

Promises: `problems` finds everything that Meta's creation would refuse by its documented limits, each with field and
limit, so that nobody waits for a call that is refused.

**Source**: Meta, WhatsApp Business Management API, Message Templates, creation limits, v24.0-v26.0.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from whatsapp.cloud_api.template_shapes import TEXT, VARIABLE, Shape, read_examples, read_shape, variables

UTILITY, MARKETING = "UTILITY", "MARKETING"
QUICK_REPLY, URL, PHONE_NUMBER = "QUICK_REPLY", "URL", "PHONE_NUMBER"
BUTTON_KINDS = (QUICK_REPLY, URL, PHONE_NUMBER)
LONGEST = {"name": 512, "header": 60, "body": 1024, "footer": 60, "buttons.text": 25, "buttons.target": 2000}
MOST_BUTTONS = 10
_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)
_VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?", re.ASCII)
_ADDRESS = re.compile(r"https?://[^\s{}]+(\{\{1\}\})?")
_PHONE = re.compile(r"\+?\d{6,20}", re.ASCII)


@dataclass(frozen=True)
class Problem:
    """`field` breaks a limit: `code` says which, `limit` is its number where it has one."""

    field: str
    code: str
    limit: int | None = None


@dataclass(frozen=True)
class DraftButton:
    """`target`: the address of a URL button, the number of a PHONE_NUMBER button."""

    kind: str
    text: str
    target: str = ""


@dataclass(frozen=True)
class Draft:
    """A template as somebody writes it: variables have names, `examples` a value for each."""

    name: str
    language: str
    category: str
    body: str
    header: str = ""
    footer: str = ""
    buttons: tuple[DraftButton, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict, hash=False)

    def components(self) -> list[dict[str, Any]]:
        """As Meta takes them."""
        parts = [_worded("HEADER", self.header, self.examples, format="TEXT")] if self.header else []
        parts.append(_worded("BODY", self.body, self.examples))
        if self.footer:
            parts.append({"type": "FOOTER", "text": self.footer})
        if self.buttons:
            parts.append({"type": "BUTTONS", "buttons": [_button(button) for button in self.buttons]})
        return parts

    def payload(self) -> dict[str, Any]:
        """What is submitted."""
        return {
            "name": self.name,
            "language": self.language,
            "category": self.category,
            "parameter_format": "NAMED",
            "components": self.components(),
        }

    def shape(self) -> Shape:
        """As it will be shown."""
        return read_shape(self.components())


def read_draft(name: str, language: str, category: str, components: Any) -> Draft:
    """A template that is there, as one to be edited."""
    shape = read_shape(components)
    buttons = tuple(DraftButton(one.kind, one.text, one.target) for one in shape.buttons)
    examples = read_examples(components)
    return Draft(name, language, category, shape.body, shape.header, shape.footer, buttons, examples)


def can_hold(components: Any) -> bool:
    """Whether a draft holds all of a template that is there: nothing of it would be lost by editing."""
    return isinstance(components, list) and all(_is_held(part) for part in components)


def problems(draft: Draft) -> list[Problem]:
    """Everything that Meta would refuse; empty when it can be submitted."""
    return [*_frame(draft), *_body(draft), *_header(draft), *_footer(draft), *_buttons(draft), *_examples(draft)]


def _is_held(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    kind = _upper(part.get("type"))
    if kind == "HEADER":
        return _upper(part.get("format")) in ("", TEXT)
    if kind == "BUTTONS":
        buttons = part.get("buttons")
        return isinstance(buttons, list) and all(_is_held_button(one) for one in buttons)
    return kind in ("BODY", "FOOTER")


def _is_held_button(button: Any) -> bool:
    return isinstance(button, dict) and _upper(button.get("type")) in BUTTON_KINDS


def _upper(value: Any) -> str:
    return value.upper() if isinstance(value, str) else ""


def _worded(kind: str, text: str, examples: Mapping[str, str], **more: str) -> dict[str, Any]:
    part: dict[str, Any] = {"type": kind, "text": text, **more}
    if names := variables(text):
        given = [{"param_name": name, "example": examples.get(name, "")} for name in names]
        part["example"] = {f"{kind.lower()}_text_named_params": given}
    return part


def _button(button: DraftButton) -> dict[str, Any]:
    told: dict[str, Any] = {"type": button.kind, "text": button.text}
    if button.kind == URL:
        told["url"] = button.target
        if variables(button.target):
            told["example"] = [button.target.partition("{{")[0] + "1"]
    if button.kind == PHONE_NUMBER:
        told["phone_number"] = button.target
    return told


def _length(where: str, text: str) -> Iterator[Problem]:
    if not text.strip():
        yield Problem(where, "empty")
    if len(text) > LONGEST[where]:
        yield Problem(where, "too_long", LONGEST[where])


def _frame(draft: Draft) -> Iterator[Problem]:
    yield from _length("name", draft.name)
    if draft.name and not _NAME.fullmatch(draft.name):
        yield Problem("name", "characters")
    if not _LANGUAGE.fullmatch(draft.language):
        yield Problem("language", "unknown")
    if draft.category not in (UTILITY, MARKETING):
        yield Problem("category", "unknown")


def _body(draft: Draft) -> Iterator[Problem]:
    yield from _length("body", draft.body)
    yield from _names("body", draft.body)
    bare = draft.body.strip()
    if bare.startswith("{{"):
        yield Problem("body", "leading_variable")
    if bare.endswith("}}"):
        yield Problem("body", "trailing_variable")
    if re.search(r"\}\}\s*\{\{", bare):
        yield Problem("body", "adjacent_variables")
    words = re.findall(r"\w+", VARIABLE.sub("", bare))
    if len(words) < 2 * len(variables(bare)):
        yield Problem("body", "too_few_words")


def _header(draft: Draft) -> Iterator[Problem]:
    if not draft.header:
        return
    yield from _length("header", draft.header)
    yield from _names("header", draft.header)
    if "\n" in draft.header:
        yield Problem("header", "line_break")
    if len(variables(draft.header)) > 1:
        yield Problem("header", "too_many_variables", 1)


def _footer(draft: Draft) -> Iterator[Problem]:
    if not draft.footer:
        return
    yield from _length("footer", draft.footer)
    if variables(draft.footer):
        yield Problem("footer", "too_many_variables", 0)


def _names(where: str, text: str) -> Iterator[Problem]:
    if any(not _VARIABLE_NAME.fullmatch(name) for name in variables(text)):
        yield Problem(where, "variable_name")
    if "{{" in VARIABLE.sub("", text) or "}}" in VARIABLE.sub("", text):
        yield Problem(where, "braces")


def _buttons(draft: Draft) -> Iterator[Problem]:
    if len(draft.buttons) > MOST_BUTTONS:
        yield Problem("buttons", "too_many", MOST_BUTTONS)
    titles = [button.text.strip().lower() for button in draft.buttons]
    if len(set(titles)) != len(titles):
        yield Problem("buttons", "repeats")
    for button in draft.buttons:
        yield from _length("buttons.text", button.text)
        if variables(button.text):
            yield Problem("buttons.text", "too_many_variables", 0)
        yield from _target(button)


def _target(button: DraftButton) -> Iterator[Problem]:
    if button.kind == URL:
        yield from _length("buttons.target", button.target)
        if not _ADDRESS.fullmatch(button.target):
            yield Problem("buttons.target", "address")
    elif button.kind == PHONE_NUMBER:
        if not _PHONE.fullmatch(button.target):
            yield Problem("buttons.target", "phone")
    elif button.kind != QUICK_REPLY:
        yield Problem("buttons", "unknown")


def _examples(draft: Draft) -> Iterator[Problem]:
    needed = dict.fromkeys((*variables(draft.header), *variables(draft.body)))
    if any(not draft.examples.get(name, "").strip() for name in needed):
        yield Problem("examples", "missing")
