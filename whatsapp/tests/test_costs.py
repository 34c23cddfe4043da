"""What the messages of a month count for, and the page that tells it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from clinics.models import AuditEntry
from whatsapp import costs
from whatsapp.models import Author, Conversation, Direction, Message, MessageCost, MessagePrice, MessageState

PAGE = "admin:whatsapp_messagecost_changelist"
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


@pytest.fixture
def chat(aurora: Aurora) -> Conversation:
    return factories.make_conversation(aurora.number)


@pytest.fixture
def ana(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.owner)
    return client


def count(chat: Conversation, day: date, category: str = "service", **fields: Any) -> MessageCost:
    values = {"is_billable": True, "author": Author.BOT, **fields}
    message = Message.objects.create(
        clinic=chat.clinic,
        conversation=chat,
        direction=Direction.OUT,
        author=values["author"],
        type="text",
        content="{}",
        state=MessageState.SENT,
        created_at=factories.MONDAY,
    )
    return MessageCost.objects.create(clinic=chat.clinic, message=message, day=day, category=category, **values)


def test_sums_of_a_month(aurora: Aurora, chat: Conversation) -> None:
    boreal = factories.make_conversation(make_aurora("boreal", "100000000000002").number)
    for _ in range(3):
        count(chat, date(2026, 11, 1))
    count(chat, date(2026, 11, 30), author=Author.STAFF)
    count(chat, date(2026, 11, 30), "utility", author=Author.SYSTEM)
    count(chat, date(2026, 11, 30), "utility", author=Author.API, is_billable=False)
    count(chat, date(2026, 11, 30), is_void=True)
    count(chat, date(2026, 10, 31))
    count(chat, date(2026, 12, 1))
    count(boreal, date(2026, 11, 1))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        month = costs.month(clinic=aurora.clinic, first=NOVEMBER)
    assert len(queries) == 2
    assert month.total == costs.Tally(charged=5, free=1, bot=3, staff=1, other=2)
    assert [(line.category, line.tally.charged, line.tally.free) for line in month.lines] == [
        ("service", 4, 0),
        ("utility", 1, 1),
    ]
    assert month.days == (
        (date(2026, 11, 30), costs.Tally(charged=2, free=1, staff=1, other=2)),
        (date(2026, 11, 1), costs.Tally(charged=3, bot=3)),
    )
    assert (month.estimate, month.is_complete) == (None, False)


def test_an_estimate_only_of_what_has_a_price(aurora: Aurora, chat: Conversation) -> None:
    count(chat, NOVEMBER)
    count(chat, NOVEMBER)
    count(chat, NOVEMBER, "utility")
    by, now = factories.make_user(), clock.now()
    prices = {"service": Decimal("0.035"), "marketing": Decimal(1)}
    from clinics.audit import Actor

    actor = Actor("user", by.pk)
    assert costs.set_prices(clinic=aurora.clinic, wanted=prices, by=actor, now=now) == ["service", "marketing"]
    month = costs.month(clinic=aurora.clinic, first=NOVEMBER)
    assert (month.estimate, month.is_complete) == (Decimal("0.07"), False)
    costs.set_prices(clinic=aurora.clinic, wanted={"utility": Decimal(0)}, by=actor, now=now)
    assert costs.month(clinic=aurora.clinic, first=NOVEMBER).is_complete
    assert costs.set_prices(clinic=aurora.clinic, wanted={"utility": Decimal(0)}, by=actor, now=now) == []
    assert costs.set_prices(clinic=aurora.clinic, wanted={"service": None}, by=actor, now=now) == ["service"]
    assert "service" not in costs.prices(aurora.clinic)
    assert [entry.fields for entry in AuditEntry.objects.filter(action="messageprice_changed").order_by("id")] == [
        ["service", "marketing"],
        ["utility"],
        ["service"],
    ]


def test_the_owner_sees_the_month(ana: Client, chat: Conversation) -> None:
    count(chat, NOVEMBER)
    count(chat, NOVEMBER, "group_marketing")
    page = ana.get(reverse(PAGE), {"mes": "2026-11"}).content.decode()
    assert "Conversa (respostas em até 24 horas)" in page
    assert "group_marketing" in page
    assert "Desde outubro de 2026" in page


def test_an_empty_month_says_so(ana: Client) -> None:
    assert "Nada contado neste mês" in ana.get(reverse(PAGE), {"mes": "2024-02"}).content.decode()


@pytest.mark.parametrize("month", ["2099-01", "x", "2026-13", "", "20260-1", "0000-00"])
def test_a_month_that_cannot_be_is_this_one(ana: Client, aurora: Aurora, month: str) -> None:
    answer = ana.get(reverse(PAGE), {"mes": month})
    today = clock.now().astimezone(aurora.clinic.zone).date()
    assert answer.context["month"].first == today.replace(day=1)
    assert answer.context["after"] is None


def test_prices_are_typed_with_a_comma_and_kept(ana: Client, aurora: Aurora) -> None:
    answer = ana.post(f"{reverse(PAGE)}?mes=2026-10", {"service": "0,0350", "utility": "", "marketing": "0.31"})
    assert answer["Location"] == f"{reverse(PAGE)}?mes=2026-10"
    kept = dict(MessagePrice.objects.for_clinic(aurora.clinic).values_list("category", "price"))
    assert kept == {"service": Decimal("0.0350"), "marketing": Decimal("0.3100")}
    assert "0,035" in ana.get(reverse(PAGE)).content.decode()


@pytest.mark.parametrize("price", ["caro", "-1", "0,00001", "9999999"])
def test_a_price_that_cannot_be_is_said_and_stays_on_the_page(ana: Client, price: str) -> None:
    answer = ana.post(reverse(PAGE), {"service": price, "marketing": "0,31"})
    assert answer.status_code == 200
    assert answer.context["form"].errors["service"]
    page = answer.content.decode()
    assert f'value="{price}"' in page
    assert 'value="0,31"' in page
    assert not MessagePrice.objects.exists()


def test_it_is_the_owners_page(aurora: Aurora) -> None:
    client = Client()
    client.force_login(aurora.receptionist)
    assert client.get(reverse(PAGE)).status_code == 403
    assert client.post(reverse(PAGE), {"service": "1"}).status_code == 403
    assert not MessagePrice.objects.exists()
