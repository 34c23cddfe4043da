"""The calendars' page: how each calendar is, in plain words; who may read at once, compare and mend."""

from datetime import datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing import factories
from atendeai.testing.people import Aurora
from calendar_sync.models import (
    CalendarWrite,
    Channel,
    EventMirror,
    Link,
    LinkState,
    Origin,
    PullState,
    Reconciliation,
    RunState,
    WriteState,
    push_address,
)
from clinics.models import Appointment

PAGE = reverse("admin:calendar_sync_link_changelist")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def link(aurora: Aurora, now: datetime) -> Link:
    """The only one of the clinic: linked, read a minute ago."""
    PullState.objects.all().delete()
    link = Link.objects.create(
        clinic=aurora.clinic,
        professional=aurora.helena,
        state=LinkState.LINKED,
        google_sub="77",
        email="helena@exemplo.test",
        client_id="client",
        calendar_id="helena@exemplo.test",
        calendar_name="Consultório",
        refresh_token="x",
        linked_at=now - 90 * MINUTE,
        last_write_at=now - 30 * MINUTE,
    )
    PullState.objects.create(
        clinic=aurora.clinic,
        link=link,
        calendar_id=link.calendar_id,
        sync_token="t",
        pulled_at=now - MINUTE,
        full_at=now - MINUTE,
        changed_at=now - 5 * MINUTE,
        horizon_until=now + timedelta(days=900),
        due_at=now + 4 * MINUTE,
    )
    return link


@pytest.fixture
def appointment(aurora: Aurora, now: datetime) -> Appointment:
    return factories.make_appointment(
        aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, now + timedelta(days=400)
    )


def write(link: Link, appointment: Appointment, state: str, *, age: timedelta, code: str = "", key: int = 1) -> None:
    mirror = EventMirror.objects.create(clinic=link.clinic, link=link, google_event_id=f"e{key}")
    row = CalendarWrite.objects.create(
        clinic=link.clinic, mirror=mirror, kind="upsert", state=state, not_before=Now(), error_code=code
    )
    CalendarWrite.objects.filter(pk=row.pk).update(created_at=clock.now() - age)


def box(browser: Client) -> str:
    """Dra. Helena's part of the page, in one line."""
    text = browser.get(PAGE).content.decode()
    part = next(one for one in text.split('<section class="p-box') if "Dra. Helena Prado</h2>" in one)
    return " ".join(part.split())


def test_a_calendar_that_is_well(ana: Client, link: Link, now: datetime, aurora: Aurora) -> None:
    until = now + timedelta(days=3)
    Channel.objects.create(
        clinic=aurora.clinic,
        link=link,
        calendar_id=link.calendar_id,
        address=push_address(),
        channel_id="c1",
        token_hash="h",
        resource_id="r",
        state="live",
        expires_at=until,
    )
    text = box(ana)
    local = aurora.clinic.zone
    for words in (
        "em dia",
        "helena@exemplo.test",
        "Consultório",
        f"{(now - 30 * MINUTE).astimezone(local):%d/%m/%Y %H:%M}",
        f"{(now - 5 * MINUTE).astimezone(local):%d/%m/%Y %H:%M}",
        f"próxima às {(now + 4 * MINUTE).astimezone(local):%H:%M}",
        f"ativos até {until.astimezone(local):%d/%m %H:%M}",
        "nenhuma ainda",
        "Sincronizar agora",
        "Reconciliar",
    ):
        assert words in text, words


def test_without_push_it_is_asked_every_five_minutes(ana: Client, link: Link) -> None:
    assert "consultada a cada 5 min" in box(ana)


def test_what_waits_what_is_written_and_what_was_refused(
    ana: Client, link: Link, appointment: Appointment, now: datetime, aurora: Aurora
) -> None:
    write(link, appointment, WriteState.QUEUED, age=MINUTE)
    assert "em dia" in box(ana)
    write(link, appointment, WriteState.SENDING, age=10 * MINUTE, key=2)
    write(link, appointment, WriteState.FAILED, age=MINUTE, code="forbidden", key=3)
    text = box(ana)
    since = (now - 10 * MINUTE).astimezone(aurora.clinic.zone)
    assert f"atrasada desde {since:%d/%m %H:%M}" in text
    assert "1 sendo gravada" in text
    assert "1 recusada" in text
    assert "Gravação: A conta não pode mais gravar nesta agenda." in text


def test_a_refusal_that_was_mended_since_is_not_counted(ana: Client, link: Link, appointment: Appointment) -> None:
    write(link, appointment, WriteState.FAILED, age=10 * MINUTE, code="forbidden")
    mirror = EventMirror.objects.get(google_event_id="e1")
    CalendarWrite.objects.create(
        clinic=link.clinic, mirror=mirror, kind="upsert", state=WriteState.DONE, not_before=Now()
    )
    text = box(ana)
    assert "em dia" in text
    assert "recusada" not in text


def test_a_calendar_that_cannot_be_read_says_since_when_and_why(
    ana: Client, link: Link, now: datetime, aurora: Aurora
) -> None:
    since = now - 40 * MINUTE
    PullState.objects.update(error_at=since, error_code="notFound", failures=3)
    text = box(ana)
    assert f"atrasada desde {since.astimezone(aurora.clinic.zone):%d/%m %H:%M}" in text
    assert "Leitura: A agenda não existe mais nessa conta." in text


def test_a_calendar_nobody_has_read_for_long_is_behind(ana: Client, link: Link, now: datetime) -> None:
    PullState.objects.update(pulled_at=now - 45 * MINUTE)
    assert "atrasada desde" in box(ana)


def test_a_lost_consent_must_be_connected_again(ana: Client, link: Link, now: datetime) -> None:
    Link.objects.filter(pk=link.pk).update(state=LinkState.NEEDS_RECONNECT, error_code="invalid_grant", error_at=now)
    text = box(ana)
    assert "precisa reconectar" in text
    assert "Conectar de novo" in text
    assert "Sincronizar agora" not in text
    answer = ana.post(reverse("admin:calendar_sync_link_sync", args=[link.pk]), follow=True)
    assert "precisa ser conectada de novo antes" in answer.content.decode()


def test_the_reception_reads_at_once_but_does_not_mend(bruno: Client, link: Link, aurora: Aurora) -> None:
    text = box(bruno)
    assert "Sincronizar agora" in text
    assert "Reconciliar" not in text
    assert bruno.get(reverse("admin:calendar_sync_link_compare", args=[link.pk])).status_code == 200
    for verb in ("compare", "mend"):
        assert bruno.post(reverse(f"admin:calendar_sync_link_{verb}", args=[link.pk])).status_code == 403
    assert not Reconciliation.objects.exists()


def test_the_owner_looks_first_and_then_mends(
    ana: Client, link: Link, now: datetime, aurora: Aurora, appointment: Appointment
) -> None:
    page = reverse("admin:calendar_sync_link_compare", args=[link.pk])
    assert "Ainda não conferida" in ana.get(page).content.decode()
    asked = ana.post(page, follow=True).content.decode()
    assert "Conferindo…" in asked
    assert "data-busy" in asked
    run = Reconciliation.objects.get()
    assert (run.is_preview, run.origin, run.asked_by_id) == (True, Origin.PERSON, aurora.owner.pk)
    # A second click asks for no second one, and mending waits for the end.
    mend = reverse("admin:calendar_sync_link_mend", args=[link.pk])
    assert "Já há uma conferência em andamento" in ana.post(mend, follow=True).content.decode()
    assert Reconciliation.objects.count() == 1
    sample = {"kind": "missing", "appointment": appointment.pk, "at": appointment.starts_at.isoformat()}
    Reconciliation.objects.update(
        state=RunState.DONE, finished_at=now, found={"missing": 60, "unknown": 1}, samples=[sample], events=12
    )
    text = ana.get(page).content.decode()
    for words in (
        "Estas diferenças foram encontradas",
        "Consulta sem o evento na agenda",
        "Dalva Nogueira",
        "e mais 59",
        "Evento com a nossa marca",
        "Corrigir as diferenças",
        "12 eventos lidos",
    ):
        assert words in text, words
    assert "61 diferenças" in box(ana)
    ana.post(mend)
    newest = Reconciliation.objects.latest("id")
    assert (newest.is_preview, newest.state) == (False, RunState.QUEUED)
    Reconciliation.objects.filter(pk=newest.pk).update(
        state=RunState.DONE, finished_at=now, found={"missing": 60}, mended={"missing": 60}, took_ms=1500
    )
    text = ana.get(page).content.decode()
    assert "60 de 60 tratadas" in text
    assert "1,5 s" in text
    assert "Corrigir as diferenças" not in text


def test_a_run_that_was_not_finished_says_why(ana: Client, link: Link, now: datetime, aurora: Aurora) -> None:
    Reconciliation.objects.create(
        clinic=aurora.clinic,
        link=link,
        origin=Origin.DAILY,
        state=RunState.FAILED,
        asked_at=now,
        not_before=now,
        finished_at=now,
        error_code="quotaExceeded",
    )
    text = ana.get(reverse("admin:calendar_sync_link_compare", args=[link.pk])).content.decode()
    assert "A conferência não pôde ser concluída" in text
    assert "nenhuma consulta foi mudada" in text
    assert "não concluída" in box(ana)


def test_another_clinic_s_people_see_no_report(
    carla: Client, link: Link, now: datetime, aurora: Aurora, appointment: Appointment
) -> None:
    sample = {"kind": "missing", "appointment": appointment.pk, "at": appointment.starts_at.isoformat()}
    Reconciliation.objects.create(
        clinic=aurora.clinic,
        link=link,
        origin=Origin.DAILY,
        state=RunState.DONE,
        asked_at=now,
        not_before=now,
        finished_at=now,
        found={"missing": 1},
        samples=[sample],
    )
    assert carla.get(reverse("admin:calendar_sync_link_compare", args=[link.pk])).status_code == 404
    assert "helena@exemplo.test" not in carla.get(PAGE).content.decode()
