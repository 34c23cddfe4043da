"""Are files kept, handed out and refused as Meta does it?"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx
import pytest

from sandbox.tests.receiver import Receiver
from sandbox.tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture"
NUMBER, BOREAL = "100000000000001", "100000000000002"
MB = 1024 * 1024


def file(content: bytes = PNG, mime_type: str = "image/png", **more: Any) -> dict[str, Any]:
    return {"name": "exame.png", "mime_type": mime_type, "base64": base64.b64encode(content).decode(), **more}


def received(world: World, receiver: Receiver, **fields: Any) -> dict[str, Any]:
    world.write(file=file(**fields))
    message: dict[str, Any] = receiver.calls[-1].value["messages"][0]
    return message


def fetch(world: World, url: str, token: str = "sandbox-token-aurora") -> httpx.Response:
    return world.http.get(url, headers={"Authorization": f"Bearer {token}"})


def upload(world: World, content: bytes = PNG, mime_type: str = "image/png", **form: str) -> httpx.Response:
    data = {"messaging_product": "whatsapp", "type": mime_type, **form}
    return world.graph("POST", f"{NUMBER}/media", data=data, files={"file": ("exame.png", content, mime_type)})


def test_a_patients_file_is_announced_with_its_hash_and_fetched_with_the_token(
    world: World, receiver: Receiver
) -> None:
    message = received(world, receiver, caption="meu exame")
    image = message["image"]
    assert message["type"] == "image"
    assert image["caption"] == "meu exame"
    assert base64.b64decode(image["sha256"]) == hashlib.sha256(PNG).digest()
    assert fetch(world, image["url"]).content == PNG
    assert fetch(world, image["url"], "wrong").status_code == 401
    assert fetch(world, image["url"], "sandbox-token-boreal").status_code == 404
    node = world.graph("GET", image["id"], params={"phone_number_id": NUMBER}).json()
    assert node["file_size"] == len(PNG)
    assert node["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert fetch(world, node["url"]).content == PNG


def test_an_address_is_good_for_five_minutes_and_an_id_for_seven_days(world: World, receiver: Receiver) -> None:
    image = received(world, receiver)["image"]
    world.http.post("/control/clock", json={"advance_seconds": 301})
    assert fetch(world, image["url"]).status_code == 404
    node = world.graph("GET", image["id"]).json()
    assert fetch(world, node["url"]).status_code == 200
    world.http.post("/control/clock", json={"advance_seconds": 7 * 24 * 3600})
    assert world.graph("GET", image["id"]).json()["error"]["error_subcode"] == 33


def test_an_id_belongs_to_one_number(world: World, receiver: Receiver) -> None:
    media_id = received(world, receiver)["image"]["id"]
    assert world.graph("GET", media_id, token="sandbox-token-boreal").status_code == 400
    assert world.graph("GET", media_id, params={"phone_number_id": BOREAL}).status_code == 400


@pytest.mark.parametrize(
    ("mime_type", "more", "kind", "key"),
    [
        ("audio/ogg; codecs=opus", {"voice": True}, "audio", "voice"),
        ("video/mp4", {}, "video", "sha256"),
        ("application/pdf", {}, "document", "filename"),
        ("application/x-tar", {}, "document", "filename"),
        ("image/webp", {}, "sticker", "animated"),
        ("image/png", {"kind": "document"}, "document", "filename"),
    ],
)
def test_each_kind_has_its_own_object(
    world: World, receiver: Receiver, mime_type: str, more: dict[str, Any], kind: str, key: str
) -> None:
    message = received(world, receiver, mime_type=mime_type, **more)
    assert message["type"] == kind
    assert key in message[kind]


def test_an_upload_is_sent_by_its_number_only_and_deleted(world: World) -> None:
    world.write(text="oi")
    media_id = upload(world).json()["id"]
    assert world.send(type="image", image={"id": media_id}).status_code == 200
    assert world.send(type="document", document={"id": media_id}).status_code == 200
    assert world.send(type="video", video={"id": media_id}).json()["error"]["code"] == 131053
    boreal = {"messaging_product": "whatsapp", "to": "+5511987650001", "type": "image", "image": {"id": media_id}}
    answer = world.graph("POST", f"{BOREAL}/messages", token="sandbox-token-boreal", json=boreal)
    assert answer.json()["error"]["code"] == 131009
    assert world.graph("DELETE", media_id).json() == {"success": True}
    assert world.send(type="image", image={"id": media_id}).json()["error"]["code"] == 131009


def test_an_upload_lives_thirty_days(world: World) -> None:
    media_id = upload(world).json()["id"]
    world.http.post("/control/clock", json={"advance_seconds": 30 * 24 * 3600 - 60})
    world.write(text="oi")
    assert world.send(type="image", image={"id": media_id}).status_code == 200
    world.http.post("/control/clock", json={"advance_seconds": 61})
    assert world.send(type="image", image={"id": media_id}).json()["error"]["code"] == 131009


@pytest.mark.parametrize(
    ("size", "mime_type", "code"),
    [
        (5 * MB, "image/jpeg", None),
        (5 * MB + 1, "image/jpeg", 131053),
        (16 * MB, "audio/ogg; codecs=opus", None),
        (16 * MB + 1, "audio/ogg; codecs=opus", 131053),
        (16 * MB, "video/mp4", None),
        (16 * MB + 1, "video/mp4", 131053),
        (100 * MB, "application/pdf", None),
        (100 * MB + 1, "application/pdf", 131053),
        (100 * 1024, "image/webp", None),
        (100 * 1024 + 1, "image/webp", 131053),
        (10, "image/gif", 100),
        (10, "text/html", 100),
        (0, "image/png", 131053),
    ],
)
def test_types_and_sizes_beyond_metas_are_refused(world: World, size: int, mime_type: str, code: int | None) -> None:
    answer = upload(world, b"x" * size, mime_type).json()
    assert answer.get("error", {}).get("code") == code


@pytest.mark.parametrize(("size", "code"), [(500 * 1024, None), (500 * 1024 + 1, 131053)])
def test_a_moving_sticker_may_be_larger(world: World, size: int, code: int | None) -> None:
    head = b"RIFF\0\0\0\0WEBPVP8X" + bytes(4) + b"\x02"
    answer = upload(world, head + bytes(size - len(head)), "image/webp").json()
    assert answer.get("error", {}).get("code") == code


def test_faults_spoil_the_bytes_or_what_is_said_of_them(world: World, receiver: Receiver) -> None:
    image = received(world, receiver)["image"]
    world.fault(target="graph", operation="media.download", kind="truncated")
    with pytest.raises(httpx.RemoteProtocolError):
        fetch(world, image["url"])
    world.fault(target="graph", operation="media.download", kind="wrong_hash")
    spoilt = fetch(world, image["url"]).content
    assert (len(spoilt), spoilt == PNG) == (len(PNG), False)
    world.fault(target="graph", operation="media.download", kind="wrong_size")
    assert len(fetch(world, image["url"]).content) == len(PNG) + 1
    world.fault(target="graph", operation="media.get", kind="wrong_size")
    assert world.graph("GET", image["id"]).json()["file_size"] == len(PNG) + 1
    world.fault(target="graph", operation="media", kind="status", status=500)
    assert world.graph("GET", image["id"]).status_code == 500
    assert world.http.post("/control/faults", json={"target": "graph", "kind": "truncated"}).status_code == 400


def test_the_redirect_switch_sends_every_address_elsewhere(world: World, receiver: Receiver) -> None:
    image = received(world, receiver)["image"]
    world.http.post("/control/media", json={"redirect": "http://127.0.0.1:1/elsewhere"})
    assert fetch(world, image["url"]).headers["location"] == "http://127.0.0.1:1/elsewhere"
    world.http.post("/control/media", json={})
    assert fetch(world, image["url"]).status_code == 200
    world.http.post("/control/reset")
    assert fetch(world, image["url"]).status_code == 404


def test_a_file_of_more_than_a_hundred_megabytes_arrives_as_an_error(world: World, receiver: Receiver) -> None:
    content = base64.b64encode(bytes(100 * MB + 1)).decode()
    message = {"to": "aurora", "file": {"name": "x", "mime_type": "video/mp4", "base64": content}}
    world.http.post("/control/patients/5511987650001/messages", json=message, timeout=60)
    assert receiver.calls[-1].value["messages"][0]["errors"][0]["code"] == 131052
