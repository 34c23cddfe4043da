"""A clinic with rows on every page of the portal, as many as a test wants."""

import json
from datetime import UTC, date, datetime, time, timedelta

from atendeai.common import clock
from atendeai.testing import factories
from atendeai.testing.people import Aurora
from calendar_sync.models import EventMirror, GoogleChange, Link, LinkState
from clinics import api_keys, invitations
from clinics.audit import Actor
from clinics.models import Appointment, BusyPeriod, HoursException, Outage, OutageEnd, Role
from whatsapp.models import (
    Author,
    Conversation,
    Delivery,
    Direction,
    Handler,
    Item,
    Message,
    MessageCost,
    MessageState,
)
from whatsapp.starter_templates import Purpose
from whatsapp.tests.templating import keep_starter

EARLY = datetime(2026, 1, 1, tzinfo=UTC)


def fill(aurora: Aurora, rows: int, *, start: int = 0) -> None:
    """So many rows of everything, beside what Aurora has already."""
    clinic, by = aurora.clinic, Actor("user", aurora.owner.pk)
    midnight = datetime.combine(clock.now().astimezone(clinic.zone).date(), time(), tzinfo=clinic.zone)
    for number in range(start, start + rows):
        professional = factories.make_professional(clinic, f"Dra. Nova {number}")
        offering = factories.make_offering(clinic, professional, name=f"Exame {number}")
        patient = factories.make_patient(clinic, f"Paciente {number}", f"+55119{70000000 + number}")
        appointment = factories.make_appointment(clinic, professional, offering, patient, midnight + timedelta(hours=9))
        _agenda(aurora, professional.pk, number, midnight)
        _google_changes(aurora, appointment, number)
        ended = {"ended_at": EARLY, "end": OutageEnd.RESET, "ended_by": aurora.owner}
        Outage.objects.create(clinic=clinic, provider="google", opened_at=EARLY, **ended)
        factories.make_membership(clinic, role=Role.RECEPTIONIST)
        api_keys.create(clinic=clinic, name=f"programa {number}", by=by, now=clock.now())
        email = f"convite{number}@exemplo.test"
        invitations.invite(clinic=clinic, email=email, role=Role.RECEPTIONIST, by=by, now=clock.now())
        _channel(aurora, number)


def _agenda(aurora: Aurora, professional_id: int, number: int, midnight: datetime) -> None:
    BusyPeriod.objects.create(
        clinic=aurora.clinic,
        professional_id=professional_id,
        starts_at=midnight + timedelta(hours=14),
        ends_at=midnight + timedelta(hours=15),
        note="Reunião",
    )
    HoursException.objects.create(
        clinic=aurora.clinic, professional_id=professional_id, date=date(2027, 1, 1), reason="Folga"
    )
    Link.objects.create(
        clinic=aurora.clinic,
        professional_id=professional_id,
        state=LinkState.NEEDS_RECONNECT,
        google_sub=str(number),
        email=f"agenda{number}@exemplo.test",
        client_id="client",
        linked_at=EARLY,
        error_code="invalid_grant",
    )


def _google_changes(aurora: Aurora, appointment: Appointment, number: int) -> None:
    """One that waits for a decision, one that is over."""
    link = Link.objects.get(clinic=aurora.clinic, professional=appointment.professional_id)
    for kind, state, day in (("moved", "asked", 1), ("deleted", "refused", 2)):
        mirror = EventMirror.objects.create(
            clinic=aurora.clinic,
            link=link,
            appointment=appointment if state == "asked" else None,
            google_event_id=f"evento{number}{state}",
        )
        GoogleChange.objects.create(
            clinic=aurora.clinic,
            mirror=mirror,
            appointment=appointment,
            state=state,
            kind=kind,
            starts_at=appointment.starts_at + timedelta(days=day),
            ends_at=appointment.ends_at + timedelta(days=day),
            was_at=appointment.starts_at,
            noted_at=EARLY,
            decided_at=None if state == "asked" else EARLY,
        )


def _channel(aurora: Aurora, number: int) -> None:
    number_row = factories.make_number(aurora.clinic)
    keep_starter(number_row, Purpose.REMINDER, status="REJECTED", rejected_reason="INVALID_FORMAT")
    conversation = make_waiting_conversation(aurora, f"Pessoa {number}")
    delivery = Delivery.objects.create(body=b"{}")
    Item.objects.create(
        clinic=aurora.clinic,
        delivery=delivery,
        scope=aurora.number.phone_number_id,
        kind="message",
        provider_id=f"{aurora.clinic.slug}-{number}",
        conversation=conversation,
        provider_at=EARLY,
        payload="{}",
        state="set_aside",
    )


def make_waiting_conversation(aurora: Aurora, name: str = "Dalva") -> Conversation:
    """A chat that waits for a person; the patient wrote a minute ago, and an answer of ours failed."""
    now = clock.now()
    contact = factories.make_contact(aurora.clinic, name=name)
    conversation = factories.make_conversation(
        aurora.number,
        contact,
        handler=Handler.PERSON,
        handover_reason="asked",
        unread=1,
        last_inbound_at=now - timedelta(minutes=1),
        last_message_at=now,
    )
    for direction, author, state in (
        (Direction.IN, Author.PATIENT, MessageState.RECEIVED),
        (Direction.OUT, Author.BOT, MessageState.FAILED),
    ):
        message = Message.objects.create(
            clinic=aurora.clinic,
            conversation=conversation,
            direction=direction,
            author=author,
            type="text",
            body=f"texto de {author}",
            content=json.dumps({"kind": "text", "body": "x"}),
            state=state,
            created_at=now,
        )
    MessageCost.objects.create(
        clinic=aurora.clinic, message=message, day=now.date(), category="service", is_billable=True, author=Author.BOT
    )
    return conversation
