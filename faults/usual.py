"""What goes on on any day? Patients chat and book; programs book, move, cancel, and try what they must not."""

from __future__ import annotations

from faults.house import wait_until
from faults.load import books_in_chat, changes_by_program, chats, writes
from faults.run import Person, Run
from faults.tempting import STEPS, tempts

ANSWERED = """
SELECT chat.id FROM whatsapp_conversation chat JOIN whatsapp_contact contact ON contact.id = chat.contact_id
 WHERE contact.wa_id = %s AND chat.clinic_id = %s
   AND EXISTS (SELECT 1 FROM whatsapp_message WHERE conversation_id = chat.id AND direction = 'out' AND wamid <> '')
"""


def usual(run: Run, *, chatters: int = 3, texts: int = 3, changes: int = 1, bookers: int = 1) -> None:
    """A little of everything, at both clinics."""
    hold_a_chat(run)
    for place in (run.a,) * chatters + (run.b,):
        person = run.person(place)
        run.start(chats, person, texts, steps=texts)
    for person in run.held:
        run.start(chats, person, 2, steps=2)
    for _ in range(bookers):
        run.start(books_in_chat, run.person(run.a), steps=4)
    for _ in range(changes):
        run.start(changes_by_program, run.a, steps=3)
    run.start(changes_by_program, run.b, steps=3)
    run.start(tempts, run.a, steps=STEPS)


def hold_a_chat(run: Run) -> None:
    """A person takes one patient's chat before anything breaks."""
    person = run.person(run.a)
    writes(run, person, "oi")
    chat = answered_chat(run, person)
    if chat is None:
        return
    # As «Assumir conversa» does, under the row's lock.
    run.house.query("UPDATE whatsapp_conversation SET handler = 'person' WHERE id = %s", chat)
    run.held.append(person)


def answered_chat(run: Run, person: Person) -> int | None:
    """The chat of somebody who wrote, once an answer has gone out: before anything breaks."""
    place = (person.phone, person.place.clinic_id)
    if wait_until(lambda: bool(run.house.query(ANSWERED, *place)), 20) is None:
        run.wrong.append("nobody answered before anything was broken")
        return None
    return run.house.number(ANSWERED, *place)
