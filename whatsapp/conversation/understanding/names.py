"""Is this answer a person's name, and how is it written?"""

from __future__ import annotations

import re

from .words import set_of

PARTICLES = set_of("da de do das dos e di del la van von der")
ASIDE = r"\s*\([^)]*\)\s*$|,?\s*\d{1,3} anos.*$"  # (meu pai), 35 anos
LONGEST = 80  # characters
MOST_WORDS = 10
OPENINGS = (
    r"(?:bom dia|boa tarde|boa noite|ol[aá]|oi|claro|ok|sim)[\s,.!]+",
    r"(?:o\s+|a\s+)?(?:meu\s+|seu\s+)?nome\b\s*(?:completo\s+)?(?:do\s+paciente\s+|da\s+paciente\s+|dele\s+|dela\s+)?(?:é|e|eh|:)?\s*:?\s*",
    r"(?:eu\s+)?(?:me\s+chamo|chamo-me|chama-se|se\s+chama)\s+",
    r"(?:aqui\s+(?:é|e|eh)|eu\s+sou|sou|é|pode\s+(?:colocar|por|pôr)|coloca|paciente)(?:\s+[oa])?(?:\s+paciente)?\s*:?\s+",
    r"(?:o|a)\s+(?:paciente|nome)\s*(?:é|:)?\s*",
)
ENDINGS = r"[\s,.!]*(?:por favor|pfv|obrigad[oa])?[\s.,!]*$"


def read_name(text: str) -> str | None:
    """The name, capitalised as names are; None for what cannot be one (figures, links, a letter or two, an essay)."""
    text = re.sub(ASIDE, "", text[:500], flags=re.IGNORECASE)
    stripped = re.sub(ENDINGS, "", _without_opening(" ".join(text.split())), flags=re.IGNORECASE)
    words = stripped.strip(" .,!;:-\"'*()").split()
    if not words or len(words) > MOST_WORDS or len(stripped) > LONGEST:
        return None
    if sum(char.isalpha() for char in stripped) < 3 or not all(_is_name_word(word) for word in words):
        return None
    return " ".join(_capitalised(word, position) for position, word in enumerate(words))


def _without_opening(text: str) -> str:
    for opening in OPENINGS:
        shorter = re.sub(rf"^{opening}", "", text, count=1, flags=re.IGNORECASE)
        text = shorter if shorter.strip() else text
    return text


def _is_name_word(word: str) -> bool:
    bare = word.rstrip(".,")
    return bool(bare) and bare[0].isalpha() and all(char.isalpha() or char in "'’-" for char in bare)


def _capitalised(word: str, position: int) -> str:
    word = word.rstrip(",")
    lower = word.lower()
    if position and lower in PARTICLES:
        return lower
    is_mixed = not word.islower() and not word.isupper()
    return word if is_mixed else re.sub(r"(^|[-'’])(\w)", lambda match: match[1] + match[2].upper(), lower)
