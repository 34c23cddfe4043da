"""The page of changes from Google: who may decide, what they are told, and nothing of another clinic's."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing import factories
from atendeai.testing.people import Aurora
from calendar_sync import touched
from calendar_sync.models import CalendarWrite, EventMirror, GoogleChange, Link, LinkState, MirrorState
from calendar_sync.touched import showing
from clinics.models import Appointment, BusyPeriod, Status

PAGE = reverse("admin:calendar_sync_googlechange_changelist")


@pytest.fixture
def start() -> datetime:
    """A working day at ten, in a week or so."""
    day = (clock.now() + timedelta(days=8)).replace(hour=13, minute=0, second=0, microsecond=0)
    return day + timedelta(days=(7 - day.weekday()) % 7)


@pytest.fixture
def appointment(aurora: Aurora, start: datetime) -> Appointment:
    aurora.clinic.closes_on_holidays = False
    aurora.clinic.save()
    return factories.make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, start)


@pytest.fixture
def change(aurora: Aurora, appointment: Appointment) -> GoogleChange:
    link = Link.objects.create(
        clinic=aurora.clinic,
        professional=aurora.helena,
        state=LinkState.LINKED,
        google_sub="1",
        email="helena@exemplo.test",
        client_id="client",
        calendar_id="helena@exemplo.test",
        refresh_token="x",
        linked_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    mirror = EventMirror.objects.create(
        clinic=aurora.clinic,
        link=link,
        appointment=appointment,
        state=MirrorState.PRESENT,
        calendar_id=link.calendar_id,
        google_event_id="evento1",
    )
    return GoogleChange.objects.create(
        clinic=aurora.clinic,
        mirror=mirror,
        appointment=appointment,
        state="asked",
        kind="moved",
        starts_at=appointment.starts_at + timedelta(hours=1),
        ends_at=appointment.ends_at + timedelta(hours=1),
        was_at=appointment.starts_at,
        etag='"5"',
        noted_at=clock.now(),
    )


def decide(browser: Client, change: GoogleChange, what: str, etag: str = '"5"') -> str:
    address = reverse(f"admin:calendar_sync_googlechange_{what}", args=[change.pk])
    answer = browser.post(address, {"etag": etag}, follow=True)
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def test_the_empty_page_says_so(bruno: Client) -> None:
    GoogleChange.objects.all().delete()
    assert "Nada veio do Google ainda" in bruno.get(PAGE).content.decode()


def test_the_reception_moves_the_appointment(bruno: Client, change: GoogleChange, appointment: Appointment) -> None:
    page = bruno.get(PAGE).content.decode()
    assert "Dalva Nogueira" in page
    assert "Aguardando decisão" in page
    assert "Consulta remarcada" in decide(bruno, change, "accept")
    appointment.refresh_from_db()
    assert appointment.starts_at == change.starts_at
    # Twice is told, and does nothing.
    assert "já foi decidido" in decide(bruno, change, "accept")
    assert "acompanhada" in bruno.get(PAGE).content.decode()


def test_only_made_longer_nobody_is_said_to_be_told(
    bruno: Client, change: GoogleChange, appointment: Appointment
) -> None:
    GoogleChange.objects.update(starts_at=appointment.starts_at, ends_at=appointment.ends_at + timedelta(minutes=15))
    page = decide(bruno, change, "accept")
    assert "o paciente não recebe aviso" in page
    assert "será avisado pelo WhatsApp" not in page
    appointment.refresh_from_db()
    assert appointment.ends_at - appointment.starts_at == timedelta(minutes=45)


def test_the_reception_keeps_the_time(bruno: Client, change: GoogleChange, appointment: Appointment) -> None:
    assert "A consulta fica como estava" in decide(bruno, change, "refuse")
    appointment.refresh_from_db()
    assert appointment.starts_at == change.was_at
    assert CalendarWrite.objects.get().state == "queued"


def test_a_request_seen_before_it_changed_again_is_not_decided(bruno: Client, change: GoogleChange) -> None:
    assert "Veja de novo" in decide(bruno, change, "accept", etag='"4"')
    change.refresh_from_db()
    assert change.state == "asked"


def test_what_no_longer_fits_is_said(bruno: Client, change: GoogleChange, aurora: Aurora) -> None:
    assert change.starts_at
    assert change.ends_at
    BusyPeriod.objects.create(
        clinic=aurora.clinic, professional=aurora.helena, starts_at=change.starts_at, ends_at=change.ends_at
    )
    page = decide(bruno, change, "accept")
    assert "Não cabe mais; nada foi mudado." in page
    assert "ocupado nesse horário" in page


def test_a_deleted_one_is_cancelled_or_kept(bruno: Client, change: GoogleChange, appointment: Appointment) -> None:
    GoogleChange.objects.update(kind="deleted", starts_at=None, ends_at=None)
    assert "Manter e recolocar no Google" in bruno.get(PAGE).content.decode()
    assert "Consulta cancelada" in decide(bruno, change, "accept")
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED


def test_conflicts_are_listed(ana: Client, change: GoogleChange, appointment: Appointment, aurora: Aurora) -> None:
    BusyPeriod.objects.create(
        clinic=aurora.clinic,
        professional=aurora.helena,
        source="google",
        external_id="1:dentista",
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
    )
    assert "em cima de consultas" in ana.get(PAGE).content.decode()


def test_the_menu_counts_what_waits(ana: Client, change: GoogleChange) -> None:
    page = ana.get(reverse("admin:index")).content.decode()
    assert PAGE in page


def test_carla_neither_sees_nor_decides(carla: Client, change: GoogleChange) -> None:
    assert "Dalva" not in carla.get(PAGE).content.decode()
    for what in ("accept", "refuse"):
        assert decide(carla, change, what) == "404"
    change.refresh_from_db()
    assert change.state == "asked"


def test_the_menu_counts_no_further_than_somebody_would(
    change: GoogleChange, aurora: Aurora, ana: Client, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    GoogleChange.objects.exclude(pk=change.pk).delete()
    for hours in (2, 3):
        later = start + timedelta(hours=hours)
        other = factories.make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, later)
        mirror = EventMirror.objects.get(pk=change.mirror_id)
        mirror.pk, mirror.key, mirror.appointment, mirror.google_event_id = None, uuid4(), other, f"evento{hours}"
        mirror.save()
        change.pk, change.mirror, change.appointment = None, mirror, other
        change.save()
    assert badge(ana) == "3"
    monkeypatch.setattr(showing, "MOST_COUNTED", 1)
    assert touched.open_count(aurora.clinic) == 2
    monkeypatch.setattr(touched, "MOST_COUNTED", 1)
    assert badge(ana) == "1+"


def badge(browser: Client) -> str:
    """What the menu says beside the page's name."""
    page = browser.get(reverse("admin:index")).content.decode()
    found = re.search(rf'href="{PAGE}".*?<span class="font-semibold[^>]*>\s*(.*?)\s*</span>', page, re.DOTALL)
    assert found is not None
    return found.group(1)
