"""What belongs to no chat: each kind in order, none in another's way, none lost."""

import json
from typing import Any

import pytest

from atendeai.testing import webhooks
from atendeai.testing.factories import MONDAY
from atendeai.testing.people import Aurora, make_aurora
from whatsapp import inbox, notices, settling
from whatsapp.models import Contact, Item, ItemState
from whatsapp.payloads import Kind

AURORA_ID, BOREAL_ID = "100000000000001", "100000000000002"


class Recorder:
    """Stands for a slice's handler: notes what it was given, fails on what it is told to."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Any]] = []
        self.broken: set[Any] = set()
        self.reason: str | None = None

    def __call__(self, *, item: Item, payload: dict[str, Any], now: object) -> str | None:
        assert now == MONDAY
        if payload["n"] in self.broken:
            raise RuntimeError("bug")
        assert item.clinic is not None
        self.seen.append((item.clinic.slug, payload["n"]))
        return self.reason


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    handler = Recorder()
    monkeypatch.setattr(notices, "_handlers", {})
    notices.register(Kind.TEMPLATE, handler)
    return handler


def notice(
    number: str, n: int, *, field: str = "message_template_status_update", at: int = 1_795_000_000
) -> dict[str, Any]:
    value = {"n": n, "metadata": {"phone_number_id": number}}
    return {"id": "200000000000001", "time": at, "changes": [{"field": field, "value": value}]}


def receive(*entries: dict[str, Any]) -> inbox.Unpacked:
    inbox.store(body=webhooks.body(*entries), signed_by=None)
    return inbox.unpack_some(now=MONDAY)


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Item.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def test_worked_once_in_the_provider_s_order(aurora: Aurora, recorder: Recorder) -> None:
    at = 1_795_000_000
    unpacked = receive(
        notice(AURORA_ID, 3, at=at + 3), notice(AURORA_ID, 1, at=at + 1), notice(AURORA_ID, 2, at=at + 2)
    )
    assert unpacked.has_notices
    assert notices.work(now=MONDAY) is False
    notices.work(now=MONDAY)
    assert recorder.seen == [("aurora", 1), ("aurora", 2), ("aurora", 3)]
    assert states() == {ItemState.DONE: 3}
    assert Item.objects.first().field == "message_template_status_update"  # type: ignore[union-attr]


def test_a_failing_one_lets_the_others_pass_and_is_set_aside_in_the_end(aurora: Aurora, recorder: Recorder) -> None:
    make_aurora("boreal", BOREAL_ID)
    recorder.broken = {1}
    receive(notice(AURORA_ID, 1), notice(AURORA_ID, 2), notice(BOREAL_ID, 3))
    notices.work(now=MONDAY)
    assert recorder.seen == [("boreal", 3), ("aurora", 2)] or recorder.seen == [("aurora", 2), ("boreal", 3)]
    waiting = Item.objects.get(state=ItemState.WAITING)
    assert (waiting.attempts, waiting.last_error) == (1, "RuntimeError")
    for _ in range(10):
        Item.objects.update(not_before=None)
        notices.work(now=MONDAY)
    assert states() == {ItemState.DONE: 2, ItemState.SET_ASIDE: 1}
    assert Item.objects.get(state=ItemState.SET_ASIDE).attempts == 8


def test_what_failed_comes_again_after_its_pause(aurora: Aurora, recorder: Recorder) -> None:
    recorder.broken = {1}
    receive(notice(AURORA_ID, 1))
    notices.work(now=MONDAY)
    recorder.broken = set()
    notices.work(now=MONDAY)
    assert recorder.seen == []
    Item.objects.update(not_before=None)
    notices.work(now=MONDAY)
    assert recorder.seen == [("aurora", 1)]


def test_what_a_handler_writes_is_undone_with_its_failure(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    def writes_and_fails(*, item: Item, payload: dict[str, Any], now: object) -> None:
        Item.objects.filter(pk=item.pk).update(reason="half done")
        raise RuntimeError("bug")

    monkeypatch.setattr(notices, "_handlers", {Kind.TEMPLATE: writes_and_fails})
    receive(notice(AURORA_ID, 1))
    notices.work(now=MONDAY)
    assert Item.objects.get().reason == ""


def test_one_kind_that_has_much_to_do_leaves_turns_to_the_others(aurora: Aurora, recorder: Recorder) -> None:
    others = Recorder()
    notices.register(Kind.ACCOUNT, others)
    receive(*(notice(AURORA_ID, n) for n in range(60)))
    receive(notice(AURORA_ID, 99, field="account_alerts"))
    assert notices.work(now=MONDAY) is True
    assert others.seen == [("aurora", 99)]
    assert [n for _, n in recorder.seen] == list(range(49))


def test_a_kind_that_nobody_acts_on_is_kept_with_its_reason(aurora: Aurora, recorder: Recorder) -> None:
    receive(notice(AURORA_ID, 1, field="security"), notice(AURORA_ID, 2))
    recorder.reason = "nothing new"
    notices.work(now=MONDAY)
    assert set(Item.objects.values_list("kind", "state", "reason")) == {
        ("account", ItemState.IGNORED, "not_handled_account"),
        ("template", ItemState.IGNORED, "nothing new"),
    }


def test_statuses_and_notices_do_not_wait_for_each_other(aurora: Aurora, recorder: Recorder) -> None:
    receive(notice(AURORA_ID, 1), webhooks.change(AURORA_ID, statuses=[webhooks.status("wamid.x", "sent")]))
    assert settling.settle(now=MONDAY) == 1
    assert recorder.seen == []
    notices.work(now=MONDAY)
    assert recorder.seen == [("aurora", 1)]
    assert Item.objects.get(kind="status").attempts == 1


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("calls", {"calls": [{"id": "wacid.1", "event": "connect"}]}, "call"),
        ("group_lifecycle_update", {"groups": [{}]}, "group"),
        ("messages", {"messages": [{"id": "w", "from": "5511987650001", "group_id": "g", "type": "text"}]}, "group"),
        ("partner_solutions", {"event": "SOLUTION_CREATED"}, "partner_solutions: kept"),
        ("flows", {"event": "FLOW_STATUS_CHANGE"}, "flows"),
        ("tomorrow", {"x": 1}, "tomorrow: not handled"),
    ],
)
def test_what_wants_nothing_done_is_kept_at_once(
    aurora: Aurora, field: str, value: dict[str, Any], reason: str
) -> None:
    value = {"metadata": {"phone_number_id": AURORA_ID}, **value}
    unpacked = receive({"id": "200000000000001", "time": 1_795_000_000, "changes": [{"field": field, "value": value}]})
    assert not unpacked.has_notices
    item = Item.objects.get()
    assert (item.state, item.reason, item.conversation, item.clinic) == (ItemState.IGNORED, reason, None, aurora.clinic)
    # Whole, so that who handles it one day has it; and nobody became a contact or has a chat.
    objects = value.get("messages") or value.get("calls") or [value]
    assert json.loads(item.payload) == objects[0]
    assert not Contact.objects.exists()
