"""Files ask the clinic's circuit too: their failures count, and while it is open they wait without using up tries."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from atendeai.common.breaker import breaker
from atendeai.common.circuit import Call
from atendeai.common.errors import Unreachable
from atendeai.testing.factories import make_contact, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.simulator import Simulator
from clinics.models import Clinic
from whatsapp import attending, media
from whatsapp.models import MediaFile, MediaState, Message, MessageState
from whatsapp.tests.files import PDF, fetched, later, now_of, sent_by_patient

OPEN_SECONDS = 0.6
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def short(settings: Settings, tmp_path: Path, meta: Simulator, aurora: Aurora) -> Iterator[None]:
    settings.MEDIA_FILES_DIR = str(tmp_path / "files")
    settings.IS_DEVELOPMENT = True
    settings.CIRCUITS = {"whatsapp": (5, OPEN_SECONDS), "google": (3, OPEN_SECONDS)}
    breaker.reset("whatsapp", aurora.clinic.pk)
    yield
    breaker.reset("whatsapp", aurora.clinic.pk)


def opened(clinic: Clinic) -> None:
    """The circuit, by other calls."""
    for _ in range(5):
        with pytest.raises(Unreachable), breaker.calling(Call("whatsapp", "messages", clinic.pk, 1.0)):
            raise Unreachable("whatsapp", "messages", code="131016")


def state_of(clinic: Clinic) -> str:
    reading = breaker.read("whatsapp", clinic.pk)
    assert reading is not None
    return reading.state


def last_call(meta: Simulator) -> int:
    return int(meta.control("GET", "calls")["last"]["calls"])


def asked_since(meta: Simulator, call: int) -> list[str]:
    return [one["operation"] for one in meta.control("GET", f"calls?after={call}")["calls"]]


@pytest.mark.parametrize("kind", ["status", "reset", "truncated"])
def test_downloads_that_fail_one_after_the_other_open_it(meta: Simulator, aurora: Aurora, kind: str) -> None:
    files = [sent_by_patient(meta) for _ in range(6)]
    meta.fault(target="graph", operation="media.download", kind=kind, status=503, count=9)
    for file in files[:5]:
        assert fetched(meta, file).state == MediaState.WANTED
    assert state_of(aurora.clinic) == "open"
    last = fetched(meta, files[5])
    assert (last.state, last.attempts, last.error_code) == (MediaState.WANTED, 0, "circuit_open")


def test_a_file_waits_for_an_open_circuit_with_its_address_and_is_fetched_afterwards(
    meta: Simulator, aurora: Aurora
) -> None:
    file = sent_by_patient(meta)
    opened(aurora.clinic)
    before = last_call(meta)
    for _ in range(3):
        fetched(meta, file)
    assert (file.state, file.attempts, file.error_code) == (MediaState.WANTED, 0, "circuit_open")
    assert file.url
    assert MediaFile.objects.filter(pk=file.pk, not_before__gt=Now()).exists()
    assert asked_since(meta, before) == []
    time.sleep(OPEN_SECONDS)
    # Long as it may take, it is no trial.
    assert fetched(meta, file).state == MediaState.WANTED
    breaker.reset("whatsapp", aurora.clinic.pk)
    assert fetched(meta, file).state == MediaState.STORED
    assert (file.attempts, file.error_code) == (1, "")


def test_an_address_that_ran_out_and_a_wrong_file_are_no_failures(meta: Simulator, aurora: Aurora) -> None:
    for _ in range(6):
        file = sent_by_patient(meta)
        now = later(meta, minutes=6)
        MediaFile.objects.filter(pk=file.pk).update(url_until=later(meta, minutes=5))
        meta.fault(target="graph", operation="media.download", kind="wrong_hash", count=1)
        fetched(meta, file, now=now)
    assert state_of(aurora.clinic) == "closed"
    file = sent_by_patient(meta)
    for _ in range(4):
        with pytest.raises(Unreachable), breaker.calling(Call("whatsapp", "messages", aurora.clinic.pk, 1.0)):
            raise Unreachable("whatsapp", "messages", code="131016")
    now = later(meta, minutes=6)
    MediaFile.objects.filter(pk=file.pk).update(url_until=later(meta, minutes=5))
    assert fetched(meta, file, now=now).state == MediaState.STORED
    assert state_of(aurora.clinic) == "closed"


def test_an_upload_waits_too_and_its_message_with_it(meta: Simulator, aurora: Aurora) -> None:
    meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": "oi"})
    now = now_of(meta)
    chat = make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=now)
    file = media.keep(clinic=aurora.clinic, content=[PDF], name="guia.pdf", declared="", now=now)
    attending.answer_with_file(
        clinic=aurora.clinic, conversation=chat, file=file, text="", by=aurora.receptionist, now=now
    )
    MediaFile.objects.filter(pk=file.pk).update(state=MediaState.TO_UPLOAD, number=aurora.number)
    opened(aurora.clinic)
    before = last_call(meta)
    for _ in range(3):
        fetched(meta, file)
    assert (file.state, file.attempts, file.error_code) == (MediaState.TO_UPLOAD, 0, "circuit_open")
    assert asked_since(meta, before) == []
    breaker.reset("whatsapp", aurora.clinic.pk)
    assert fetched(meta, file).state == MediaState.STORED
    assert Message.objects.filter(file=file, state=MessageState.QUEUED).count() == 1
