"""How do the demo's clinics come to be? Ordinary rows, made through the use cases wherever there is one."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from atendeai.portal.demo.roster import (
    AURORA,
    HOURS,
    OFFERINGS,
    PATIENT,
    WEEKDAYS,
    DemoClinic,
    DemoPerson,
)
from clinics import api_keys, credentials, patients
from clinics.audit import SYSTEM
from clinics.credentials import Name
from clinics.models import (
    Clinic,
    Membership,
    Offering,
    OfferingProfessional,
    Professional,
    State,
    TimeZone,
    User,
    WorkingHours,
)
from whatsapp import numbers


@dataclass(frozen=True)
class Login:
    """What a person needs to come in."""

    email: str
    password: str
    role: str
    clinic: str


@dataclass(frozen=True)
class BuiltClinic:
    """The clinic and what is shown only now."""

    clinic: Clinic
    logins: tuple[Login, ...]
    api_key: str


def build(told: DemoClinic, *, now: datetime) -> BuiltClinic:
    """The whole clinic, in the transaction at hand."""
    clinic = Clinic.objects.create(
        slug=told.slug, name=told.name, state=State.SP, time_zone=TimeZone.SAO_PAULO, sends_reminders=True
    )
    _attend(clinic, told)
    _answer_on_whatsapp(clinic, told, now)
    if told is AURORA:
        patients.register(clinic=clinic, name=PATIENT[0], phone=PATIENT[1], by=SYSTEM, now=now)
    logins = tuple(_employ(clinic, person) for person in told.people)
    _, api_key = api_keys.create(clinic=clinic, name="Demonstração", by=SYSTEM, now=now)
    return BuiltClinic(clinic, logins, api_key)


def _attend(clinic: Clinic, told: DemoClinic) -> None:
    people = [
        Professional.objects.create(clinic=clinic, name=name, specialty=specialty)
        for name, specialty in told.professionals
    ]
    WorkingHours.objects.bulk_create(
        WorkingHours(clinic=clinic, professional=person, weekday=weekday, starts_at=opens, ends_at=closes)
        for person in people
        for weekday in WEEKDAYS
        for opens, closes in HOURS
    )
    for name, minutes in OFFERINGS:
        offering = Offering.objects.create(clinic=clinic, name=name, minutes=minutes)
        OfferingProfessional.objects.bulk_create(
            OfferingProfessional(clinic=clinic, offering=offering, professional=person) for person in people
        )


def _answer_on_whatsapp(clinic: Clinic, told: DemoClinic, now: datetime) -> None:
    numbers.upsert(
        clinic=clinic,
        phone_number_id=told.phone_number_id,
        account_id=told.account_id,
        display_number=told.display_number,
        by=SYSTEM,
        now=now,
    )
    credentials.store(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value=told.access_token, by=SYSTEM, now=now)


def _employ(clinic: Clinic, person: DemoPerson) -> Login:
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(person.email, password, name=person.name)
    Membership.objects.create(clinic=clinic, user=user, role=person.role)
    return Login(person.email, password, person.role.value, clinic.slug)
