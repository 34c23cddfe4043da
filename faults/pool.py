"""How do many clinics come to be at once? `python -m faults.pool PAIRS PATIENTS`, inside the product; JSON at its end.

The last one has an app secret of its own.

As the demo makes its two: ordinary rows through the use cases, calendars linked through the consent page, templates
submitted and reviewed. Their patients are registered here, so that a program of the clinic can book for them.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from dataclasses import dataclass
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atendeai.settings")
os.environ["LOG_LEVEL"] = "ERROR"
django.setup()

import requests  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402

from atendeai.common import clock, phones  # noqa: E402
from atendeai.portal.demo import consent, templates  # noqa: E402
from atendeai.portal.demo.building import build  # noqa: E402
from atendeai.portal.demo.roster import DemoClinic, DemoPerson  # noqa: E402
from calendar_sync.models import Link  # noqa: E402
from clinics import credentials  # noqa: E402
from clinics.audit import SYSTEM  # noqa: E402
from clinics.credentials import Name  # noqa: E402
from clinics.models import Clinic, Offering, Patient, Professional, Role, TimeZone  # noqa: E402
from faults.words import full_name  # noqa: E402
from whatsapp import template_editing  # noqa: E402
from whatsapp.cloud_api.template_drafts import MARKETING, Draft  # noqa: E402
from whatsapp.starter_templates import LANGUAGE  # noqa: E402

ZONES = (TimeZone.SAO_PAULO, TimeZone.NORONHA, TimeZone.MANAUS, TimeZone.RIO_BRANCO)
OWN_SECRET = secrets.token_hex(16)
CAMPAIGN = Draft("atendeai_novidades", LANGUAGE, MARKETING, "Novidade na clínica: venha conhecer!", footer="PARAR")
# Far from the patients that runs make up.
FIRST_PATIENT = 8_000_000


@dataclass(frozen=True)
class PoolClinic(DemoClinic):
    """A clinic whose token the simulator made up."""

    token: str = ""

    @property
    def access_token(self) -> str:
        return self.token


def main(pairs: int, patients: int) -> None:
    """Prints the list of clinics."""
    made = [_make(number, patients) for number in range(pairs * 2)]
    made.append({**_make(pairs * 2, 1), "app_secret": OWN_SECRET})
    own = Clinic.objects.get(slug=made[-1]["slug"])
    credentials.store(clinic=own, name=Name.WHATSAPP_APP_SECRET, value=OWN_SECRET, by=SYSTEM, now=clock.now())
    for clinic in Clinic.objects.filter(slug__in=[one["slug"] for one in made[:-1]]):
        templates.submit_all([clinic], now=clock.now())
        (account,) = template_editing.accounts(clinic)
        template_editing.submit(clinic=clinic, account_id=account, draft=CAMPAIGN, by=SYSTEM, now=clock.now())
    sys.stdout.write(json.dumps(made) + "\n")


def _make(number: int, patients: int) -> dict[str, Any]:
    slug = f"pool{number}"
    told = _told(number, slug)
    now = clock.now()
    with transaction.atomic():
        built = build(told, now=now)
        Clinic.objects.filter(pk=built.clinic.pk).update(
            time_zone=ZONES[number % len(ZONES)], closes_on_holidays=False, sends_reminders=False
        )
        clinic = Clinic.objects.get(pk=built.clinic.pk)
        Patient.objects.bulk_create(_patients(clinic, number, patients))
    with transaction.atomic():
        consent.link_all(clinic=clinic, calendars=_calendars(told, slug), now=now)
    login = built.logins[0]
    return {
        "slug": slug,
        "clinic_id": clinic.pk,
        "zone": clinic.time_zone,
        "api_key": built.api_key,
        "email": login.email,
        "password": login.password,
        "phone_number_id": told.phone_number_id,
        "account_id": told.account_id,
        "token": told.access_token,
        "professionals": [
            {"id": person.pk, "calendar": Link.objects.get(professional=person).calendar_id}
            for person in Professional.objects.for_clinic(clinic).order_by("pk")
        ],
        "offering": Offering.objects.for_clinic(clinic).get(name="Consulta").pk,
        "patients": [
            {"id": one.pk, "name": one.name, "phone": phones.digits(one.phone)}
            for one in Patient.objects.for_clinic(clinic).order_by("pk")
        ],
    }


def _told(number: int, slug: str) -> PoolClinic:
    given = _simulator("numbers", {"slug": slug})
    return PoolClinic(
        slug=slug,
        name=f"Clínica {slug.capitalize()}",
        phone_number_id=given["phone_number_id"],
        account_id=given["waba_id"],
        display_number="",
        professionals=((f"Dra. Um de {slug}", "Clínica geral"), (f"Dr. Dois de {slug}", "Clínica geral")),
        people=(DemoPerson(f"dono@{slug}.example", f"Dono {number}", Role.OWNER),),
        token=given["access_token"],
    )


def _calendars(told: PoolClinic, slug: str) -> dict[str, dict[str, str]]:
    found = {}
    for place, (name, _specialty) in enumerate(told.professionals):
        body = {"email": f"p{place}@{slug}.example", "name": name, "clinic": slug, "summary": f"Consultório {place}"}
        made = _simulator("accounts", body)
        found[name] = {"id": made["calendar"], "account": made["account"]}
    return found


def _patients(clinic: Clinic, number: int, count: int) -> list[Patient]:
    rows = []
    for place in range(count):
        mark = FIRST_PATIENT + number * 10_000 + place
        digits = f"55219{70_000_000 + number * 10_000 + place:08d}"
        key = phones.match_key(digits)
        rows.append(Patient(clinic=clinic, name=full_name(mark), phone=f"+{digits}", phone_key=key))
    return rows


def _simulator(path: str, body: dict[str, str]) -> dict[str, str]:
    answer = requests.post(f"{settings.GRAPH_API_BASE_URL}/control/{path}", json=body, timeout=30)
    answer.raise_for_status()
    found: dict[str, str] = answer.json()
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
