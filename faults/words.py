"""Which names and words belong to nobody else? Made from numbers, so that logs can be searched."""

from __future__ import annotations

_HEADS = ("Ba", "Ce", "Di", "Fo", "Gu", "Ja", "Le", "Mi", "No", "Pu", "Ra", "Se", "Ti", "Vo", "Xu", "Za")
_TAILS = (
    "bal",
    "cer",
    "din",
    "fos",
    "gum",
    "jal",
    "ler",
    "mis",
    "nor",
    "pul",
    "ras",
    "sel",
    "tim",
    "vor",
    "xum",
    "zal",
)


def word(number: int) -> str:
    """A pronounceable word, another one for each number below 16^6."""
    digits = [number >> shift & 15 for shift in (20, 16, 12, 8, 4, 0)]
    return "".join((_HEADS[one] if place % 2 == 0 else _TAILS[one]).lower() for place, one in enumerate(digits))


def full_name(number: int) -> str:
    """First name and surname as a patient would write them."""
    made = word(number)
    return f"{made[:8].capitalize()} {made[8:].capitalize()}"


def phone(number: int) -> str:
    """A Brazilian mobile of São Paulo, digits only."""
    return f"55119{60_000_000 + number:08d}"
