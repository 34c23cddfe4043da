"""Is this text, which anybody may have written, a whole number such as ours: a row's id, a page?"""

# What fits a bigint whatever its digits are.
MOST_DIGITS = 18


def parse_whole(text: str) -> int | None:
    """The number; None for anything else. "²" and "٧" are digits to Python, and no numbers of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
