"""What does a fresh world hold? The demo's two clinics, four Google accounts and ten patients."""

from __future__ import annotations

import hashlib

from sandbox.patients import add_patient
from sandbox.store import Store

NUMBERS = (
    ("aurora", "100000000000001", "200000000000001", "+55 11 3000-0001", "Clínica Aurora"),
    ("boreal", "100000000000002", "200000000000002", "+55 11 3000-0002", "Clínica Boreal"),
)
ACCOUNTS = (
    ("helena.prado@aurora.example", "Dra. Helena Prado", "aurora", "Consultório Dra. Helena"),
    ("marcos.lima@aurora.example", "Dr. Marcos Lima", "aurora", "Consultório Dr. Marcos"),
    ("livia.rocha@boreal.example", "Dra. Lívia Rocha", "boreal", "Consultório Dra. Lívia"),
    ("otavio.reis@boreal.example", "Dr. Otávio Reis", "boreal", "Consultório Dr. Otávio"),
)
PATIENTS = (
    ("5511987650001", "5511987650001", "Dalva Nogueira"),
    ("5511987650002", "5511987650002", "João Batista Ferreira"),
    ("5511987650003", "5511987650003", "Rosângela Teixeira"),
    ("5511987650004", "5511987650004", "Cauã Martins"),
    ("5511987650005", "5511987650005", "Ivone Sakamoto"),
    ("5511987650006", "5511987650006", "Wesley Araújo"),
    ("5511987650007", "5511987650007", "Conceição dos Santos"),
    ("5511987650008", "551187650008", "Antônio Barreto"),
    ("5511987650009", "5511987650009", "Luana Pacheco"),
)
NO_PHONE = ("BR.9900000000000001", "Bia Fontes", "bia.fontes")
TIME_ZONE = "America/Sao_Paulo"


def fill_when_empty(store: Store) -> None:
    if store.find("SELECT 1 FROM numbers LIMIT 1"):
        return
    with store.transaction():
        _add_numbers(store)
        _add_patients(store)
        _add_accounts(store)


def put_people_back(store: Store) -> None:
    """The ten as on the first day, and nobody else: another number, name or id of theirs is forgotten."""
    for table in ("user_ids", "patients"):
        store.run(f"DELETE FROM {table}")  # noqa: S608 - fixed table names
    _add_patients(store)


def _add_numbers(store: Store) -> None:
    store.run_many(
        "INSERT INTO numbers (slug, phone_number_id, waba_id, display, verified_name, access_token)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [(*number, f"sandbox-token-{number[0]}") for number in NUMBERS],
    )


def _add_patients(store: Store) -> None:
    for key, wa_id, name in PATIENTS:
        add_patient(store, key=key, wa_id=wa_id, name=name)
    user_id, name, username = NO_PHONE
    add_patient(store, key=user_id, wa_id=None, name=name, username=username)
    store.run("INSERT INTO user_ids (slug, patient, user_id) VALUES ('aurora', ?, ?)", user_id, user_id)


def _add_accounts(store: Store) -> None:
    for email, name, clinic, summary in ACCOUNTS:
        add_google_account(store, email=email, name=name, clinic=clinic, summary=summary)


def add_google_account(store: Store, *, email: str, name: str, clinic: str, summary: str) -> str:
    """A person with their own calendar and one for the practice, whose id is returned."""
    digest = hashlib.sha256(email.encode()).hexdigest()
    sub = str(10**20 + int(digest[:16], 16))
    calendar_id = f"c_{digest[:32]}@group.calendar.google.com"
    store.run("INSERT OR IGNORE INTO accounts VALUES (?, ?, ?, ?)", email, sub, name, clinic)
    add = "INSERT OR IGNORE INTO calendars (id, account, summary, time_zone) VALUES (?, ?, ?, ?)"
    store.run(add, email, email, email, TIME_ZONE)
    store.run(add, calendar_id, email, summary, TIME_ZONE)
    return calendar_id
