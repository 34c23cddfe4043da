"""Does a rotation reach every encrypted value, and may the old key go afterwards?"""

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from pytest_django import Settings

from atendeai.common.fields import EncryptedTextField, encrypt
from atendeai.testing.factories import MONDAY, make_clinic
from atendeai.testing.people import make_aurora
from calendar_sync.models import ConnectAttempt
from clinics import credentials, key_rotation
from clinics.audit import SYSTEM
from clinics.credentials import Name
from clinics.models import AuditEntry, ClinicCredential, KeySentinel

pytestmark = pytest.mark.django_db

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def fill(settings: Settings) -> None:
    settings.CREDENTIALS_KEYS = [OLD]
    aurora = make_aurora()
    KeySentinel.objects.update_or_create(id=1, defaults={"token": encrypt(credentials.SENTINEL)})
    credentials.store(clinic=aurora.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value="token-1", by=SYSTEM, now=MONDAY)
    for number in range(5):
        ConnectAttempt.objects.create(
            clinic=aurora.clinic,
            professional=aurora.helena,
            state_hash=str(number),
            verifier=f"verifier-{number}",
            client_id="c",
            expires_at=MONDAY,
        )


def test_afterwards_the_new_key_alone_opens_everything(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 2)
    fill(settings)
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    call_command("rotate_encryption_key")
    settings.CREDENTIALS_KEYS = [NEW]
    credentials.check_keys()
    assert ClinicCredential.objects.get().value == "token-1"
    assert {row.verifier for row in ConnectAttempt.objects.all()} == {f"verifier-{n}" for n in range(5)}
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"credential_rotated", "encryption_key_rotated"} <= actions


def test_every_encrypted_column_is_found(settings: Settings) -> None:
    written = key_rotation.rotate_all(by=SYSTEM, now=MONDAY)
    expected = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    }
    assert set(written) == expected
    assert "calendar_sync_link.refresh_token" in expected


def test_a_value_that_no_key_opens_stops_it(settings: Settings) -> None:
    fill(settings)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE calendar_sync_connectattempt SET verifier = 'broken' WHERE state_hash = '3'")
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    with pytest.raises(CommandError, match="CREDENTIALS_KEYS"):
        call_command("rotate_encryption_key")


def test_nothing_to_rotate_is_no_error() -> None:
    make_clinic()
    assert set(key_rotation.rotate_all(by=SYSTEM, now=MONDAY).values()) == {0}
