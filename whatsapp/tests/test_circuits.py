"""Meta does not answer: the clinic's circuit opens, its messages wait without using up tries, and go out in order."""

import time
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from atendeai import metrics
from atendeai.common.breaker import breaker
from atendeai.testing.factories import MONDAY, make_contact, make_conversation
from atendeai.testing.pacing import forget_pace
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.simulator import Simulator
from clinics import alerts, outages
from clinics.audit import Actor
from clinics.models import Alert, AuditEntry, Clinic, Outage, OutageEnd, Provider
from whatsapp import cloud_api, outbox
from whatsapp.models import Author, Conversation, Message, MessageState

NOW = MONDAY
OPEN_SECONDS = 0.5


@pytest.fixture
def conversation(aurora: Aurora, meta: Simulator, settings: Settings) -> Iterator[Conversation]:
    settings.CIRCUITS = {"whatsapp": (5, OPEN_SECONDS), "google": (3, OPEN_SECONDS)}
    meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": "oi"})
    yield make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=NOW)
    breaker.reset("whatsapp", aurora.clinic.pk)


def queue(conversation: Conversation, text: str) -> Message:
    return outbox.queue(conversation=conversation, content=cloud_api.Text(text), author=Author.BOT, now=NOW)


def deliver(conversation: Conversation) -> bool:
    forget_pace()
    Message.objects.filter(conversation=conversation).update(not_before=None)
    return outbox.deliver_one(conversation.pk, now=NOW)


def fail(conversation: Conversation, meta: Simulator, times: int = 5) -> None:
    meta.fault(target="graph", operation="messages", kind="status", status=503, code=131016, count=times)
    for _ in range(times):
        deliver(conversation)


def arrived(meta: Simulator) -> list[str]:
    return [one["body"] for one in meta.chat(DALVA_PHONE) if one["direction"] == "out"]


def state_shown(clinic: Clinic) -> float:
    for family in metrics._CircuitCollector().collect():
        for sample in family.samples:
            if sample.labels == {"clinic_id": str(clinic.pk), "provider": "whatsapp"}:
                return sample.value
    raise AssertionError("the metric does not name the clinic")


def test_every_failed_try_of_a_row_counts_and_an_open_circuit_uses_up_none(
    conversation: Conversation, meta: Simulator
) -> None:
    first, second = queue(conversation, "um"), queue(conversation, "dois")
    fail(conversation, meta)
    first.refresh_from_db()
    assert (first.state, first.attempts, first.error_code) == (MessageState.QUEUED, 5, "131016")
    for _ in range(3):
        deliver(conversation)
    first.refresh_from_db()
    assert (first.state, first.attempts, first.error_code) == (MessageState.QUEUED, 5, "131016")
    assert first.not_before is not None
    assert arrived(meta) == []
    time.sleep(OPEN_SECONDS)
    assert deliver(conversation)
    assert deliver(conversation)
    assert arrived(meta) == ["um", "dois"]
    second.refresh_from_db()
    assert second.attempts == 1


def test_an_outage_is_told_counted_and_ends_by_itself(conversation: Conversation, meta: Simulator) -> None:
    clinic = conversation.clinic
    queue(conversation, "um")
    assert state_shown(clinic) == 0
    fail(conversation, meta)
    assert state_shown(clinic) == 2
    assert [banner.text for banner in alerts.banners(clinic)] == [str(outages.WORDS[Provider.WHATSAPP])]
    time.sleep(OPEN_SECONDS)
    fail(conversation, meta, 1)
    row = Outage.objects.get()
    assert (row.provider, row.error, row.trials, row.ended_at) == ("whatsapp", "Unreachable 131016", 1, None)
    time.sleep(OPEN_SECONDS)
    deliver(conversation)
    row.refresh_from_db()
    assert (row.trials, row.end, row.ended_by) == (2, OutageEnd.RECOVERED, None)
    assert row.ended_at is not None
    assert not Alert.objects.filter(cleared_at__isnull=True).exists()
    assert state_shown(clinic) == 0


def test_what_failed_first_stays_said_beside_the_last(conversation: Conversation, meta: Simulator) -> None:
    queue(conversation, "um")
    fail(conversation, meta)
    time.sleep(OPEN_SECONDS)
    meta.fault(target="graph", operation="messages", kind="status", status=503, code=2, count=1)
    deliver(conversation)
    row = Outage.objects.get()
    assert (row.first_error, row.error, row.trials) == ("Unreachable 131016", "Unreachable 2", 1)


def test_another_clinic_goes_on(conversation: Conversation, meta: Simulator) -> None:
    queue(conversation, "um")
    fail(conversation, meta)
    standing = {one.provider: one.reading for one in outages.standing(conversation.clinic)}
    whatsapp, google = standing[Provider.WHATSAPP], standing[Provider.GOOGLE]
    assert whatsapp is not None
    assert google is not None
    assert (whatsapp.state, google.state) == ("open", "closed")
    assert breaker.read("whatsapp", conversation.clinic_id + 1_000_000) == type(whatsapp)()


def test_a_person_tries_now_and_that_is_on_record(aurora: Aurora, conversation: Conversation, meta: Simulator) -> None:
    queue(conversation, "um")
    fail(conversation, meta)
    by = Actor("user", aurora.owner.pk)
    outages.reset(clinic=aurora.clinic, provider=Provider.WHATSAPP, by=by, now=NOW)
    row = Outage.objects.get()
    assert (row.end, row.ended_by) == (OutageEnd.RESET, aurora.owner)
    entry = AuditEntry.objects.get(action="circuit_reset")
    assert (entry.clinic, entry.actor_id, entry.fields) == (aurora.clinic, aurora.owner.pk, ["whatsapp"])
    assert deliver(conversation)
    assert arrived(meta) == ["um"]


def test_a_history_that_missed_something_is_mended(conversation: Conversation, meta: Simulator) -> None:
    clinic = conversation.clinic
    queue(conversation, "um")
    fail(conversation, meta)
    Outage.objects.all().delete()
    outages.reconcile(now=NOW)
    row = Outage.objects.get()
    assert (row.error, row.ended_at) == ("Unreachable 131016", None)
    outages.reconcile(now=NOW)
    assert Outage.objects.count() == 1
    # Redis loses everything: no trial will ever end this row.
    breaker._store.close(f"whatsapp:{clinic.pk}")
    outages.reconcile(now=NOW)
    assert Outage.objects.get().ended_at is None
    outages.reconcile(now=NOW + outages.QUIET * 2)
    assert Outage.objects.get().end == OutageEnd.FORGOTTEN
    assert not Alert.objects.filter(cleared_at__isnull=True).exists()


def test_history_is_bounded(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "MOST_KEPT", 3)
    old = NOW - outages.KEEP * 1.1
    for ended_at in [old, old, *[NOW] * 5]:
        Outage.objects.create(clinic=aurora.clinic, provider="google", opened_at=ended_at, ended_at=ended_at)
    standing = Outage.objects.create(clinic=aurora.clinic, provider="google", opened_at=old)
    outages.purge(now=NOW)
    kept = list(Outage.objects.order_by("id"))
    assert len(kept) == 4
    assert kept[-1] == standing
    assert {row.ended_at for row in kept} == {NOW, None}
