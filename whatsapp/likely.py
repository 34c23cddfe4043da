"""Which contacts are probably the same person as this one? The same patient, number and name told; a bounded look."""

from dataclasses import dataclass

from django.db.models import Q

from clinics import duplicates
from whatsapp.models import Contact

LOOKED_AT = 200
SHOWN = 5
ORDER = ("patient", *duplicates.ORDER)


@dataclass(frozen=True)
class Likely:
    """A contact, and why: `patient`, or one of `clinics.duplicates`."""

    contact: Contact
    why: str


def of(contact: Contact) -> list[Likely]:
    """The most likely ones first: one query."""
    name, number = _told(contact)
    which = Q(pk__in=[])
    if contact.patient_id:
        which |= Q(patient=contact.patient_id)
    if number:
        which |= Q(match_key=number) | Q(patient__phone_key=number)
    if first := duplicates.first_word(name):
        which |= Q(plain__startswith=first) | Q(plain_patient__startswith=first)
    rows = Contact.objects.for_clinic(contact.clinic_id).filter(merged_into__isnull=True).exclude(pk=contact.pk)
    plain = {"plain": duplicates.Plain("name"), "plain_patient": duplicates.Plain("patient__name")}
    rows = rows.annotate(**plain).filter(which)
    found = rows.select_related("patient").order_by("pk")[:LOOKED_AT]
    likely = [Likely(row, why) for row in found if (why := _why(contact, row))]
    return sorted(likely, key=lambda one: ORDER.index(one.why))[:SHOWN]


def _told(contact: Contact) -> tuple[str, str]:
    patient = contact.patient
    name = patient.name if patient else contact.name
    return name, contact.match_key or (patient.phone_key if patient else "")


def _why(one: Contact, other: Contact) -> str:
    if one.patient_id and one.patient_id == other.patient_id:
        return "patient"
    return duplicates.why(*_told(one), *_told(other))
