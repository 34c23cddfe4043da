"""Brazilian numbers, the ninth digit, and what only looks like a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atendeai.common.phones import digits, display, is_user_id, mask, match_key, other_form, to_e164


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("551187650001", "5511987650001"),  # old mobile: gets the nine
        ("5511987650001", "5511987650001"),
        ("551133330001", "551133330001"),  # landline
        ("5541932345678", "5541932345678"),  # nine, then a landline's digit: nothing is taken
        ("554132345678", "554132345678"),
        ("5511887650001", "5511887650001"),
        ("351912345678", "351912345678"),
        ("15551234567", "15551234567"),
        ("", ""),
    ],
)
def test_match_key(number: str, key: str) -> None:
    assert match_key(number) == key


@pytest.mark.parametrize(
    ("number", "other"),
    [
        ("551187650001", "5511987650001"),
        ("5511987650001", "551187650001"),
        ("551133330001", None),
        ("5541932345678", None),
        ("351912345678", None),
        ("", None),
    ],
)
def test_other_form(number: str, other: str | None) -> None:
    assert other_form(number) == other


@given(st.from_regex(r"55[0-9]{10,11}", fullmatch=True))
def test_both_forms_have_one_key(number: str) -> None:
    other = other_form(number)
    assert match_key(match_key(number)) == match_key(number)
    if other is not None:
        assert other_form(other) == number
        assert match_key(other) == match_key(number)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("BR.1502576394655843", True),
        ("BR.ENT.99ab", True),
        ("CO.x", True),
        ("br.1502576394655843", False),
        ("BR.", False),
        ("BR.12\n", False),
        ("user.abc", False),
        ("BR." + "1" * 129, False),
        ("5511987650001", False),
    ],
)
def test_is_user_id(text: str, answer: bool) -> None:
    assert is_user_id(text) is answer


def test_digits_of_a_user_id_are_no_number() -> None:
    assert digits("BR.1502576394655843") == ""
    assert digits("+55 (11) 98765-0001") == "5511987650001"
    assert digits("５５") == ""


@pytest.mark.parametrize(
    ("number", "shown", "masked"),
    [
        ("5511987650001", "+55 11 98765-0001", "+55 11 •••••-0001"),
        ("551187650001", "+55 11 8765-0001", "+55 11 ••••-0001"),
        ("551133330001", "+55 11 3333-0001", "+55 11 ••••-0001"),
        ("351912345678", "+351 912 345 678", "+35• ••• ••5 678"),
        ("110000000000", "+110000000000", "+11••••••0000"),  # parsing would drop a one
        ("999", "+999", "•••"),
        ("", "", ""),
    ],
)
def test_display_and_mask(number: str, shown: str, masked: str) -> None:
    assert display(number) == shown
    assert mask(number) == masked


@given(st.from_regex(r"[0-9]{0,18}", fullmatch=True))
def test_mask_never_shows_more_than_its_ends(number: str) -> None:
    assert sum(character.isdigit() for character in mask(number)) <= 8
    assert sum(character in "•0123456789" for character in display(number)) == len(number)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("11 98765-0001", "+5511987650001"),
        ("(11) 98765-0001", "+5511987650001"),
        ("011 98765-0001", "+5511987650001"),
        ("11 8765-0001", "+5511987650001"),  # typed the old way
        ("5511987650001", "+5511987650001"),
        ("+55 11 98765-0001", "+5511987650001"),
        ("0055 11 98765-0001", "+5511987650001"),
        ("\u202a+55 11 98765\u20110001\u202c", "+5511987650001"),  # pasted from an address book
        ("11 3333-0001", "+551133330001"),
        ("55 98765-0001", "+5555987650001"),  # area 55, Santa Maria
        ("55 55 98765-0001", "+5555987650001"),
        ("+351 912 345 678", "+351912345678"),
        ("+1 (555) 123-4567", "+15551234567"),
    ],
)
def test_what_a_person_types(typed: str, number: str) -> None:
    assert to_e164(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "98765-0001",  # no area
        "11 18765-0001",
        "10 98765-0001",
        "11 98765-00011",
        "+55 11 9876-001",
        "+0 123 456 789",
        "++5511987650001",
        "BR.1502576394655843",
        "11 98765-0001 ramal 2",
        "dalva@example.com",
        "+1234567890123456",
        "１１987650001",
    ],
)
def test_what_is_no_number(typed: str) -> None:
    with pytest.raises(ValueError):
        to_e164(typed)
