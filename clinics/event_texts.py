"""What does the clinic want an appointment's calendar event to say? Pure: texts with placeholders, checked and filled.

Placeholders stand in braces, with or without accents: {paciente}, {profissional}, {serviço}, {clínica}, {situação},
{link}. Of the patient's name as much is filled in as the clinic chose; what is empty takes its separator, and in the
description its line, with it.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

PATIENT, PROFESSIONAL, OFFERING, CLINIC, STATUS, LINK = (
    "paciente",
    "profissional",
    "servico",
    "clinica",
    "situacao",
    "link",
)
# As they are written on pages.
WRITTEN = {OFFERING: "serviço", CLINIC: "clínica", STATUS: "situação"}
NAMES = (PATIENT, PROFESSIONAL, OFFERING, CLINIC, STATUS, LINK)
TITLE = "Consulta – {paciente}"
DESCRIPTION = "Detalhes no AtendeAí: {link}"
# Of the texts as the clinic writes them, and as they go to Google.
LONGEST_TITLE, LONGEST_DESCRIPTION = 200, 2000
MOST_TITLE, MOST_DESCRIPTION = 300, 8000
EMPTY_TITLE = "Consulta"
STATUS_WORDS = {
    "booked": "Marcada",
    "confirmed": "Confirmada",
    "cancelled": "Cancelada",
    "no_show": "Não veio",
    "completed": "Compareceu",
}
_FIELD = re.compile(r"\{([^{}\n]*)\}")
# An empty placeholder, and what joins it to its neighbours. Looked for once per run of blanks, so that a text of
# nothing but blanks takes no longer than another.
_GAP = "\0"
_LEADING_GAP = re.compile(r"^[ \t]*+\0[ \t]*+[–—\-·|,:/]?[ \t]*+")
_ANY_GAP = re.compile(r"(?<![ \t])[ \t]*+(?:\([ \t]*+\0[ \t]*+\)|[–—\-·|,:/]?[ \t]*+\0)")


class BadTemplate(ValueError):
    """`code`: `unknown` (`name`: which placeholder), `brace` (one without its partner)."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(f"{code} {name}".strip())
        self.code = code
        self.name = name


@dataclass(frozen=True)
class Words:
    """What placeholders stand for. `detail`: minimal, initials or full; `status`: an appointment's."""

    patient: str
    professional: str
    offering: str
    clinic: str
    status: str
    link: str
    detail: str

    def values(self) -> Mapping[str, str]:
        """By placeholder; of the patient only what the clinic shows."""
        found = {
            PATIENT: patient_shown(self.patient, self.detail),
            PROFESSIONAL: self.professional,
            OFFERING: self.offering,
            CLINIC: self.clinic,
            STATUS: STATUS_WORDS.get(self.status, ""),
            LINK: self.link,
        }
        return {name: _harmless(value) for name, value in found.items()}


def check(text: str) -> None:
    """Raises `BadTemplate`, naming what is wrong."""
    for name in _FIELD.findall(text):
        if _plain(name) not in NAMES:
            raise BadTemplate("unknown", name.strip())
    if re.search("[{}]", _FIELD.sub("", text)):
        raise BadTemplate("brace")


def names_in(text: str) -> frozenset[str]:
    """Which placeholders a text uses."""
    return frozenset(_plain(name) for name in _FIELD.findall(text))


def written(name: str) -> str:
    """A placeholder as people read it: «{serviço}»."""
    return "{" + WRITTEN.get(name, name) + "}"


def title(template: str, words: Words) -> str:
    """One line, never empty."""
    line = " ".join(_line(template.replace("\n", " "), words.values()).split())
    return _cut(line, MOST_TITLE) or EMPTY_TITLE


def description(template: str, words: Words) -> str:
    """Lines whose placeholders are all empty are left out."""
    values = words.values()
    kept = [_line(line, values) for line in template.splitlines() if not _is_void(line, values)]
    return _cut("\n".join(kept).strip(), MOST_DESCRIPTION)


def patient_shown(name: str, detail: str) -> str:
    """As much of a name as the clinic shows."""
    return {"initials": initials(name), "full": name.strip()}.get(detail, "")


def initials(name: str) -> str:
    """«Dalva de Souza Nogueira» → «D. N.»: first and last name only."""
    found = [word for word in name.split() if word[0].isalpha()]
    ends = found[:1] + found[1:][-1:]
    return " ".join(f"{word[0].upper()}." for word in ends)


def _line(template: str, values: Mapping[str, str]) -> str:
    text = _FIELD.sub(lambda found: values.get(_plain(found[1]), "") or _GAP, template)
    return _ANY_GAP.sub("", _LEADING_GAP.sub("", text)).rstrip()


def _is_void(line: str, values: Mapping[str, str]) -> bool:
    used = names_in(line)
    return bool(used) and not any(values.get(name) for name in used)


def _harmless(value: str) -> str:
    """Google reads descriptions as HTML, and people choose their own names on WhatsApp."""
    shown = "".join(letter if letter.isprintable() else " " for letter in value)
    return " ".join(shown.replace("<", "‹").replace(">", "›").split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.strip()).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
