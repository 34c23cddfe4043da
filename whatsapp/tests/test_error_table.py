"""Every row of Meta's error table, in an answer of the API as it comes over the wire."""

import json
from typing import Any

import pytest

from atendeai.common.errors import (
    CredentialsRevoked,
    IntegrationError,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unreachable,
)
from atendeai.common.http import Reply
from whatsapp.cloud_api import codes, error_class, pair_wait_seconds
from whatsapp.cloud_api.answers import checked

# code, the HTTP status Meta sends with it, our class
ROWS: list[tuple[int, int, type[IntegrationError]]] = [
    (0, 401, CredentialsRevoked),
    (190, 401, CredentialsRevoked),
    (1, 400, Unreachable),
    (2, 503, Unreachable),
    (131000, 500, Unreachable),
    (131016, 500, Unreachable),
    (131057, 500, Unreachable),
    (133004, 503, Unreachable),
    (139103, 400, Unreachable),
    (4, 400, Throttled),
    (613, 400, Throttled),
    (80007, 400, Throttled),
    (130429, 400, Throttled),
    (131056, 400, Throttled),
    (132069, 400, Throttled),
    (133015, 400, Throttled),
    (134101, 400, Throttled),
    (3, 500, Rejected),
    (131045, 500, Rejected),
    (132001, 404, Rejected),
    *((code, 403, Rejected) for code in (10, 200, 240, 299, 368, 130497, 131005, 131031)),
    *((code, 400, Rejected) for code in (33, 100, 130472, 131048, 131049, 131050, 131064)),
    *((code, 400, Rejected) for code in (131008, 131009, 131020, 131021, 131026, 131030, 131037)),
    *((code, 400, Rejected) for code in (131041, 131042, 131047, 131051, 131052, 131053, 131055)),
    *((code, 400, Rejected) for code in (131059, 131062, 131063, 131200, 131299)),
    *((code, 400, Rejected) for code in (132000, 132005, 132007, 132008, 132012, 132015, 132016)),
    *((code, 400, Rejected) for code in (132018, 132068, 133000, 133005, 133006, 133008, 133009)),
    *((code, 400, Rejected) for code in (133010, 133016, 134011, 134100, 134102, 135000, 137000)),
    *((code, 400, Rejected) for code in (138000, 138999, 139000, 139004, 139100, 139101, 139102)),
    *((code, 400, Rejected) for code in (147001, 147005, 2388001, 2494001, 2593107, 2593108)),
]


# Every code of Meta's reference, of a family its first and last: none may be missing above.
REFERENCE = """
    0 190 3 10 200 299 131005 1 2 4 33 100 368 131031 80007 130429 131056 131048 131064 130472 131049 131050
    130497 131000 131008 131009 131016 131020 131041 131059 131200 131299 131021 131026 131030 131037 131042
    131045 131047 131051 131052 131053 131057 131062 131063 132000 132001 132005 132007 132008 132012 132018
    132015 132016 132068 132069 133000 133004 133005 133006 133008 133009 133010 133015 133016 134011 134100
    134101 134102 131055 135000 137000 138000 138999 613 139000 139004 139100 139103 147001 147005 2388001 2494001
    2593107 2593108
"""


def test_every_row_of_the_reference_and_of_our_table_is_tried() -> None:
    tried = {code for code, _status, _kind in ROWS}
    assert set(map(int, REFERENCE.split())) <= tried
    assert set(codes._TABLE) <= tried
    for family in codes._REFUSED_RANGES:
        assert tried & set(family)


def answer(status: int, body: Any, **headers: str) -> IntegrationError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(IntegrationError) as caught:
        checked(Reply(status, named, content), "messages")
    return caught.value


def failed(code: Any, status: int = 400, **error: Any) -> IntegrationError:
    return answer(status, {"error": {"message": "(#1) words", "code": code, **error}})


@pytest.mark.parametrize(("code", "status", "kind"), ROWS)
def test_row(code: int, status: int, kind: type[IntegrationError]) -> None:
    error = failed(code, status)
    assert type(error) is kind
    assert (error.code, error.status, error.provider) == (str(code), status, "whatsapp")
    assert error_class(str(code)) is kind


@pytest.mark.parametrize(("code", "_status", "kind"), ROWS)
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_the_code_decides_and_not_the_status(
    code: int, _status: int, kind: type[IntegrationError], status: int
) -> None:
    assert type(failed(code, status)) is kind
    assert type(failed(str(code), status)) is kind


@pytest.mark.parametrize("code", [None, 424242, "weird", True, [], 10**30])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, CredentialsRevoked),
        (403, Rejected),
        (404, Rejected),
        (429, Throttled),
        (500, Unreachable),
        (503, Unreachable),
        (200, Rejected),
    ],
)
def test_without_a_known_code_the_status_decides(code: Any, status: int, kind: type[IntegrationError]) -> None:
    assert type(failed(code, status)) is kind


def test_an_unknown_error_that_meta_calls_transient_is_tried_again() -> None:
    assert type(failed(424242, 400, is_transient=True)) is Unreachable
    assert type(failed(131047, 400, is_transient=True)) is Rejected


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", OutcomeUnknown),
        (200, b"", OutcomeUnknown),
        (200, b"[]", OutcomeUnknown),
        (502, b"<html>Bad gateway</html>", OutcomeUnknown),
        (500, b"", OutcomeUnknown),
        (503, b'{"oops": 1}', OutcomeUnknown),
        (500, b'{"error": "text"}', OutcomeUnknown),
        (302, b"", Unreachable),
        (401, b"", CredentialsRevoked),
        (404, b"<html>", Rejected),
        (429, b"", Throttled),
    ],
)
def test_without_a_word_from_meta(status: int, body: bytes, kind: type[IntegrationError]) -> None:
    assert type(answer(status, body)) is kind


def test_the_detail_is_metas_without_numbers() -> None:
    details = {"details": "Recipient 5511987650001 cannot receive"}
    assert failed(131026, error_data=details).detail == "Recipient … cannot receive"
    assert failed(131026, error_data="odd").detail == "(#1) words"
    assert failed(131026, message=None).detail == ""


@pytest.mark.parametrize(("code", "least", "most"), [(131056, 4, 4), (4, 300, 300), (130429, 1, 60), (131057, 60, 60)])
def test_waits_of_the_table(code: int, least: float, most: float) -> None:
    wait = failed(code).retry_after_seconds
    assert wait is not None
    assert least <= wait <= most


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry_After": "17"}, 17),
        ({"Retry_After": "999999999999"}, 86400),
        ({"Retry_After": "soon"}, 120),
        ({"X_Business_Use_Case_Usage": '{"1":[{"estimated_time_to_regain_access":3}]}'}, 180),
        ({"X_Business_Use_Case_Usage": '{"1":[{"estimated_time_to_regain_access":0}]}'}, 120),
        ({"X_Business_Use_Case_Usage": '{"1":[{}]}'}, 120),
        ({"X_Business_Use_Case_Usage": "[]"}, 120),
        ({"X_Business_Use_Case_Usage": '{"1":7}'}, 120),
        ({"X_Business_Use_Case_Usage": "{}"}, 120),
    ],
)
def test_a_throttle_waits_as_long_as_the_headers_ask(headers: dict[str, str], wait: float) -> None:
    error = answer(400, {"error": {"code": 80007}}, **headers)
    assert error.retry_after_seconds == wait


def test_a_refusal_names_no_time() -> None:
    error = answer(400, {"error": {"code": 131047}}, Retry_After="17")
    assert error.retry_after_seconds is None


def test_the_pair_limit_waits_four_to_the_power_of_the_attempts() -> None:
    assert [pair_wait_seconds(attempts) for attempts in (0, 1, 2, 3, 4, 5, 6, 500)] == [
        4, 4, 16, 64, 256, 1024, 3600, 3600,
    ]  # fmt: skip


def test_a_code_that_nobody_knows_in_a_status_is_a_refusal() -> None:
    assert error_class("424242") is Rejected
    assert error_class("") is Rejected
