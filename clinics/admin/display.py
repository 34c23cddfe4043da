"""How is a column named, ordered and coloured? Unfold's decorator with its types."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.utils.functional import Promise
from unfold import decorators

F = TypeVar("F", bound=Callable[..., Any])


def display(
    *, description: str | Promise, ordering: str | None = None, label: Mapping[Any, str] | None = None
) -> Callable[[F], F]:
    """`label`: value → tone (`info`, `success`, `warning`, `danger`, `primary`); the method returns (value, words)."""
    decorate: Callable[[F], F] = decorators.display(
        description=description, ordering=ordering, label=dict(label) if label else None
    )
    return decorate
