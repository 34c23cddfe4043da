"""Meta is back and nobody writes: a worker's own call says so, once over all workers, and only where one is open."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from pytest_django import Settings

from atendeai.common import clock
from atendeai.common.breaker import breaker
from atendeai.testing.factories import make_contact, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.simulator import Simulator
from clinics import outages, trials
from clinics.models import Alert, ClinicCredential, Outage, OutageEnd
from whatsapp import cloud_api, number_health, outbox
from whatsapp.models import Author, MessageState, Number
from whatsapp.number_health import NoAnswer

OPEN_SECONDS = 0.5
PATIENCE = 1.0
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def short(settings: Settings, meta: Simulator, aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.CIRCUITS = {"whatsapp": (5, OPEN_SECONDS), "google": (3, OPEN_SECONDS)}
    monkeypatch.setattr(trials, "PATIENCE_SECONDS", PATIENCE)
    yield
    breaker.reset("whatsapp", aurora.clinic.pk)


def go_away(meta: Simulator, number: Number) -> None:
    """Somebody looks at the number's page until its circuit is open; nothing waits to be sent."""
    meta.fault(target="graph", operation="*", kind="status", status=503, code=2, count=500)
    for _ in range(5):
        with pytest.raises(NoAnswer):
            number_health.refresh(number, now=clock.now())


def come_back(meta: Simulator) -> int:
    """Meta is well again; the last call until now."""
    meta.control("DELETE", "faults")
    return int(meta.control("GET", "calls")["last"]["calls"])


def asked_since(meta: Simulator, call: int) -> list[str]:
    return [one["operation"] for one in meta.control("GET", f"calls?after={call}")["calls"]]


def sweep() -> int:
    """One round of the worker; how many outages it looked at."""
    looked = 0
    while trials.try_due(now=clock.now()):
        looked += 1
    return looked


def sweep_for(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sweep()
        time.sleep(0.02)


def test_it_closes_by_itself_soon_after_meta_is_back_with_one_small_call(aurora: Aurora, meta: Simulator) -> None:
    go_away(meta, aurora.number)
    opened = time.monotonic()
    before = come_back(meta)
    # Its wait is over, but what waits to be sent would go first.
    sweep_for(opened + OPEN_SECONDS + PATIENCE / 2 - time.monotonic())
    assert asked_since(meta, before) == []
    assert Alert.objects.filter(cleared_at__isnull=True).exists()
    sweep_for(PATIENCE / 2 + 0.4)
    assert asked_since(meta, before) == ["phone_number"]
    row = Outage.objects.get()
    assert (row.end, row.trials, row.ended_by) == (OutageEnd.RECOVERED, 1, None)
    assert not Alert.objects.filter(cleared_at__isnull=True).exists()


def test_while_meta_stays_away_the_pauses_grow(
    aurora: Aurora, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PATIENCE_SECONDS", 0.0)
    go_away(meta, aurora.number)
    sweep()
    time.sleep(OPEN_SECONDS)
    before = int(meta.control("GET", "calls")["last"]["calls"])
    sweep()
    assert asked_since(meta, before) == ["phone_number"]
    assert sweep() == 0
    row = Outage.objects.get()
    assert (row.trials, row.first_error, row.ended_at) == (1, "Unreachable 2", None)
    for lasted, pause in ((timedelta(minutes=15), 60), (timedelta(hours=5), trials.LONGEST_SECONDS)):
        time.sleep(OPEN_SECONDS)
        Outage.objects.update(trial_at=None, opened_at=clock.now() - lasted)
        assert sweep() == 1
        rests = Outage.objects.filter(trial_at__gt=Now() + timedelta(seconds=pause - 2))
        assert rests.filter(trial_at__lt=Now() + timedelta(seconds=pause + 2)).exists()


def test_what_waits_to_be_sent_is_the_trial_and_no_other_is_made(aurora: Aurora, meta: Simulator) -> None:
    go_away(meta, aurora.number)
    sweep()
    before = come_back(meta)
    meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": "oi"})
    chat = make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=clock.now())
    message = outbox.queue(conversation=chat, content=cloud_api.Text("um"), author=Author.BOT, now=clock.now())
    time.sleep(OPEN_SECONDS)
    assert outbox.deliver_one(chat.pk, now=clock.now())
    sweep_for(PATIENCE + 0.2)
    message.refresh_from_db()
    assert message.state == MessageState.SENT
    assert asked_since(meta, before) == ["messages"]


def test_when_it_is_back_what_rests_after_a_failure_is_due(aurora: Aurora, meta: Simulator) -> None:
    chat = make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=clock.now())
    message = outbox.queue(conversation=chat, content=cloud_api.Text("um"), author=Author.BOT, now=clock.now())
    rows = type(message).objects.filter(pk=message.pk)
    rows.update(not_before=Now() + timedelta(minutes=4), error_code="131016", attempts=9)
    go_away(meta, aurora.number)
    come_back(meta)
    sweep_for(OPEN_SECONDS + PATIENCE + 0.4)
    assert Outage.objects.get().end == OutageEnd.RECOVERED
    assert rows.filter(not_before__lte=Now()).exists()


def test_of_many_workers_exactly_one_tries(aurora: Aurora, meta: Simulator) -> None:
    go_away(meta, aurora.number)
    before = come_back(meta)
    meta.fault(target="graph", operation="phone_number", kind="slow", seconds=0.4, count=9)
    barrier = threading.Barrier(6)

    def work() -> None:
        try:
            barrier.wait()
            sweep_for(OPEN_SECONDS + PATIENCE + 0.8)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert asked_since(meta, before) == ["phone_number"]
    assert Outage.objects.get().trials == 1


@pytest.mark.parametrize("what", ["number", "token", "clinic"])
def test_who_has_nothing_to_call_with_any_more_is_not_tried_for_ever(
    aurora: Aurora, meta: Simulator, what: str
) -> None:
    go_away(meta, aurora.number)
    if what == "number":
        Number.objects.filter(pk=aurora.number.pk).update(is_active=False)
    elif what == "token":
        ClinicCredential.objects.filter(clinic=aurora.clinic).delete()
    else:
        type(aurora.clinic).objects.filter(pk=aurora.clinic.pk).update(is_active=False)
    before = int(meta.control("GET", "calls")["last"]["calls"])
    sweep_for(OPEN_SECONDS + PATIENCE + 0.2)
    assert asked_since(meta, before) == []
    assert Outage.objects.get().end == OutageEnd.FORGOTTEN
    assert ("whatsapp", aurora.clinic.pk) not in (breaker.states() or {})
    assert not Alert.objects.filter(cleared_at__isnull=True).exists()


def test_a_number_that_meta_does_not_know_any_more_is_an_answer(aurora: Aurora, meta: Simulator) -> None:
    go_away(meta, aurora.number)
    come_back(meta)
    Number.objects.filter(pk=aurora.number.pk).update(phone_number_id="199999999999999")
    sweep_for(OPEN_SECONDS + PATIENCE + 0.2)
    assert Outage.objects.get().end == OutageEnd.RECOVERED


def test_a_closed_circuit_costs_nothing_and_one_that_redis_lost_is_left_to_the_history(
    aurora: Aurora, meta: Simulator
) -> None:
    assert sweep() == 0
    before = int(meta.control("GET", "calls")["last"]["calls"])
    Outage.objects.create(clinic=aurora.clinic, provider="whatsapp", opened_at=clock.now())
    assert sweep() == 1
    assert asked_since(meta, before) == []
    outages.reconcile(now=clock.now() + outages.QUIET * 2)
    assert Outage.objects.get().end == OutageEnd.FORGOTTEN


def test_a_trial_that_breaks_keeps_no_other_waiting(
    aurora: Aurora, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(_clinic: object) -> bool:
        raise RuntimeError

    go_away(meta, aurora.number)
    monkeypatch.setitem(trials._asks, "whatsapp", break_down)
    sweep_for(OPEN_SECONDS + PATIENCE + 0.2)
    row = Outage.objects.get()
    assert row.ended_at is None
    assert row.trial_at is not None
    assert row.trial_at > clock.now()
