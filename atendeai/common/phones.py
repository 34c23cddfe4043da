"""Which number is this, whichever way it was written?

Promises: two spellings of one Brazilian mobile (with and without the ninth digit) give one `match_key`;
landlines and foreign numbers are never altered; a business-scoped user id never becomes a number.

`phonenumbers` only groups the digits of foreign numbers: it calls the legacy 12-digit `wa_id` invalid, and
such accounts are real, so it never judges.
"""

import re

import phonenumbers

_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}")
_OLD_MOBILE = re.compile(r"55(\d\d)([6-9]\d{7})", re.ASCII)
_MOBILE = re.compile(r"55(\d\d)9([6-9]\d{7})", re.ASCII)
# Area codes have no zero; a subscriber number is a landline (2-5), an old mobile (6-9) or 9 + eight digits.
_BRAZILIAN = re.compile(r"55[1-9][1-9](?:[2-9]\d{7}|9\d{8})", re.ASCII)
_GROUPS = re.compile(r"(55)(\d\d)(\d{4,5})(\d{4})", re.ASCII)
_FOREIGN = re.compile(r"[1-9]\d{7,14}", re.ASCII)
_NOT_A_NUMBER = re.compile(r"[^0-9+().\-\u2010-\u2014\s]")
# Direction marks that address books put around a copied number; nobody sees them in the field.
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069]")


def is_user_id(text: str) -> bool:
    """Whether this is a business-scoped user id (`BR.1502…`, parent `BR.ENT.…`). Case matters."""
    return _USER_ID.fullmatch(text) is not None


def digits(text: str) -> str:
    """The digits of a number; "" for a business-scoped user id, whose digits are no number."""
    return "" if is_user_id(text) else re.sub(r"[^0-9]", "", text)


def match_key(digits: str) -> str:
    """One key for both forms of a Brazilian mobile: `55`, area, `9`, eight digits; others stay."""
    old = _OLD_MOBILE.fullmatch(digits)
    return f"55{old[1]}9{old[2]}" if old else digits


def other_form(digits: str) -> str | None:
    """The same Brazilian mobile with the ninth digit added or taken away; None for any other number."""
    if _OLD_MOBILE.fullmatch(digits):
        return match_key(digits)
    mobile = _MOBILE.fullmatch(digits)
    return f"55{mobile[1]}{mobile[2]}" if mobile else None


def display(digits: str) -> str:
    """How a person reads it: `+55 11 98765-0001`. Digits of no known country come back as `+digits`."""
    if not digits:
        return ""
    brazilian = _GROUPS.fullmatch(digits)
    return "+{} {} {}-{}".format(*brazilian.groups()) if brazilian else _foreign_display(digits)


def _foreign_display(number: str) -> str:
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return f"+{number}"
    shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    # Parsing drops what it takes for a trunk prefix; showing another number would be worse than no spaces.
    return shown if digits(shown) == number else f"+{number}"


def mask(digits: str) -> str:
    """Country, area and the last four digits: `+55 11 •••••-0001`. Short numbers are hidden entirely."""
    head, tail = (4, len(digits) - 4) if digits.startswith("55") else (2, len(digits) - 4)
    if tail <= head:
        return "•" * len(digits)
    shown, position = [], 0
    for character in display(digits):
        hidden = character.isdigit() and head <= position < tail
        shown.append("•" if hidden else character)
        position += character.isdigit()
    return "".join(shown)


def to_e164(text: str) -> str:
    """What a person typed in a form, as `+55…`: with or without country code, brackets, dashes, leading zero.

    A Brazilian mobile typed without its ninth digit gets it. `+` or `00` in front means that the country
    code is there. Raises ValueError when it cannot be a number that WhatsApp reaches.
    """
    typed = _INVISIBLE.sub("", text).strip()
    if is_user_id(typed) or _NOT_A_NUMBER.search(typed) or typed.count("+") > 1:
        raise ValueError("not a phone number")
    number = digits(typed)
    if typed.startswith("+") or number.startswith("00"):
        return _international(number.removeprefix("00"))
    national = number.removeprefix("0")
    return _brazilian(national if len(national) in (12, 13) else f"55{national}")


def _international(number: str) -> str:
    if number.startswith("55"):
        return _brazilian(number)
    if not _FOREIGN.fullmatch(number):
        raise ValueError("not a phone number")
    return f"+{number}"


def _brazilian(number: str) -> str:
    if not _BRAZILIAN.fullmatch(number):
        raise ValueError("not a Brazilian phone number")
    return f"+{match_key(number)}"
