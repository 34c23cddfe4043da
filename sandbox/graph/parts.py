"""Reading the parts of a message: each raises Meta's error when the part is missing or not what it must be."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.graph.errors import GraphError
from sandbox.store import Json


def text_of(node: Json, key: str, longest: int, where: str) -> str:
    """A required, non-empty text of at most `longest` characters."""
    value = node.get(key)
    if value is None:
        raise GraphError(131008, f"Parameter '{where}' is mandatory")
    if not isinstance(value, str) or not value.strip():
        raise GraphError(131009, f"{where} must be a non-empty text")
    if len(value) > longest:
        raise GraphError(131009, f"{where} length invalid. Min length: 1, Max length: {longest}")
    return value


def node_of(node: Json, key: str, where: str) -> Json:
    value = node.get(key)
    if value is None:
        raise GraphError(131008, f"Parameter '{where}' is mandatory")
    if not isinstance(value, dict):
        raise GraphError(100, f"Param {where} must be a JSON object.")
    return value


def list_of(node: Json, key: str, where: str, most: int) -> list[Json]:
    value = node.get(key)
    if value is None:
        raise GraphError(131008, f"Parameter '{where}' is mandatory")
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise GraphError(100, f"Param {where} must be an array of JSON objects.")
    if not 1 <= len(value) <= most:
        raise GraphError(131009, f"Invalid {where} count. Min allowed count: 1, Max allowed count: {most}")
    return value


def among(node: Json, key: str, words: Sequence[str], *, default: str) -> str:
    """One of Meta's words."""
    value = node.get(key, default)
    if value not in words:
        raise GraphError(131009, f"{key} must be one of {', '.join(words)}")
    return str(value)


def only(node: Json, keys: Sequence[str], where: str) -> None:
    """Meta refuses keys that it does not know."""
    for key in node:
        if key not in keys:
            raise GraphError(100, f'Unexpected key "{key}" on param {where}.')


def check_file(node: Json, keys: Sequence[str], where: str) -> None:
    """A file by id or by link, with no other keys than these."""
    only(node, ("id", "link", *keys), where)
    if ("id" in node) == ("link" in node):
        raise GraphError(131009 if "id" in node else 131008, f"{where} needs exactly one of id or link")
    if "link" in node and not str(node["link"]).startswith(("http://", "https://")):
        raise GraphError(131009, f"{where}.link must start with http:// or https://")
