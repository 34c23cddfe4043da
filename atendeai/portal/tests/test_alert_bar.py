"""Whom does an alert lead where?"""

import re

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing.people import Aurora
from clinics import alerts
from clinics.models import Alert

pytestmark = pytest.mark.django_db


def doors(browser: Client) -> list[str]:
    page = browser.get(reverse("admin:clinics_patient_changelist")).content.decode()
    return re.findall(r'<a class="p-button p-button--small" href="([^"]+)">Ver</a>', page)


def each_kind(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> int:
    """An open alert of every kind there is; how many."""
    for kind in alerts._kinds:
        alerts.raise_alert(clinic=aurora.clinic, kind=kind, target=aurora.number, now=clock.now(), detail="131042")
    monkeypatch.setattr(alerts, "SHOWN", 1000)
    return Alert.objects.count()


def test_who_reads_an_alert_may_open_the_page_it_leads_to(
    aurora: Aurora, ana: Client, bruno: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = each_kind(aurora, monkeypatch)
    assert len(alerts.banners(aurora.clinic)) == count > 20
    for browser in (ana, bruno):
        found = set(doors(browser))
        assert found
        refused = {address for address in found if browser.get(address).status_code == 403}
        assert refused == set()
    number = reverse("admin:whatsapp_number_change", args=[aurora.number.pk])
    assert number in doors(ana)
    assert number not in doors(bruno)
    assert reverse("admin:calendar_sync_link_changelist") in doors(bruno)
