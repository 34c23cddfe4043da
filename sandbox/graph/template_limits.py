"""Would Meta take this template for review? Every documented limit of its creation.

The product has its own copy: sharing one would hide the same mistake on both sides.
"""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.responses import JSONResponse

from sandbox.graph.errors import GraphError
from sandbox.store import Json

NAME = re.compile(r"^[a-z0-9_]{1,512}$")
LANGUAGE = re.compile(r"^[a-z]{2,3}(_[A-Z]{2,3})?$")
VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
FORMATS = ("POSITIONAL", "NAMED")
HEADERS = ("TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
BUTTONS = ("QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "FLOW", "REQUEST_CONTACT_INFO")
MOST_BUTTONS = 10


class TemplateRefusedError(GraphError):
    """Code 100 with the subcode and the words that Meta shows to people."""

    def __init__(self, subcode: int, title: str, words: str) -> None:
        super().__init__(100, words, subcode=subcode)
        self.title = title

    def response(self) -> JSONResponse:
        answer = super().response()
        content: Json = json.loads(bytes(answer.body))
        content["error"] |= {"error_user_title": self.title, "error_user_msg": self.details, "is_transient": False}
        return JSONResponse(content, answer.status_code)


def _refused(words: str, subcode: int = 2388043) -> TemplateRefusedError:
    return TemplateRefusedError(subcode, "Message template is not valid", words)


def check_template(body: Json) -> Json:
    """Name, language, category, format and components as they will be kept; raises for the first broken limit."""
    name, language, category = body.get("name"), body.get("language"), body.get("category")
    if not isinstance(name, str) or not NAME.match(name):
        raise _refused("The name must be 1 to 512 of a-z, 0-9 and _", 2388019)
    if not isinstance(language, str) or not LANGUAGE.match(language):
        raise _refused("The language is not one of the supported codes", 2388026)
    if category not in CATEGORIES:
        raise GraphError(100, f"Param category must be one of {{{', '.join(CATEGORIES)}}}")
    kind = str(body.get("parameter_format") or "POSITIONAL").upper()
    if kind not in FORMATS:
        raise GraphError(100, f"Param parameter_format must be one of {{{', '.join(FORMATS)}}}")
    components = check_components(body.get("components"), kind)
    return {
        "name": name,
        "language": language,
        "category": category,
        "parameter_format": kind,
        "components": components,
    }


def check_components(components: Any, kind: str) -> list[Json]:
    if not isinstance(components, list) or not all(isinstance(one, dict) for one in components):
        raise GraphError(100, "The parameter components is required and must be an array.")
    types = [str(one.get("type", "")).upper() for one in components]
    if types.count("BODY") != 1 or len(set(types)) != len(types):
        raise _refused("A template has exactly one body, and at most one header, one footer and one set of buttons")
    for component, name in zip(components, types, strict=True):
        check = CHECKS.get(name)
        if check is None:
            raise _refused(f"The component type {name!r} is not known")
        check(component, kind)
    return [{**component, "type": name} for component, name in zip(components, types, strict=True)]


def variables(text: str) -> list[str]:
    """The names in {{…}}, in order, repeats too."""
    return VARIABLE.findall(text)


def _text(component: Json, longest: int, where: str) -> str:
    text = component.get("text")
    if not isinstance(text, str) or not text.strip():
        raise _refused(f"The {where} has no text")
    if len(text) > longest:
        raise _refused(f"The {where} is longer than {longest} characters", 2388040)
    return text


def _check_names(text: str, kind: str, where: str) -> list[str]:
    found = list(dict.fromkeys(variables(text)))
    if kind == "NAMED":
        if not all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in found):
            raise _refused(f"A variable of the {where} is not a name of small letters, digits and _", 2388039)
    elif found != [str(number) for number in range(1, len(found) + 1)]:
        raise _refused(f"The variables of the {where} are not {{{{1}}}}, {{{{2}}}}, … in order", 2388039)
    return found


def _check_body(component: Json, kind: str) -> None:
    text = _text(component, 1024, "body")
    names = _check_names(text, kind, "body")
    bare = text.strip()
    if re.match(r"^\{\{", bare) or re.search(r"\}\}$", bare):
        raise _refused("Variables can't be at the start or end of the template.", 2388299)
    if re.search(r"\}\}\s*\{\{", text):
        raise _refused("Variables can't stand next to each other.", 2388299)
    if len(names) and len(re.findall(r"\w+", VARIABLE.sub("", text))) < len(names) * 2:
        raise _refused("This template has too many variables for its length.", 2388293)
    _check_examples(component, names, kind, "body")


def _check_header(component: Json, kind: str) -> None:
    shape = str(component.get("format", "")).upper()
    if shape not in HEADERS:
        raise _refused(f"The header's format must be one of {', '.join(HEADERS)}")
    if shape == "TEXT":
        text = _text(component, 60, "header")
        names = _check_names(text, kind, "header")
        if len(names) > 1:
            raise _refused("The header has more than 1 variable")
        _check_examples(component, names, kind, "header")
    elif shape != "LOCATION" and not (component.get("example") or {}).get("header_handle"):
        raise _refused("The header's sample file is missing", 2388273)


def _check_footer(component: Json, _kind: str) -> None:
    if variables(_text(component, 60, "footer")):
        raise _refused("The footer cannot have variables")


def _check_examples(component: Json, names: list[str], kind: str, where: str) -> None:
    if not names:
        return
    example = component.get("example") or {}
    if kind == "NAMED":
        given = example.get(f"{where}_text_named_params") or []
        told = {one.get("param_name") for one in given if isinstance(one, dict) and one.get("example")}
        is_complete = told >= set(names)
    else:
        values = example.get(f"{where}_text") or []
        values = values[0] if where == "body" and values and isinstance(values[0], list) else values
        is_complete = len([one for one in values if one]) >= len(names)
    if not is_complete:
        raise _refused(f"The {where} has variables without an example", 2388047)


def _check_buttons(component: Json, _kind: str) -> None:
    buttons = component.get("buttons")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MOST_BUTTONS:
        raise _refused(f"A template has 1 to {MOST_BUTTONS} buttons", 2388047)
    for button in buttons:
        _check_button(button)
    labels = [button.get("text") for button in buttons]
    if len(set(labels)) != len(labels):
        raise _refused("Two buttons have the same label")


def _check_button(button: Json) -> None:
    kind = str(button.get("type", "")).upper()
    if kind not in BUTTONS:
        raise _refused(f"The button type {kind!r} is not known")
    if variables(_text(button, 25, "button's label")):
        raise _refused("A button's label cannot have variables")
    if kind == "URL":
        _check_url(button)
    if kind == "PHONE_NUMBER" and not re.fullmatch(r"\+?\d{6,20}", str(button.get("phone_number", ""))):
        raise _refused("The button's phone number is not valid")


def _check_url(button: Json) -> None:
    url = button.get("url")
    if not isinstance(url, str) or not re.match(r"https?://\S+$", url):
        raise _refused("The button's URL is not valid")
    if len(url) > 2000:
        raise _refused("The button's URL is longer than 2000 characters")
    found = variables(url)
    if len(found) > 1 or (found and not url.endswith("}}")):
        raise _refused("The URL may have one variable, at its end")
    if found and not button.get("example"):
        raise _refused("The URL has a variable without an example", 2388047)


CHECKS = {"BODY": _check_body, "HEADER": _check_header, "FOOTER": _check_footer, "BUTTONS": _check_buttons}
