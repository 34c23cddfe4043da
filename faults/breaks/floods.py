"""The same thing many times at once, and things in every order."""

from __future__ import annotations

import itertools
import random
import time
from concurrent.futures import ThreadPoolExecutor

from faults import signing
from faults.fault import Fault, nothing
from faults.house import wait_until
from faults.load import chats, writes
from faults.run import Person, Run
from faults.usual import hold_a_chat

COPIES = 50
PAYLOADS = 2
PERMUTED = 6
NEWEST = """
SELECT message.wamid FROM whatsapp_message message JOIN whatsapp_conversation chat ON chat.id = conversation_id
  JOIN whatsapp_contact contact ON contact.id = chat.contact_id
 WHERE message.id > %s AND direction = 'out' AND contact.wa_id = %s AND message.clinic_id = %s
   AND message.state = 'sent' AND message.wamid IS NOT NULL
"""


def few_chats(run: Run) -> None:
    """Little beside what is repeated."""
    hold_a_chat(run)
    for place in run.places:
        run.start(chats, run.person(place), 2, steps=2)


def fifty_copies(run: Run) -> None:
    """Each payload fifty times at once: a message, and another one that speaks of both clinics."""
    for number in range(PAYLOADS):
        people = [run.person(place) for place in run.places[: number + 1]]
        entries = []
        for person in people:
            writes(run, person, "oi")
            wamid = f"wamid.copies{run.number}x{number}{person.place.slug}"
            person.wamids.append(wamid)
            entries.append(signing.envelope(person.place, signing.text(person, f"quero marcar {person.word}", wamid)))
        payload = signing.body(*entries)
        path = "" if number else f"{run.a.slug}/"
        with ThreadPoolExecutor(COPIES) as pool:
            list(pool.map(lambda _copy: signing.post_until_taken(run, payload, path=path), range(COPIES)))  # noqa: B023


def untold_chats(run: Run) -> None:
    """Chats whose answers nobody reports on, so that the reports can come in any order."""
    run.house.control("POST", "webhooks", {"drop": ["sent", "delivered", "read"]})
    hold_a_chat(run)
    for _ in range(PERMUTED):
        run.start(chats, run.person(run.a), 1)


def statuses_in_all_orders(run: Run) -> None:
    """Each answer's four reports in an order of its own, alone or together, once or more often."""
    orders = list(itertools.permutations(("sent", "delivered", "read", "failed")))
    random.Random(run.seed).shuffle(orders)
    run.finish_load()
    sent: list[tuple[Person, str]] = []

    def all_sent() -> bool:
        sent.clear()
        for person in run.people:
            rows = run.house.query(NEWEST, run.since["message"], person.phone, person.place.clinic_id)
            sent.extend((person, wamid) for (wamid,) in rows)
        return len(sent) >= len(run.people)

    if wait_until(all_sent, 30) is None:
        run.wrong.append("not every answer went out")
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(_report, run, *one, orders[place % 24]) for place, one in enumerate(sent)]
        for job in jobs:
            job.result()


def _report(run: Run, person: Person, wamid: str, order: tuple[str, ...]) -> None:
    at = int(time.time())
    # The provider's times tell the true order; the calls do not.
    times = {"sent": at, "delivered": at + 1, "read": at + 2, "failed": at + 3}
    entries = [signing.envelope(person.place, signing.status(wamid, name, person, times[name])) for name in order]
    if run.seed % 3 == 0:
        signing.post_until_taken(run, signing.body(*entries), path=f"{person.place.slug}/")
        return
    for entry in entries * (1 + run.seed % 2):
        signing.post_until_taken(run, signing.body(entry), path=f"{person.place.slug}/")


def restore(run: Run) -> None:
    """Reports come by themselves again."""
    run.house.control("POST", "webhooks", {})


FAULTS = (
    Fault("same-payload-50", "the same payload 50 times at once", fifty_copies, nothing, few_chats),
    Fault("status-orders", "statuses in all orders", statuses_in_all_orders, restore, untold_chats),
)
