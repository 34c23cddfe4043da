"""How does a person become a patient of the clinic, and how are they found again?"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from atendeai.common import phones
from clinics import audit, merging
from clinics.audit import Actor
from clinics.models import Clinic, Patient

MOST_OF_ONE_PHONE = 20


def register(*, clinic: Clinic, name: str, phone: str, by: Actor, now: datetime, email: str = "") -> Patient:
    """A new patient. `phone`: digits or +digits, or empty for somebody whom WhatsApp shows without a number."""
    with transaction.atomic():
        patient = Patient.objects.create(
            clinic=clinic,
            name=name,
            phone=phone,
            phone_key=phones.match_key(phones.digits(phone)) if phone else "",
            email=email,
        )
        audit.record(
            clinic=clinic,
            action="patient_registered",
            target=patient,
            by=by,
            now=now,
            fields=["name", "phone", *(["email"] if email else [])],
        )
    return patient


def find_by_phone(*, clinic: Clinic, phone: str) -> Patient | None:
    """The clinic's patient with this number in any of its written forms; None when none or several have it.

    Several patients may share a phone (a mother and her children): then only a person can say who writes.
    """
    key = phones.match_key(phones.digits(phone))
    found = list(Patient.objects.for_clinic(clinic).standing().filter(phone_key=key)[:2]) if key else []
    return found[0] if len(found) == 1 else None


def find_namesake(*, clinic: Clinic, key: str, name: str) -> Patient | None:
    """The one patient of the clinic with this number (by match key) and this name; None when none or several are."""
    rows = Patient.objects.for_clinic(clinic).standing().filter(phone_key=key)[:MOST_OF_ONE_PHONE] if key else ()
    found = [patient for patient in rows if merging.is_same_name(patient.name, name)]
    return found[0] if len(found) == 1 else None


def find_by_keys(*, clinic: Clinic, keys: Sequence[str]) -> dict[str, Patient]:
    """The same for many numbers at once, by match key: those that exactly one patient has."""
    found: dict[str, list[Patient]] = {}
    for patient in Patient.objects.for_clinic(clinic).standing().filter(phone_key__in=[key for key in keys if key]):
        found.setdefault(patient.phone_key, []).append(patient)
    return {key: rows[0] for key, rows in found.items() if len(rows) == 1}


def change_phone(*, clinic: Clinic, old_key: str, phone: str, by: Actor, now: datetime) -> dict[int, str]:
    """The number itself has changed: everybody registered under the old one (a mother, her children) gets the new one.

    `old_key`: the old number's match key; `phone`: +digits. The former phones, by the ids of the records that changed.
    """
    rows = Patient.objects.for_clinic(clinic).filter(phone_key=old_key).order_by("pk")
    with transaction.atomic():
        found = list(rows.select_for_update(of=("self",))[:MOST_OF_ONE_PHONE])
        former = {patient.pk: patient.phone for patient in found}
        for patient in found:
            learn_phone(patient=patient, phone=phone, by=by, now=now)
    return former


def learn_phone(*, patient: Patient, phone: str, by: Actor, now: datetime) -> None:
    """The patient's phone is this one from now on (+digits; empty: none)."""
    patient.phone, patient.phone_key = phone, phones.match_key(phones.digits(phone))
    with transaction.atomic():
        patient.save(update_fields=["phone", "phone_key"])
        audit.record(
            clinic=patient.clinic, action="patient_phone_changed", target=patient, by=by, now=now, fields=["phone"]
        )
