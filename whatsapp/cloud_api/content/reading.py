"""Plain JSON values → a frozen dataclass, by the types of its fields. Strict: `ContentError` names the first field that
is unknown, missing or of another type.

Of several dataclasses a field may hold, the object's `kind` says which.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from whatsapp.cloud_api.content.checks import ContentError

Shape = TypeVar("Shape")

_WORDS: dict[Any, str] = {
    str: "must be a text",
    bool: "must be true or false",
    int: "must be a whole number",
    float: "must be a number",
}


def read(shape: type[Shape], value: object, field: str = "") -> Shape:
    """The object as this dataclass. `field` is its place in the whole, for the error."""
    if not isinstance(value, Mapping):
        raise ContentError(field or "message", "must be an object")
    known: Any = shape
    hints = _hints(known)
    for key in value:
        if key not in hints and key != "kind":
            raise ContentError(_at(field, str(key)), "is not known")
    parts = {}
    for name, (hint, is_needed) in hints.items():
        if name in value:
            parts[name] = _value(hint, value[name], _at(field, name))
        elif is_needed:
            raise ContentError(_at(field, name), "is missing")
    return shape(**parts)


@cache
def _hints(shape: Any) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(shape)
    return {one.name: (hints[one.name], _is_needed(one)) for one in fields(shape)}


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _at(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _value(hint: Any, value: object, field: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _one_of(get_args(hint), value, field)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ContentError(field, "must be a list")
        return tuple(_value(get_args(hint)[0], one, field) for one in value)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise ContentError(field, "must be an object")
        return dict(value)
    if is_dataclass(hint):
        return read(hint, value, field)  # type: ignore[arg-type]  # is_dataclass does not tell a class from an instance
    return _plain(hint, value, field)


def _plain(hint: Any, value: object, field: str) -> Any:
    kinds = (int, float) if hint is float else hint
    if not isinstance(value, kinds) or (isinstance(value, bool) and hint is not bool):
        raise ContentError(field, _WORDS[hint])
    if isinstance(value, str) and "\x00" in value:
        raise ContentError(field, "holds a NUL character")
    return value


def _one_of(hints: tuple[Any, ...], value: object, field: str) -> Any:
    if value is None and NoneType in hints:
        return None
    if isinstance(value, str) and str in hints:
        return _plain(str, value, field)
    shapes = [hint for hint in hints if hint not in (str, NoneType)]
    if len(shapes) > 1 and isinstance(value, Mapping):
        shapes = _of_kind(shapes, value, field)
    return _value(shapes[0], value, field)


def _of_kind(shapes: list[Any], value: Mapping[Any, Any], field: str) -> list[Any]:
    """Those of the kind that the object names; one without a kind is what has no name for it."""
    kind = value.get("kind", "")
    found = [shape for shape in shapes if getattr(shape, "kind", "") == kind]
    if not found:
        known = ", ".join(filter(None, (getattr(shape, "kind", "") for shape in shapes)))
        raise ContentError(_at(field, "kind"), "must be one of %(words)s", words=known)
    return found
