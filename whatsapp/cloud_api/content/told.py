"""What may a caller tell as a message: a dict by type, in our short fields, or in Meta's own shape where that is known
better.

Meta's shapes: `interactive` (its `type` decides the kind), `template` with `language.code` and `components`, a list of
contacts. Everything else has the same fields in both. What is unknown is refused with the field's name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.checks import ContentError
from whatsapp.cloud_api.content.storing import KINDS, from_json

Told = str | Mapping[str, Any] | Sequence[Any]
# A plain text is enough for these.
_TEXTS = ("text", "location_request", "contact_request")
INTERACTIVE = "interactive"


def from_told(told: Told, kind: str) -> OutboundContent:
    """The content of this kind; ContentError names the field that does not fit."""
    if isinstance(told, str):
        if kind not in _TEXTS:
            raise ContentError("message", "must be an object for the type %(kind)s", kind=kind)
        return from_json({"kind": kind, "body": told})
    if kind == "contacts" and not isinstance(told, Mapping):
        told = {"contacts": list(told)}
    if not isinstance(told, Mapping):
        raise ContentError("message", "must be a text or an object")
    if kind == INTERACTIVE:
        return from_json(_interactive(told))
    if kind not in KINDS:
        raise ContentError("type", "must be one of %(words)s", words=", ".join(KINDS))
    return from_json({**(_template(told) if kind == "template" else told), "kind": kind})


def _interactive(told: Mapping[str, Any]) -> dict[str, Any]:
    _only(told, ("type", "header", "body", "footer", "action"), INTERACTIVE)
    kind = told.get("type")
    reader = _ACTIONS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise ContentError("interactive.type", "must be one of %(words)s", words=", ".join(_ACTIONS))
    found: dict[str, Any] = reader(_object(told.get("action"), "interactive.action"))
    found["body"] = _object(told.get("body"), "interactive.body").get("text", "")
    if "footer" in told:
        found["footer"] = _object(told["footer"], "interactive.footer").get("text", "")
    if "header" in told:
        found["header"] = _header(_object(told["header"], "interactive.header"))
    return found


def _header(header: Mapping[str, Any]) -> Any:
    kind = str(header.get("type", ""))
    if kind == "text":
        return header.get("text", "")
    return {"kind": kind, **_object(header.get(kind), f"interactive.header.{kind}")}


def _buttons(action: Mapping[str, Any]) -> dict[str, Any]:
    _only(action, ("buttons",), "interactive.action")
    buttons = [_object(one, "interactive.action.buttons") for one in _list(action.get("buttons"), "buttons")]
    return {"kind": "buttons", "buttons": [one.get("reply") for one in buttons]}


def _rows(action: Mapping[str, Any]) -> dict[str, Any]:
    _only(action, ("button", "sections"), "interactive.action")
    return {"kind": "list", **action}


def _link(action: Mapping[str, Any]) -> dict[str, Any]:
    _only(action, ("name", "parameters"), "interactive.action")
    return {"kind": "cta_url", **_object(action.get("parameters"), "interactive.action.parameters")}


_FLOW_FIELDS = {
    "flow_cta": "cta",
    "flow_id": "flow_id",
    "flow_name": "flow_name",
    "flow_token": "token",
    "mode": "mode",
    "flow_action": "action",
}


def _flow(action: Mapping[str, Any]) -> dict[str, Any]:
    parameters = _object(action.get("parameters"), "interactive.action.parameters")
    _only(parameters, (*_FLOW_FIELDS, "flow_message_version", "flow_action_payload"), "interactive.action.parameters")
    start = _object(parameters.get("flow_action_payload", {}), "flow_action_payload")
    _only(start, ("screen", "data"), "flow_action_payload")
    given = {ours: parameters[theirs] for theirs, ours in _FLOW_FIELDS.items() if theirs in parameters}
    return {"kind": "flow", **given, **start}


def _asks(kind: str) -> Any:
    def read(action: Mapping[str, Any]) -> dict[str, Any]:
        _only(action, ("name",), "interactive.action")
        return {"kind": kind}

    return read


_ACTIONS: dict[str, Any] = {
    "button": _buttons,
    "list": _rows,
    "cta_url": _link,
    "flow": _flow,
    "location_request_message": _asks("location_request"),
    "request_contact_info": _asks("contact_request"),
}


def _template(told: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(told)
    if isinstance(found.get("language"), Mapping):
        _only(found["language"], ("code", "policy"), "language")
        found["language"] = found["language"].get("code", "")
    if isinstance(found.get("parameters"), Mapping):
        found["parameters"] = [{"name": name, "text": text} for name, text in found["parameters"].items()]
    for component in _list(found.pop("components", []), "components"):
        _fill(found, _object(component, "components"))
    return found


def _fill(found: dict[str, Any], component: Mapping[str, Any]) -> None:
    kind = str(component.get("type", "")).lower()
    parameters = [_object(one, "components.parameters") for one in _list(component.get("parameters", []), "parameters")]
    if kind == "body":
        found["parameters"] = [_value(one) for one in parameters]
    elif kind == "header":
        found["header"] = _value(parameters[0]) if parameters else ""
    elif kind == "button":
        found["buttons"] = [*found.get("buttons", []), _button(component, parameters[0] if parameters else {})]
    else:
        raise ContentError("components.type", "must be one of %(words)s", words="header, body, button")


def _value(parameter: Mapping[str, Any]) -> Any:
    kind = str(parameter.get("type", ""))
    if kind != "text":
        return {"kind": kind, **_object(parameter.get(kind), f"components.parameters.{kind}")}
    if "parameter_name" in parameter:
        return {"name": parameter["parameter_name"], "text": parameter.get("text", "")}
    return parameter.get("text", "")


def _button(component: Mapping[str, Any], parameter: Mapping[str, Any]) -> dict[str, Any]:
    index = str(component.get("index", ""))
    if not index.isdecimal() or len(index) > 2:
        raise ContentError("components.index", "must be a whole number")
    kind = str(component.get("sub_type", "")).lower()
    button: dict[str, Any] = {"kind": kind, "index": int(index)}
    if kind == "flow":
        action = _object(parameter.get("action", {}), "components.parameters.action")
        names = {"flow_token": "token", "flow_action_data": "data"}
        return button | {ours: action[theirs] for theirs, ours in names.items() if theirs in action}
    name = {"quick_reply": "payload", "url": "text", "copy_code": "coupon_code"}.get(kind, "text")
    return button | {"code" if name == "coupon_code" else name: parameter.get(name, "")}


def _only(told: Mapping[str, Any], known: Sequence[str], field: str) -> None:
    """Refuses the first key that nobody knows."""
    for key in told:
        if key not in known:
            raise ContentError(f"{field}.{key}", "is not known")


def _object(value: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ContentError(field, "must be an object")
    return value


def _list(value: Any, field: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise ContentError(field, "must be a list")
    return value
