"""Alerts: raised once, mailed once, shown to their clinic alone, gone with their reason."""

import threading
from datetime import datetime
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from clinics import alerts
from clinics.alerts import Kind
from clinics.models import Alert, AuditEntry

NOW = factories.MONDAY


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "_kinds", {})
    alerts.register("calm", Kind(lambda _alert: "Um aviso", is_grave=False, can_be_dismissed=True))
    alerts.register(
        "grave", Kind(lambda alert: f"Parou: {alert.detail}", page=lambda _alert: "/admin/x/", mails_owners=True)
    )


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


def test_an_open_alert_is_raised_once_and_again_after_it_ended(aurora: Aurora) -> None:
    def raised() -> bool:
        return alerts.raise_alert(clinic=aurora.clinic, kind="grave", target=aurora.number, now=NOW, detail="190")

    assert [raised(), raised()] == [True, False]
    assert [banner.text for banner in alerts.banners(aurora.clinic)] == ["Parou: 190"]
    assert alerts.clear_alert(clinic=aurora.clinic, kind="grave", target=aurora.number, now=NOW)
    assert not alerts.clear_alert(clinic=aurora.clinic, kind="grave", target=aurora.number, now=NOW)
    assert alerts.banners(aurora.clinic) == []
    assert raised()
    actions = AuditEntry.objects.for_clinic(aurora.clinic).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["alert_raised", "alert_cleared", "alert_raised"]


def test_other_objects_and_other_clinics_have_alerts_of_their_own(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    alerts.raise_alert(clinic=aurora.clinic, kind="grave", target=aurora.number, now=NOW)
    assert alerts.raise_alert(clinic=aurora.clinic, kind="grave", target=aurora.helena, now=NOW)
    assert alerts.banners(boreal.clinic) == []
    assert not alerts.clear_alert(clinic=boreal.clinic, kind="grave", target=aurora.number, now=NOW)


def test_a_kind_nobody_named_is_a_bug(aurora: Aurora) -> None:
    with pytest.raises(KeyError):
        alerts.raise_alert(clinic=aurora.clinic, kind="unheard_of", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_raise_one() -> None:
    clinic = make_aurora().clinic
    results: list[bool] = []

    def raise_it() -> None:
        try:
            results.append(alerts.raise_alert(clinic=clinic, kind="grave", now=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=raise_it) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 11 + [True]
    assert Alert.objects.for_clinic(clinic).count() == 1


def test_owners_alone_get_one_mail_in_portuguese_with_the_page(aurora: Aurora) -> None:
    alerts.raise_alert(clinic=aurora.clinic, kind="grave", now=NOW, detail="190")
    alerts.raise_alert(clinic=aurora.clinic, kind="calm", now=NOW)
    assert [alerts.mail_some(), alerts.mail_some()] == [1, 0]
    [sent] = mail.outbox
    assert sent.to == [aurora.owner.email]
    assert sent.subject == "Clínica Aurora: algo precisa de você no AtendeAí"
    assert "Parou: 190" in sent.body
    assert "/admin/x/" in sent.body


def test_a_mail_server_that_does_not_answer_is_tried_again_later(
    aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts.raise_alert(clinic=aurora.clinic, kind="grave", now=NOW)

    def refuse(*_args: Any, **_kwargs: Any) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(alerts, "send_mail", refuse)
        assert alerts.mail_some() == 0
    assert alerts.mail_some() == 0, "not before its pause is over"
    Alert.objects.update(mail_not_before=None)
    assert alerts.mail_some() == 1


def test_what_ended_before_its_mail_went_out_is_not_mailed(aurora: Aurora) -> None:
    alerts.raise_alert(clinic=aurora.clinic, kind="grave", now=NOW)
    alerts.clear_alert(clinic=aurora.clinic, kind="grave", now=NOW)
    assert alerts.mail_some() == 0


def _page(client: Client, clinic: Aurora, now: datetime = NOW) -> str:
    client.force_login(clinic.receptionist)
    return client.get("/admin/clinics/patient/").content.decode()


def test_every_page_shows_them_to_the_clinic_and_calm_ones_are_put_away(aurora: Aurora, client: Client) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    alerts.raise_alert(clinic=aurora.clinic, kind="calm", now=NOW)
    alerts.raise_alert(clinic=aurora.clinic, kind="grave", now=NOW, detail="190")
    assert "Um aviso" not in _page(client, boreal)
    calm, grave = Alert.objects.for_clinic(aurora.clinic).order_by("id")
    client.post(f"/admin/alerts/{calm.pk}/dismiss/")
    assert "Um aviso" in _page(client, aurora), "another clinic cannot put it away"
    client.post(f"/admin/alerts/{calm.pk}/dismiss/")
    client.post(f"/admin/alerts/{grave.pk}/dismiss/")
    page = _page(client, aurora)
    assert "Um aviso" not in page
    assert "Parou: 190" in page, "grave ones end with their reason"


def test_the_page_of_a_get_does_not_dismiss(aurora: Aurora, client: Client) -> None:
    alerts.raise_alert(clinic=aurora.clinic, kind="calm", now=NOW)
    client.force_login(aurora.receptionist)
    alert = Alert.objects.for_clinic(aurora.clinic).get()
    assert client.get(f"/admin/alerts/{alert.pk}/dismiss/").status_code == 405
    assert alerts.banners(aurora.clinic)


def test_a_mail_that_cannot_be_written_keeps_no_other_back(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    alerts.register("broken", Kind(lambda _alert: 1 / 0, mails_owners=True))  # type: ignore[arg-type,return-value]
    alerts.raise_alert(clinic=aurora.clinic, kind="broken", now=NOW)
    alerts.raise_alert(clinic=aurora.clinic, kind="grave", now=NOW)
    assert alerts.mail_some() == 1
    assert len(mail.outbox) == 1
    broken = Alert.objects.get(kind="broken")
    assert (broken.mail_due, broken.mail_attempts) == (True, 1)
    # Begun so often without an end: its workers were lost.
    Alert.objects.filter(pk=broken.pk).update(mail_attempts=alerts.MAIL_ATTEMPTS, mail_not_before=None)
    assert alerts.mail_some() == 0
    assert not Alert.objects.get(kind="broken").mail_due
