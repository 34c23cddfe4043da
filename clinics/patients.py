"""How does a person become a patient of the clinic, and how are they found again?"""

from datetime import datetime

from django.db import transaction

from atendeai.common import phones
from clinics import audit
from clinics.audit import Actor
from clinics.models import Clinic, Patient


def register(*, clinic: Clinic, name: str, phone: str, by: Actor, now: datetime) -> Patient:
    """A new patient. `phone`: digits or +digits, or empty for somebody whom WhatsApp shows without a number."""
    with transaction.atomic():
        patient = Patient.objects.create(
            clinic=clinic,
            name=name,
            phone=phone,
            phone_key=phones.match_key(phones.digits(phone)) if phone else "",
        )
        audit.record(
            clinic=clinic,
            action="patient_registered",
            target=patient,
            by=by,
            now=now,
            fields=["name", "phone"],
        )
    return patient


def find_by_phone(*, clinic: Clinic, phone: str) -> Patient | None:
    """The clinic's patient with this number in any of its written forms; None when none or several have it.

    Several patients may share a phone (a mother and her children): then only a person can say who writes.
    """
    key = phones.match_key(phones.digits(phone))
    found = list(Patient.objects.for_clinic(clinic).filter(phone_key=key)[:2]) if key else []
    return found[0] if len(found) == 1 else None
