"""Files in a bucket: the same life as in a folder, against a server that speaks S3's protocol."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django import Settings

from atendeai.common import clock
from atendeai.testing.people import Aurora
from atendeai.testing.simulator import Simulator
from clinics.audit import SYSTEM
from whatsapp import media
from whatsapp.media import storage
from whatsapp.models import MediaState
from whatsapp.tests import bucket
from whatsapp.tests.files import PDF, fetched, now_of, sent_by_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def cloud(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meta: Simulator, aurora: Aurora
) -> Iterator[bucket.Bucket]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    settings.MEDIA_FILES_DIR = str(tmp_path)
    settings.MEDIA_S3_BUCKET = bucket.BUCKET
    with bucket.running() as cloud:
        options = {
            "bucket_name": bucket.BUCKET,
            "endpoint_url": cloud.url,
            "region_name": "sa-east-1",
            "location": "chats",
            "max_memory_size": 1000,
            "default_acl": None,
        }
        storage._bucket.cache_clear()
        backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
        with override_settings(STORAGES={**settings.STORAGES, storage.BUCKET: backend}):
            yield cloud
        storage._bucket.cache_clear()


def test_a_file_lives_in_the_bucket_sealed(cloud: bucket.Bucket, meta: Simulator, tmp_path: Path) -> None:
    file = fetched(meta, sent_by_patient(meta, PDF, "application/pdf"))
    assert list(cloud.objects) == [f"chats/{file.storage_key}"]
    assert b"guia" not in cloud.objects[f"chats/{file.storage_key}"]
    assert b"".join(media.content_of(file, start=3, stop=900)) == PDF[3:900]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_bucket_that_does_not_answer_loses_nothing(cloud: bucket.Bucket, meta: Simulator) -> None:
    file = sent_by_patient(meta)
    cloud.broken = True
    assert fetched(meta, file).state == MediaState.WANTED
    assert file.error_code == "storage"
    cloud.broken = False
    assert fetched(meta, file).state == MediaState.STORED


def test_bytes_that_are_gone_are_no_failure_of_the_page(cloud: bucket.Bucket, meta: Simulator) -> None:
    file = fetched(meta, sent_by_patient(meta))
    cloud.objects.clear()
    with pytest.raises(FileNotFoundError):
        media.content_of(file)


def test_orphans_and_erased_files_go(cloud: bucket.Bucket, meta: Simulator, aurora: Aurora) -> None:
    file = fetched(meta, sent_by_patient(meta))
    cloud.objects["chats/9/orphan"] = b"x"
    cloud.objects["other/9/not-ours"] = b"x"
    assert media.sweep_orphans(now=clock.now()) == 1
    assert sorted(cloud.objects) == [f"chats/{file.storage_key}", "other/9/not-ours"]
    media.erase(clinic=aurora.clinic, patient=aurora.dalva, by=SYSTEM, now=now_of(meta))
    storage.place().delete(file.storage_key)
    assert sorted(cloud.objects) == ["other/9/not-ours"]
