"""Contact cards, with Meta's own field names.

**Source**: Meta, Cloud API, Contacts messages, v24.0-v26.0.
"""

import re
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.checks import ContentError, count, link, within

MOST_CARDS = 257
LONGEST_WORDS = 1000
_BIRTHDAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True)
class CardName:
    """`formatted_name` is what is shown. Meta wants one more part: the first name is it when none is given."""

    formatted_name: str
    first_name: str = ""
    last_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    prefix: str = ""


@dataclass(frozen=True)
class CardPhone:
    """`wa_id` makes WhatsApp offer a chat with the number."""

    phone: str
    type: str = ""
    wa_id: str = ""


@dataclass(frozen=True)
class CardEmail:
    """An address for mail."""

    email: str
    type: str = ""


@dataclass(frozen=True)
class CardUrl:
    """A page."""

    url: str
    type: str = ""


@dataclass(frozen=True)
class CardAddress:
    """Where to find them."""

    street: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    country_code: str = ""
    type: str = ""


@dataclass(frozen=True)
class CardOrg:
    """Where they work."""

    company: str = ""
    department: str = ""
    title: str = ""


@dataclass(frozen=True)
class Card:
    """One contact; `birthday` as YYYY-MM-DD."""

    name: CardName
    phones: tuple[CardPhone, ...] = ()
    emails: tuple[CardEmail, ...] = ()
    urls: tuple[CardUrl, ...] = ()
    addresses: tuple[CardAddress, ...] = ()
    org: CardOrg | None = None
    birthday: str = ""

    def check(self) -> None:
        within("contacts.name.formatted_name", self.name.formatted_name, LONGEST_WORDS)
        for phone in self.phones:
            within("contacts.phones.phone", phone.phone, 40)
        for email in self.emails:
            within("contacts.emails.email", email.email, 320)
        for page in self.urls:
            link("contacts.urls.url", page.url)
        if self.birthday and not _BIRTHDAY.fullmatch(self.birthday):
            raise ContentError("contacts.birthday", "must be YYYY-MM-DD")

    def payload(self) -> dict[str, Any]:
        card: dict[str, Any] = _plain(self)
        if len(card["name"]) == 1:
            card["name"]["first_name"] = self.name.formatted_name
        return card


@dataclass(frozen=True)
class Contacts(OutboundContent):
    """One to 257 cards."""

    kind: ClassVar[str] = "contacts"
    contacts: tuple[Card, ...]

    def __post_init__(self) -> None:
        count("contacts", self.contacts, MOST_CARDS)
        for card in self.contacts:
            card.check()

    def payload(self) -> dict[str, Any]:
        return {"type": "contacts", "contacts": [card.payload() for card in self.contacts]}

    def words(self) -> str:
        return ", ".join(card.name.formatted_name for card in self.contacts)


def _plain(part: Any) -> Any:
    """Only what has a value."""
    if isinstance(part, tuple):
        return [_plain(one) for one in part]
    if is_dataclass(part):
        values = ((field.name, getattr(part, field.name)) for field in fields(part))
        return {name: _plain(value) for name, value in values if value}
    return part
