"""Does anything get to whom it does not concern: another clinic, or a log?"""

from __future__ import annotations

from collections.abc import Iterator

from faults.house import Place
from faults.load import api
from faults.run import Run

CROSSED = """
SELECT (SELECT count(*) FROM whatsapp_message m JOIN whatsapp_conversation c ON c.id = m.conversation_id
         WHERE m.id > %(message)s AND m.clinic_id <> c.clinic_id)
     + (SELECT count(*) FROM whatsapp_item i JOIN whatsapp_number n ON n.phone_number_id = i.scope
         WHERE i.id > %(item)s AND i.clinic_id IS NOT NULL AND i.clinic_id <> n.clinic_id)
"""
BODIES = "SELECT body FROM whatsapp_message WHERE id > %s AND clinic_id = %s"


def foreign(run: Run) -> int:
    """Rows across clinics; words of one clinic's patients among another's; what another clinic's key opens."""
    ours = {"message": run.since["message"], "item": run.since["item"]}
    statement = CROSSED % {name: str(int(value)) for name, value in ours.items()}
    crossed = run.house.number(statement)
    return crossed + sum(_strangers(run, here, there) for here, there in (run.places, run.places[::-1]))


def _strangers(run: Run, here: Place, there: Place) -> int:
    theirs = [person for person in run.people if person.place is there]
    bodies = " ".join(body for (body,) in run.house.query(BODIES, run.since["message"], here.clinic_id))
    found = sum(person.word in bodies or person.name in bodies for person in theirs)
    chats = "SELECT max(id) FROM whatsapp_conversation WHERE clinic_id = %s"
    last = run.house.number(chats, there.clinic_id)
    paths = [f"conversations/{last}/messages/"] if last else []
    paths += [f"appointments/{told.appointment}/" for told in run.told if _is_of(run, told.appointment, there)]
    return found + sum(api(run, here, "GET", path).status_code != 404 for path in paths[:3])


def _is_of(run: Run, appointment: int, place: Place) -> bool:
    query = "SELECT count(*) FROM clinics_appointment WHERE id = %s AND clinic_id = %s"
    return run.house.number(query, appointment, place.clinic_id) == 1


def leaks(run: Run) -> int:
    """What is personal or secret in the lines of this run."""
    with run.house.log.open("rb") as file:
        file.seek(run.log_from)
        text = file.read().decode(errors="replace")
    return sum(secret in text for secret in _secrets(run))


def _secrets(run: Run) -> Iterator[str]:
    for person in run.people:
        yield from (person.name, person.word, person.phone, person.phone[2:], person.phone[-8:])
    for place in run.places:
        yield from (place.token, place.api_key, place.password)
        for one in place.patients:
            yield from (one["name"], one["phone"], one["phone"][-8:])
    for name in ("WHATSAPP_APP_SECRET", "GOOGLE_CLIENT_SECRET", "DJANGO_SECRET_KEY", "CREDENTIALS_KEYS"):
        yield run.house.stack.environ[name]
    yield from ("ya29.", "1//0h")
