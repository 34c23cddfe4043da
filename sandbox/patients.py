"""Who holds the phone? Finds patients by number, in either Brazilian form, or by a business-scoped id."""

from __future__ import annotations

import hashlib
import re

from sandbox.store import Row, Store

USER_ID = re.compile(r"^[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}$")
OLD_MOBILE = re.compile(r"^55(\d\d)([6-9]\d{7})$")


def match_key(digits: str) -> str:
    """The form with the ninth digit for Brazilian mobiles; landlines and foreign numbers stay as they are."""
    old = OLD_MOBILE.match(digits)
    return f"55{old[1]}9{old[2]}" if old else digits


def find_patient(store: Store, who: str) -> Row | None:
    """By phone in either form, or by any clinic's user id."""
    if USER_ID.match(who):
        sql = "SELECT p.* FROM user_ids u JOIN patients p ON p.key = u.patient WHERE u.user_id = ?"
        return store.find(sql, who)
    digits = re.sub(r"\D", "", who)
    return store.find("SELECT * FROM patients WHERE key = ? AND wa_id IS NOT NULL", match_key(digits))


def find_by_phone(store: Store, phone: str) -> Row | None:
    """Whom a message to this phone reaches: in either form, unless the account exists under one form only."""
    patient = find_patient(store, phone)
    if patient is None or patient["wa_id"] == phone:
        return patient
    is_strict = store.find("SELECT 1 FROM one_form WHERE patient = ?", patient["key"]) is not None
    return None if is_strict else patient


def shown_phone(store: Store, patient: Row) -> str | None:
    """The phone as clinics see it; None for an account without one, or one that hides it behind a user name."""
    is_hidden = store.find("SELECT 1 FROM hidden_phones WHERE patient = ?", patient["key"]) is not None
    return None if is_hidden else patient["wa_id"]


def find_by_user_id(store: Store, slug: str, user_id: str) -> Row | None:
    """Only through the portfolio that the id belongs to: a foreign id reaches nobody."""
    sql = "SELECT p.* FROM user_ids u JOIN patients p ON p.key = u.patient WHERE u.slug = ? AND u.user_id = ?"
    return store.find(sql, slug, user_id)


def user_id_of(store: Store, slug: str, patient: str) -> str:
    """This patient's id in this clinic's portfolio, made when first needed and then kept."""
    row = store.find("SELECT user_id FROM user_ids WHERE slug = ? AND patient = ?", slug, patient)
    if row is not None:
        return str(row["user_id"])
    number = int.from_bytes(hashlib.sha256(f"{slug}/{patient}".encode()).digest()[:8], "big")
    user_id = f"BR.{10**15 + number % (9 * 10**15 - 10**15)}"
    store.run("INSERT INTO user_ids (slug, patient, user_id) VALUES (?, ?, ?)", slug, patient, user_id)
    return user_id


def create_patient(store: Store, who: str, *, slug: str, name: str | None = None) -> Row:
    """A new phone, or a new account without a visible one, whose id is `slug`'s. Raises ValueError."""
    if USER_ID.match(who):
        add_patient(store, key=who, wa_id=None, name=name or "Paciente sem número", username=None)
        store.run("INSERT INTO user_ids (slug, patient, user_id) VALUES (?, ?, ?)", slug, who, who)
    else:
        digits = re.sub(r"[+\-() ]", "", who)
        if not re.fullmatch(r"\d{8,15}", digits):
            raise ValueError("a patient is 8 to 15 digits or a business-scoped id like BR.123")
        add_patient(store, key=match_key(digits), wa_id=digits, name=name or f"Paciente {digits[-4:]}")
    patient = find_patient(store, who)
    assert patient is not None  # noqa: S101 - made above
    return patient


def add_patient(store: Store, *, key: str, wa_id: str | None, name: str, username: str | None = None) -> None:
    sql = "INSERT INTO patients (key, wa_id, name, username) VALUES (?, ?, ?, ?)"
    store.run(sql, key, wa_id, name, username)


def hide_phone(store: Store, patient: Row, username: str) -> None:
    """They take a user name; from now on clinics see no phone."""
    store.run("UPDATE patients SET username = ? WHERE key = ?", username, patient["key"])
    store.run("INSERT OR IGNORE INTO hidden_phones (patient) VALUES (?)", patient["key"])


def show_phone(store: Store, patient: Row) -> None:
    """Clinics see the phone again; the user name stays."""
    store.run("DELETE FROM hidden_phones WHERE patient = ?", patient["key"])


def keep_one_form(store: Store, patient: Row) -> None:
    """Messages to the other form of the number reach nobody."""
    store.run("INSERT OR IGNORE INTO one_form (patient) VALUES (?)", patient["key"])


def change_number(store: Store, patient: Row, digits: str) -> Row:
    """The same account under another number: chats stay, ids are made anew. Raises ValueError."""
    if patient["wa_id"] is None or not re.fullmatch(r"\d{8,15}", digits):
        raise ValueError("somebody with a phone gets another one of 8 to 15 digits")
    old, new = patient["key"], match_key(digits)
    if store.find("SELECT 1 FROM patients WHERE key = ?", new) is not None:
        raise ValueError("somebody has that number already")
    store.run("UPDATE patients SET key = ?, wa_id = ? WHERE key = ?", new, digits, old)
    for table in ("user_ids", "messages", "chats", "chat_flags", "hidden_phones", "one_form"):
        store.run(f"UPDATE {table} SET patient = ? WHERE patient = ?", new, old)  # noqa: S608 - names of our own
    moved = find_patient(store, digits)
    assert moved is not None  # noqa: S101 - just made
    return moved


def renew_user_ids(store: Store, patient: Row) -> dict[str, tuple[str, str]]:
    """(old, new) id of each portfolio that knows them."""
    renewed = {}
    for row in store.list("SELECT slug, user_id FROM user_ids WHERE patient = ?", patient["key"]):
        number = int.from_bytes(hashlib.sha256(f"{row['user_id']}/again".encode()).digest()[:8], "big")
        user_id = f"BR.{10**15 + number % (9 * 10**15 - 10**15)}"
        store.run("UPDATE user_ids SET user_id = ? WHERE user_id = ?", user_id, row["user_id"])
        renewed[str(row["slug"])] = (str(row["user_id"]), user_id)
    return renewed
