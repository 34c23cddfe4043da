"""The small parts: cutting, choice ids, searching, and that nothing here needs a framework."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from whatsapp.conversation import (
    AppointmentFact,
    Buttons,
    SlotFact,
    SlotQuery,
    Vocabulary,
    choices,
    find,
    layout,
    texts,
)
from whatsapp.conversation.actions import Row
from whatsapp.conversation.search import Cursor, Search, Slot, parse_search, parse_slot
from whatsapp.conversation.slot_search import Shape
from whatsapp.conversation.tests.driver import CONSULTA, HELENA, MONDAY, PAULO, SAO_PAULO, Clinic
from whatsapp.conversation.wishes import ChooseSlot, ConfirmBooking, ShowDays, ShowTimes

CLINIC = Clinic()
VOCABULARY = Vocabulary("Clínica Aurora", SAO_PAULO, MONDAY, (CONSULTA,), (HELENA, PAULO))
FULL = Search(10**17, 10**17, date(2026, 11, 27), date(2026, 11, 28), time(8), time(12), time(14, 30), 10**17)


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("Consulta", 20, "Consulta"),
        ("Consulta cardiológica infantil", 20, "Consulta…"),
        ("Consulta de acompanhamento nutricional", 24, "Consulta de…"),
        ("Otorrinolaringologista", 20, "Otorrinolaringologi…"),
        ("duas\nlinhas", 20, "duas linhas"),
        ("  ", 20, "…"),
    ],
)
def test_cut(text: str, limit: int, cut: str) -> None:
    assert layout.cut(text, limit) == cut
    assert len(layout.cut(text, limit)) <= limit


def test_a_body_is_cut_to_what_buttons_take() -> None:
    message = layout.prefix("olá", layout.buttons("x" * 5000, [("a", "A")]))
    assert isinstance(message, Buttons)
    assert len(message.text) == 1024


def test_ways_on_are_never_pushed_out_of_a_list() -> None:
    rows = [Row(str(n), str(n)) for n in range(30)]
    message = layout.menu("?", "Ver", rows, [Row("more", "Mais")])
    assert [one for one, _ in layout.options_of((message,))] == [*map(str, range(9)), "more"]


def test_ids_say_all_and_stay_short() -> None:
    slot = Slot(1, 2, datetime(2026, 11, 27, 11, tzinfo=UTC), 77)
    cursor = Cursor(slot.starts_at, 10**17)
    assert choices.parse(choices.slot(slot)) == ChooseSlot(slot)
    assert choices.parse(choices.confirm(slot)) == ConfirmBooking(slot)
    assert choices.parse(choices.days(FULL)) == ShowDays(FULL)
    assert choices.parse(choices.more(FULL, cursor)) == ShowTimes(FULL, cursor)
    assert len(choices.more(FULL, cursor)) <= 200


@pytest.mark.parametrize(
    "choice_id",
    ["", "slot:", "slot:o1:1", "times:x", "times:o1.o", "cancel:", "cancel:-1", "cancel:٣", "more:o1:",
     "days:f20261399",
     "times:a9999", "times:a1", "appointments:x:1", "offerings:", "slot:o1.p1:99999999999", "confirm", "menu:1"],
)  # fmt: skip
def test_ids_nobody_made(choice_id: str) -> None:
    assert choices.parse(choice_id) is None


def test_search_and_slot_codes() -> None:
    assert parse_search(FULL.code()) == FULL
    assert parse_search("") == Search()
    assert parse_search("o1.x2") is None
    assert parse_slot("o1:29412840") is None


def wanted(search: Search, **more: object) -> list[str]:
    found = find([SlotQuery(search, **more)], CLINIC.load, VOCABULARY)  # type: ignore[arg-type]
    return [f"{one.starts_at.astimezone(SAO_PAULO):%d/%m %H:%M} {one.professional_id}" for one in found.slots]


def test_days_and_hours_bound_a_search() -> None:
    friday = Search(1, 1, date(2026, 11, 27), date(2026, 11, 28), time(11), time(14))
    assert wanted(friday) == ["27/11 11:00 1", "27/11 11:30 1", "27/11 13:00 1", "27/11 13:30 1"]


def test_near_takes_the_exact_time_or_the_closest() -> None:
    friday = Search(1, 1, date(2026, 11, 27), date(2026, 11, 28))
    assert wanted(Search(1, 1, friday.from_date, friday.to_date, near=time(14, 30))) == ["27/11 14:30 1"]
    closest = wanted(Search(1, 1, friday.from_date, friday.to_date, near=time(14, 40)), limit=2)
    assert closest == ["27/11 14:30 1", "27/11 15:00 1"]


def test_a_page_begins_behind_the_last() -> None:
    first = wanted(Search(1), limit=3)
    cursor = Cursor(datetime(2026, 11, 23, 10, tzinfo=SAO_PAULO), 1)
    assert first == ["23/11 09:30 1", "23/11 09:30 2", "23/11 10:00 1"]
    assert wanted(Search(1), limit=2, cursor=cursor) == ["23/11 10:00 2", "23/11 10:30 1"]


def test_the_first_query_that_finds_anything_answers() -> None:
    saturday = SlotQuery(Search(1, None, date(2026, 11, 28), date(2026, 11, 29)))
    found = find([saturday, SlotQuery(Search(1))], CLINIC.load, VOCABULARY)
    assert found.relaxed == 1
    assert found.slots
    assert find([saturday], CLINIC.load, VOCABULARY).relaxed == 1


def test_days_are_counted() -> None:
    found = find([SlotQuery(Search(1, 1), Shape.DAYS, limit=2)], CLINIC.load, VOCABULARY)
    assert [(one.date, one.count) for one in found.days] == [(date(2026, 11, 23), 15), (date(2026, 11, 24), 18)]
    assert found.has_more


def test_later_weeks_are_loaded_only_when_the_first_do_not_fill_a_page() -> None:
    asked: list[datetime] = []

    def load(*, to_at: datetime, **more: Any) -> list[SlotFact]:
        asked.append(to_at)
        return CLINIC.load(to_at=to_at, **more)

    assert find([SlotQuery(Search(1))], load, VOCABULARY).has_more
    assert [to_at.date() for to_at in asked] == [date(2026, 12, 8)]
    assert len(find([SlotQuery(Search(1), Shape.DAYS, limit=12)], load, VOCABULARY).days) == 12
    assert len(asked) > 2


def test_nothing_is_looked_for_in_the_past() -> None:
    def load(*, from_at: datetime, **_: object) -> list[SlotFact]:
        raise AssertionError(from_at)

    yesterday = Search(1, None, date(2026, 11, 22), date(2026, 11, 23))
    assert find([SlotQuery(yesterday)], load, VOCABULARY).slots == ()


def test_the_city_is_named_where_the_clock_differs() -> None:
    at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    manaus = Vocabulary("Clínica Rio Negro", ZoneInfo("America/Manaus"), MONDAY)
    assert texts.moment(at, manaus) == "terça-feira, 1º de dezembro, às 08:00 (horário de Manaus)"
    assert texts.moment(at, VOCABULARY) == "terça-feira, 1º de dezembro, às 09:00"
    assert texts.moment(at + timedelta(days=31), VOCABULARY) == "sexta-feira, 1º de janeiro de 2027, às 09:00"


def test_money() -> None:
    from decimal import Decimal

    assert texts.price(Decimal("1250.5")) == "R$ 1.250,50"


def test_one_emoji_at_most() -> None:
    fact = AppointmentFact(1, 1, "Consulta", 1, HELENA.name, MONDAY)
    said = [texts.booked(fact, VOCABULARY, "Ana"), texts.rescheduled(fact, VOCABULARY), texts.hello(VOCABULARY)]
    for text in said:
        assert sum(ord(char) > 0x2600 for char in text) == 1


def test_needs_no_framework() -> None:
    code = "import sys, whatsapp.conversation; print(sorted({'django', 'celery'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
