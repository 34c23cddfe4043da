"""Does a part of a content keep Meta's limits? Each check raises `ContentError`, which names the field and the limit.

Fields are named as in our contents, without counting places: `buttons.title`, `sections.rows.id`.
"""

import re
from collections.abc import Mapping, Sequence

from atendeai.common.errors import Rejected

# Meta tells no limit for an address in a message; its templates take 2,000 characters.
LONGEST_URL = 2000
# What is drawn as a picture: emoji, dingbats, flags, and the marks that make one of a plain sign.
_EMOJI = re.compile(
    "[\u20e3\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\ufe0f\U0001f000-\U0001faff]"
)
_NOT_IN_PARAMETERS = re.compile(r"[\n\r\t]| {5,}")


class ContentError(Rejected):
    """This content can never be sent: `field` breaks `limit`. Nothing went out.

    `words` with `values` in its places is the limit, so that who shows it to people can translate it.
    """

    def __init__(self, field: str, words: str, /, **values: object) -> None:
        self.field, self.words, self.values = field, words, values
        self.limit = words % values if values else words
        super().__init__("whatsapp", "messages", code="content", detail=f"{field}: {self.limit}")


def within(field: str, text: str, most: int, *, optional: bool = False) -> None:
    """A text of 1 to `most` characters; "" only if it may be left out."""
    if not text.strip() and not (optional and not text):
        raise ContentError(field, "is empty")
    if len(text) > most:
        raise ContentError(field, "is longer than %(most)s characters", most=most)


def count(field: str, parts: Sequence[object], most: int, *, optional: bool = False) -> None:
    """One to `most` of them."""
    if not optional and not parts:
        raise ContentError(field, "has none")
    if len(parts) > most:
        raise ContentError(field, "has more than %(most)s", most=most)


def distinct(field: str, texts: Sequence[object]) -> None:
    """No two alike."""
    if len(set(texts)) != len(texts):
        raise ContentError(field, "repeats")


def link(field: str, url: str) -> None:
    """An address that Meta can fetch or a phone can open."""
    within(field, url, LONGEST_URL)
    if not url.startswith(("http://", "https://")) or any(sign.isspace() for sign in url):
        raise ContentError(field, "must start with http:// or https:// and hold no spaces")


def one_of(fields: Mapping[str, str]) -> None:
    """Exactly one of the fields has a value."""
    if sum(bool(value) for value in fields.values()) != 1:
        raise ContentError(" or ".join(fields), "exactly one of them is needed")


def degrees(field: str, value: float, most: int) -> None:
    """A coordinate; neither NaN nor infinite."""
    if not -most <= value <= most:
        raise ContentError(field, "must be a number from -%(most)s to %(most)s", most=most)


def among(field: str, value: str, words: Sequence[str]) -> None:
    """One of Meta's words."""
    if value not in words:
        raise ContentError(field, "must be one of %(words)s", words=", ".join(words))


def no_emoji(field: str, text: str) -> None:
    """Plain letters and signs."""
    if has_emoji(text):
        raise ContentError(field, "holds an emoji")


def has_emoji(text: str) -> bool:
    """Whether a phone would draw part of it as a picture."""
    return _EMOJI.search(text) is not None


def parameter(field: str, text: str, most: int = 1024) -> None:
    """What may be filled into a template: one line."""
    within(field, text, most)
    if _NOT_IN_PARAMETERS.search(text):
        raise ContentError(field, "has a line break, a tab or more than 4 spaces in a row")
