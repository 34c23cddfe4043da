"""What does a clinic's own program try that must not happen? Free text to whoever has not written for a day, and
campaigns to whoever said no. The API may refuse; what it takes must not reach the provider.
"""

from __future__ import annotations

from faults.house import Place, wait_until
from faults.load import PATIENCE_SECONDS, api, writes
from faults.run import Person, Run, Silenced

CAMPAIGN = {"name": "atendeai_novidades", "language": "pt_BR"}
BEFORE, AFTER = 3, 2
SILENT = """
SELECT contact.id FROM whatsapp_contact contact
 WHERE contact.clinic_id = %s AND contact.wa_id = %s AND contact.marketing = 'stopped'
"""
# A row that a worker holds when the wish comes to be known may be on its way already.
UNDER_WAY = """
SELECT message.id FROM whatsapp_message message JOIN whatsapp_conversation chat ON chat.id = message.conversation_id
 WHERE chat.contact_id = %s AND message.direction = 'out' AND message.state <> 'queued'
"""
STEPS = BEFORE + AFTER + 2


def tempts(run: Run, place: Place) -> None:
    """Both, with people of its own; STEPS steps."""
    _free_text_to_a_stranger(run, place)
    run.step()
    person = run.person(place)
    writes(run, person, "oi")
    for _ in range(BEFORE):
        _campaign(run, person, (201,))
        run.step()
    _says_no(run, person)
    run.step()
    for _ in range(AFTER):
        _campaign(run, person, (409,))
        run.step()


def _free_text_to_a_stranger(run: Run, place: Place) -> None:
    stranger = run.person(place)
    answer = api(run, place, "POST", "messages/", {"to": f"+{stranger.phone}", "type": "text", "body": stranger.word})
    if answer.status_code != 409:
        run.wrong.append(f"free text outside the window was answered {answer.status_code}")


def _campaign(run: Run, person: Person, expected: tuple[int, ...]) -> None:
    body = {"to": f"+{person.phone}", "type": "template", "template": CAMPAIGN}
    answer = api(run, person.place, "POST", "messages/", body)
    if answer.status_code not in expected:
        run.wrong.append(f"a campaign was answered {answer.status_code}, not {expected}")


def _says_no(run: Run, person: Person) -> None:
    """In WhatsApp's own settings. From when we know it, nothing new may be called for."""
    told = {"to": person.place.slug, "value": "stop"}
    run.house.control("POST", f"patients/{person.phone}/preferences", told)

    def is_known() -> bool:
        return bool(run.house.query(SILENT, person.place.clinic_id, person.phone))

    if wait_until(is_known, PATIENCE_SECONDS, 0.02) is None:
        run.wrong.append("an opt-out was never noted")
        return
    ((contact,),) = run.house.query(SILENT, person.place.clinic_id, person.phone)
    last = int(run.house.control("GET", f"calls?after={10**12}&taken_after={10**12}")["last"]["calls"])
    under_way = frozenset(pk for (pk,) in run.house.query(UNDER_WAY, contact))
    run.silenced.append(Silenced(contact, last, under_way))
