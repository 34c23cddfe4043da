"""What is there to read in a message that is no text: a place, cards, a filled form, an order?

Promises: never raises; lines of plain text without any words of ours; pure.

**Source**: Meta, WhatsApp webhooks, messages reference, 2025-2026.
"""

import json
from collections.abc import Iterator
from typing import Any

from whatsapp.payloads.items import Card
from whatsapp.payloads.parts import array, identifier, mapping, text

_MOST_LINES = 50
# Goes with every form and tells a person nothing.
_HIDDEN = frozenset({"flow_token"})


def place_text(node: dict[str, Any]) -> str:
    """Name and address, else the coordinates."""
    words = [text(node.get(key), 500).strip() for key in ("name", "address")]
    if any(words):
        return "\n".join(filter(None, words))
    latitude, longitude = node.get("latitude"), node.get("longitude")
    return f"{latitude}, {longitude}" if _is_number(latitude) and _is_number(longitude) else ""


def cards_of(message: dict[str, Any]) -> tuple[Card, ...]:
    """The cards of a `contacts` message."""
    cards = [mapping(card) for card in array(message.get("contacts"))[:_MOST_LINES]]
    return tuple(_card(card, message.get("origin")) for card in cards)


def cards_text(cards: tuple[Card, ...]) -> str:
    """A line for each card."""
    return "\n".join(" · ".join(filter(None, (card.name, *card.numbers))) for card in cards)


def form_text(reply: dict[str, Any]) -> str:
    """The answers of a form, each on a line; Meta's own word when they cannot be read."""
    try:
        answers = json.loads(text(reply.get("response_json")), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        answers = None
    lines = list(_answers(answers))[:_MOST_LINES]
    return "\n".join(lines) or text(reply.get("body"), 1000)


def order_text(node: dict[str, Any]) -> str:
    """What was said with it, then a line for each article."""
    lines = [text(node.get("text"), 1000), *(_article(mapping(one)) for one in array(node.get("product_items")))]
    return "\n".join(filter(None, lines[: _MOST_LINES + 1]))


def _card(card: dict[str, Any], origin: Any) -> Card:
    names = mapping(card.get("name"))
    numbers = tuple(_number(mapping(phone)) for phone in array(card.get("phones"))[:5])
    return Card(
        name=text(names.get("formatted_name"), 200) or text(names.get("first_name"), 200),
        numbers=tuple(filter(None, numbers)),
        is_answer="contact_request" in (card.get("origin"), origin),
    )


def _number(phone: dict[str, Any]) -> str:
    return text(phone.get("phone"), 40).strip() or identifier(phone.get("wa_id"))[:40]


def _answers(answers: Any) -> Iterator[str]:
    if isinstance(answers, dict):
        pairs = [(f"{text(key, 100)}: ", value) for key, value in answers.items() if key not in _HIDDEN]
    else:
        pairs = [("", value) for value in array(answers)]
    for label, value in pairs:
        written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield label + text(written, 500)


def _article(article: dict[str, Any]) -> str:
    name = identifier(article.get("product_retailer_id")) or text(article.get("product_retailer_id"), 100)
    price = (
        f"{text(article.get('currency'), 10)} {article['item_price']}" if _is_number(article.get("item_price")) else ""
    )
    quantity = article.get("quantity")
    count = f"{quantity} ×" if _is_number(quantity) else ""
    return " ".join(filter(None, (count, name, f"({price.strip()})" if price else "")))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
