"""What does the assistant do about a message? Drives the pure conversation: facts in, actions out, everything in the
transaction at hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from clinics import availability, booking, calendar_looks, patients
from clinics.audit import Actor
from clinics.booking import CannotBook
from clinics.calendar_looks import Looks
from clinics.models import (
    UPCOMING,
    Appointment,
    Offering,
    OfferingProfessional,
    Patient,
    Professional,
    Source,
)
from whatsapp import cloud_api, merging, outbox, preferences
from whatsapp import conversation as engine
from whatsapp.models import Author, Conversation, Direction, FormerId, Handler, Item, Marketing, Message
from whatsapp.payloads import Incoming

ROUNDS = 3
# The time itself cannot be had: the patient is shown the next free ones.
TIME_REFUSALS = frozenset({"slot_taken", "outside_hours", "too_soon", "too_far"})


def answer(*, conversation: Conversation, item: Item, received: Incoming, now: datetime, looks: Looks) -> None:
    """Works one message of the patient: changes `conversation` (the caller saves it), books, queues the answers.

    Raises `LookFirst` before it books what nobody has looked at; the same message then goes through with the answer.
    """
    _Turn(conversation, item, now, looks).run(_as_heard(received))


def _as_heard(received: Incoming) -> engine.Incoming:
    if received.choice_id:
        return engine.Incoming("choice", choice_id=received.choice_id, title=received.text)
    if received.type == "text":
        return engine.Incoming("text", text=received.text)
    kind = received.subtype if received.type == "interactive" and received.subtype else received.type
    if any(card.is_answer for card in received.cards):
        kind = "contact_request"
    return engine.Incoming("other", text=received.text, type=kind)


@dataclass
class _Turn:
    conversation: Conversation
    item: Item
    now: datetime
    looks: Looks
    position: int = 0

    def run(self, heard: engine.Incoming) -> None:
        state = engine.State.from_json(self.conversation.state)
        vocabulary = self._vocabulary()
        turn: engine.Wish | engine.Event | None = engine.understand(state, heard, vocabulary)
        for number in range(ROUNDS):
            if turn is None:
                break
            # What the last round did may have changed it.
            vocabulary = self._vocabulary() if number else vocabulary
            found = engine.find(engine.needed(state, turn, vocabulary), self._load, vocabulary)
            state, actions = engine.step(state, turn, engine.Facts(vocabulary, found))
            turn = self._perform(actions)
        self.conversation.state = state.to_json()

    def _vocabulary(self) -> engine.Vocabulary:
        contact = self.conversation.contact
        return load_vocabulary(self.conversation, contact.patient, self.now)

    def _load(
        self, *, offering_id: int, professional_id: int | None, from_at: datetime, to_at: datetime
    ) -> Iterable[engine.SlotFact]:
        clinic = self.conversation.clinic
        offering = Offering.objects.for_clinic(clinic).filter(pk=offering_id).first()
        if offering is None:
            return []
        people = None
        if professional_id is not None:
            people = list(Professional.objects.for_clinic(clinic).filter(pk=professional_id))
        slots = availability.free_slots(
            clinic=clinic, offering=offering, professionals=people, from_at=from_at, to_at=to_at, now=self.now
        )
        return [engine.SlotFact(slot.professional_id, slot.starts_at) for slot in slots]

    def _perform(self, actions: Iterable[engine.Action]) -> engine.Event | None:
        event: engine.Event | None = None
        for action in actions:
            if isinstance(action, engine.Say | engine.Buttons | engine.ListMessage):
                self._say(action)
            elif isinstance(action, engine.HandOver):
                self.conversation.handler = Handler.PERSON
                self.conversation.handover_reason = action.reason
            elif isinstance(action, engine.NoteMarketing):
                self._note(action)
            else:
                event = self._change_appointment(action)
        return event

    def _say(self, action: engine.Message) -> None:
        outbox.queue(
            conversation=self.conversation,
            content=as_content(action),
            body=action.text,
            author=Author.BOT,
            now=self.now,
            item=self.item,
            position=self.position,
        )
        self.position += 1

    def _note(self, action: engine.NoteMarketing) -> None:
        preferences.note(
            contact=self.conversation.contact,
            marketing=Marketing.ALLOWED if action.is_wanted else Marketing.STOPPED,
            source="chat",
            at=self.item.provider_at,
            now=self.now,
        )

    def _change_appointment(self, action: engine.Book | engine.Cancel | engine.Confirm) -> engine.Event:
        try:
            # A refusal by the exclusion constraint undoes the savepoint and leaves the item's transaction usable.
            with transaction.atomic():
                return self._changed(action)
        except CannotBook as refusal:
            return engine.SlotTaken() if refusal.code in TIME_REFUSALS else engine.Refused(refusal.code)
        except (Professional.DoesNotExist, Offering.DoesNotExist, Appointment.DoesNotExist):
            return engine.Refused("gone")

    def _changed(self, action: engine.Book | engine.Cancel | engine.Confirm) -> engine.Event:
        clinic, now, source = self.conversation.clinic, self.now, Source.CHAT
        if isinstance(action, engine.Book):
            return self._book(action)
        appointment = self._own_appointment(action.appointment_id)
        if isinstance(action, engine.Cancel):
            done = booking.cancel(clinic=clinic, appointment=appointment, by=self._actor(), now=now, source=source)
            return engine.Cancelled(as_fact(done))
        done = booking.confirm(clinic=clinic, appointment=appointment, by=self._actor(), now=now, source=source)
        return engine.Confirmed(as_fact(done))

    def _book(self, action: engine.Book) -> engine.Event:
        clinic = self.conversation.clinic
        professional = Professional.objects.for_clinic(clinic).get(pk=action.professional_id)
        if action.replaces is not None:
            appointment = self._own_appointment(action.replaces)
            self._look(professional, appointment.offering, action.starts_at, appointment)
            moved = booking.reschedule(
                clinic=clinic,
                appointment=appointment,
                professional=professional,
                starts_at=action.starts_at,
                by=self._actor(),
                now=self.now,
                source=Source.CHAT,
            )
            return engine.Rescheduled(as_fact(moved))
        offering = Offering.objects.for_clinic(clinic).get(pk=action.offering_id)
        self._look(professional, offering, action.starts_at)
        made = booking.book(
            clinic=clinic,
            professional=professional,
            offering=offering,
            patient=self._patient(action.patient_name),
            starts_at=action.starts_at,
            by=self._actor(),
            now=self.now,
            source=Source.CHAT,
        )
        return engine.Booked(as_fact(made))

    def _look(
        self, person: Professional, offering: Offering, starts_at: datetime, moving: Appointment | None = None
    ) -> None:
        self.looks.require_free(
            calendar_looks.wish_for(
                clinic=self.conversation.clinic,
                professional=person,
                offering=offering,
                starts_at=starts_at,
                appointment=moving,
            )
        )

    def _patient(self, told_name: str | None) -> Patient:
        contact = self.conversation.contact
        known = contact.patient
        if known is not None and told_name in (None, known.name):
            return known
        name = told_name or contact.name or "?"
        patient = self._namesake(name) or patients.register(
            clinic=self.conversation.clinic,
            name=name,
            phone=f"+{contact.wa_id}" if contact.wa_id else "",
            by=Actor("patient", known.id if known else None),
            now=self.now,
        )
        if known is None:
            contact.patient = patient
            contact.save(update_fields=["patient"])
        return patient

    def _namesake(self, name: str) -> Patient | None:
        """Registered under this very number before; nobody where it has had another owner (a stranger's file)."""
        clinic, key = self.conversation.clinic, self.conversation.contact.match_key or ""
        if FormerId.objects.for_clinic(clinic).filter(match_key=key).exists():
            return None
        return patients.find_namesake(clinic=clinic, key=key, name=name)

    def _actor(self) -> Actor:
        return Actor("patient", self.conversation.contact.patient_id)

    def _own_appointment(self, appointment_id: int) -> Appointment:
        """Only an appointment of the person who writes: an id in a button is no right to it."""
        return own_appointments(self.conversation, self.conversation.contact.patient).get(pk=appointment_id)


def own_appointments(conversation: Conversation, patient: Patient | None) -> QuerySet[Appointment]:
    """Appointments of the patient who writes, and of those registered under the very same number (a child's).

    Of somebody who is no patient yet: those that were told of in this very chat (several patients have the number).
    """
    rows = Appointment.objects.for_clinic(conversation.clinic).select_related("offering", "professional", "patient")
    key = conversation.contact.match_key
    if patient is None:
        told = Message.objects.for_clinic(conversation.clinic).filter(
            appointment=OuterRef("pk"), conversation=conversation, direction=Direction.OUT
        )
        return rows.filter(Exists(told), patient__phone_key=key) if key else rows.none()
    mine = merging.patients_of(conversation.contact, patient)
    if key and patient.phone_key == key:
        mine |= Q(patient__phone_key=key)
    return rows.filter(mine)


def load_vocabulary(conversation: Conversation, patient: Patient | None, now: datetime) -> engine.Vocabulary:
    """What the clinic offers and what this patient has booked: four queries."""
    clinic = conversation.clinic
    upcoming = own_appointments(conversation, patient).filter(status__in=UPCOMING, starts_at__gt=now)
    return engine.Vocabulary(
        clinic_name=clinic.name,
        zone=clinic.zone,
        now=now,
        offerings=_offerings(conversation),
        professionals=tuple(
            engine.ProfessionalFact(person.id, person.name, person.specialty)
            for person in Professional.objects.for_clinic(clinic).filter(is_active=True)
        ),
        patient_name=patient.name if patient else None,
        appointments=tuple(as_fact(one) for one in upcoming.order_by("starts_at", "id")[:20]),
    )


def _offerings(conversation: Conversation) -> tuple[engine.OfferingFact, ...]:
    clinic = conversation.clinic
    givers: dict[int, list[int]] = {}
    pairs = OfferingProfessional.objects.for_clinic(clinic).values_list("offering_id", "professional_id")
    for offering_id, professional_id in pairs:
        givers.setdefault(offering_id, []).append(professional_id)
    return tuple(
        engine.OfferingFact(row.id, row.name, row.minutes, row.price, tuple(givers.get(row.id, ())))
        for row in Offering.objects.for_clinic(clinic).filter(is_active=True)
    )


def as_fact(appointment: Appointment) -> engine.AppointmentFact:
    """The appointment as the conversation speaks of it."""
    return engine.AppointmentFact(
        id=appointment.id,
        offering_id=appointment.offering_id,
        offering_name=appointment.offering.name,
        professional_id=appointment.professional_id,
        professional_name=appointment.professional.name,
        starts_at=appointment.starts_at,
        status=appointment.status,
    )


def as_content(action: engine.Message) -> cloud_api.OutboundContent:
    """The engine's message as Meta takes it."""
    if isinstance(action, engine.Say):
        return cloud_api.Text(action.text)
    if isinstance(action, engine.Buttons):
        return cloud_api.Buttons(action.text, tuple(cloud_api.Button(id_, title) for id_, title in action.buttons))
    sections = tuple(
        cloud_api.Section(
            tuple(cloud_api.Row(row.id, row.title, row.description) for row in section.rows), section.title
        )
        for section in action.sections
    )
    return cloud_api.ListMessage(action.text, action.button, sections)
