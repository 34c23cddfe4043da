"""Which free times does a turn need, from what was asked to what would still help?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from whatsapp.conversation.actions import SlotTaken
from whatsapp.conversation.engine.resolving import (
    Turn,
    current,
    movable,
    resolve,
    times_for_moving,
    usable,
)
from whatsapp.conversation.facts import Vocabulary
from whatsapp.conversation.search import Cursor, Search, Slot
from whatsapp.conversation.slot_search import Shape, SlotQuery
from whatsapp.conversation.states import State
from whatsapp.conversation.wishes import (
    AskPrice,
    AskReschedule,
    CannotRead,
    ChooseSlot,
    Greet,
    NotUnderstood,
    ShowDays,
    ShowOfferings,
    ShowProfessionals,
    ShowTimes,
    TellMarketing,
)

Queries = tuple[SlotQuery, ...]

DAYS_ON_PAGE = 9


def queries(state: State, turn: Turn, vocabulary: Vocabulary) -> Queries:
    """In the order to try; empty when the turn needs no free times."""
    resolved = resolve(state, turn, vocabulary)
    reader = READERS.get(type(resolved))
    return reader(state, resolved, vocabulary) if reader else ()


def _times(_state: State, wish: ShowTimes, vocabulary: Vocabulary) -> Queries:
    search = usable(wish.search, vocabulary)
    looser = [SlotQuery(one) for one in _loosened(search)]
    first = SlotQuery(search, cursor=wish.cursor)
    return _distinct([first, *looser])


def _loosened(search: Search) -> Iterable[Search]:
    """The search, then: that day at any time; from that day on; with anybody; any time at all."""
    on_the_day = replace(search, from_time=None, to_time=None, near=None)
    from_the_day = replace(on_the_day, to_date=None)
    yield search
    if search.from_date is not None:
        yield from (on_the_day, from_the_day)
    yield search.anytime()
    yield replace(from_the_day, professional_id=None)
    yield replace(search.anytime(), professional_id=None)


def _days(_state: State, wish: ShowDays, _vocabulary: Vocabulary) -> Queries:
    anybody = replace(wish.search, professional_id=None)
    searches = (wish.search, wish.search.anytime(), anybody.anytime())
    return _distinct(SlotQuery(one, Shape.DAYS, limit=DAYS_ON_PAGE) for one in searches)


def _professionals(_state: State, wish: ShowProfessionals, _vocabulary: Vocabulary) -> Queries:
    searches = (wish.search, wish.search.anytime())
    return _distinct(SlotQuery(one, Shape.PROFESSIONALS) for one in searches)


def _chosen(state: State, wish: ChooseSlot, vocabulary: Vocabulary) -> Queries:
    return (SlotQuery(_exactly(wish.slot, vocabulary)), *_instead(wish.slot, state, vocabulary))


def _exactly(slot: Slot, vocabulary: Vocabulary) -> Search:
    local = slot.starts_at.astimezone(vocabulary.zone)
    until = (datetime.combine(local.date(), local.time()) + timedelta(minutes=1)).time()
    return Search(
        slot.offering_id,
        slot.professional_id,
        from_date=local.date(),
        to_date=local.date() + timedelta(days=1),
        from_time=local.time(),
        to_time=until if until != time() else None,
    )


def _instead(slot: Slot, state: State, vocabulary: Vocabulary) -> Queries:
    """The next free ones behind a time that cannot be had, with the professional the patient insists on first."""
    anybody = slot.search()
    wanted = usable(replace(anybody, professional_id=state.search.professional_id), vocabulary)
    behind = Cursor(slot.starts_at, 0)
    return _distinct([SlotQuery(wanted, cursor=behind), SlotQuery(anybody, cursor=behind), SlotQuery(anybody)])


def _taken(state: State, _event: SlotTaken, vocabulary: Vocabulary) -> Queries:
    return _instead(state.slot, state, vocabulary) if state.slot else ()


def _moving(state: State, wish: AskReschedule, vocabulary: Vocabulary) -> Queries:
    appointment = movable(wish, vocabulary)
    return queries(state, times_for_moving(appointment, wish.search), vocabulary) if appointment else ()


def _greeting(state: State, _wish: Greet, vocabulary: Vocabulary) -> Queries:
    return () if vocabulary.appointments else queries(state, ShowOfferings(), vocabulary)


def _again(state: State, _wish: object, vocabulary: Vocabulary) -> Queries:
    return queries(state, current(state), vocabulary)


def _again_if_open(state: State, wish: TellMarketing, vocabulary: Vocabulary) -> Queries:
    return _again(state, wish, vocabulary) if state.is_open(vocabulary.today) else ()


def _distinct(wanted: Iterable[SlotQuery]) -> Queries:
    return tuple(dict.fromkeys(wanted))


READERS: dict[type, Callable[[State, Any, Vocabulary], Queries]] = {
    ShowTimes: _times,
    ShowDays: _days,
    ShowProfessionals: _professionals,
    ChooseSlot: _chosen,
    SlotTaken: _taken,
    AskReschedule: _moving,
    Greet: _greeting,
    NotUnderstood: _again,
    CannotRead: _again,
    AskPrice: _again,
    TellMarketing: _again_if_open,
}
