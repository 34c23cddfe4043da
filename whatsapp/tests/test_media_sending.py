"""A file of the clinic: judged when it is chosen, uploaded before its message goes out, its id used again."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db.models.functions import Now
from pytest_django import Settings

from atendeai.common import clock
from atendeai.testing.factories import make_contact, make_conversation
from atendeai.testing.people import DALVA_PHONE, Aurora, make_aurora
from atendeai.testing.programs import Program
from atendeai.testing.simulator import Simulator
from clinics.models import AuditEntry, Clinic
from whatsapp import attending, media, outbox
from whatsapp.attending import CannotAnswer
from whatsapp.media import WrongFile, jobs, kinds
from whatsapp.models import Conversation, MediaFile, MediaState, Message, MessageState
from whatsapp.tests.files import OGG, PDF, PNG, later, now_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_FILES_DIR = str(tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture
def chat(meta: Simulator, aurora: Aurora) -> Conversation:
    """Dalva has just written."""
    meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": "oi"})
    return make_conversation(aurora.number, make_contact(aurora.clinic, DALVA_PHONE), last_inbound_at=now_of(meta))


def kept(meta: Simulator, clinic: Clinic, content: bytes = PDF, name: str = "guia.pdf", **more: Any) -> MediaFile:
    return media.keep(clinic=clinic, content=[content], name=name, declared="", now=now_of(meta), **more)


def answered(meta: Simulator, chat: Conversation, aurora: Aurora, file: MediaFile, text: str = "") -> Message:
    return attending.answer_with_file(
        clinic=aurora.clinic, conversation=chat, file=file, text=text, by=aurora.receptionist, now=now_of(meta)
    )


def run(meta: Simulator, chat: Conversation) -> None:
    """What the workers would do, once: deliver, upload what that asks for, deliver."""
    outbox.deliver_one(chat.pk, now=now_of(meta))
    for file in MediaFile.objects.filter(state=MediaState.TO_UPLOAD):
        MediaFile.objects.filter(pk=file.pk).update(not_before=None)
        media.work(file.pk, now=now_of(meta))
    while outbox.deliver_one(chat.pk, now=now_of(meta)):
        pass


def received(meta: Simulator) -> list[dict[str, Any]]:
    return [one for one in meta.chat(DALVA_PHONE) if one["direction"] == "out"]


@pytest.mark.parametrize(
    ("content", "name", "voice", "kind"),
    [
        (PDF, "guia.pdf", False, "document"),
        (PNG, "mapa.png", False, "image"),
        (OGG, "recado.ogg", True, "audio"),
    ],
)
def test_a_file_is_uploaded_and_then_sent(
    meta: Simulator, chat: Conversation, aurora: Aurora, content: bytes, name: str, voice: bool, kind: str
) -> None:
    file = kept(meta, aurora.clinic, content, name, is_voice=voice)
    message = answered(meta, chat, aurora, file)
    run(meta, chat)
    message.refresh_from_db()
    file.refresh_from_db()
    [shown] = received(meta)
    assert (shown["type"], shown[kind]["id"]) == (kind, file.media_id)
    assert (message.state, message.type, message.attempts) == (MessageState.SENT, kind, 1)
    assert shown[kind].get("voice", False) is voice
    assert shown[kind].get("filename") == (name if kind == "document" else None)


def test_what_meta_holds_is_what_was_chosen(meta: Simulator, chat: Conversation, aurora: Aurora) -> None:
    large = b"%PDF-" + bytes(range(256)) * 1200
    file = kept(meta, aurora.clinic, large, "grande.pdf")
    answered(meta, chat, aurora, file)
    run(meta, chat)
    file.refresh_from_db()
    token = {"Authorization": "Bearer sandbox-token-aurora"}
    node = requests.get(f"{meta.url}/v25.0/{file.media_id}", headers=token, timeout=10).json()
    assert (node["file_size"], node["sha256"]) == (len(large), file.sha256)


def test_the_caption_stands_under_it_or_follows(meta: Simulator, chat: Conversation, aurora: Aurora) -> None:
    answered(meta, chat, aurora, kept(meta, aurora.clinic, PNG, "mapa.png"), "como chegar")
    run(meta, chat)
    answered(meta, chat, aurora, kept(meta, aurora.clinic, OGG, "recado.ogg"), "ouça, por favor")
    run(meta, chat)
    assert [one["type"] for one in received(meta)] == ["image", "audio", "text"]
    assert [one["body"] for one in received(meta)] == ["como chegar", "", "ouça, por favor"]


def test_a_later_answer_waits_for_the_file_before_it(meta: Simulator, chat: Conversation, aurora: Aurora) -> None:
    answered(meta, chat, aurora, kept(meta, aurora.clinic))
    attending.answer(
        clinic=aurora.clinic, conversation=chat, text="segue a guia", by=aurora.receptionist, now=now_of(meta)
    )
    assert not outbox.deliver_one(chat.pk, now=now_of(meta))
    assert not outbox.deliver_one(chat.pk, now=now_of(meta))
    run(meta, chat)
    assert [one["type"] for one in received(meta)] == ["document", "text"]


def test_the_id_is_used_again_and_renewed_after_its_thirty_days(
    meta: Simulator, chat: Conversation, aurora: Aurora
) -> None:
    file = kept(meta, aurora.clinic)
    answered(meta, chat, aurora, file)
    run(meta, chat)
    first = MediaFile.objects.get(pk=file.pk)
    answered(meta, chat, aurora, first)
    assert outbox.deliver_one(chat.pk, now=now_of(meta))
    later(meta, days=29, hours=20)
    meta.control("POST", f"patients/{DALVA_PHONE}/messages", {"to": "aurora", "text": "oi"})
    Conversation.objects.filter(pk=chat.pk).update(last_inbound_at=now_of(meta))
    answered(meta, chat, aurora, first)
    run(meta, chat)
    ids = [one["document"]["id"] for one in received(meta)]
    assert ids[0] == ids[1] == first.media_id
    assert ids[2] not in ids[:2]


@pytest.mark.parametrize("kind", ["reset", "lost_response", "status"])
def test_an_upload_that_fails_is_made_again(meta: Simulator, chat: Conversation, aurora: Aurora, kind: str) -> None:
    answered(meta, chat, aurora, kept(meta, aurora.clinic))
    meta.fault(target="graph", operation="media.upload", kind=kind, status=500)
    run(meta, chat)
    assert received(meta) == []
    assert Message.objects.get().state == MessageState.QUEUED
    run(meta, chat)
    # The message looks again when its file is there, not after its pause.
    assert [one["type"] for one in received(meta)] == ["document"]


def test_a_file_that_meta_refuses_fails_its_message(meta: Simulator, chat: Conversation, aurora: Aurora) -> None:
    answered(meta, chat, aurora, kept(meta, aurora.clinic))
    meta.fault(target="graph", operation="media.upload", kind="status", status=400, code=131053)
    run(meta, chat)
    message = Message.objects.get()
    assert (message.state, message.error_code) == (MessageState.FAILED, "131053")
    assert MediaFile.objects.get().state == MediaState.REFUSED


def test_a_lost_uploader_is_followed_by_another(meta: Simulator, chat: Conversation, aurora: Aurora) -> None:
    file = kept(meta, aurora.clinic)
    answered(meta, chat, aurora, file)
    outbox.deliver_one(chat.pk, now=now_of(meta))
    assert jobs.claim(file.pk) is not None
    MediaFile.objects.filter(pk=file.pk).update(lease_until=Now() - timedelta(seconds=1))
    media.sweep()
    run(meta, chat)
    assert len(received(meta)) == 1


def test_bytes_that_are_gone_fail_the_message(
    meta: Simulator, chat: Conversation, aurora: Aurora, folder: Path
) -> None:
    file = kept(meta, aurora.clinic)
    (folder / file.storage_key).unlink()
    answered(meta, chat, aurora, file)
    run(meta, chat)
    assert Message.objects.get().error_code == "file_lost"


def test_outside_the_window_nothing_is_queued(meta: Simulator, chat: Conversation, aurora: Aurora) -> None:
    file = kept(meta, aurora.clinic)
    later(meta, hours=25)
    with pytest.raises(CannotAnswer, match="window_closed"):
        answered(meta, chat, aurora, file)
    with pytest.raises(CannotAnswer, match="caption_too_long"):
        answered(meta, chat, aurora, file, "x" * 1025)
    assert not Message.objects.exists()


def test_what_meta_would_refuse_is_not_kept(meta: Simulator, aurora: Aurora, folder: Path) -> None:
    for content, name, code in ((b"MZ\x90", "a.exe", "type"), (b"", "a.pdf", "empty"), (b"<html>", "a.png", "type")):
        with pytest.raises(WrongFile, match=code):
            kept(meta, aurora.clinic, content, name)
    with pytest.raises(WrongFile, match="size"):
        media.keep(
            clinic=aurora.clinic,
            content=(b"%PDF-" + bytes(kinds.MB) for _ in range(101)),
            name="a.pdf",
            declared="",
            now=now_of(meta),
        )
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.fixture
def _simulators_time(meta: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests have moved its clock; what a program sends is written by ours."""
    monkeypatch.setattr(clock, "now", lambda: now_of(meta))


@pytest.mark.usefixtures("_simulators_time")
def test_a_program_uploads_and_sends(meta: Simulator, chat: Conversation, aurora: Aurora) -> None:
    program, stranger = Program(aurora.clinic), Program(make_aurora("boreal", "100000000000002").clinic)
    code, file = program.upload("/files/", "guia.pdf", PDF)
    assert (code, file["kind"], file["size"], file["state"]) == (201, "document", len(PDF), "stored")
    code, message = program.post(
        "/messages/", {"conversation": chat.pk, "type": "file", "file": file["id"], "body": "a guia"}
    )
    assert (code, message["type"], message["file"], message["body"]) == (201, "document", file["id"], "a guia")
    run(meta, chat)
    assert received(meta)[0]["document"]["caption"] == "a guia"
    assert program.get(f"/files/{file['id']}/")[1]["sha256"] == file["sha256"]
    answer: Any = program.client.get(f"/api/v1/files/{file['id']}/content/")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment;")
    assert AuditEntry.objects.filter(action="media_downloaded", actor_kind="api_key").count() == 1
    assert stranger.get(f"/files/{file['id']}/")[0] == 404
    assert stranger.get(f"/files/{file['id']}/content/")[0] == 404
    theirs = {"to": "+5511987650002", "type": "file", "file": file["id"]}
    assert stranger.post("/messages/", theirs)[0] == 400


@pytest.mark.usefixtures("_simulators_time")
def test_a_program_sends_a_file_above_buttons(meta: Simulator, chat: Conversation, aurora: Aurora) -> None:
    program = Program(aurora.clinic)
    file = program.upload("/files/", "guia.pdf", PDF)[1]
    buttons = {"body": "Confirma?", "buttons": [{"id": "s", "title": "Sim"}]}
    told = {"conversation": chat.pk, "type": "buttons", "buttons": buttons, "file": file["id"]}
    code, message = program.post("/messages/", told)
    assert (code, message["type"], message["file"]) == (201, "buttons", file["id"])
    run(meta, chat)
    (bubble,) = received(meta)
    assert bubble["header_file"]["filename"] == "guia.pdf"
    assert Message.objects.get().state == MessageState.SENT
    sound = program.upload("/files/", "recado.ogg", OGG)[1]
    for wrong, field in (
        ({**told, "file": sound["id"]}, "deve ser uma imagem, um vídeo ou um documento"),
        ({**told, "buttons": {**buttons, "header": "Oi"}}, "já existe um cabeçalho"),
        ({**told, "type": "interactive", "interactive": LIST_OF_META, "buttons": None}, "não leva arquivo em cima"),
        ({**told, "type": "text", "buttons": None, "body": "oi"}, "Este tipo de mensagem não tem este campo."),
    ):
        code, answer = program.post("/messages/", {key: value for key, value in wrong.items() if value is not None})
        assert (code, list(answer["error"]["fields"])) == (400, ["file"])
        assert field in answer["error"]["fields"]["file"][0]


LIST_OF_META = {
    "type": "list",
    "body": {"text": "Qual?"},
    "action": {"button": "Ver", "sections": [{"rows": [{"id": "1", "title": "Um"}]}]},
}


def test_a_program_reads_why_a_file_is_refused(aurora: Aurora) -> None:
    program = Program(aurora.clinic)
    code, answer = program.upload("/files/", "a.png", b"<html>")
    assert (code, answer["error"]["code"]) == (400, "invalid")
    assert "JPEG" in answer["error"]["fields"]["file"][0]
    big = b"\x89PNG\r\n\x1a\n" + bytes(5 * kinds.MB)
    assert "5,0" in program.upload("/files/", "a.png", big)[1]["error"]["fields"]["file"][0]
    assert program.post("/files/", {})[0] == 415
    assert program.post("/messages/", {"to": "+5511987650002", "type": "file"})[0] == 400
