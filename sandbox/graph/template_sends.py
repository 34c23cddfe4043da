"""May this template be sent, with these values, and what does the patient see?"""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.graph.errors import GraphError
from sandbox.graph.template_limits import VARIABLE, variables
from sandbox.graph.template_reviews import end_pauses
from sandbox.simulator import Simulator
from sandbox.store import Json, Row

SAMPLE = json.dumps(
    [
        {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
        {"type": "BODY", "text": "Welcome and congratulations!! This message demonstrates your ability to send."},
        {"type": "FOOTER", "text": "WhatsApp Business Platform sample message"},
    ]
)
CODES = {"PAUSED": 132015, "DISABLED": 132016}


def find_sendable(simulator: Simulator, number: Row, template: Json) -> Row:
    """The account's approved template of this name in this language; raises as Meta refuses."""
    end_pauses(simulator)
    name, language = template["name"], template["language"]["code"]
    sql = "SELECT * FROM templates WHERE waba_id = ? AND name = ? AND language = ?"
    row = simulator.store.find(sql, number["waba_id"], name, language)
    if row is None and (name, language) == ("hello_world", "en_US"):
        # Every account comes with Meta's sample, which is not among those the clinic made.
        row = simulator.store.find(
            "SELECT 'APPROVED' AS status, ? AS components, 'POSITIONAL' AS parameter_format,"
            " 'UTILITY' AS category, 'hello_world' AS name, 'en_US' AS language",
            SAMPLE,
        )
    if row is not None and row["status"] in CODES:
        raise GraphError(CODES[row["status"]], f"template name ({name}) is {row['status'].lower()}")
    if row is None or row["status"] != "APPROVED":
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    _check_values(row, template.get("components") or [])
    return row


def _check_values(row: Row, given: list[Json]) -> None:
    parts = {one["type"]: one for one in json.loads(row["components"])}
    by_type = {one["type"]: one for one in given if one["type"] != "button"}
    _check_header(parts.get("HEADER"), by_type.get("header"), row["parameter_format"])
    _check_texts(parts["BODY"]["text"], by_type.get("body"), row["parameter_format"], "body")
    buttons = (parts.get("BUTTONS") or {}).get("buttons", [])
    _check_buttons(buttons, [one for one in given if one["type"] == "button"])


def _check_header(header: Json | None, given: Json | None, kind: str) -> None:
    values = (given or {}).get("parameters") or []
    if header is None:
        if values:
            raise GraphError(132000, f"header: number of localizable_params ({len(values)}) does not match (0)")
        return
    if header["format"] == "TEXT":
        _check_texts(header["text"], given, kind, "header")
        return
    if len(values) != 1 or values[0].get("type") != header["format"].lower():
        raise GraphError(132012, f"header: Format mismatch, expected {header['format']}")


def _check_texts(text: str, given: Json | None, kind: str, where: str) -> None:
    expected = list(dict.fromkeys(variables(text)))
    values = (given or {}).get("parameters") or []
    if len(values) != len(expected):
        words = f"number of localizable_params ({len(values)}) does not match the expected number of params"
        raise GraphError(132000, f"{where}: {words} ({len(expected)})")
    names = [value.get("parameter_name") for value in values]
    if kind == "NAMED" and set(names) != set(expected):
        raise GraphError(132012, f"{where}: Parameter name is missing or not one of {', '.join(expected)}")
    if kind != "NAMED" and any(name is not None for name in names):
        raise GraphError(132012, f"{where}: parameter_name is only for templates with named parameters")


def _check_buttons(buttons: list[Json], given: list[Json]) -> None:
    told = {str(one["index"]): one for one in given}
    if not set(told) <= {str(index) for index in range(len(buttons))}:
        raise GraphError(132000, f"buttons: the template has {len(buttons)} buttons")
    for index, button in enumerate(buttons):
        _check_button(button, told.get(str(index)), index)


def _check_button(button: Json, given: Json | None, index: int) -> None:
    kind = str(button["type"]).lower()
    if given is None:
        if kind == "url" and variables(button["url"]):
            raise GraphError(131008, f"buttons: Button at index {index} of type Url requires a parameter")
        return
    if str(given["sub_type"]).lower() != kind:
        raise GraphError(132012, f"buttons: Button at index {index} is of type {kind}, not {given['sub_type']}")
    if kind == "url" and not variables(button["url"]):
        raise GraphError(132000, f"buttons: Button at index {index} of type Url takes no parameter")


def shown(row: Row, template: Json) -> tuple[str, Json]:
    """The words on the patient's phone, and header, footer and buttons."""
    parts = {one["type"]: one for one in json.loads(row["components"])}
    given = template.get("components") or []
    by_type = {one["type"]: one.get("parameters") or [] for one in given if one["type"] != "button"}
    found: Json = {"template": row["name"]}
    header = parts.get("HEADER")
    if header is not None:
        found |= _header(header, by_type.get("header", []))
    if "FOOTER" in parts:
        found["footer"] = parts["FOOTER"]["text"]
    payloads = {str(one["index"]): one.get("parameters") or [] for one in given if one["type"] == "button"}
    buttons = (parts.get("BUTTONS") or {}).get("buttons", [])
    found["buttons"] = [_button(one, payloads.get(str(index), [])) for index, one in enumerate(buttons)]
    return _filled(parts["BODY"]["text"], by_type.get("body", [])), found


def _header(header: Json, values: list[Json]) -> Json:
    """Words, a place, or a file by its id or address."""
    kind = str(header["format"]).lower()
    if kind == "text":
        return {"header": _filled(header["text"], values)}
    value = values[0].get(kind) if values else {}
    return {"header_place": value} if kind == "location" else {"header_file": {"type": kind, **(value or {})}}


def _filled(text: str, values: list[Json]) -> str:
    names = list(dict.fromkeys(variables(text)))
    by_name = {value.get("parameter_name") or name: _worded(value) for name, value in zip(names, values, strict=True)}
    return VARIABLE.sub(lambda found: by_name.get(re.sub(r"\s", "", found[1]), found[0]), text)


def _worded(value: Json) -> str:
    inner: Any = value.get(value.get("type", "text"))
    return str(inner.get("fallback_value", "")) if isinstance(inner, dict) else str(inner)


def _button(button: Json, values: list[Json]) -> Json:
    """What pressing it answers: its payload, or its own words when none was given."""
    title = button["text"]
    payload = next((one["payload"] for one in values if one.get("type") == "payload"), title)
    found: Json = {"id": payload, "title": title}
    if button["type"] == "URL":
        suffix = next((str(one["text"]) for one in values if "text" in one), "")
        found["url"] = VARIABLE.sub(suffix, button["url"])
    return found
