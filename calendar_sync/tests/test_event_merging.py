"""Two hands on one event: whose words stay."""

from typing import Any

import pytest

from calendar_sync import event_merging
from calendar_sync.event_merging import fingerprint, merge, merge_guests

OURS = {"summary": "Consulta", "description": "Detalhes: x", "colorId": "3", "reminders": {"useDefault": True}}
BASE = fingerprint(OURS)


def guest(email: str, **more: Any) -> dict[str, Any]:
    return {"email": email, **more}


def test_nothing_is_sent_for_what_is_as_wished() -> None:
    send, base = merge(OURS, OURS, BASE)
    assert (send, event_merging.packed(base)) == ({}, event_merging.packed(BASE))


def test_our_new_words_replace_our_old_ones() -> None:
    send, base = merge({**OURS, "summary": "Retorno"}, OURS, BASE)
    assert send == {"summary": "Retorno"}
    assert event_merging.packed(base) == event_merging.packed(fingerprint({**OURS, "summary": "Retorno"}))


def test_what_a_person_wrote_stays_and_is_known_as_theirs_ever_after() -> None:
    there = {**OURS, "description": "trazer exames", "colorId": "5"}
    send, base = merge({**OURS, "description": "Detalhes: y", "colorId": "7", "summary": "Retorno"}, there, BASE)
    assert send == {"summary": "Retorno"}
    send, base = merge({**OURS, "description": "Detalhes: z", "colorId": "8"}, {**there, "summary": "Retorno"}, base)
    assert send == {"summary": "Consulta"}


def test_a_person_who_takes_their_words_back_gets_ours_again() -> None:
    _, base = merge({**OURS, "colorId": "7"}, {**OURS, "colorId": "5"}, BASE)
    send, _ = merge({**OURS, "colorId": "7"}, OURS, base)
    assert send == {"colorId": "7"}


def test_what_we_no_longer_wish_is_taken_out_unless_it_is_theirs() -> None:
    wish = {**OURS, "colorId": None}
    assert merge(wish, OURS, BASE)[0] == {"colorId": None}
    assert merge(wish, {**OURS, "colorId": "5"}, BASE)[0] == {}


def test_what_a_person_took_out_does_not_come_back() -> None:
    there = {name: value for name, value in OURS.items() if name != "description"}
    assert merge({**OURS, "summary": "Retorno"}, there, BASE)[0] == {"summary": "Retorno"}


def test_an_event_that_does_not_tell_keeps_its_words() -> None:
    assert merge({**OURS, "summary": "Retorno", "location": "Rua 1"}, OURS, {})[0] == {"location": "Rua 1"}


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "5"])
def test_an_unreadable_base_is_none(text: str) -> None:
    assert event_merging.base_of({event_merging.WROTE: text}) == {}


def test_the_order_of_reminders_is_no_difference() -> None:
    one, other = ({"method": "popup", "minutes": minutes} for minutes in (10, 30))
    first = fingerprint({"reminders": {"useDefault": False, "overrides": [one, other]}})
    assert first == fingerprint({"reminders": {"useDefault": False, "overrides": [other, one]}})
    assert fingerprint({"reminders": {"useDefault": False}}) != fingerprint({})


def test_guests_of_others_stay_with_their_answers() -> None:
    there = [guest("x@y.test", responseStatus="accepted", self=True), guest("ana@a.test", displayName="Ana")]
    sent = merge_guests([guest("dalva@d.test")], there, "")
    assert sent == [
        {"email": "x@y.test", "responseStatus": "accepted"},
        {"email": "ana@a.test", "displayName": "Ana"},
        {"email": "dalva@d.test"},
    ]


def test_ours_go_and_others_stay() -> None:
    base = fingerprint({"attendees": [guest("dalva@d.test")]})["attendees"]
    there = [guest("Dalva@d.test", responseStatus="declined"), guest("x@y.test")]
    assert merge_guests([], there, base) == [{"email": "x@y.test"}]
    assert merge_guests([guest("nova@d.test")], there, base) == [{"email": "x@y.test"}, {"email": "nova@d.test"}]


def test_a_guest_of_ours_whom_a_person_removed_is_not_asked_again() -> None:
    base = fingerprint({"attendees": [guest("dalva@d.test")]})["attendees"]
    assert merge_guests([guest("dalva@d.test")], [guest("x@y.test")], base) is None


def test_who_is_there_already_is_not_asked_twice() -> None:
    assert merge_guests([guest("DALVA@d.test")], [guest("dalva@d.test", responseStatus="accepted")], "") is None
