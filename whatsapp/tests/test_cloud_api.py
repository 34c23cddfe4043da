"""The client over a real socket: what goes out, and what each answer becomes."""

from collections.abc import Iterator
from typing import Any

import pytest

from atendeai.common.errors import (
    CredentialsRevoked,
    NotConfigured,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unreachable,
)
from atendeai.common.tests import servers
from atendeai.common.tests.servers import Server
from whatsapp.cloud_api import (
    PAIR_LIMIT,
    CloudApi,
    ContentError,
    OutboundContent,
    Reaction,
    Recipient,
    Sent,
    Text,
)
from whatsapp.tests.contents import ONE_OF_EACH

DALVA = Recipient(wa_id="5511987650001")
USER_ID = "BR.1502576394655843"


@pytest.fixture
def meta() -> Iterator[Server]:
    with servers.answering() as running:
        running.says(accepted(wa_id="551187650001"))
        yield running


def accepted(wamid: str = "wamid.new", **contact: str) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": "+5511987650001", **contact}],
        "messages": [{"id": wamid, "message_status": "accepted"}],
    }


def client(url: str) -> CloudApi:
    return CloudApi(base_url=url, version="v24.0", access_token="token", phone_number_id="1065", clinic_id=7)


def test_send_and_what_meta_answers(meta: Server) -> None:
    sent = client(meta.url + "/").send(DALVA, Text("Olá"), "m-17", context_id="wamid.before")
    assert sent == Sent("wamid.new", "551187650001", None, "accepted")
    (seen,) = meta.seen
    assert (seen.method, seen.path) == ("POST", "/v24.0/1065/messages")
    assert seen.headers["Authorization"] == "Bearer token"
    assert seen.json() == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+5511987650001",
        "type": "text",
        "text": {"body": "Olá", "preview_url": False},
        "context": {"message_id": "wamid.before"},
        "biz_opaque_callback_data": "m-17",
    }


def test_a_user_id_goes_as_recipient_and_never_as_to(meta: Server) -> None:
    meta.says(accepted(user_id=USER_ID))
    sent = client(meta.url).send(Recipient(user_id=USER_ID), Text("Olá"), "m-1")
    assert (sent.wa_id, sent.user_id) == (None, USER_ID)
    body = meta.seen[0].json()
    assert body["recipient"] == USER_ID
    assert "to" not in body
    assert "context" not in body


def test_a_phone_goes_before_a_user_id_and_always_with_plus(meta: Server) -> None:
    client(meta.url).send(Recipient(wa_id="+55 11 98765-0001", user_id=USER_ID), Text("Olá"), "m-1")
    assert meta.seen[0].json()["to"] == "+5511987650001"


@pytest.mark.parametrize("parts", [{}, {"wa_id": ""}, {"wa_id": USER_ID}, {"wa_id": "Dalva"}, {"user_id": ""}])
def test_a_recipient_that_meta_would_lose_cannot_be_made(parts: dict[str, str]) -> None:
    with pytest.raises(ContentError):
        Recipient(**parts)


def test_a_tracker_beyond_the_limit_is_refused_before_the_call(meta: Server) -> None:
    client(meta.url).send(DALVA, Text("Olá"), "m" * 512)
    with pytest.raises(ContentError):
        client(meta.url).send(DALVA, Text("Olá"), "m" * 513)
    assert len(meta.seen) == 1


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        ({"messages": [{"id": "wamid.x"}]}, Sent("wamid.x", None, None, "accepted")),
        (
            {
                "messages": [{"id": "wamid.x", "message_status": "held_for_quality_assessment"}],
                "contacts": [7],
            },
            Sent("wamid.x", None, None, "held_for_quality_assessment"),
        ),
    ],
)
def test_an_answer_with_parts_missing(meta: Server, answer: dict[str, Any], sent: Sent) -> None:
    meta.says(answer)
    assert client(meta.url).send(DALVA, Text("Olá"), "m-1") == sent


@pytest.mark.parametrize("answer", [{}, {"messages": []}, {"messages": [{}]}, {"messages": {"id": "x"}}, []])
def test_a_success_without_a_message_id_is_an_unknown_outcome(meta: Server, answer: Any) -> None:
    meta.says(answer)
    with pytest.raises(OutcomeUnknown):
        client(meta.url).send(DALVA, Text("Olá"), "m-1")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (131056, 400, Throttled),
        (131047, 400, Rejected),
        (190, 401, CredentialsRevoked),
        (131016, 500, Unreachable),
    ],
)
def test_an_error_of_meta(meta: Server, code: int, status: int, kind: type[Exception]) -> None:
    meta.says({"error": {"message": "m", "code": code, "error_data": {"details": "why"}}}, status)
    with pytest.raises(kind) as caught:
        client(meta.url).send(DALVA, Text("Olá"), "m-1")
    error: Any = caught.value
    assert (error.code, error.detail, error.operation) == (str(code), "why", "messages")
    assert (error.code == PAIR_LIMIT) == (error.retry_after_seconds == 4)


def test_a_gateway_that_answers_for_meta_leaves_the_outcome_unknown(meta: Server) -> None:
    meta.answer = servers.Answer(502, b"<html>Bad gateway</html>")
    with pytest.raises(OutcomeUnknown):
        client(meta.url).send(DALVA, Text("Olá"), "m-1")


def test_a_connection_lost_before_and_after_sending() -> None:
    with pytest.raises(Unreachable):
        client(servers.refused_url()).send(DALVA, Text("Olá"), "m-1")
    with servers.misbehaving(servers.reset) as url, pytest.raises(OutcomeUnknown):
        client(url).send(DALVA, Text("Olá"), "m-1")


def test_mark_read_with_and_without_typing(meta: Server) -> None:
    meta.says({"success": True})
    client(meta.url).mark_read("wamid.in")
    client(meta.url).mark_read("wamid.in", typing=True)
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.in"}
    assert [seen.json() for seen in meta.seen] == [read, read | {"typing_indicator": {"type": "text"}}]


def test_phone_number(meta: Server) -> None:
    meta.says({"verified_name": "Aurora", "id": "1065"})
    number = client(meta.url).phone_number(["verified_name", "quality_rating"])
    assert number == {"verified_name": "Aurora", "id": "1065"}
    assert (meta.seen[0].method, meta.seen[0].path) == (
        "GET",
        "/v24.0/1065?fields=verified_name%2Cquality_rating",
    )


@pytest.mark.parametrize("missing", ["access_token", "phone_number_id"])
def test_without_a_token_or_a_number_there_is_no_client(missing: str) -> None:
    parts: dict[str, Any] = {"access_token": "t", "phone_number_id": "1", missing: ""}
    with pytest.raises(NotConfigured):
        CloudApi(base_url="http://x", version="v24.0", clinic_id=7, **parts)


def test_a_client_does_not_show_its_token() -> None:
    assert "token" not in repr(client("http://x"))


def test_a_reaction_never_answers_in_context(meta: Server) -> None:
    with pytest.raises(ContentError) as caught:
        client(meta.url).send(DALVA, Reaction("wamid.before", "👍"), "m-1", context_id="wamid.before")
    assert caught.value.field == "context"
    assert not meta.seen


@pytest.mark.parametrize("content", ONE_OF_EACH.values(), ids=ONE_OF_EACH.keys())
@pytest.mark.parametrize(
    ("recipient", "addressed"),
    [
        (Recipient(wa_id="5511987650001"), {"to": "+5511987650001"}),
        (Recipient(user_id=USER_ID), {"recipient": USER_ID}),
    ],
)
def test_every_kind_reaches_numbers_with_plus_and_ids_as_recipient(
    meta: Server, content: OutboundContent, recipient: Recipient, addressed: dict[str, str]
) -> None:
    client(meta.url).send(recipient, content, "m-1")
    body = meta.seen[0].json()
    assert {key: body[key] for key in ("to", "recipient") if key in body} == addressed
    assert body[body["type"]]
