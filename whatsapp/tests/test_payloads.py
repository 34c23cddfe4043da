"""Every known form of a delivery, and no form at all: unpacking answers, and never raises."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whatsapp.payloads import Identity, Item, Kind, Problem, StatusError, incoming, status_of, unpack
from whatsapp.tests.payload_expectations import EXPECTED, Expected

PAYLOADS = Path(__file__).parent / "payloads"
FILES = sorted(PAYLOADS.glob("*.json"))
FORMS = [file.stem for file in FILES]


def _body(form: str) -> bytes:
    return (PAYLOADS / f"{form}.json").read_bytes()


def _only(form: str) -> Item:
    (item,) = unpack(_body(form)).items
    return item


def _delivery(message: str) -> bytes:
    change = f'{{"field":"messages","value":{{"messages":[{message}]}}}}'
    return f'{{"entry":[{{"id":"1","changes":[{change}]}}]}}'.encode()


def test_every_form_has_an_expectation_and_every_expectation_a_form() -> None:
    assert sorted(EXPECTED) == FORMS


@pytest.mark.parametrize("form", FORMS)
def test_form(form: str) -> None:
    unpacked = unpack(_body(form))
    expected = EXPECTED[form]
    assert tuple(problem.where for problem in unpacked.problems) == expected.problems
    assert len(unpacked.items) == len(expected.items)
    for item, wanted in zip(unpacked.items, expected.items, strict=True):
        _check(item, wanted)


def _check(item: Item, wanted: Expected) -> None:
    if wanted.provider_id is None:
        assert re.fullmatch(r"[0-9a-f]{64}", item.provider_id)
    else:
        assert item.provider_id == wanted.provider_id
    assert (item.kind, item.scope, item.status, item.reason) == (
        wanted.kind,
        wanted.scope,
        wanted.status,
        wanted.reason,
    )
    assert item.sender == wanted.sender
    if wanted.says is not None:
        assert incoming(item.payload) == wanted.says


def test_times_are_aware_utc_from_text_numbers_and_the_entry() -> None:
    at = datetime(2025, 11, 23, 16, tzinfo=UTC)
    assert _only("text").provider_at == at
    assert _only("preference_stop").provider_at == at
    assert _only("template_approved").provider_at == at


@pytest.mark.parametrize(
    "timestamp",
    ['"soon"', '""', "null", "true", "-5", "0", '"99999999999999999999"', "1e400", "[]", '"１２"'],
)
def test_an_unreadable_time_is_none(timestamp: str) -> None:
    (item,) = unpack(_delivery(f'{{"id":"w","timestamp":{timestamp}}}')).items
    assert item.provider_at is None


def test_a_time_in_milliseconds_is_none() -> None:
    (item,) = unpack(_delivery('{"id":"w","timestamp":"1763913600000"}')).items
    assert item.provider_at is None


def test_nul_and_lone_surrogates_survive_in_the_payload() -> None:
    payload = _only("text_nul").payload
    assert payload["text"]["body"] == "a\x00b\ud800c"
    assert json.loads(json.dumps(payload)) == payload


def test_a_number_that_json_does_not_know_is_none() -> None:
    (item,) = unpack(_delivery('{"id":"w","a":NaN,"b":-Infinity}')).items
    assert item.payload == {"id": "w", "a": None, "b": None}


def test_what_was_sent_twice_has_one_key() -> None:
    first, second = unpack(_body("same_message_twice")).items
    assert first.key == second.key


@pytest.mark.parametrize("form", ["without_id", "template_approved", "error_alone", "preference_stop", "calls"])
def test_a_fingerprint_is_the_same_again_whatever_the_order_of_keys(form: str) -> None:
    delivery = json.loads(_body(form))
    assert unpack(json.dumps(_reversed_keys(delivery)).encode()).items[0].key == _only(form).key
    delivery["entry"][0]["time"] += 1
    assert unpack(json.dumps(delivery).encode()).items[0].key != _only(form).key


def _reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed_keys(value[key]) for key in reversed(list(value))}
    return [_reversed_keys(part) for part in value] if isinstance(value, list) else value


def test_a_partner_event_belongs_to_the_account_named_inside() -> None:
    assert _only("account_partner_added").account_id == "777000777"


def test_status_in_full() -> None:
    sent = status_of(_only("status_sent").payload)
    assert (sent.wamid, sent.status, sent.tracker) == ("wamid.ours", "sent", "m-17")
    assert sent.at == datetime(2025, 11, 23, 16, 0, 1, tzinfo=UTC)
    assert sent.recipient == Identity(wa_id="5511987650001")
    assert sent.pricing == {
        "billable": True,
        "pricing_model": "PMP",
        "type": "regular",
        "category": "service",
    }
    failed = status_of(_only("status_failed").payload)
    assert failed.errors == (
        StatusError("131026", "Message undeliverable", "Receiver is incapable of receiving this message"),
    )
    assert (failed.tracker, failed.pricing) == ("", None)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"null", b"7", b'"x"', b"[]", b"[" * 100_000, b'{"entry": 1}', b"9" * 5000],
)
def test_what_is_no_delivery_is_one_problem(body: bytes) -> None:
    unpacked = unpack(body)
    assert unpacked.items == ()
    assert [problem.where for problem in unpacked.problems] == ["body"]


def test_depth_beyond_all_reason_is_a_problem_of_that_change_alone() -> None:
    deep = b'{"x":' * 80 + b"1" + b"}" * 80
    good = b'{"field":"messages","value":{"messages":[{"id":"wamid.ok"}]}}'
    body = b'{"entry":[{"id":"1","changes":[{"field":"messages","value":' + deep + b"}," + good + b"]}]}"
    unpacked = unpack(body)
    assert [item.provider_id for item in unpacked.items] == ["wamid.ok"]
    assert unpacked.problems == (Problem("entry[0].changes[0]", "nests too deeply"),)


def test_an_id_that_no_column_holds_becomes_a_fingerprint() -> None:
    (item,) = unpack(_delivery('{"id":"wamid.\\u0000"}')).items
    assert re.fullmatch(r"[0-9a-f]{64}", item.provider_id)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in parts for found in _paths(part, (*path, key)))]


def _mutated(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _mutated(copy[path[0]], path[1:], new)
    return copy


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_mutation_raises_and_every_key_fits_a_column(data: st.DataObject) -> None:
    delivery = json.loads(_body(data.draw(st.sampled_from(FORMS))))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(_paths(delivery)))
        delivery = _mutated(delivery, path, data.draw(_JSON))
    for item in unpack(json.dumps(delivery).encode()).items:
        _check_storable(item)


def _check_storable(item: Item) -> None:
    said, status, person = incoming(item.payload), status_of(item.payload), item.sender
    words = [*item.key, item.field, item.reason, item.phone_number_id, item.account_id, said.type, said.text]
    words += [said.choice_id, said.context_id, said.media_id, status.tracker, status.wamid]
    words += [word for word in (person.user_id, person.wa_id, person.name, person.username) if word]
    for word in words:
        assert "\x00" not in word
        word.encode()
    assert item.kind in Kind
    assert item.provider_id
    json.dumps(item.payload)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    unpack(body)
