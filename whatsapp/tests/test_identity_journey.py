"""A patient books, changes the number, cancels, hides the number: to the clinic it is one person all the way."""

from itertools import count
from typing import Any

from atendeai.testing import webhooks
from atendeai.testing.people import DALVA_PHONE, Aurora
from atendeai.testing.simulator import Simulator
from clinics.models import Appointment, Patient, Status
from whatsapp import inbox
from whatsapp.models import Contact, Conversation
from whatsapp.tests.test_chat import NOW, run_workers

NEW_PHONE = "5521987650177"
_seconds = count()


class Dalva:
    """Her telephone at the simulator, whose ids go out with what she writes."""

    def __init__(self, meta: Simulator) -> None:
        self.meta, self.phone, self.is_hidden = meta, DALVA_PHONE, False

    @property
    def user_id(self) -> str:
        people = self.meta.control("GET", "patients")["patients"]
        return str(next(one for one in people if one["wa_id"] == self.phone)["user_ids"]["aurora"])

    def says(self, text: str) -> dict[str, Any]:
        return self._sends(webhooks.text_message(self.phone, text))

    def taps(self, answer: dict[str, Any], title: str = "") -> dict[str, Any]:
        choices = answer["buttons"] or answer["rows"]
        chosen = next(one for one in choices if title in one["title"])
        kind = "button" if answer["buttons"] else "list"
        return self._sends(webhooks.choice_message(self.phone, chosen["id"], chosen["title"], kind=kind))

    def changes_number(self, number: str) -> None:
        before, old = self.user_id, self.phone
        self.meta.control("POST", f"patients/{old}/identity", {"number": number})
        self.phone = number
        told = {"type": "user_changed_number", "wa_id": number, "previous_user_id": before, "user_id": self.user_id}
        message = webhooks.text_message(old, "")
        del message["text"]
        self._deliver({**message, "type": "system", "system": told, "timestamp": self._time()})

    def hides_number(self) -> None:
        self.meta.control("POST", f"patients/{self.phone}/identity", {"username": "dalva.n"})
        self.is_hidden = True

    def _sends(self, message: dict[str, Any]) -> dict[str, Any]:
        # The simulator must have heard from her too, or it would refuse free text outside the window.
        self.meta.control("POST", f"patients/{self.phone}/messages", {"to": "aurora", "text": "…"})
        message |= {"from_user_id": self.user_id, "timestamp": self._time()}
        if self.is_hidden:
            del message["from"]
        self._deliver(message)
        return [one for one in self.meta.chat(self.phone) if one["direction"] == "out"][-1]

    def _deliver(self, message: dict[str, Any]) -> None:
        entry = webhooks.change("100000000000001", messages=[message])
        entry["changes"][0]["value"].pop("contacts", None)
        inbox.store(body=webhooks.body(entry), signed_by=None)
        run_workers()

    @staticmethod
    def _time() -> str:
        return str(int(NOW.timestamp()) + next(_seconds))


def test_one_person_all_the_way(meta: Simulator, aurora: Aurora) -> None:
    dalva = Dalva(meta)
    times = dalva.taps(dalva.says("oi"), "Retorno")
    dalva.taps(dalva.taps(times))
    appointment = Appointment.objects.get()
    assert appointment.patient == aurora.dalva

    dalva.changes_number(NEW_PHONE)
    seen = dalva.says("quero cancelar minha consulta")
    assert "Retorno" in str(seen)
    dalva.taps(seen, "Sim") if seen["buttons"] else dalva.taps(seen)
    appointment.refresh_from_db()
    assert appointment.status == Status.CANCELLED
    aurora.dalva.refresh_from_db()
    assert aurora.dalva.phone == f"+{NEW_PHONE}"

    dalva.hides_number()
    greeting = dalva.says("oi")
    assert "Dalva" in greeting["body"]
    assert Contact.objects.count() == Conversation.objects.count() == Patient.objects.count() == 1
    contact = Contact.objects.get()
    assert (contact.patient, contact.user_id, contact.answers_by_id) == (aurora.dalva, dalva.user_id, True)
