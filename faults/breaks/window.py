"""The 24 hours in which a clinic may write freely pass while Meta is away."""

from __future__ import annotations

import time
from datetime import timedelta

from faults.breaks.clocks import move_to
from faults.breaks.rules import heal
from faults.fault import Fault
from faults.house import wait_until
from faults.load import api, chats, now, writes
from faults.run import Person, Run
from faults.tempting import STEPS, tempts
from faults.usual import answered_chat, hold_a_chat

ANSWERED = 4
LONGEST_SEND_SECONDS = 20


def only_words(run: Run) -> None:
    """Nothing about appointments: what is cancelled after its time tells nobody, and who books waits for an answer.

    And nothing at the other clinic, for which Meta is there: a call that is on its way when the clock jumps by a day
    comes too late, as none does where time passes.
    """
    hold_a_chat(run)
    for _ in range(3):
        run.start(chats, run.person(run.a), 3, steps=3)
    run.start(tempts, run.a, steps=STEPS)


def close_windows(run: Run) -> None:
    """Meta is away, programs answer patients by free text, and the 24 hours of each pass before it comes back."""
    people = [run.person(run.a) for _ in range(ANSWERED)]
    for person in people:
        writes(run, person, "oi")
    open_chats = [answered_chat(run, person) for person in people]
    run.house.control(
        "POST",
        "faults",
        {"target": "graph", "slug": run.a.slug, "operation": "messages", "kind": "status", "status": 503, "count": 999},
    )
    run.notes["answers"] = [
        _answers(run, chat, person) for chat, person in zip(open_chats, people, strict=True) if chat
    ]
    tried = "SELECT count(*) FROM whatsapp_message WHERE id = ANY(%s) AND attempts > 0"
    if wait_until(lambda: run.house.number(tried, run.notes["answers"]) > 0, 20, 0.1) is None:
        run.wrong.append("no answer was tried while Meta was away")
    move_to(run, now(run) + timedelta(hours=run.rng.choice((24, 25, 48)), minutes=1))
    # Whoever looked at the clock before it jumped has called by then.
    time.sleep(run.seconds(LONGEST_SEND_SECONDS))


def _answers(run: Run, chat: int, person: Person) -> int:
    body = {"conversation": chat, "type": "text", "body": f"Anotado: {person.word}"}
    return int(api(run, run.a, "POST", "messages/", body).json()["id"])


def given_up(run: Run) -> None:
    """Not one of the answers went out; each is shown as failed, with when it was given up."""
    told = "SELECT state, gave_up_at IS NOT NULL FROM whatsapp_message WHERE id = ANY(%s)"
    states = run.house.query(told, run.notes["answers"])
    if states != [("failed", True)] * ANSWERED:
        run.wrong.append(f"answers whose window had closed are {states}")


FAULTS = (
    Fault("clock-window", "the 24 hours pass while Meta is away", close_windows, heal, only_words, given_up, True),
)
