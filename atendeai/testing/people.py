"""The people of the tests: **Ana** owns Clínica Aurora, **Bruno** is its receptionist, **Carla** owns Clínica Boreal
and must never see Aurora, **Dalva** is a patient of Aurora."""

from dataclasses import dataclass

from atendeai.testing import factories
from clinics.models import Clinic, Offering, Patient, Professional, Role, User
from whatsapp.models import Number

DALVA_PHONE = "5511987650001"


@dataclass(frozen=True)
class Aurora:
    """A clinic with everything that booking needs, and its people."""

    clinic: Clinic
    owner: User
    receptionist: User
    helena: Professional
    marcos: Professional
    consulta: Offering
    retorno: Offering
    number: Number
    dalva: Patient


def make_aurora(slug: str = "aurora", phone_number_id: str = "100000000000001") -> Aurora:
    """Clínica Aurora (or another one of the same build, under another slug)."""
    clinic = factories.make_clinic(slug, name=f"Clínica {slug.title()}")
    owner = factories.make_user(f"ana@{slug}.test", "Ana Souza")
    receptionist = factories.make_user(f"bruno@{slug}.test", "Bruno Dias")
    factories.make_membership(clinic, owner, Role.OWNER)
    factories.make_membership(clinic, receptionist, Role.RECEPTIONIST)
    helena = factories.make_professional(clinic, "Dra. Helena Prado")
    marcos = factories.make_professional(clinic, "Dr. Marcos Lima")
    return Aurora(
        clinic=clinic,
        owner=owner,
        receptionist=receptionist,
        helena=helena,
        marcos=marcos,
        consulta=factories.make_offering(clinic, helena, marcos, name="Consulta", minutes=30),
        retorno=factories.make_offering(clinic, helena, marcos, name="Retorno", minutes=20),
        number=factories.make_number(clinic, phone_number_id),
        dalva=factories.make_patient(clinic, "Dalva Nogueira", f"+{DALVA_PHONE}"),
    )
