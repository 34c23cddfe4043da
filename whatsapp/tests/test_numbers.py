"""Do the clinics' number rows follow the environment, and never another clinic's?"""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from atendeai.testing.factories import MONDAY, make_clinic, make_number
from clinics.audit import SYSTEM
from clinics.models import AuditEntry
from whatsapp import numbers
from whatsapp.models import Delivery, Number

pytestmark = pytest.mark.django_db


def test_the_environment_makes_and_changes_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = make_clinic("vila-nova")
    assert numbers.upsert_from_environment(clinic=clinic, now=MONDAY) is None
    monkeypatch.setenv("CLINIC_VILA_NOVA_WHATSAPP_PHONE_NUMBER_ID", "111")
    for account_id in ("222", "222", "333"):
        monkeypatch.setenv("CLINIC_VILA_NOVA_WHATSAPP_BUSINESS_ACCOUNT_ID", account_id)
        numbers.upsert_from_environment(clinic=clinic, now=MONDAY)
    number = Number.objects.get()
    assert (number.clinic, number.phone_number_id, number.account_id) == (clinic, "111", "333")
    assert list(AuditEntry.objects.order_by("id").values_list("action", "fields")) == [
        ("number_created", []),
        ("number_changed", ["account_id"]),
    ]


def test_another_clinics_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = make_number(make_clinic("aurora"), "111")
    boreal = make_clinic("boreal")
    monkeypatch.setenv("CLINIC_BOREAL_WHATSAPP_PHONE_NUMBER_ID", "111")
    with pytest.raises(numbers.NumberTaken):
        numbers.upsert_from_environment(clinic=boreal, now=MONDAY)
    theirs.refresh_from_db()
    assert theirs.clinic.slug == "aurora"
    assert AuditEntry.objects.get(action="credential_refused").clinic == boreal
    with pytest.raises(CommandError, match="boreal"):
        call_command("sync_numbers")


def test_one_refused_clinic_keeps_no_other_back(monkeypatch: pytest.MonkeyPatch) -> None:
    make_number(make_clinic("aurora"), "111")
    boreal, cedro = make_clinic("boreal"), make_clinic("cedro")
    monkeypatch.setenv("CLINIC_BOREAL_WHATSAPP_PHONE_NUMBER_ID", "111")
    monkeypatch.setenv("CLINIC_CEDRO_WHATSAPP_PHONE_NUMBER_ID", "333")
    assert numbers.sync_all(now=MONDAY) == [boreal]
    assert Number.objects.get(phone_number_id="333").clinic == cedro


def test_a_file_that_cannot_be_read_keeps_no_other_clinic_from_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    make_clinic("boreal")
    cedro = make_clinic("cedro")
    monkeypatch.setenv("CLINIC_BOREAL_WHATSAPP_PHONE_NUMBER_ID_FILE", "/nowhere/boreal")
    monkeypatch.setenv("CLINIC_CEDRO_WHATSAPP_PHONE_NUMBER_ID", "333")
    with pytest.raises(CommandError, match="CLINIC_BOREAL_WHATSAPP_PHONE_NUMBER_ID"):
        call_command("sync_numbers")
    assert Number.objects.get().clinic == cedro
    assert numbers.sync_all(now=MONDAY) == []


def test_another_clinics_account_is_refused_and_keeps_no_other_back(monkeypatch: pytest.MonkeyPatch) -> None:
    make_number(make_clinic("aurora"), "111", account_id="900")
    boreal, cedro = make_clinic("boreal"), make_clinic("cedro")
    monkeypatch.setenv("CLINIC_BOREAL_WHATSAPP_PHONE_NUMBER_ID", "222")
    monkeypatch.setenv("CLINIC_BOREAL_WHATSAPP_BUSINESS_ACCOUNT_ID", "900")
    monkeypatch.setenv("CLINIC_CEDRO_WHATSAPP_PHONE_NUMBER_ID", "333")
    assert numbers.sync_all(now=MONDAY) == [boreal]
    assert set(Number.objects.values_list("phone_number_id", "clinic__slug")) == {
        ("111", "aurora"),
        ("333", cedro.slug),
    }


def test_what_is_not_told_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = make_clinic()
    make_number(clinic, "111", display_number="+55 11 3000-0001")
    numbers.upsert(clinic=clinic, phone_number_id="111", by=SYSTEM, now=MONDAY)
    assert Number.objects.get().display_number == "+55 11 3000-0001"
    assert not AuditEntry.objects.exists()


def test_a_delivery_is_replayed() -> None:
    delivery = Delivery.objects.create(body=b"{}", state="set_aside", attempts=8, last_error="ValueError")
    call_command("replay_delivery", str(delivery.pk))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("stored", 0, "")
    assert AuditEntry.objects.get().object_id == str(delivery.pk)
    with pytest.raises(CommandError):
        call_command("replay_delivery", "0")
