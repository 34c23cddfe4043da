"""Environment first, then the encrypted store; never another clinic's; every change and use leaves its trace."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from pytest_django import Settings

from atendeai.common.errors import NotConfigured
from atendeai.common.fields import WrongKeys
from atendeai.env import BadSetting
from atendeai.testing import factories
from clinics import credentials
from clinics.audit import SYSTEM
from clinics.credentials import Name
from clinics.models import AuditEntry, ClinicCredential, CredentialUse

pytestmark = pytest.mark.django_db
TOKEN = Name.WHATSAPP_ACCESS_TOKEN
NOW = factories.MONDAY


def stored_text() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM clinics_cliniccredential")
        return str(cursor.fetchone()[0])


def test_environment_by_slug_wins_over_number_and_store(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = factories.make_clinic("sao-paulo")
    credentials.store(clinic=clinic, name=TOKEN, value="from-store", by=SYSTEM, now=NOW)
    assert credentials.find(clinic=clinic, name=TOKEN) == "from-store"
    monkeypatch.setenv(f"CLINIC_{clinic.id}_WHATSAPP_ACCESS_TOKEN", "from-number")
    assert credentials.find(clinic=clinic, name=TOKEN) == "from-number"
    assert credentials.contradictions(clinic) == []
    monkeypatch.setenv("CLINIC_SAO_PAULO_WHATSAPP_ACCESS_TOKEN", "from-slug")
    assert credentials.find(clinic=clinic, name=TOKEN) == "from-slug"
    assert credentials.contradictions(clinic) == [TOKEN]


def test_a_file_that_cannot_be_read_is_one_clinic_s_trouble_and_ends_no_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clinic, other = factories.make_clinic("sol"), factories.make_clinic("mar")
    credentials.store(clinic=clinic, name=TOKEN, value="from-store", by=SYSTEM, now=NOW)
    credentials.store(clinic=other, name=TOKEN, value="theirs", by=SYSTEM, now=NOW)
    monkeypatch.setenv("CLINIC_SOL_WHATSAPP_ACCESS_TOKEN_FILE", "/nowhere/sol")
    with pytest.raises(NotConfigured, match="CLINIC_SOL_WHATSAPP_ACCESS_TOKEN_FILE"):
        credentials.use(clinic=clinic, name=TOKEN, operation="messages")
    # What the environment means to give is never replaced by what a page stored.
    assert credentials.is_in_environment(clinic, TOKEN)
    assert credentials.use(clinic=other, name=TOKEN, operation="messages") == "theirs"
    assert (credentials.unreadable(clinic), credentials.unreadable(other)) == (["CLINIC_SOL_WHATSAPP_ACCESS_TOKEN"], [])
    monkeypatch.setenv(f"CLINIC_{clinic.id}_WHATSAPP_ACCESS_TOKEN", "from-number")
    assert credentials.contradictions(clinic) == []


def test_a_clinic_never_gets_another_s(monkeypatch: pytest.MonkeyPatch) -> None:
    aurora, boreal = factories.make_clinic("aurora"), factories.make_clinic("boreal")
    credentials.store(clinic=aurora, name=TOKEN, value="aurora-token", by=SYSTEM, now=NOW)
    monkeypatch.setenv("CLINIC_AURORA_WHATSAPP_APP_SECRET", "aurora-secret")
    assert credentials.find(clinic=boreal, name=TOKEN) is None
    assert credentials.find(clinic=boreal, name=Name.WHATSAPP_APP_SECRET) is None
    with pytest.raises(NotConfigured):
        credentials.use(clinic=boreal, name=TOKEN, operation="messages")


def test_value_stands_encrypted_and_is_audited_without_it() -> None:
    clinic = factories.make_clinic()
    credentials.store(clinic=clinic, name=TOKEN, value="secret-token", by=SYSTEM, now=NOW)
    assert "secret-token" not in stored_text()
    credentials.store(clinic=clinic, name=TOKEN, value="other-token", by=SYSTEM, now=NOW)
    entries = AuditEntry.objects.filter(clinic=clinic).order_by("id")
    assert [entry.action for entry in entries] == ["credential_created", "credential_changed"]
    assert all(
        "token" not in f"{entry.object_id}{entry.fields}".lower().replace(TOKEN.lower(), "") for entry in entries
    )


def test_uses_are_counted_in_one_row_per_hour() -> None:
    clinic = factories.make_clinic()
    credentials.store(clinic=clinic, name=TOKEN, value="x", by=SYSTEM, now=NOW)
    for _ in range(3):
        credentials.use(clinic=clinic, name=TOKEN, operation="messages")
    assert CredentialUse.objects.get(clinic=clinic, operation="messages").uses == 3


def test_rotation_writes_under_the_first_key_and_old_values_open(settings: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIALS_KEYS = [old]
    clinic = factories.make_clinic()
    credentials.store(clinic=clinic, name=TOKEN, value="kept", by=SYSTEM, now=NOW)
    settings.CREDENTIALS_KEYS = [new, old]
    assert credentials.find(clinic=clinic, name=TOKEN) == "kept"
    assert credentials.rotate(by=SYSTEM, now=NOW) == 1
    settings.CREDENTIALS_KEYS = [new]
    assert credentials.find(clinic=clinic, name=TOKEN) == "kept"
    settings.CREDENTIALS_KEYS = [old]
    with pytest.raises(WrongKeys):
        ClinicCredential.objects.get(clinic=clinic)


def test_wrong_keys_stop_the_start_and_name_the_variable(settings: Settings) -> None:
    credentials.check_keys()
    credentials.check_keys()
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(BadSetting, match="CREDENTIALS_KEYS"):
        credentials.check_keys()


def test_google_client_is_a_pair_of_one_owner(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "ours", "our-secret"
    clinic = factories.make_clinic("aurora")
    assert credentials.google_client(clinic) == ("ours", "our-secret")
    monkeypatch.setenv("CLINIC_AURORA_GOOGLE_CLIENT_ID", "theirs")
    with pytest.raises(NotConfigured):
        credentials.google_client(clinic)
    monkeypatch.setenv("CLINIC_AURORA_GOOGLE_CLIENT_SECRET", "their-secret")
    assert credentials.google_client(clinic) == ("theirs", "their-secret")


def test_variables_of_no_clinic_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.make_clinic("aurora")
    monkeypatch.setenv("CLINIC_AURORA_WHATSAPP_ACCESS_TOKEN", "x")
    monkeypatch.setenv("CLINIC_AUROR_WHATSAPP_ACCESS_TOKEN", "x")
    assert credentials.unknown_variables() == ["CLINIC_AUROR_WHATSAPP_ACCESS_TOKEN"]
