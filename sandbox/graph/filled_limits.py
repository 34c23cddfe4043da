"""Would Meta take what is filled into a template? Its form only; whether the template exists is asked elsewhere."""

from __future__ import annotations

import re

from sandbox.graph.errors import GraphError
from sandbox.graph.parts import check_file, list_of, node_of, text_of
from sandbox.store import Json

NAME = re.compile(r"^[a-z0-9_]{1,512}$")
HEADER_CHARS, BODY_CHARS = 60, 1024
# Each kind of button: the type of its one parameter, and under which key the value stands.
BUTTONS = {"quick_reply": "payload", "url": "text", "copy_code": "coupon_code", "flow": "action"}
FILES = {"image": (), "video": (), "document": ("filename",)}


def check_filled(template: Json) -> None:
    name = template.get("name")
    if name is None:
        raise GraphError(131008, "Parameter 'template.name' is mandatory")
    if not isinstance(name, str) or not NAME.match(name):
        raise GraphError(131009, "template.name must be 1 to 512 of a-z, 0-9 and _")
    text_of(node_of(template, "language", "template.language"), "code", 20, "template.language.code")
    components = template.get("components") or []
    for component in components:
        _check_component(component)
    indexes = [str(one["index"]) for one in components if one["type"] == "button"]
    if len(set(indexes)) != len(indexes):
        raise GraphError(132012, "two components for the same button")


def _check_component(component: Json) -> None:
    kind = component.get("type")
    if kind not in ("header", "body", "button"):
        raise GraphError(132012, "component type must be header, body or button")
    if kind == "button":
        _check_button(component)
    else:
        _check_values(component, str(kind))


def _check_button(component: Json) -> None:
    if not {"sub_type", "index"} <= set(component):
        raise GraphError(131008, "Parameters 'sub_type' and 'index' are mandatory for a button")
    if not re.fullmatch(r"\d", str(component["index"])):
        raise GraphError(131009, "button index must be 0 to 9")
    wanted = BUTTONS.get(str(component["sub_type"]).lower())
    if wanted is None:
        raise GraphError(132012, f"button sub_type must be one of {', '.join(BUTTONS)}")
    for parameter in list_of(component, "parameters", "button parameters", 1):
        if parameter.get("type") != wanted:
            raise GraphError(132012, f"parameter of a {component['sub_type']} button must be of type {wanted}")
        _check_button_value(parameter, wanted)


def _check_button_value(parameter: Json, wanted: str) -> None:
    if wanted == "action":
        action = node_of(parameter, "action", "button action")
        if "flow_action_data" in action and not node_of(action, "flow_action_data", "flow_action_data"):
            raise GraphError(131009, "flow_action_data must not be empty")
    else:
        text_of(parameter, wanted, {"payload": 256, "coupon_code": 20}.get(wanted, 2000), f"button {wanted}")


def _check_values(component: Json, where: str) -> None:
    parameters = component.get("parameters") or []
    if where == "header" and len(parameters) > 1:
        raise GraphError(132000, "a header takes one parameter")
    names = [parameter.get("parameter_name") for parameter in parameters]
    if any(names) and not (all(names) and len(set(names)) == len(names)):
        raise GraphError(132012, "parameters are named all or none, and each name once")
    for parameter in parameters:
        _check_value(parameter, where)


def _check_value(parameter: Json, where: str) -> None:
    kind = parameter.get("type")
    if kind == "text":
        _check_text(parameter, HEADER_CHARS if where == "header" else BODY_CHARS)
    elif kind not in parameter:
        raise GraphError(131008, f"template parameter of type {kind!r} lacks its value")
    elif kind in FILES:
        check_file(node_of(parameter, kind, f"{where} {kind}"), FILES[kind], f"{where} {kind}")


def _check_text(parameter: Json, longest: int) -> None:
    text = text_of(parameter, "text", 32768, "template parameter text")
    if re.search(r"\n|\t| {5,}", text):
        details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        raise GraphError(132012, details)
    if len(text) > longest:
        raise GraphError(132005, f"Translated text too long: at most {longest} characters")
