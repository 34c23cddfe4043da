"""Files in the portal's chat: shown to the clinic's people only, harmless whatever is in them, and sent from there."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from atendeai.common import clock
from atendeai.portal.tests.conftest import browser_of
from atendeai.testing.factories import make_conversation
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.simulator import Simulator
from clinics.audit import SYSTEM
from clinics.models import AuditEntry
from whatsapp import media
from whatsapp.media import kinds
from whatsapp.models import Author, Handler, MediaFile, MediaState, Message
from whatsapp.tests.files import OGG, PDF, PNG, fetched, now_of, sent_by_patient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_FILES_DIR = str(tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture
def bruno(meta: Simulator, aurora: Aurora) -> Client:
    return browser_of(aurora.receptionist)


def address_of(file: MediaFile, name: str = "file") -> str:
    conversation_id = Message.objects.get(file=file).conversation_id
    return reverse(f"admin:whatsapp_conversation_{name}", args=[conversation_id, file.pk])


def page_of(browser: Client, file: MediaFile) -> str:
    conversation_id = Message.objects.get(file=file).conversation_id
    return browser.get(reverse("admin:whatsapp_conversation_change", args=[conversation_id])).content.decode()


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_picture_stands_in_the_chat(meta: Simulator, bruno: Client) -> None:
    file = sent_by_patient(meta, caption="meu exame")
    assert "Baixando…" in page_of(bruno, file)
    assert bruno.get(address_of(file)).status_code == 404
    fetched(meta, file)
    page = page_of(bruno, file)
    assert f'<img src="{address_of(file)}"' in page
    assert "meu exame" in page
    answer = bruno.get(address_of(file))
    assert (answer.status_code, body_of(answer)) == (200, PNG)
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("inline;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


@pytest.mark.parametrize(
    ("content", "mime_type", "more", "element"),
    [
        (OGG, "audio/ogg; codecs=opus", {"voice": True}, "<audio controls"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(100), "video/mp4", {}, "<video controls"),
        (PDF, "application/pdf", {"name": "guia médica.pdf"}, "guia médica.pdf"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(50), "image/webp", {}, "p-file--sticker"),
    ],
)
def test_each_kind_has_its_look(
    meta: Simulator, bruno: Client, content: bytes, mime_type: str, more: dict[str, Any], element: str
) -> None:
    file = fetched(meta, sent_by_patient(meta, content, mime_type, **more))
    assert element in page_of(bruno, file)


@pytest.mark.parametrize(
    "content", [b"<html><script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"]
)
def test_what_only_says_it_is_a_picture_is_never_shown_inside_a_page(
    meta: Simulator, bruno: Client, content: bytes
) -> None:
    file = fetched(meta, sent_by_patient(meta, content, "image/png"))
    page = page_of(bruno, file)
    assert "<img src=" not in page.split("data-chat>")[1].split("p-answer")[0]
    assert "só salve se souber" in page
    answer = bruno.get(address_of(file))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert AuditEntry.objects.filter(action="media_downloaded", object_id=str(file.pk)).count() == 1


def test_a_name_cannot_break_out(meta: Simulator, bruno: Client) -> None:
    name = '../../etc/"passwd"\r\nSet-Cookie: a=b; é.pdf'
    file = fetched(meta, sent_by_patient(meta, PDF, "application/pdf", name=name))
    answer = bruno.get(address_of(file) + "?save=1")
    disposition = answer["Content-Disposition"]
    plain, encoded = "passwdSet-Cookie a=b_ _.pdf", "passwdSet-Cookie%20a%3Db%3B%20%C3%A9.pdf"
    assert disposition == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    assert "Set-Cookie" not in answer


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-", 206, slice(0, None)),
        ("bytes=5-9", 206, slice(5, 10)),
        ("bytes=-10", 206, slice(-10, None)),
        ("bytes=700-99999", 206, slice(700, None)),
        ("bytes=1-2,5-6", 200, slice(0, None)),
        ("lines=1-2", 200, slice(0, None)),
    ],
)
def test_players_may_jump(meta: Simulator, bruno: Client, wanted: str, status: int, part: slice) -> None:
    file = fetched(meta, sent_by_patient(meta, OGG, "audio/ogg"))
    answer: Any = bruno.get(address_of(file), HTTP_RANGE=wanted)
    assert (answer.status_code, body_of(answer)) == (status, OGG[part])
    assert answer["Content-Length"] == str(len(OGG[part]))
    assert answer["Accept-Ranges"] == "bytes"


def test_a_range_behind_the_end_is_told(meta: Simulator, bruno: Client) -> None:
    file = fetched(meta, sent_by_patient(meta, OGG, "audio/ogg"))
    answer = bruno.get(address_of(file), HTTP_RANGE="bytes=99999-")
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(OGG)}")


def test_nobody_else_sees_it(meta: Simulator, bruno: Client) -> None:
    file = fetched(meta, sent_by_patient(meta))
    boreal = make_aurora("boreal", "100000000000002")
    carla = browser_of(boreal.owner)
    theirs = make_conversation(boreal.number)
    assert carla.get(address_of(file)).status_code == 404
    assert carla.get(reverse("admin:whatsapp_conversation_file", args=[theirs.pk, file.pk])).status_code == 404
    assert carla.post(address_of(file, "retry")).status_code == 404
    assert Client().get(address_of(file)).status_code == 302
    assert file.number is not None
    own_other_chat = make_conversation(file.number)
    elsewhere = reverse("admin:whatsapp_conversation_file", args=[own_other_chat.pk, file.pk])
    assert bruno.get(elsewhere).status_code == 404
    assert not AuditEntry.objects.filter(action__startswith="media_").exists()


def test_every_look_is_noted_once_and_every_download(meta: Simulator, bruno: Client, aurora: Aurora) -> None:
    file = fetched(meta, sent_by_patient(meta))
    for _ in range(3):
        bruno.get(address_of(file))
    for _ in range(2):
        bruno.get(address_of(file) + "?save=1")
    rows = AuditEntry.objects.filter(object_id=str(file.pk), actor_id=aurora.receptionist.pk)
    assert sorted(rows.values_list("action", flat=True)) == ["media_downloaded"] * 2 + ["media_viewed"]


def test_a_message_that_was_taken_back_shows_no_file(meta: Simulator, bruno: Client) -> None:
    file = fetched(meta, sent_by_patient(meta))
    Message.objects.filter(file=file).update(revoked_at=now_of(meta))
    assert address_of(file) not in page_of(bruno, file)
    assert bruno.get(address_of(file)).status_code == 404


def test_what_could_not_be_fetched_says_so_and_may_be_tried_again(meta: Simulator, bruno: Client) -> None:
    file = sent_by_patient(meta)
    MediaFile.objects.filter(pk=file.pk).update(state=MediaState.FAILED, error_code="hash")
    page = page_of(bruno, file)
    assert "Não foi possível baixar: peça para reenviar." in page
    assert f'data-retries="{address_of(file, "retry")}"' in page
    assert bruno.post(address_of(file, "retry")).status_code == 200
    assert fetched(meta, file).state == MediaState.STORED
    refused = bruno.post(address_of(file, "retry"))
    assert (refused.status_code, "peça ao paciente" in refused.json()["refusal"]) == (409, True)


def test_what_was_not_fetched_for_safety_says_so(meta: Simulator, bruno: Client, aurora: Aurora) -> None:
    file = sent_by_patient(meta)
    MediaFile.objects.filter(pk=file.pk).update(state=MediaState.REFUSED, error_code=media.ADDRESS)
    page = page_of(bruno, file)
    assert "Não foi baixado, por segurança: o endereço não é do WhatsApp. Avise o nosso suporte." in page
    assert f'data-retries="{address_of(file, "retry")}"' in page
    pending = browser_of(aurora.owner).get(reverse("admin:pending_kind", args=["files"])).content.decode()
    assert "O endereço dele não é do WhatsApp, por isso não foi baixado." in pending


def test_what_is_gone_at_whatsapp_offers_no_button(meta: Simulator, bruno: Client) -> None:
    file = sent_by_patient(meta)
    MediaFile.objects.filter(pk=file.pk).update(state=MediaState.EXPIRED)
    page = page_of(bruno, file)
    assert "peça para reenviar" in page
    assert "data-retries=" not in page


def test_a_file_is_sent_from_the_chat(meta: Simulator, bruno: Client, aurora: Aurora) -> None:
    conversation = Message.objects.get(file=sent_by_patient(meta)).conversation
    address = reverse("admin:whatsapp_conversation_answer", args=[conversation.pk])
    form = {"text": "segue a guia", "file": SimpleUploadedFile("guia.pdf", PDF)}
    answer = bruno.post(address, form, HTTP_ACCEPT="application/json")
    assert (answer.status_code, answer.json()) == (200, {"refusal": ""})
    message = Message.objects.get(author=Author.STAFF)
    assert message.file is not None
    assert (message.type, message.body, message.file.name) == ("document", "segue a guia", "guia.pdf")
    assert b"".join(media.content_of(message.file)) == PDF
    conversation.refresh_from_db()
    assert (conversation.handler, conversation.attendant) == (Handler.PERSON, aurora.receptionist)
    assert AuditEntry.objects.filter(action="media_uploaded", actor_id=aurora.receptionist.pk).count() == 1
    page = bruno.get(reverse("admin:whatsapp_conversation_change", args=[conversation.pk])).content.decode()
    assert "guia.pdf" in page


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.exe", b"MZ", "não aceita este tipo"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(5 * kinds.MB), "Fotos podem ter no máximo 5,0"),
        ("a.pdf", b"", "vazio"),
    ],
)
def test_what_whatsapp_refuses_is_told_before_it_is_sent(
    meta: Simulator, bruno: Client, name: str, content: bytes, words: str
) -> None:
    conversation = Message.objects.get(file=sent_by_patient(meta)).conversation
    address = reverse("admin:whatsapp_conversation_answer", args=[conversation.pk])
    form = {"text": "veja", "file": SimpleUploadedFile(name, content)}
    answer = bruno.post(address, form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert ">veja</textarea>" in page
    assert not Message.objects.filter(author=Author.STAFF).exists()


def test_the_browser_knows_the_limits(meta: Simulator, bruno: Client) -> None:
    page = page_of(bruno, sent_by_patient(meta))
    limits = json.loads(page.split('<script id="file-limits" type="application/json">')[1].split("</script>")[0])
    assert limits["image/png"]["most"] == 5 * kinds.MB
    assert limits["video/mp4"]["words"].startswith("Vídeos podem ter no máximo 16")


def test_an_erased_file_is_gone_from_disk_row_and_page(
    meta: Simulator, bruno: Client, aurora: Aurora, folder: Path
) -> None:
    file = fetched(meta, sent_by_patient(meta))
    stays = fetched(meta, sent_by_patient(meta, PDF, "application/pdf"))
    message = Message.objects.get(file=file)
    assert media.erase(clinic=aurora.clinic, message=message, by=SYSTEM, now=now_of(meta)) == 1
    file.refresh_from_db()
    assert (file.state, file.seal, file.sha256, file.name, file.storage_key) == (MediaState.ERASED, "", "", "", "")
    assert "Este arquivo foi apagado." in page_of(bruno, file)
    assert bruno.get(address_of(file)).status_code == 404
    patient = stays.messages.get().conversation.contact.patient
    assert patient == aurora.dalva
    boreal = make_aurora("boreal", "100000000000002")
    assert media.erase(clinic=boreal.clinic, patient=boreal.dalva, by=SYSTEM, now=now_of(meta)) == 0
    assert media.erase(clinic=aurora.clinic, patient=aurora.dalva, by=SYSTEM, now=now_of(meta)) == 1
    assert AuditEntry.objects.filter(action="media_erased").count() == 2


@pytest.mark.django_db(transaction=True)
def test_erasing_deletes_the_bytes_after_the_commit(meta: Simulator, aurora: Aurora, folder: Path) -> None:
    file = fetched(meta, sent_by_patient(meta))
    assert (folder / file.storage_key).is_file()
    media.erase(clinic=aurora.clinic, patient=aurora.dalva, by=SYSTEM, now=now_of(meta))
    assert not (folder / file.storage_key).exists()


def test_bytes_without_a_row_are_swept_after_a_day(meta: Simulator, bruno: Client, folder: Path) -> None:
    file = fetched(meta, sent_by_patient(meta))
    orphan, fresh = folder / "1" / "orphan", folder / "1" / "fresh"
    lost = folder / ".unfinished" / "lost"
    orphan.parent.mkdir(parents=True, exist_ok=True)
    for path in (orphan, fresh, lost):
        path.write_bytes(b"x")
    old = time.time() - 2 * 24 * 3600
    for path in (orphan, lost, folder / file.storage_key):
        os.utime(path, (old, old))
    assert media.sweep_orphans(now=clock.now()) == 2
    assert not orphan.exists()
    assert not lost.exists()
    assert fresh.exists()
    assert (folder / file.storage_key).is_file()
