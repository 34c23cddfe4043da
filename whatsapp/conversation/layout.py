"""How is a message made so that the provider always accepts it?

The only place where messages are built. Whatever a clinic calls things, what leaves here is within the limits:
texts cut at a word with "…", nothing blank, titles of buttons different from each other, at most ten rows.

**Source**: Meta, WhatsApp Cloud API, interactive reply buttons and list messages (limits below).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .actions import Action, Buttons, ListMessage, Message, Row, Say, Section
from .states import Option

TEXT = 4096
BUTTONS_TEXT = 1024
BUTTON_TITLE = 20
BUTTONS = 3
ROW_TITLE = 24
ROW_DESCRIPTION = 72
ROWS = 10
SECTION_TITLE = 24


def cut(text: str, limit: int) -> str:
    """At most `limit` characters on one line, cut behind a word; never blank."""
    line = " ".join(text.split()) or "…"
    if len(line) <= limit:
        return line
    head, space, _ = line[:limit].rpartition(" ")
    whole_words = head if space and len(head) >= limit // 3 else line[: limit - 1]
    return whole_words.rstrip(" ,.-·(") + "…"


def fits_button(title: str) -> bool:
    return cut(title, BUTTON_TITLE) == title


def say(text: str) -> Say:
    return Say(_body(text, TEXT))


def buttons(text: str, options: Sequence[Option]) -> Buttons:
    """One to three reply buttons; later ones with a title already used are left out."""
    titles: dict[str, str] = {}
    for choice_id, title in options:
        titles.setdefault(cut(title, BUTTON_TITLE), choice_id)
    shown = tuple((choice_id, title) for title, choice_id in titles.items())[:BUTTONS]
    return Buttons(_body(text, BUTTONS_TEXT), shown)


def menu(
    text: str, button: str, rows: Sequence[Row], further: Sequence[Row] = (), titles: Option | None = None
) -> Message:
    """A list: `rows`, then the `further` ways on, which are never pushed out. Without any row, a plain text.

    `titles`: two sections; without them one, called like the button.
    """
    further = _distinct(further)[:ROWS]
    rows = _distinct(rows)[: ROWS - len(further)]
    groups = ((titles[0], rows), (titles[1], further)) if titles else ((button, [*rows, *further]),)
    sections = tuple(
        Section(cut(title, SECTION_TITLE), tuple(_row(one) for one in group)) for title, group in groups if group
    )
    return ListMessage(_body(text, TEXT), cut(button, BUTTON_TITLE), sections) if sections else say(text)


def prefix(opening: str, message: Message) -> Message:
    """The same message with a line before it."""
    limit = BUTTONS_TEXT if isinstance(message, Buttons) else TEXT
    return replace(message, text=_body(f"{opening}\n\n{message.text}", limit))


def options_of(actions: Sequence[Action]) -> tuple[Option, ...]:
    """What the patient can choose from, in the order shown."""
    for action in actions:
        if isinstance(action, Buttons):
            return action.buttons
        if isinstance(action, ListMessage):
            return tuple((row.id, row.title) for row in action.rows)
    return ()


def _distinct(rows: Sequence[Row]) -> list[Row]:
    return list({row.id: row for row in reversed(rows)}.values())[::-1]


def _row(row: Row) -> Row:
    description = cut(row.description, ROW_DESCRIPTION) if row.description.strip() else ""
    return Row(row.id, cut(row.title, ROW_TITLE), description)


def _body(text: str, limit: int) -> str:
    text = text.strip() or "…"
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
