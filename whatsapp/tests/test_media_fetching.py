"""A patient's file: stored with its message, fetched once, whole and unchanged, or shown as one to be sent again."""

import errno
import hashlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from prometheus_client import REGISTRY
from pytest_django import Settings

from atendeai.common.tests import servers
from atendeai.common.tests.servers import Server
from atendeai.testing.people import Aurora
from atendeai.testing.processes import dies, ends
from atendeai.testing.simulator import Simulator
from clinics import pending
from clinics.audit import SYSTEM
from clinics.models import Alert, ClinicCredential, CloseReason
from whatsapp import media
from whatsapp.cloud_api.media import Described, MediaApi
from whatsapp.media import fetching, jobs, kinds, working
from whatsapp.models import MediaFile, MediaState, Message
from whatsapp.tests.files import OGG, PDF, PNG, arrived, fetched, later, message_of, now_of, sent_by_patient

pytestmark = pytest.mark.django_db
FOREIGN = "atendeai_media_foreign_addresses"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_FILES_DIR = str(tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture(autouse=True)
def chat(meta: Simulator, aurora: Aurora) -> None:
    """Somebody who listens."""


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def text_of(file: MediaFile) -> bytes:
    return b"".join(media.content_of(file))


def test_the_message_is_there_before_its_file(meta: Simulator, folder: Path) -> None:
    file = sent_by_patient(meta, caption="meu exame")
    message = Message.objects.get(file=file)
    assert (message.type, message.body) == ("image", "meu exame")
    assert (file.state, file.sha256) == (MediaState.WANTED, hashlib.sha256(PNG).hexdigest())
    assert kept(folder) == []


@pytest.mark.parametrize(
    ("content", "mime_type", "more", "kind", "content_type"),
    [
        (PNG, "image/png", {}, "image", "image/png"),
        (OGG, "audio/ogg; codecs=opus", {"voice": True}, "audio", "audio/ogg"),
        (PDF, "application/pdf", {"name": "guia.pdf"}, "document", "application/pdf"),
        (b"<html><script>alert(1)</script>", "image/png", {}, "image", "application/octet-stream"),
    ],
)
def test_the_file_is_fetched_from_the_webhooks_address(
    meta: Simulator, content: bytes, mime_type: str, more: dict[str, Any], kind: str, content_type: str
) -> None:
    file = fetched(meta, sent_by_patient(meta, content, mime_type, **more))
    assert (file.state, file.kind, file.size) == (MediaState.STORED, kind, len(content))
    assert (file.content_type, file.is_voice) == (content_type, "voice" in more)
    assert text_of(file) == content


def test_what_lies_on_the_disk_is_sealed_and_names_nobody(meta: Simulator, folder: Path, aurora: Aurora) -> None:
    file = fetched(meta, sent_by_patient(meta, PDF, "application/pdf", name="Dalva Nogueira - exame.pdf"))
    [path] = kept(folder)
    assert str(path.relative_to(folder)) == file.storage_key
    assert path.parent.name == str(aurora.clinic.pk)
    assert b"guia" not in path.read_bytes()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with connection.cursor() as cursor:
        cursor.execute("SELECT seal FROM whatsapp_mediafile WHERE id = %s", [file.pk])
        [stored] = cursor.fetchone()
    assert file.seal not in stored


def test_an_address_that_has_run_out_is_renewed(meta: Simulator) -> None:
    file = sent_by_patient(meta)
    now = later(meta, minutes=6)
    # Our clock says it is fresh, Meta's says it is not: 404, and a new address.
    MediaFile.objects.filter(pk=file.pk).update(url_until=now + timedelta(minutes=5))
    assert fetched(meta, file).state == MediaState.STORED
    stale = sent_by_patient(meta)
    later(meta, minutes=6)
    assert fetched(meta, stale).state == MediaState.STORED
    assert stale.attempts == 1


def test_after_seven_days_it_must_be_sent_again(meta: Simulator, folder: Path) -> None:
    file = sent_by_patient(meta)
    later(meta, days=7)
    assert fetched(meta, file).state == MediaState.EXPIRED
    assert kept(folder) == []


def test_an_id_that_meta_does_not_know_is_refused_at_once(meta: Simulator) -> None:
    file = sent_by_patient(meta)
    MediaFile.objects.filter(pk=file.pk).update(media_id="1", url="")
    assert fetched(meta, file).state == MediaState.REFUSED
    assert (file.attempts, file.error_code) == (1, "100")


def test_a_file_that_meta_could_not_take_is_shown_as_such(meta: Simulator) -> None:
    error = {"code": 131052, "title": "Media download error"}
    sender = "5511987650001"
    message = {"from": sender, "id": "wamid.big", "timestamp": "1795000000", "type": "unsupported", "errors": [error]}
    file = arrived(meta, message)
    assert (file.state, file.error_code) == (MediaState.REFUSED, "131052")
    assert not media.retry(clinic=file.clinic, media_id=file.pk, by=SYSTEM, now=now_of(meta))


@pytest.mark.parametrize("kind", ["reset", "truncated", "wrong_hash", "wrong_size", "status"])
def test_a_spoilt_download_is_tried_again_and_leaves_nothing(meta: Simulator, folder: Path, kind: str) -> None:
    file = sent_by_patient(meta)
    meta.fault(target="graph", operation="media.download", kind=kind, status=500)
    assert fetched(meta, file).state == MediaState.WANTED
    assert file.not_before is not None
    assert file.error_code
    assert kept(folder) == []
    assert fetched(meta, file).state == MediaState.STORED
    assert text_of(file) == PNG
    assert len(kept(folder)) == 1


def test_bytes_that_never_fit_are_given_up_and_a_person_may_try_again(meta: Simulator, folder: Path) -> None:
    file = sent_by_patient(meta)
    meta.fault(target="graph", operation="media.download", kind="wrong_hash", count=fetching.MISFIT_TRIES)
    states = [fetched(meta, file).state for _ in range(fetching.MISFIT_TRIES)]
    assert states == [MediaState.WANTED] * (fetching.MISFIT_TRIES - 1) + [MediaState.FAILED]
    assert kept(folder) == []
    assert media.retry(clinic=file.clinic, media_id=file.pk, by=SYSTEM, now=now_of(meta))
    assert fetched(meta, file).state == MediaState.STORED


def test_a_file_that_was_put_away_and_tried_again_in_the_chat_is_pending_again_when_it_fails(meta: Simulator) -> None:
    file = sent_by_patient(meta)
    meta.fault(target="graph", operation="media.download", kind="wrong_hash", count=2 * fetching.MISFIT_TRIES)
    for _ in range(fetching.MISFIT_TRIES):
        fetched(meta, file)
    assert not pending.close(
        name="files", clinic=file.clinic, row_id=file.pk, reason=CloseReason.SETTLED, by=SYSTEM, now=now_of(meta)
    )
    assert pending.find("files", file.clinic, file.pk) is None
    assert media.retry(clinic=file.clinic, media_id=file.pk, by=SYSTEM, now=now_of(meta))
    for _ in range(fetching.MISFIT_TRIES):
        fetched(meta, file)
    assert pending.find("files", file.clinic, file.pk) is not None


def test_a_size_that_does_not_fit_the_node_is_a_misfit(meta: Simulator) -> None:
    file = sent_by_patient(meta)
    MediaFile.objects.filter(pk=file.pk).update(url="")
    meta.fault(target="graph", operation="media.get", kind="wrong_size")
    assert fetched(meta, file).error_code == "size"
    assert fetched(meta, file).state == MediaState.STORED


def test_without_a_hash_in_the_webhook_the_nodes_is_kept_to(meta: Simulator, folder: Path) -> None:
    file = sent_by_patient(meta)
    MediaFile.objects.filter(pk=file.pk).update(url="", sha256="")
    meta.fault(target="graph", operation="media.download", kind="wrong_hash")
    file.refresh_from_db()
    assert (fetched(meta, file).error_code, kept(folder)) == ("hash", [])
    assert fetched(meta, file).state == MediaState.STORED


@pytest.mark.parametrize(("left", "asks"), [(timedelta(seconds=15), 1), (timedelta(seconds=25), 0)])
def test_an_address_that_would_run_out_on_the_way_is_not_begun_with(
    meta: Simulator, monkeypatch: pytest.MonkeyPatch, left: timedelta, asks: int
) -> None:
    file, now, describe = sent_by_patient(meta), now_of(meta), MediaApi.describe
    asked: list[str] = []

    def counted(api: MediaApi, media_id: str) -> Described:
        asked.append(media_id)
        return describe(api, media_id)

    MediaFile.objects.filter(pk=file.pk).update(url_until=now + left)
    monkeypatch.setattr(MediaApi, "describe", counted)
    assert fetched(meta, file, now=now).state == MediaState.STORED
    assert len(asked) == asks


def test_too_large_is_refused_before_it_fills_the_disk(
    meta: Simulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kinds.RECEIVED_BYTES, "image", len(PNG) - 1)
    file = sent_by_patient(meta)
    assert fetched(meta, file).state == MediaState.REFUSED
    assert (file.error_code, kept(folder)) == ("too_large", [])


def test_the_token_follows_no_redirect(meta: Simulator) -> None:
    file = sent_by_patient(meta)
    with servers.answering() as elsewhere:
        meta.control("POST", "media", {"redirect": f"{elsewhere.url}/take"})
        assert fetched(meta, file).state == MediaState.WANTED
        assert elsewhere.seen == []
    meta.control("POST", "media", {})
    assert fetched(meta, file).state == MediaState.STORED


@pytest.fixture
def stranger() -> Iterator[Server]:
    with servers.answering() as server:
        yield server


def refused_addresses(file: MediaFile) -> float:
    return REGISTRY.get_sample_value(f"{FOREIGN}_total", {"clinic_id": str(file.clinic_id)}) or 0.0


def test_another_s_address_is_not_called_and_meta_is_asked_for_its_own(meta: Simulator, stranger: Server) -> None:
    """What a webhook names decides nothing: neither who gets our token nor whether the file comes."""
    file = sent_by_patient(meta)
    before = refused_addresses(file)
    MediaFile.objects.filter(pk=file.pk).update(url=f"{stranger.url}/latest/meta-data")
    assert fetched(meta, file).state == MediaState.STORED
    assert stranger.seen == []
    assert refused_addresses(file) - before == 1


def test_a_file_that_only_another_has_is_refused_once_and_a_person_may_try_again(
    meta: Simulator,
    settings: Settings,
    stranger: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file, describe = sent_by_patient(meta), MediaApi.describe
    before = refused_addresses(file)

    def elsewhere(api: MediaApi, media_id: str) -> Described:
        return replace(describe(api, media_id), url=f"{stranger.url}/secret?of=Dalva")

    MediaFile.objects.filter(pk=file.pk).update(url="")
    with monkeypatch.context() as patch:
        patch.setattr(MediaApi, "describe", elsewhere)
        assert fetched(meta, file).state == MediaState.REFUSED
        assert (file.attempts, file.error_code, file.url) == (1, media.ADDRESS, "")
        assert stranger.seen == []
        assert refused_addresses(file) - before == 1
        # Nothing takes it up by itself.
        media.sweep()
        assert not media.work(file.pk, now=now_of(meta))
    told = next(record for record in caplog.records if record.message == "file's host not allowed")
    assert getattr(told, "host", "") == "127.0.0.1"
    assert "Dalva" not in str(told.__dict__)
    assert media.retry(clinic=file.clinic, media_id=file.pk, by=SYSTEM, now=now_of(meta))
    assert fetched(meta, file).state == MediaState.STORED


def test_a_full_disk_loses_nothing_and_is_told(
    meta: Simulator, folder: Path, aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = sent_by_patient(meta)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert fetched(meta, file).state == MediaState.WANTED
    assert kept(folder) == []
    assert Alert.objects.get(kind=media.DISK_ALERT, cleared_at=None).clinic == aurora.clinic
    assert fetched(meta, file).state == MediaState.STORED
    assert not Alert.objects.filter(cleared_at=None).exists()


def test_without_a_token_it_waits_for_a_person(meta: Simulator, aurora: Aurora) -> None:
    file = sent_by_patient(meta)
    ClinicCredential.objects.all().delete()
    assert fetched(meta, file).state == MediaState.WANTED
    waits = MediaFile.objects.filter(pk=file.pk, not_before__gt=Now() + timedelta(seconds=200))
    assert waits.exists()


def test_a_refused_token_waits_too(meta: Simulator) -> None:
    file = sent_by_patient(meta)
    meta.fault(target="graph", operation="media", kind="status", status=401)
    assert fetched(meta, file).state == MediaState.WANTED
    assert file.error_code == "190"


def test_a_lost_workers_file_is_fetched_once_by_the_next(meta: Simulator, folder: Path) -> None:
    file = sent_by_patient(meta)
    lost = jobs.claim(file.pk)
    assert lost is not None
    assert not media.work(file.pk, now=now_of(meta))
    MediaFile.objects.filter(pk=file.pk).update(lease_until=Now() - timedelta(seconds=1))
    media.sweep()
    assert fetched(meta, file).state == MediaState.STORED
    # The first worker wakes up after all: its result counts no more, and leaves no second file.
    fetching.fetch(lost, now=now_of(meta))
    file.refresh_from_db()
    assert [str(path.relative_to(folder)) for path in kept(folder)] == [file.storage_key]
    assert text_of(file) == PNG


def test_an_answer_that_comes_too_late_is_given_up(meta: Simulator, settings: Settings) -> None:
    settings.MEDIA_READ_SECONDS = 0.2
    file = sent_by_patient(meta)
    meta.fault(target="graph", operation="media.download", kind="slow", seconds=1)
    assert fetched(meta, file).state == MediaState.WANTED
    assert fetched(meta, file).state == MediaState.STORED


def test_only_a_few_are_fetched_at_once_and_clinics_take_turns(meta: Simulator, settings: Settings) -> None:
    settings.MEDIA_AT_ONCE = 1
    first, second = sent_by_patient(meta), sent_by_patient(meta)
    assert jobs.claim(first.pk) is not None
    assert jobs.claim(second.pk) is None
    third = MediaFile.objects.create(
        clinic=first.clinic, kind="image", state=MediaState.WANTED, created_at=now_of(meta)
    )
    assert jobs._due(10) == [second.pk, third.pk]


def test_a_repeated_delivery_wants_the_file_once(meta: Simulator) -> None:
    file = sent_by_patient(meta)
    sent_again = Message.objects.get(file=file).wamid
    assert sent_again is not None
    arrived(meta, message_of(meta, sent_again))
    assert MediaFile.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_workers_with_the_same_hint_fetch_once(meta: Simulator, folder: Path) -> None:
    file = sent_by_patient(meta)
    done: list[bool] = []

    def work() -> None:
        try:
            done.append(media.work(file.pk, now=now_of(meta)))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert sorted(done) == [False] * 9 + [True]
    assert len(kept(folder)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_file_that_kills_its_worker_is_given_up_and_a_person_may_try_again(
    meta: Simulator, aurora: Aurora, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_LEASE_SECONDS = 0.1
    file = sent_by_patient(meta)
    with monkeypatch.context() as patch:
        patch.setattr(working, "fetch", dies)
        for lost in range(1, settings.MAX_LOST_WORKERS + 1):
            assert ends(lambda: media.work(file.pk, now=now_of(meta))) == signal.SIGKILL
            time.sleep(0.15)
            media.sweep()
            file.refresh_from_db()
            assert file.losses == lost
            MediaFile.objects.filter(pk=file.pk).update(not_before=None)
    assert (file.state, file.error_code) == (MediaState.FAILED, "worker_lost")
    assert not media.work(file.pk, now=now_of(meta))
    assert media.retry(clinic=aurora.clinic, media_id=file.pk, by=SYSTEM, now=now_of(meta))
    file.refresh_from_db()
    assert (file.state, file.losses) == (MediaState.WANTED, 0)
