"""The client against the stand-in for Meta: a process of its own, spoken to over HTTP only."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atendeai.common import http
from atendeai.common.errors import IntegrationError, OutcomeUnknown, Rejected, Throttled, Unreachable
from whatsapp.cloud_api import (
    OUTSIDE_WINDOW,
    CloudApi,
    Media,
    OutboundContent,
    QuickReply,
    Recipient,
    Template,
    Text,
    Waits,
)
from whatsapp.tests.contents import ONE_OF_EACH

ROOT = Path(__file__).parent.parent.parent
DALVA = "5511987650001"
BIA = "BR.9900000000000001"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    state = tmp_path_factory.mktemp("sandbox")
    settings = {
        "SANDBOX_PORT": str(port),
        "SANDBOX_STATE_DIR": str(state),
        "SANDBOX_WEBHOOK_BASE": "http://127.0.0.1:9",
        "ATENDEAI_CLOCK_FILE": str(state / "clock"),
    }
    with (state / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox"], cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process)
            _add_templates(url)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < until:
        try:
            if control(url, "GET", "clock").status == 200:
                return
        except IntegrationError:
            time.sleep(0.05)
    pytest.fail("the sandbox did not start")


def _add_templates(url: str) -> None:
    """What the tests send: Meta takes approved templates only, with the values that they ask for."""
    body = {"type": "BODY", "text": "Olá, {{1}}, seu horário é amanhã.", "example": {"body_text": [["Dalva"]]}}
    buttons = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Confirmar"}]}
    for name, components in (("lembrete", [body, buttons]), ("aviso", [{"type": "BODY", "text": "Até amanhã!"}])):
        answer = control(url, "POST", "templates", {"slug": "aurora", "name": name, "components": components})
        assert answer.status == 201


def control(url: str, method: str, path: str, content: Any = None) -> http.Reply:
    return http.call(
        method,
        f"{url}/control/{path}",
        provider="sandbox",
        operation="control",
        json=content,
        read_seconds=20,
    )


@pytest.fixture
def aurora(sandbox: str) -> CloudApi:
    control(sandbox, "DELETE", "faults")
    return CloudApi(
        base_url=sandbox,
        version="v24.0",
        access_token="sandbox-token-aurora",
        phone_number_id="100000000000001",
        clinic_id=1,
        waits=Waits(read_seconds=1.0),
    )


@pytest.fixture
def written(sandbox: str) -> str:
    """The wamid of a message of Dalva's, which opens the 24-hour window."""
    answer = control(sandbox, "POST", f"patients/{DALVA}/messages", {"to": "aurora", "text": "oi"})
    wamid: str = answer.json()["id"]
    return wamid


def chat(sandbox: str, patient: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = control(sandbox, "GET", f"patients/{patient}/messages?with=aurora").json()[
        "messages"
    ]
    return messages


def fetched(content: OutboundContent) -> OutboundContent:
    """A file that Meta has by an upload, which there is none of here: given by link instead."""
    return replace(content, id="", link="https://files.example/a") if isinstance(content, Media) else content


@pytest.mark.parametrize("kind", [kind for kind in ONE_OF_EACH if kind not in {"reaction", "template"}])
def test_every_content_reaches_the_patient(sandbox: str, aurora: CloudApi, written: str, kind: str) -> None:
    content = fetched(ONE_OF_EACH[kind])
    sent = aurora.send(Recipient(wa_id=DALVA), content, "m-1", context_id=written)
    last = chat(sandbox, DALVA)[-1]
    assert (last["id"], last["direction"], sent.wa_id) == (sent.wamid, "out", DALVA)
    assert (last["type"], last["reply_to"]) == (content.payload()["type"], written)


def test_a_template_reaches_the_patient(sandbox: str, aurora: CloudApi, written: str) -> None:
    sent = aurora.send(Recipient(wa_id=DALVA), Template("lembrete", ("Dalva",), (QuickReply(0, "confirm:1"),)), "m-1")
    assert chat(sandbox, DALVA)[-1]["id"] == sent.wamid


def test_a_patient_without_a_phone_is_reached_by_user_id(sandbox: str, aurora: CloudApi) -> None:
    control(sandbox, "POST", f"patients/{BIA}/messages", {"to": "aurora", "text": "oi"})
    sent = aurora.send(Recipient(user_id=BIA), Text("Olá, Bia!"), "m-2")
    assert (sent.wa_id, sent.user_id) == (None, BIA)
    assert chat(sandbox, BIA)[-1]["body"] == "Olá, Bia!"


def test_outside_the_window_a_text_is_refused_and_a_template_passes(aurora: CloudApi) -> None:
    stranger = Recipient(wa_id="5511987650007")
    with pytest.raises(Rejected) as caught:
        aurora.send(stranger, Text("Olá"), "m-3")
    assert caught.value.code == OUTSIDE_WINDOW
    assert aurora.send(stranger, Template("aviso"), "m-4").wamid


def test_mark_read_and_the_number_itself(aurora: CloudApi, written: str) -> None:
    aurora.mark_read(written, typing=True)
    assert aurora.phone_number(["id", "display_phone_number"])["id"] == "100000000000001"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "status", "status": 400, "code": 131056}, Throttled),
        ({"kind": "status", "status": 500, "code": 131000}, Unreachable),
        ({"kind": "status", "status": 400, "code": 100}, Rejected),
        ({"kind": "timeout", "seconds": 3}, OutcomeUnknown),
        ({"kind": "reset"}, OutcomeUnknown),
        ({"kind": "lost_response"}, OutcomeUnknown),
    ],
)
def test_faults(
    sandbox: str, aurora: CloudApi, written: str, fault: dict[str, Any], kind: type[IntegrationError]
) -> None:
    control(sandbox, "POST", "faults", {"target": "graph", "operation": "messages", "count": 1, **fault})
    before = len(chat(sandbox, DALVA))
    with pytest.raises(kind):
        aurora.send(Recipient(wa_id=DALVA), Text("Olá?"), "m-5")
    # Only a lost answer leaves the message with the patient: that is what "unknown" stands for.
    assert len(chat(sandbox, DALVA)) - before == (fault["kind"] == "lost_response")
    assert aurora.send(Recipient(wa_id=DALVA), Text("Olá!"), "m-6").wamid
