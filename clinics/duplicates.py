"""Which records are probably the same person? The same number, or the same name and a number that is nearly the same.

A bounded look: only records whose number is the same or whose name begins with the same word are compared.
"""

from dataclasses import dataclass

from django.db.models import CharField, Func, Q

from clinics.merging import is_same_name, plain
from clinics.models import Patient

LOOKED_AT = 200
SHOWN = 5
NEARLY = 2


@dataclass(frozen=True)
class Likely:
    """A record, and why: `number`, `name_and_number` or `name`."""

    patient: Patient
    why: str


class Plain(Func):
    """A name column in small letters without accents, as Portuguese has them."""

    function = "TRANSLATE"
    template = "%(function)s(LOWER(%(expressions)s), 'áàâãäéèêëíìîïóòôõöúùûüç', 'aaaaaeeeeiiiiooooouuuuc')"
    output_field = CharField()


def of(patient: Patient) -> list[Likely]:
    """The most likely ones first: one query."""
    same = Q(phone_key=patient.phone_key) if patient.phone_key else Q()
    begins = Q(plain__startswith=first_word(patient.name)) if first_word(patient.name) else Q()
    if not (same or begins):
        return []
    rows = Patient.objects.for_clinic(patient.clinic_id).standing().exclude(pk=patient.pk)
    rows = rows.annotate(plain=Plain("name")).filter(same | begins)
    found = [Likely(row, why) for row in rows.order_by("pk")[:LOOKED_AT] if (why := why_likely(patient, row))]
    return sorted(found, key=lambda likely: ORDER.index(likely.why))[:SHOWN]


def first_word(name: str) -> str:
    """The first name, plain; "" for none."""
    return (plain(name).split() or [""])[0]


ORDER = ("name_and_number", "number", "name")


def why_likely(one: Patient, other: Patient) -> str:
    """Why the two may be one person; "" when nothing speaks for it."""
    return why(one.name, one.phone_key, other.name, other.phone_key)


def why(name: str, number: str, other_name: str, other_number: str) -> str:
    """The same for names and numbers (match keys) of any records."""
    has_same_name = is_same_name(name, other_name)
    if has_same_name and is_nearly(number, other_number):
        return "name_and_number"
    if number and number == other_number:
        return "number"
    is_open = not number or not other_number
    return "name" if has_same_name and is_open and len(plain(name).split()) > 1 else ""


def is_nearly(number: str, other: str) -> bool:
    """Whether two numbers differ in at most two digits: a slip of the finger, another area code."""
    if not number or len(number) != len(other):
        return False
    return sum(a != b for a, b in zip(number, other, strict=True)) <= NEARLY
