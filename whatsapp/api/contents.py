"""How does a program tell a content? One field for each kind, as whatsapp.cloud_api.content has it; the schema is drawn
from the same dataclasses that check the limits.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from whatsapp.api.limit_words import limit_words
from whatsapp.cloud_api import INTERACTIVE, KINDS, ContentError, OutboundContent, from_told

_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
}


def content_of(kind: str, told: Any) -> OutboundContent:
    """The content; ValidationError names the field under the kind."""
    try:
        return from_told(told, kind)
    except ContentError as error:
        raise serializers.ValidationError(nested(kind, error)) from None


def nested(kind: str, error: ContentError) -> dict[str, Any]:
    """`{"image": {"caption": ["tem mais de 1024 caracteres"]}}`"""
    found: Any = [limit_words(error)]
    for name in reversed(_place(kind, error.field).split(".")):
        found = {name: found}
    return {kind: found}


def _place(kind: str, field: str) -> str:
    """Meta's shape names itself in its places."""
    return field.removeprefix(f"{INTERACTIVE}.") if kind == INTERACTIVE else field


def field_of(kind: str) -> serializers.Field[Any, Any, Any, Any]:
    """The request's field of this kind; its schema stands in the API's description."""
    schema: dict[str, Any] = (
        schema_of(KINDS[kind]) if kind in KINDS else {"type": "object", "additionalProperties": True}
    )
    if kind == "contacts":
        schema = {"oneOf": [schema, schema["properties"]["contacts"]]}
    kept = extend_schema_field(schema)(type(f"{kind.title()}Field", (serializers.JSONField,), {}))
    field: serializers.Field[Any, Any, Any, Any] = kept(required=False)
    return field


def schema_of(shape: Any) -> dict[str, Any]:
    """The JSON schema of a content or a part of one."""
    hints = get_type_hints(shape)
    kind = getattr(shape, "kind", None)
    properties = {"kind": {"type": "string", "enum": [kind]}} if kind and not issubclass(shape, OutboundContent) else {}
    needed = ["kind"] if properties else []
    for field in fields(shape):
        properties[field.name] = _of_hint(hints[field.name])
        if field.default is MISSING and field.default_factory is MISSING:
            needed.append(field.name)
    found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": needed} if needed else found


def _of_hint(hint: Any) -> dict[str, Any]:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        parts = [_of_hint(one) for one in get_args(hint) if one is not NoneType]
        return parts[0] if len(parts) == 1 else {"oneOf": parts}
    if origin is tuple:
        return {"type": "array", "items": _of_hint(get_args(hint)[0])}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": True}
    return _with_kind(hint) if is_dataclass(hint) else dict(_PLAIN[hint])


def _with_kind(hint: Any) -> dict[str, Any]:
    """Inside another content an image says that it is one."""
    schema = schema_of(hint)
    kind = getattr(hint, "kind", None)
    if kind and "kind" not in schema["properties"]:
        schema["properties"] = {"kind": {"type": "string", "enum": [kind]}, **schema["properties"]}
        schema["required"] = ["kind", *schema.get("required", [])]
    return schema
