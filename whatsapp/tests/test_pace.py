"""Meta's pace across threads and processes, judged by the simulator, which counts and refuses as Meta does."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection

from atendeai.common.redis_rest import RedisRest
from atendeai.testing.factories import MONDAY, make_contact, make_conversation, make_number
from atendeai.testing.pacing import forget_pace
from atendeai.testing.people import Aurora
from atendeai.testing.simulator import Simulator
from whatsapp import cloud_api, feeding, outbox, pace
from whatsapp.models import Author, Conversation, Message, MessageState, Number, Urgency

NOW = MONDAY
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def fresh_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_pace()
    monkeypatch.setattr(pace, "_rest", RedisRest("pace not kept, message sent"))


def chats(aurora: Aurora, meta: Simulator, count: int) -> list[Conversation]:
    """Conversations of people who have just written."""
    found = []
    for number in range(count):
        phone = f"55119876{60000 + number}"
        meta.control("POST", f"patients/{phone}/messages", {"to": "aurora", "text": "oi", "name": f"P{number}"})
        contact = make_contact(aurora.clinic, phone)
        found.append(make_conversation(aurora.number, contact, last_inbound_at=NOW))
    return found


def queue(conversation: Conversation, text: str = "olá", **extra: Any) -> Message:
    return outbox.queue(
        conversation=conversation,
        content=cloud_api.Text(text),
        body=text,
        now=NOW,
        **{"author": Author.BOT, **extra},
    )


def in_threads(*works: Callable[[], None]) -> None:
    def run(work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def deliver_all(seconds: float = 30) -> None:
    """What workers and sweep do together: take what is due until nothing waits."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ids = set(Message.objects.filter(state=MessageState.QUEUED).values_list("conversation_id", flat=True))
        if not ids:
            return
        for conversation_id in ids:
            outbox.deliver_one(conversation_id, now=NOW)
        time.sleep(0.02)


def ask(aurora: Aurora, urgency: int = Urgency.REPLY, contact: int = 0, rate: int = 80) -> float:
    return pace.wait_seconds(number_id=aurora.number.pk, contact_id=contact, sends_per_second=rate, urgency=urgency)


@pytest.mark.django_db(transaction=True)
def test_threads_at_one_number_never_send_more_than_its_rate(aurora: Aurora, meta: Simulator) -> None:
    Number.objects.update(sends_per_second=20)
    for conversation in chats(aurora, meta, 50):
        queue(conversation)
    meta.control("POST", "pace", {"per_second": 20, "is_kept": True})
    in_threads(*[deliver_all] * 6)
    told = meta.control("GET", "pace")
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.SENT}
    assert (told["sends"], told["refused"]) == (50, {})
    assert 6 <= told["most_in_a_second"] <= 20


WORKER = """
import os, django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = os.environ["DATABASE_NAME"]
settings.GRAPH_API_BASE_URL = os.environ["META"]
from whatsapp.tests.test_pace import deliver_all
deliver_all()
"""


@pytest.mark.django_db(transaction=True)
def test_processes_share_the_pace(aurora: Aurora, meta: Simulator) -> None:
    Number.objects.update(sends_per_second=20)
    for conversation in chats(aurora, meta, 40):
        queue(conversation)
    meta.control("POST", "pace", {"per_second": 20, "is_kept": True})
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "atendeai.settings",
        "DATABASE_NAME": str(connection.settings_dict["NAME"]),
        "META": meta.url,
    }
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        for _ in range(3)
    ]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0, 0]
    told = meta.control("GET", "pace")
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.SENT}
    assert (told["sends"], told["refused"]) == (40, {})
    assert told["most_in_a_second"] <= 20


def test_forty_five_answers_to_one_person_go_at_once_and_no_more(aurora: Aurora, meta: Simulator) -> None:
    (conversation,) = chats(aurora, meta, 1)
    Number.objects.update(sends_per_second=1000)
    meta.control("POST", "pace", {"per_second": 1000, "is_kept": True})
    for number in range(60):
        queue(conversation, f"n{number}")
    started, sent = time.monotonic(), 0
    while outbox.deliver_one(conversation.pk, now=NOW):
        sent += 1
    # One more for each six seconds that a slow machine took.
    assert 45 <= sent <= 45 + (time.monotonic() - started) // 6 + 1
    refused = Message.objects.filter(state=MessageState.QUEUED).earliest("id")
    assert (refused.attempts, refused.error_code) == (0, "")
    assert refused.not_before is not None
    assert meta.control("GET", "pace")["refused"] == {}


@pytest.mark.parametrize(("rate", "burst"), [(20, 6), (80, 24)])
def test_a_second_holds_the_burst_and_what_flows_in(aurora: Aurora, rate: int, burst: int) -> None:
    started, granted, least = time.monotonic(), 0, 1.0
    for contact in range(2 * rate):
        wait = ask(aurora, contact=contact, rate=rate)
        granted += wait == 0
        least = min(least, wait or 1.0)
    elapsed = time.monotonic() - started
    assert burst <= granted <= burst + rate * pace.EVEN * elapsed + 1
    assert burst + rate * pace.EVEN <= rate
    assert least <= 1.1 / (rate * pace.EVEN)


@pytest.mark.parametrize("rate", [1, 20, 80, 1000])
@pytest.mark.parametrize("urgency", list(Urgency))
def test_burst_and_inflow_are_never_more_than_the_rate(rate: int, urgency: Urgency) -> None:
    interval, ahead = pace._number_limit(rate, urgency)
    in_a_second = ahead / interval + 1 + 1_000_000 / interval
    assert in_a_second <= max(rate, 1 + pace.EVEN)


def test_a_reply_finds_room_when_campaigns_have_used_theirs(aurora: Aurora) -> None:
    used = dict.fromkeys(Urgency, 0)
    for contact, urgency in enumerate([u for u in reversed(Urgency) for _ in range(80)]):
        used[urgency] += ask(aurora, urgency, contact, rate=20) == 0
    assert used[Urgency.BULK] >= 1
    assert used[Urgency.REPLY] >= 1
    assert ask(aurora, Urgency.BULK, 999, rate=20) > ask(aurora, Urgency.REPLY, 1000, rate=20)


@pytest.mark.parametrize("urgency", [Urgency.NOTICE, Urgency.REMINDER, Urgency.BULK])
def test_what_is_less_urgent_leaves_room_for_an_answer(aurora: Aurora, urgency: Urgency) -> None:
    granted = 0
    while ask(aurora, urgency, granted, rate=20) == 0:
        granted += 1
    assert ask(aurora, Urgency.REPLY, 999, rate=20) == 0
    more_urgent = Urgency(urgency - 1)
    assert pace._number_limit(80, urgency)[1] < pace._number_limit(80, more_urgent)[1]
    assert pace._pair_limit(urgency)[1] < pace._pair_limit(more_urgent)[1]


def test_one_number_s_pace_is_not_another_s(aurora: Aurora) -> None:
    other = make_number(aurora.clinic)
    while ask(aurora, contact=1, rate=1) == 0:
        pass
    assert ask(aurora, contact=2, rate=1) > 0
    assert pace.wait_seconds(number_id=other.pk, contact_id=2, sends_per_second=1, urgency=0) == 0


def test_a_held_number_waits(aurora: Aurora) -> None:
    pace.hold(number_id=aurora.number.pk, seconds=2)
    assert 1 < ask(aurora) <= 2
    pace.hold(number_id=aurora.number.pk, seconds=1)
    assert 1 < ask(aurora) <= 2


def test_redis_emptied_or_its_scripts_forgotten(aurora: Aurora) -> None:
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    assert ask(aurora) == 0
    client.script_flush()
    assert ask(aurora) == 0
    forget_pace()
    assert ask(aurora) == 0


def test_redis_away_sends_without_pace_and_says_so(
    aurora: Aurora, meta: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    # Only here: by the setting, a guard or a cache that is first used in this test would keep the wrong address.
    away = pace._Redis()
    away._client = redis.Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.2)
    monkeypatch.setattr(pace, "_redis", away)
    monkeypatch.setattr(pace, "_rest", RedisRest("pace not kept, message sent"))
    (conversation,) = chats(aurora, meta, 1)
    for number in range(3):
        queue(conversation, f"n{number}")
    started = time.monotonic()
    assert all(outbox.deliver_one(conversation.pk, now=NOW) for _ in range(3))
    # Its time-out is paid once, not for each message.
    assert time.monotonic() - started < 5
    assert [record.message for record in caplog.records].count("pace not kept, message sent") == 1
    pace.hold(number_id=1, seconds=1)


# --- Which rows the sweep takes ------------------------------------------------------------------------------------


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    monkeypatch.setattr(
        feeding, "wake_after_commit", lambda task, conversation_id: found.append((task, conversation_id))
    )
    return found


def flood(conversation: Conversation, count: int, urgency: Urgency = Urgency.BULK) -> None:
    """As many people with a waiting message each, without a call for each row."""
    contacts = [make_contact(conversation.clinic) for _ in range(3)]
    others = [make_conversation(conversation.number, contact) for contact in contacts]
    Message.objects.bulk_create(
        Message(
            clinic=conversation.clinic,
            conversation=others[place % 3],
            number=conversation.number,
            direction="out",
            author=Author.SYSTEM,
            type="text",
            content='{"kind": "text", "body": "oi"}',
            state=MessageState.QUEUED,
            urgency=urgency,
            created_at=NOW,
        )
        for place in range(count)
    )


def test_the_most_urgent_is_found_first_behind_any_flood(
    aurora: Aurora, meta: Simulator, woken: list[tuple[str, int]]
) -> None:
    (conversation,) = chats(aurora, meta, 1)
    flood(conversation, 5000)
    flood(conversation, 5000, Urgency.REMINDER)
    queue(conversation)
    assert feeding.feed() <= feeding.LIMIT
    assert woken[0] == ("whatsapp.deliver", conversation.pk)
    assert [task for task, _ in woken] == [
        "whatsapp.deliver",
        *["whatsapp.deliver_reminders"] * 3,
        *["whatsapp.deliver_bulk"] * 3,
    ]


def test_no_number_keeps_another_from_being_found(
    aurora: Aurora, meta: Simulator, woken: list[tuple[str, int]]
) -> None:
    (conversation,) = chats(aurora, meta, 1)
    flood(conversation, 3000)
    seconds = [make_conversation(make_number(aurora.clinic)) for _ in range(5)]
    for second in seconds:
        queue(second, urgency=Urgency.BULK)
    feeding.feed()
    assert {second.pk for second in seconds} <= {pk for _, pk in woken}
    assert {task for task, _ in woken} == {"whatsapp.deliver_bulk"}


def test_the_first_rows_of_all_numbers_come_before_anybodys_second_ones(
    aurora: Aurora, woken: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "LIMIT", 6)
    many = [make_conversation(aurora.number) for _ in range(20)]
    few = [make_conversation(make_number(aurora.clinic)) for _ in range(5)]
    for conversation in (*many, *few):
        queue(conversation, urgency=Urgency.BULK)
    feeding.feed()
    assert {pk for _, pk in woken} == {many[0].pk, *(one.pk for one in few)}


def test_a_number_is_fed_in_its_own_pace(aurora: Aurora, woken: list[tuple[str, int]]) -> None:
    Number.objects.update(sends_per_second=20)
    for _ in range(40):
        queue(make_conversation(aurora.number), urgency=Urgency.BULK)
    assert feeding.feed() == 14
    Number.objects.update(sends_per_second=1000)
    assert feeding.feed() == 40
    Number.objects.update(blocked_code="190")
    assert feeding.feed() == 0


def test_what_an_older_program_queued_without_its_number_is_found(aurora: Aurora, woken: list[tuple[str, int]]) -> None:
    message = queue(make_conversation(aurora.number))
    Message.objects.filter(pk=message.pk).update(number=None)
    assert feeding.feed() == 1


def test_only_answers_and_notices_are_told_of_by_hints(aurora: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    hints: list[int] = []
    monkeypatch.setattr(outbox, "wake_after_commit", lambda _task, conversation_id: hints.append(conversation_id))
    conversation = make_conversation(aurora.number)
    for urgency in Urgency:
        queue(conversation, urgency=urgency)
    assert hints == [conversation.pk] * 2


def test_queues_by_task_name() -> None:
    from atendeai.celery import QUEUES, app

    names = ("whatsapp.deliver", "whatsapp.unpack", "whatsapp.deliver_reminders", "whatsapp.deliver_bulk")
    routed = [app.amqp.router.route({}, name)["queue"].name for name in names]
    assert routed == ["outbound", "inbound", "reminders", "bulk"]
    assert sorted(routed, key=QUEUES.index) == routed


@pytest.mark.django_db(transaction=True)
def test_a_flood_of_five_thousand_does_not_delay_a_reply(aurora: Aurora, meta: Simulator) -> None:
    Number.objects.update(sends_per_second=20)
    people = chats(aurora, meta, 3)
    flood(people[0], 5000)
    known = [one.pk for one in people]
    others = list(Conversation.objects.for_clinic(aurora.clinic).exclude(pk__in=known).values_list("pk", flat=True))
    stop, delays = threading.Event(), []

    def campaign() -> None:
        """A worker that does nothing but campaigns, as fast as the sweep gives them out."""
        while not stop.is_set():
            for conversation in others:
                outbox.deliver_one(conversation, now=NOW)

    def answers() -> None:
        for number in range(10):
            conversation = people[number % 3]
            message = queue(conversation, f"resposta {number}")
            started = time.monotonic()
            while Message.objects.get(pk=message.pk).state != MessageState.SENT:
                outbox.deliver_one(conversation.pk, now=NOW)
                time.sleep(0.005)
            delays.append(time.monotonic() - started)
            time.sleep(0.15)
        stop.set()

    in_threads(campaign, campaign, answers)
    assert len(delays) == 10
    # Behind the flood it would wait for minutes.
    assert max(delays) < 4
    assert Message.objects.filter(urgency=Urgency.BULK).exclude(state=MessageState.QUEUED).exists()
