"""Anything may be written, pressed or set up: no failure, no message beyond the provider's limits, no false booking."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whatsapp.conversation import (
    AppointmentFact,
    Booked,
    Buttons,
    Cancelled,
    Confirmed,
    Facts,
    Found,
    Incoming,
    ListMessage,
    Message,
    OfferingFact,
    ProfessionalFact,
    Refused,
    Rescheduled,
    Say,
    SlotFact,
    SlotTaken,
    State,
    Step,
    needed,
    step,
    understand,
)
from whatsapp.conversation.search import Cursor, Search, Slot
from whatsapp.conversation.states import Purpose
from whatsapp.conversation.tests.driver import MONDAY, SAO_PAULO, Clinic, Phone

NAMES = st.one_of(
    st.text(max_size=120),
    st.sampled_from(
        [
            "Consulta",
            "Consulta cardiológica adulto",
            "Dra. Maria Antonieta de Albuquerque Vasconcelos Lima",
            " ",
            "x" * 90,
        ]
    ),
)
PHRASES = st.sampled_from(
    [
        "oi", "1", "2", "3", "10", "quero marcar", "consulta", "amanhã", "sexta de manhã", "14h30", "dia 31", "31/02",
        "cancelar", "remarcar", "sim", "não", "confirmo", "voltar", "menu", "outro dia", "outro profissional",
        "mais horários", "obrigado", "Maria da Silva", "outra pessoa", "quanto custa?", "xyz", "tanto faz",
        "remarcar para terça às 10h", "às 99", "25:99", "dia 0", "entre 18h e 9h", "meus agendamentos", "👍", "e meia",
        "parar", "não quero mais receber mensagens", "voltar a receber", "só um minuto", "não, eu vou!",
    ]
)  # fmt: skip
MOVES = st.one_of(
    st.tuples(st.just("tap"), st.integers(0, 12)),
    st.tuples(st.just("old"), st.integers(0, 40)),
    st.tuples(st.just("say"), PHRASES),
    st.tuples(st.just("say"), st.text(max_size=40)),
    st.tuples(st.just("press"), st.text(alphabet="slotimeconfrday:.0123456789opftabnr", max_size=40)),
    st.tuples(st.just("other"), st.sampled_from(["audio", "reaction", "", "sticker", "zzz"])),
    st.tuples(st.just("wait"), st.integers(1, 60)),
    st.tuples(st.just("rival"), st.integers(0, 40)),
    st.tuples(st.just("close"), st.booleans()),
)


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    professionals = tuple(ProfessionalFact(n, draw(NAMES), draw(NAMES)) for n in range(1, draw(st.integers(1, 13))))
    offerings = tuple(
        OfferingFact(
            n,
            draw(NAMES),
            30,
            draw(st.none() | st.just(Decimal("1250.5"))),
            tuple(one.id for one in professionals if draw(st.booleans())),
        )
        for n in range(1, draw(st.integers(1, 15)))
    )
    return Clinic(draw(NAMES), SAO_PAULO, MONDAY, offerings, professionals, horizon_days=draw(st.integers(0, 14)))


def check_limits(message: Message) -> None:
    assert message.text.strip()
    if isinstance(message, Say):
        assert len(message.text) <= 4096
    elif isinstance(message, Buttons):
        assert len(message.text) <= 1024
        check_titles([title for _, title in message.buttons], 20, 3)
        assert len({title for _, title in message.buttons}) == len(message.buttons)
        assert all(0 < len(choice_id) <= 256 for choice_id, _ in message.buttons)
    else:
        check_list(message)


def check_list(message: ListMessage) -> None:
    assert len(message.text) <= 4096
    assert 0 < len(message.button) <= 20
    assert all(section.rows and len(section.title) <= 24 for section in message.sections)
    assert len(message.sections) == 1 or all(section.title.strip() for section in message.sections)
    check_titles([row.title for row in message.rows], 24, 10)
    assert all(0 < len(row.id) <= 200 and len(row.description) <= 72 for row in message.rows)
    assert len({row.id for row in message.rows}) == len(message.rows)


def check_titles(titles: list[str], longest: int, most: int) -> None:
    assert 1 <= len(titles) <= most
    assert all(title.strip() and len(title) <= longest and "\n" not in title for title in titles)


def play(phone: Phone, move: tuple[str, Any], seen: list[str]) -> None:
    kind, what = move
    if kind == "tap" and phone.options:
        phone.presses(*phone.options[what % len(phone.options)])
    elif kind == "old" and seen:
        phone.presses(seen[what % len(seen)])
    elif kind == "say":
        phone.says(what)
    elif kind == "press":
        phone.presses(what)
    elif kind == "other":
        phone.sends(Incoming("other", type=what))
    elif kind == "wait":
        phone.clinic.now += timedelta(hours=what)
    elif kind == "rival":
        phone.rival = datetime(2026, 11, 23, 8) + timedelta(hours=what)
    elif kind == "close":
        phone.clinic.is_closed = what
    seen.extend(choice_id for choice_id, _ in phone.options)


@settings(max_examples=50, deadline=None)
@given(clinics(), st.lists(MOVES, max_size=15), st.sampled_from([None, "Dalva Souza"]))
def test_any_conversation_in_any_clinic(clinic: Clinic, moves: list[tuple[str, Any]], name: str | None) -> None:
    """The driver fails on bookings of what is not free, on others' appointments, a fourth round, a lost state."""
    phone, seen = Phone(clinic, name), list[str]()
    for move in moves:
        before = len(phone.messages)
        play(phone, move, seen)
        assert len(phone.messages) - before <= 1, "each message costs the clinic and waits six seconds"
        for message in phone.messages[before:]:
            check_limits(message)
    times = [(one.professional_id, one.starts_at) for one in clinic.appointments if one.status != "cancelled"]
    assert len(times) == len(set(times))


@settings(max_examples=25, deadline=None)
@given(clinics())
def test_who_always_taps_the_first_option_is_booked_in_six_messages(clinic: Clinic) -> None:
    phone = Phone(replace(clinic, horizon_days=10))
    if not phone.vocabulary.bookable():
        return
    phone.says("oi")
    while not phone.booked and phone.said < 6:
        if phone.state.step is Step.NAME:
            phone.says("Maria da Silva")
        else:
            phone.presses(*phone.options[0])
    assert len(phone.booked) == 1


IDS = st.none() | st.integers(0, 3)
MOMENTS = st.integers(0, 60_000_000).map(lambda minutes: datetime.fromtimestamp(minutes * 60, SAO_PAULO))
SEARCHES = st.builds(
    Search,
    IDS,
    IDS,
    st.none() | st.dates(MONDAY.date(), MONDAY.date() + timedelta(days=40)),
    st.none() | st.dates(MONDAY.date(), MONDAY.date() + timedelta(days=40)),
    st.none() | st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    st.none() | st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    st.none() | st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    IDS,
)
SLOTS = st.builds(Slot, st.integers(0, 3), st.integers(0, 3), MOMENTS, IDS)
STATES = st.builds(
    State,
    st.sampled_from(Step),
    SEARCHES,
    st.none() | st.builds(Cursor, MOMENTS, st.integers(0, 3)),
    st.integers(0, 5),
    st.none() | SLOTS,
    IDS,
    st.sampled_from(Purpose),
    st.none() | st.text(max_size=5),
    st.integers(0, 4),
    st.none() | st.just(MONDAY.date()),
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=10)), max_size=4).map(tuple),
)
APPOINTMENTS = st.builds(
    AppointmentFact,
    st.integers(1, 3),
    st.integers(0, 3),
    NAMES,
    st.integers(0, 3),
    NAMES,
    MOMENTS,
    st.sampled_from(["booked", "confirmed"]),
)
EVENTS = st.one_of(
    st.builds(Booked, APPOINTMENTS),
    st.builds(Rescheduled, APPOINTMENTS),
    st.builds(Cancelled, APPOINTMENTS),
    st.builds(Confirmed, APPOINTMENTS),
    st.just(SlotTaken()),
    st.builds(Refused, st.text(max_size=10)),
)
FOUND = st.builds(
    Found,
    st.lists(st.builds(SlotFact, st.integers(0, 3), MOMENTS), max_size=7).map(tuple),
    has_more=st.booleans(),
    relaxed=st.integers(0, 9),
)
INCOMING = st.one_of(
    st.builds(Incoming, st.just("text"), st.one_of(PHRASES, st.text(max_size=60))),
    st.builds(Incoming, st.just("choice"), choice_id=st.text(max_size=30), title=st.text(max_size=10)),
)


@settings(max_examples=120, deadline=None)
@given(STATES, st.one_of(INCOMING, EVENTS), clinics(), st.lists(APPOINTMENTS, max_size=12), FOUND)
def test_any_turn_in_any_state_with_any_facts(
    state: State, turn: Any, clinic: Clinic, mine: list[AppointmentFact], found: Found
) -> None:
    """Even facts that answer another question."""
    vocabulary = replace(Phone(clinic).vocabulary, appointments=tuple(mine))
    if isinstance(turn, Incoming):
        turn = understand(state, turn, vocabulary)
    needed(state, turn, vocabulary)
    after, actions = step(state, turn, Facts(vocabulary, found))
    assert State.from_json(after.to_json()) == after
    for action in actions:
        if isinstance(action, Say | Buttons | ListMessage):
            check_limits(action)


@given(STATES)
def test_every_state_survives_json(state: State) -> None:
    assert State.from_json(state.to_json()) == state


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.sampled_from(sorted(State().to_json())), JSON)
def test_a_spoilt_state_is_a_fresh_one(key: str, value: object) -> None:
    spoilt = {**State(step=Step.SLOT).to_json(), key: value}
    state = State.from_json(spoilt)
    assert state == State() or state.to_json() == spoilt


@pytest.mark.parametrize("stored", [None, [], "", 3, {}, {"step": "slot"}, {**State().to_json(), "new": 1}])
def test_what_is_no_state_is_a_fresh_one(stored: object) -> None:
    assert State.from_json(stored) == State()
