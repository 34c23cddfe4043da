"""Is each message answered once, in order, and only by whom it should be?"""

from __future__ import annotations

import itertools
from collections import defaultdict

from faults.run import Person, Run

REPLIES = """
SELECT item.provider_id, reply.position, count(*)
  FROM whatsapp_message reply JOIN whatsapp_item item ON item.id = reply.item_id
 WHERE reply.id > %s AND reply.direction = 'out' AND reply.author = 'bot'
 GROUP BY item.provider_id, reply.position
"""
IN_ORDER = """
SELECT wamid FROM whatsapp_message WHERE id > %s AND direction = 'in' AND wamid = ANY(%s) ORDER BY id
"""
# Rows that were ever uncertain let the next one pass after a while: their place is not certain, and need not be.
OUT_ORDER = """
SELECT message.conversation_id, message.id FROM whatsapp_message message
 WHERE message.id > %s AND message.direction = 'out' AND message.author = 'bot' AND message.resends = 0
   AND NOT EXISTS (SELECT 1 FROM faults_step step WHERE step.message_id = message.id AND step.new = 'unknown')
 ORDER BY message.id
"""


def replies_twice(run: Run) -> int:
    """Answers beyond the first at the same place of the answer to one wamid."""
    return sum(count - 1 for _wamid, _position, count in run.house.query(REPLIES, run.since["message"]))


def unanswered(run: Run) -> int:
    """Messages to the assistant without an answer."""
    answered = {wamid for wamid, _position, _count in run.house.query(REPLIES, run.since["message"])}
    asked = [wamid for person in run.people if person not in run.held for wamid in person.wamids]
    return len(set(asked) - answered - run.unanswerable)


def over_a_person(run: Run) -> int:
    """Words of the assistant in a chat that a person holds."""
    return run.house.number("SELECT count(*) FROM faults_word WHERE id > %s", run.since["word"])


def out_of_order(run: Run) -> int:
    """Neighbours in the wrong order: as people wrote and we noted it, and as we answered and it went out."""
    return sum(_wrong_neighbours(_noted(run, person)) for person in run.people if person.is_ordered) + _sent_wrong(run)


def _noted(run: Run, person: Person) -> list[int]:
    place = {wamid: number for number, wamid in enumerate(person.wamids)}
    found = run.house.query(IN_ORDER, run.since["message"], person.wamids)
    return [place[wamid] for (wamid,) in found]


def _sent_wrong(run: Run) -> int:
    first: dict[int, int] = {}
    for call in run.calls:
        if call["operation"] == "messages" and call["outcome"] == "200" and call["key"][1:].isdigit():
            first.setdefault(int(call["key"][1:]), int(call["id"]))
    chats: dict[int, list[int]] = defaultdict(list)
    for chat, message in run.house.query(OUT_ORDER, run.since["message"]):
        if message in first:
            chats[chat].append(first[message])
    return sum(map(_wrong_neighbours, chats.values()))


def _wrong_neighbours(numbers: list[int]) -> int:
    return sum(one > other for one, other in itertools.pairwise(numbers))
