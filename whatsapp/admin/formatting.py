"""How does WhatsApp's own markup look on a page? *bold*, _italic_ and ~struck~ as WhatsApp draws them; nothing else."""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# As WhatsApp: the marks hug the words and stand at a word's edge, on one line.
_MARKS = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]*?\S)_(?![\w_])"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]*?\S)~(?![\w~])"), r"<s>\1</s>"),
)


def as_plain(text: str) -> str:
    """Without the marks, for a line that shows no markup."""
    for mark, _tag in _MARKS:
        text = mark.sub(r"\1", text)
    return text


def as_html(text: str) -> SafeString:
    """The text escaped first, so that nothing a person writes is ever a tag of ours."""
    html = str(escape(text))
    for mark, tag in _MARKS:
        html = mark.sub(tag, html)
    return mark_safe(html)  # noqa: S308 - escaped above; only the three tags are added
