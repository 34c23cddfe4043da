"""Rows for tests, each with one call; what a test does not care about gets a plain, unique value."""

from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

from clinics.models import (
    Appointment,
    Clinic,
    Membership,
    Offering,
    OfferingProfessional,
    Patient,
    Professional,
    Role,
    Source,
    User,
    WorkingHours,
)
from whatsapp.models import Contact, Conversation, Number

_numbers = count(1)
# A Monday, 08:00 in São Paulo; far from daylight saving, holidays and month ends.
MONDAY = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
PASSWORD = "uma-senha-de-teste"


def make_clinic(slug: str = "", **fields: Any) -> Clinic:
    """A clinic in São Paulo that books from an hour ahead."""
    slug = slug or f"clinica-{next(_numbers)}"
    return Clinic.objects.create(slug=slug, **{"name": f"Clínica {slug.title()}", **fields})


def make_user(email: str = "", name: str = "", **fields: Any) -> User:
    """A user with PASSWORD."""
    number = next(_numbers)
    return User.objects.create_user(
        email or f"pessoa{number}@exemplo.test", PASSWORD, name=name or f"Pessoa {number}", **fields
    )


def make_membership(clinic: Clinic, user: User | None = None, role: str = Role.OWNER) -> Membership:
    """A user's place at the clinic."""
    return Membership.objects.create(clinic=clinic, user=user or make_user(), role=role)


def make_professional(clinic: Clinic, name: str = "", *, hours: bool = True, **fields: Any) -> Professional:
    """A professional who attends Monday to Friday 08–12 and 13–18, unless `hours=False`."""
    name = name or f"Dra. Exemplo {next(_numbers)}"
    professional = Professional.objects.create(clinic=clinic, name=name, **fields)
    if hours:
        WorkingHours.objects.bulk_create(
            WorkingHours(clinic=clinic, professional=professional, weekday=day, starts_at=opens, ends_at=closes)
            for day in range(5)
            for opens, closes in ((time(8), time(12)), (time(13), time(18)))
        )
    return professional


def make_offering(
    clinic: Clinic, *professionals: Professional, name: str = "", minutes: int = 30, **fields: Any
) -> Offering:
    """A service given by these professionals."""
    offering = Offering.objects.create(
        clinic=clinic, name=name or f"Consulta {next(_numbers)}", minutes=minutes, **fields
    )
    for professional in professionals:
        OfferingProfessional.objects.create(clinic=clinic, offering=offering, professional=professional)
    return offering


def make_patient(clinic: Clinic, name: str = "", phone: str = "", **fields: Any) -> Patient:
    """A patient; the phone, if any, as +digits."""
    from atendeai.common.phones import digits, match_key

    key = match_key(digits(phone)) if phone else ""
    return Patient.objects.create(
        clinic=clinic, name=name or f"Paciente {next(_numbers)}", phone=phone, phone_key=key, **fields
    )


def make_appointment(
    clinic: Clinic,
    professional: Professional,
    offering: Offering,
    patient: Patient,
    starts_at: datetime = MONDAY,
    **fields: Any,
) -> Appointment:
    """A row past the use cases: no rules, no signal, no audit."""
    ends_at = starts_at + timedelta(minutes=offering.minutes)
    values = {"source": Source.PORTAL, "blocked_from": starts_at, "blocked_to": ends_at, **fields}
    return Appointment.objects.create(
        clinic=clinic,
        professional=professional,
        offering=offering,
        patient=patient,
        starts_at=starts_at,
        ends_at=ends_at,
        **values,
    )


def make_number(clinic: Clinic, phone_number_id: str = "", **fields: Any) -> Number:
    """A WhatsApp number of the clinic."""
    number = next(_numbers)
    return Number.objects.create(
        clinic=clinic,
        phone_number_id=phone_number_id or f"1{number:014d}",
        **{"account_id": f"2{number:014d}", "display_number": "+55 11 3000-0000", **fields},
    )


def make_contact(clinic: Clinic, wa_id: str | None = None, **fields: Any) -> Contact:
    """Somebody on WhatsApp; a mobile in São Paulo unless told otherwise."""
    from atendeai.common.phones import match_key

    if wa_id is None and "user_id" not in fields:
        wa_id = f"55119{80000000 + next(_numbers)}"
    return Contact.objects.create(clinic=clinic, wa_id=wa_id, match_key=match_key(wa_id) if wa_id else None, **fields)


def make_conversation(number: Number, contact: Contact | None = None, **fields: Any) -> Conversation:
    """The chat of a contact with a number."""
    contact = contact or make_contact(number.clinic)
    return Conversation.objects.create(clinic=number.clinic, number=number, contact=contact, **fields)
