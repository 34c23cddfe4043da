"""Which offering, which day, which professional, which time? The lists a patient chooses from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from whatsapp.conversation import choices, layout, texts
from whatsapp.conversation.actions import HandOver, Message, Row
from whatsapp.conversation.engine.outcome import Outcome, ask, close, joined
from whatsapp.conversation.engine.queries import queries
from whatsapp.conversation.engine.resolving import candidates, usable
from whatsapp.conversation.facts import DayFact, Facts, OfferingFact, SlotFact, Vocabulary
from whatsapp.conversation.search import Cursor, Search, Slot
from whatsapp.conversation.slot_search import SlotQuery
from whatsapp.conversation.states import State, Step
from whatsapp.conversation.wishes import ShowDays, ShowOfferings, ShowProfessionals, ShowTimes

PROFESSIONALS_ON_PAGE = 8


def show_offerings(state: State, wish: ShowOfferings, facts: Facts, opening: str = "") -> Outcome:
    vocabulary = facts.vocabulary
    offered = candidates(wish.search, vocabulary)
    if not offered:
        return close(state, layout.say(texts.NOTHING_TO_OFFER), HandOver("nothing_to_offer"))
    text = joined(opening, texts.ASK_OFFERING)
    message = _offering_buttons(text, offered, wish.search) or _offering_list(text, offered, wish)
    return ask(state, Step.OFFERING, message, search=wish.search, page=wish.page)


def show_times(state: State, wish: ShowTimes, facts: Facts, opening: str = "") -> Outcome:
    tried = queries(state, wish, facts.vocabulary)
    if not facts.found.slots or facts.found.relaxed >= len(tried):
        return no_times(state, facts, opening)
    excuse = _excuse(wish, facts)
    return list_times(state, tried[facts.found.relaxed], facts, joined(opening, excuse))


def list_times(state: State, query: SlotQuery, facts: Facts, opening: str = "") -> Outcome:
    """Free times as a list, with the ways to others below."""
    vocabulary, search = facts.vocabulary, query.search
    offering = vocabulary.find_offering(search.offering_id)
    if offering is None or not facts.found.slots:
        return no_times(state, facts, opening)
    message = layout.menu(
        joined(opening, texts.ask_time(offering.name, is_first=not (opening or query.cursor or search.from_date))),
        texts.SEE_TIMES,
        [_time_row(slot, search, vocabulary) for slot in facts.found.slots],
        _further_times(search, offering, facts),
        (texts.TIMES_SECTION, texts.FURTHER_SECTION),
    )
    return ask(state, Step.SLOT, message, search=search, cursor=query.cursor, slot=None)


def show_days(state: State, wish: ShowDays, facts: Facts, opening: str = "") -> Outcome:
    tried = queries(state, wish, facts.vocabulary)
    days = facts.found.days
    if not days or facts.found.relaxed >= len(tried):
        return no_times(state, facts, opening)
    search = tried[facts.found.relaxed].search
    excuse = texts.NO_MORE_DAYS if facts.found.relaxed else ""
    rows = [_day_row(one, search, facts.vocabulary) for one in days]
    text = joined(opening, excuse, texts.ASK_DAY)
    message = layout.menu(text, texts.SEE_DAYS, rows, _further_days(search, facts))
    return ask(state, Step.DAY, message, search=search)


def show_professionals(state: State, wish: ShowProfessionals, facts: Facts, opening: str = "") -> Outcome:
    tried = queries(state, wish, facts.vocabulary)
    if not facts.found.slots or facts.found.relaxed >= len(tried):
        return no_times(state, facts, opening)
    search = tried[facts.found.relaxed].search
    first = wish.page * PROFESSIONALS_ON_PAGE
    shown = facts.found.slots[first : first + PROFESSIONALS_ON_PAGE] or facts.found.slots[:PROFESSIONALS_ON_PAGE]
    rows = [_professional_row(slot, search, facts.vocabulary) for slot in shown]
    further = [Row(choices.times(search), texts.ANY_PROFESSIONAL, texts.ANY_PROFESSIONAL_HINT)]
    if len(facts.found.slots) > first + PROFESSIONALS_ON_PAGE:
        further.append(Row(choices.professionals(search, wish.page + 1), texts.MORE_OPTIONS))
    message = layout.menu(joined(opening, texts.ASK_PROFESSIONAL), texts.SEE_PROFESSIONALS, rows, further)
    return ask(state, Step.PROFESSIONAL, message, search=search, page=wish.page)


def no_times(state: State, facts: Facts, opening: str = "") -> Outcome:
    """Nobody has any free time for it."""
    options = [(choices.PERSON, texts.PERSON)]
    if len(facts.vocabulary.bookable()) > 1:
        options.insert(0, (choices.offerings(Search()), texts.SEE_OFFERINGS))
    return ask(state, Step.MENU, layout.buttons(joined(opening, texts.NO_TIMES_AT_ALL), options))


def only_time_asked_for(wish: ShowTimes, facts: Facts) -> Slot | None:
    """The one free time at exactly the day and hour asked for: nothing is left to choose."""
    search, found = wish.search, facts.found
    is_one_day = search.from_date is not None and search.to_date == search.from_date + timedelta(days=1)
    if not (is_one_day and search.near and search.offering_id) or found.relaxed or len(found.slots) != 1:
        return None
    slot = found.slots[0]
    local = slot.starts_at.astimezone(facts.vocabulary.zone)
    if (local.hour, local.minute) != (search.near.hour, search.near.minute):
        return None
    return Slot(search.offering_id, slot.professional_id, slot.starts_at, search.replaces)


def _excuse(wish: ShowTimes, facts: Facts) -> str:
    """Why these are not the times asked for, if they are not."""
    vocabulary, search = facts.vocabulary, wish.search
    offering = vocabulary.find_offering(search.offering_id)
    professional = vocabulary.find_professional(search.professional_id)
    if offering and professional and usable(search, vocabulary) != search:
        return texts.not_given_by(offering.name, professional.name)
    if wish.cursor is not None:
        return texts.NO_MORE_TIMES if facts.found.relaxed else ""
    if facts.found.relaxed or _is_only_near(search, facts):
        return texts.nothing_at(search, professional.name if professional else None)
    return ""


def _is_only_near(search: Search, facts: Facts) -> bool:
    zone = facts.vocabulary.zone
    return search.near is not None and all(
        slot.starts_at.astimezone(zone).time() != search.near for slot in facts.found.slots
    )


def _offering_buttons(text: str, offered: Sequence[OfferingFact], search: Search) -> Message | None:
    titles = {one.name for one in offered if layout.fits_button(one.name)}
    if len(offered) > layout.BUTTONS or len(titles) < len(offered):
        return None
    return layout.buttons(text, [(_offering_id(one, search), one.name) for one in offered])


def _offering_list(text: str, offered: Sequence[OfferingFact], wish: ShowOfferings) -> Message:
    if len(offered) <= layout.ROWS:
        return layout.menu(text, texts.SEE_OFFERINGS, [_offering_row(one, wish.search) for one in offered])
    size = layout.ROWS - 1
    pages = -(-len(offered) // size)
    page = wish.page % pages
    shown = offered[page * size : (page + 1) * size]
    more = Row(choices.offerings(wish.search, (page + 1) % pages), texts.MORE_OPTIONS)
    return layout.menu(text, texts.SEE_OFFERINGS, [_offering_row(one, wish.search) for one in shown], [more])


def _offering_id(offering: OfferingFact, search: Search) -> str:
    return choices.times(replace(search, offering_id=offering.id))


def _offering_row(offering: OfferingFact, search: Search) -> Row:
    is_cut = layout.cut(offering.name, layout.ROW_TITLE) != offering.name
    detail = texts.offering_description(offering)
    description = f"{offering.name} · {detail}" if is_cut else detail
    return Row(_offering_id(offering, search), offering.name, description)


def _time_row(slot: SlotFact, search: Search, vocabulary: Vocabulary) -> Row:
    chosen = Slot(search.offering_id or 0, slot.professional_id, slot.starts_at, search.replaces)
    professional = vocabulary.find_professional(slot.professional_id)
    title = texts.short_moment(slot.starts_at, vocabulary.zone)
    return Row(choices.slot(chosen), title, professional.name if professional else "")


def _further_times(search: Search, offering: OfferingFact, facts: Facts) -> list[Row]:
    rows = []
    if facts.found.has_more:
        last = facts.found.slots[-1]
        cursor = Cursor(last.starts_at, last.professional_id)
        rows.append(Row(choices.more(search, cursor), texts.MORE_TIMES, texts.MORE_TIMES_HINT))
    rows.append(Row(choices.days(search.anytime()), texts.OTHER_DAY, texts.OTHER_DAY_HINT))
    if len(facts.vocabulary.giving(offering)) > 1:
        anybody = replace(search, professional_id=None)
        rows.append(Row(choices.professionals(anybody), texts.OTHER_PROFESSIONAL, texts.OTHER_PROFESSIONAL_HINT))
    return rows


def _day_row(one: DayFact, search: Search, vocabulary: Vocabulary) -> Row:
    that_day = replace(search, from_date=one.date, to_date=one.date + timedelta(days=1))
    description = texts.day_description(one, vocabulary.zone)
    return Row(choices.times(that_day), texts.day_title(one.date), description)


def _further_days(search: Search, facts: Facts) -> list[Row]:
    if not facts.found.has_more:
        return []
    later = replace(search, from_date=facts.found.days[-1].date + timedelta(days=1), to_date=None)
    return [Row(choices.days(later), texts.MORE_DAYS)]


def _professional_row(slot: SlotFact, search: Search, vocabulary: Vocabulary) -> Row:
    professional = vocabulary.find_professional(slot.professional_id)
    name = professional.name if professional else "…"
    return Row(
        choices.times(replace(search, professional_id=slot.professional_id)),
        name,
        texts.first_free(slot, vocabulary.zone),
    )
