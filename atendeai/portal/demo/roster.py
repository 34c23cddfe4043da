"""Who and what is in the demo? Names and ids are those of the simulator's fresh world."""

from dataclasses import dataclass
from datetime import time

from clinics.models import Role


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who logs in."""

    email: str
    name: str
    role: Role


@dataclass(frozen=True)
class DemoClinic:
    """A clinic with its number in the simulator."""

    slug: str
    name: str
    phone_number_id: str
    account_id: str
    display_number: str
    professionals: tuple[tuple[str, str], ...]
    people: tuple[DemoPerson, ...]

    @property
    def access_token(self) -> str:
        """The simulator's; worth nothing anywhere else."""
        return f"sandbox-token-{self.slug}"


AURORA = DemoClinic(
    slug="aurora",
    name="Clínica Aurora",
    phone_number_id="100000000000001",
    account_id="200000000000001",
    display_number="+55 11 3000-0001",
    professionals=(("Dra. Helena Prado", "Dermatologia"), ("Dr. Marcos Lima", "Clínica geral")),
    people=(
        DemoPerson("ana@aurora.example", "Ana Souza", Role.OWNER),
        DemoPerson("bruno@aurora.example", "Bruno Dias", Role.RECEPTIONIST),
    ),
)
BOREAL = DemoClinic(
    slug="boreal",
    name="Clínica Boreal",
    phone_number_id="100000000000002",
    account_id="200000000000002",
    display_number="+55 11 3000-0002",
    professionals=(("Dra. Lívia Rocha", "Ginecologia"), ("Dr. Otávio Reis", "Ortopedia")),
    people=(
        DemoPerson("carla@boreal.example", "Carla Menezes", Role.OWNER),
        DemoPerson("daniel@boreal.example", "Daniel Pires", Role.RECEPTIONIST),
    ),
)
CLINICS = (AURORA, BOREAL)
OFFERINGS = (("Consulta", 30), ("Retorno", 20))
WEEKDAYS = range(5)
HOURS = ((time(8), time(12)), (time(13), time(18)))
# Known to Aurora; the simulator has eight more phones that nobody knows yet.
PATIENT = ("Dalva Nogueira", "+5511987650001")
