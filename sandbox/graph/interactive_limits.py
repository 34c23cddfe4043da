"""Would Meta take this interactive message? Buttons, lists, links, forms and requests for a location or a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.graph.errors import GraphError
from sandbox.graph.flow_limits import check_flow
from sandbox.graph.parts import check_file, list_of, node_of, text_of
from sandbox.store import Json

BODY_CHARS = 1024
LIST_BODY_CHARS = 4096
FOOTER_CHARS = 60
HEADER_CHARS = 60


def check_interactive(interactive: Json) -> None:
    """Raises GraphError for the first limit that is broken."""
    kind = interactive.get("type")
    if kind is None:
        raise GraphError(131008, "Parameter 'interactive.type' is mandatory")
    check = CHECKS.get(str(kind))
    if check is None:
        raise GraphError(131009, f"interactive.type {kind!r} is not one of {', '.join(CHECKS)}")
    _check_frame(interactive, str(kind))
    check(node_of(interactive, "action", "interactive.action"))


def _check_frame(interactive: Json, kind: str) -> None:
    body = node_of(interactive, "body", "interactive.body")
    text_of(body, "text", LIST_BODY_CHARS if kind == "list" else BODY_CHARS, "interactive.body.text")
    if "footer" in interactive:
        footer = node_of(interactive, "footer", "interactive.footer")
        text_of(footer, "text", FOOTER_CHARS, "interactive.footer.text")
    if "header" in interactive:
        _check_header(node_of(interactive, "header", "interactive.header"), kind)


def _check_header(header: Json, kind: str) -> None:
    allowed = ("text",) if kind == "list" else ("text", "image", "video", "document")
    if header.get("type") not in allowed:
        raise GraphError(131009, f"interactive.header.type must be one of {', '.join(allowed)}")
    if header["type"] == "text":
        text_of(header, "text", HEADER_CHARS, "interactive.header.text")
    else:
        where = f"interactive.header.{header['type']}"
        keys = ("filename",) if header["type"] == "document" else ()
        check_file(node_of(header, header["type"], where), keys, where)


def _check_buttons(action: Json) -> None:
    replies = []
    for button in list_of(action, "buttons", "interactive.action.buttons", 3):
        if button.get("type") != "reply":
            raise GraphError(131009, "interactive.action.buttons type must be 'reply'")
        reply = node_of(button, "reply", "button.reply")
        replies.append((text_of(reply, "id", 256, "Button id"), text_of(reply, "title", 20, "Button title")))
    for position, what in enumerate(("id", "title")):
        refuse_repeats([reply[position] for reply in replies], f"Button {what}")


def refuse_repeats(values: list[Any], what: str) -> None:
    if len(set(values)) != len(values):
        raise GraphError(131009, f"{what} must be unique; duplicated value found")


def _check_list(action: Json) -> None:
    text_of(action, "button", 20, "interactive.action.button")
    sections = list_of(action, "sections", "interactive.action.sections", 10)
    rows = [row for section in sections for row in _rows(section, need_title=len(sections) > 1)]
    if len(rows) > 10:
        raise GraphError(131009, "Total row count exceed max allowed count: 10")
    refuse_repeats([row["id"] for row in rows], "Row id")


def _rows(section: Json, *, need_title: bool) -> list[Json]:
    if need_title or "title" in section:
        text_of(section, "title", 24, "Section title")
    # Meta counts the rows of the whole message; the cap here only keeps the message of that error
    rows = list_of(section, "rows", "section.rows", 10**6)
    for row in rows:
        text_of(row, "id", 200, "Row id")
        text_of(row, "title", 24, "Row title")
        if row.get("description") is not None:
            text_of(row, "description", 72, "Row description")
    return rows


def _check_link(action: Json) -> None:
    if action.get("name") != "cta_url":
        raise GraphError(131009, "interactive.action.name must be 'cta_url'")
    parameters = node_of(action, "parameters", "interactive.action.parameters")
    text_of(parameters, "display_text", 20, "display_text")
    url = text_of(parameters, "url", 2000, "url")
    if not url.startswith(("http://", "https://")):
        raise GraphError(131009, "url must start with http:// or https://")


def _named(name: str) -> Callable[[Json], None]:
    def check(action: Json) -> None:
        if action.get("name") != name:
            raise GraphError(131009, f"interactive.action.name must be '{name}'")

    return check


CHECKS: dict[str, Callable[[Json], None]] = {
    "button": _check_buttons,
    "list": _check_list,
    "cta_url": _check_link,
    "location_request_message": _named("send_location"),
    "request_contact_info": _named("request_contact_info"),
    "flow": check_flow,
}
