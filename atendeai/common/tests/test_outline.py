"""The shape of a call may be shown, what it says may not."""

import json

import pytest

from atendeai.common.outline import MOST_ITEMS, MOST_LINES, outline
from atendeai.testing import webhooks
from atendeai.testing.people import DALVA_PHONE


def test_kinds_and_field_names_stay_and_nothing_personal_does() -> None:
    message = webhooks.text_message(DALVA_PHONE, "Dalva, dor de cabeça", wamid="wamid.HBgN")
    shown = outline(webhooks.body(webhooks.change("100000000000001", messages=[message])))
    for word in (
        '"object"',
        '"whatsapp_business_account"',
        '"messages"',
        '"from"',
        '"type": "text"',
        '"body": "… (20)"',
    ):
        assert word in shown
    for secret in (DALVA_PHONE, DALVA_PHONE[2:], "Dalva", "cabeça", "HBgN", "100000000000001"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"status": "failed"}, {"status": "failed"}),
        ({"status": "Maria Souza"}, {"status": "… (11)"}),
        ({"status": "5511987650001"}, {"status": "… (13)"}),
        ({"timestamp": "1795000000"}, {"timestamp": "1795000000"}),
        ({"timestamp": "5511987650001 "}, {"timestamp": "… (14)"}),
        ({"code": 131026}, {"code": 131026}),
        ({"phone": 5511987650001}, {"phone": "…"}),
        ({"5511987650001": True}, {"… (13)": True}),
        ({"name": "Maria"}, {"name": "… (5)"}),
        ([None, 1.5], [None, 1.5]),
    ],
)
def test_each_value(given: object, shown: object) -> None:
    assert json.loads(outline(json.dumps(given))) == shown


def test_what_is_long_or_deep_or_no_json_is_cut() -> None:
    assert outline(b"\xff nothing") == "(9)"
    assert outline("[" * 100_000) == "(100000)"
    assert json.loads(outline(json.dumps(list(range(50)))))[-1] == "… 50"
    many = outline(json.dumps([{f"field{n}": n for n in range(40)} for _ in range(MOST_ITEMS)]))
    assert len(many.splitlines()) == MOST_LINES + 1
    assert len(outline(json.dumps([[[[[[[[[[[[[["x"]]]]]]]]]]]]]]))) < 400
