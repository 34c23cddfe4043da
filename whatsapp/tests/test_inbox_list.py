"""Which chats does the list of the inbox show, in which order, and how much does PostgreSQL look at for it?"""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing.factories import MONDAY
from atendeai.testing.people import Aurora
from whatsapp import attending
from whatsapp.admin import inbox, places
from whatsapp.models import ON_THE_PHONE, Contact, Conversation, Handler

CHATS = 3000
# The waiting ones among them: spread over the list, the latest is neither first nor last.
WAITING = 12
FROM = 'FROM "whatsapp_conversation"'


@pytest.fixture
def bruno(aurora: Aurora) -> Client:
    client = Client()
    client.force_login(aurora.receptionist)
    return client


def many(aurora: Aurora, count: int, **fields: Any) -> list[Conversation]:
    """Chats of people of their own, the first one the latest."""
    start = Contact.objects.count()
    people = Contact.objects.bulk_create(
        Contact(clinic=aurora.clinic, name=f"Pessoa {start + n}", user_id=f"BR.99{start + n}") for n in range(count)
    )
    return Conversation.objects.bulk_create(
        Conversation(
            clinic=aurora.clinic,
            number=aurora.number,
            contact=person,
            last_message_at=MONDAY - timedelta(minutes=n),
            **fields,
        )
        for n, person in enumerate(people)
    )


def shown(bruno: Client, tab: str = "all") -> list[int]:
    page = bruno.get(reverse("admin:whatsapp_conversation_changelist"), {"tab": tab})
    return [row["conversation"].pk for row in page.context["rows"]]


def pks(chats: list[Conversation]) -> list[int]:
    return [chat.pk for chat in chats]


def change(chats: list[Conversation], **fields: Any) -> list[Conversation]:
    Conversation.objects.filter(pk__in=pks(chats)).update(**fields)
    return chats


def test_who_waits_stands_above_later_chats_and_each_part_has_the_latest_first(aurora: Aurora, bruno: Client) -> None:
    chats = many(aurora, 12)
    change([chats[1]], handler=Handler.PERSON, attendant=aurora.owner)  # taken, and read
    change([chats[2]], handler=Handler.PERSON, handover_reason=ON_THE_PHONE)  # answered on the telephone
    untaken = change([chats[5], chats[8]], handler=Handler.PERSON)
    unread = change([chats[7]], handler=Handler.PERSON, attendant=aurora.owner, unread=1)
    change([chats[10]], last_message_at=chats[9].last_message_at)  # at the same moment: the later row first
    waiting = [untaken[0], *unread, untaken[1]]
    others = [*chats[:5], chats[6], chats[10], chats[9], chats[11]]
    assert shown(bruno) == pks([*waiting, *others])
    assert shown(bruno, "waiting") == pks(waiting)
    assert shown(bruno, "bot") == pks([chats[0], *chats[3:5], chats[6], chats[10], chats[9], chats[11]])


@pytest.mark.parametrize("waiting", [0, inbox.LISTED - 1, inbox.LISTED, inbox.LISTED + 1])
def test_a_page_is_as_long_however_many_wait(aurora: Aurora, bruno: Client, waiting: int) -> None:
    others = many(aurora, inbox.LISTED + 1)
    older = many(aurora, waiting, handler=Handler.PERSON)
    assert shown(bruno) == pks([*older, *others])[: inbox.LISTED]


@pytest.mark.parametrize("waiting", [0, 3, inbox.LISTED, inbox.LISTED + 3, 2 * inbox.LISTED])
def test_pages_follow_one_another_without_a_gap(aurora: Aurora, bruno: Client, waiting: int) -> None:
    others = many(aurora, inbox.LISTED + 5)
    everybody = pks([*many(aurora, waiting, handler=Handler.PERSON), *others])
    address: str | None = "?tab=all"
    seen: list[int] = []
    while address:
        page = bruno.get(reverse("admin:whatsapp_conversation_changelist") + address)
        seen += [row["conversation"].pk for row in page.context["rows"]]
        found = re.search(r'href="([^"]+)" data-stays>Ver mais<', page.content.decode())
        address = unescape(found[1]) if found else None
    assert seen == everybody
    assert "Mais recentes" in page.content.decode()
    assert "Ver mais" not in page.content.decode()


def test_the_last_page_says_that_there_are_more(aurora: Aurora, bruno: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_PAGES", 2)
    many(aurora, 2 * inbox.LISTED + 1)
    page = bruno.get(reverse("admin:whatsapp_conversation_changelist"), {"page": "99"}).content.decode()
    assert "Ver mais" not in page
    assert "Há mais antigas: busque para ver." in page


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "٣", "9" * 40])
def test_a_page_that_is_none_is_the_first_or_the_last(aurora: Aurora, bruno: Client, page: str) -> None:
    many(aurora, 1)
    assert bruno.get(reverse("admin:whatsapp_conversation_changelist"), {"page": page}).status_code == 200


def test_what_is_done_in_a_chat_leads_back_to_its_part_of_the_list(aurora: Aurora, bruno: Client) -> None:
    chats = change(many(aurora, 1), last_inbound_at=clock.now())
    bruno.post(reverse("admin:whatsapp_conversation_changelist"), {"search": "Pessoa"})
    place = "?tab=waiting&found=1&page=2"
    here = reverse("admin:whatsapp_conversation_change", args=[chats[0].pk]) + place
    page = bruno.get(here).content.decode()
    actions = [unescape(one) for one in re.findall(r'(?:form)?action="(/admin/whatsapp/conversation/\d+/[^"]+)"', page)]
    kept = [one for one in actions if one.endswith(place)]
    assert {one.split("/")[5] for one in kept} >= {"take", "answer", "send", "ask-phone"}
    for name in ("take", "answer", "send", "ask-phone", "return"):
        told = {"text": "Oi", "what": "card"}
        assert bruno.post(f"/admin/whatsapp/conversation/{chats[0].pk}/{name}/{place}", told)["Location"] == here


def test_a_search_keeps_the_order(aurora: Aurora, bruno: Client) -> None:
    chats = many(aurora, 3)
    change([chats[2]], handler=Handler.PERSON)
    Contact.objects.filter(pk__in=[chats[0].contact_id, chats[2].contact_id]).update(name="Zuleica")
    page = bruno.post(reverse("admin:whatsapp_conversation_changelist"), {"search": "zulei"}, follow=True)
    assert [row["conversation"].pk for row in page.context["rows"]] == pks([chats[2], chats[0]])
    join = bruno.post(reverse("admin:whatsapp_conversation_merge", args=[chats[1].pk]), {"search": "zulei"})
    text = join.content.decode()
    assert 0 < text.index(f'"{chats[2].pk}"') < text.index(f'"{chats[0].pk}"')


def test_a_chat_that_is_taken_between_the_two_questions_is_listed_once(aurora: Aurora) -> None:
    chats = many(aurora, 3)
    change([chats[2]], handler=Handler.PERSON)

    asked: list[str] = []

    def and_taken(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        asked.append(sql)
        if len(asked) == 1:
            change([chats[2]], attendant=aurora.owner)
        return answer

    with connection.execute_wrapper(and_taken):
        found, has_older = inbox.listed(aurora.clinic, "all", "")
    assert not has_older
    assert pks(found) == pks([chats[2], chats[0], chats[1]])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plan but what is looked up for each row that is shown."""
    yield plan
    for part in plan.get("Plans", []):
        if part["Parent Relationship"] != "SubPlan":
            yield from nodes(part)


@pytest.mark.parametrize("tab", list(inbox.TABS))
def test_no_question_of_the_open_page_sorts_or_walks_all_chats(aurora: Aurora, bruno: Client, tab: str) -> None:
    chats = many(aurora, CHATS)
    change(chats[5 :: CHATS // WAITING], handler=Handler.PERSON)
    # Chats that people have, and have read, stay for ever.
    change(chats[7::3], handler=Handler.PERSON, attendant=aurora.owner)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE whatsapp_conversation, whatsapp_contact")
    with CaptureQueriesContext(connection) as queries:
        bruno.get(reverse("admin:whatsapp_conversation_live", args=[chats[0].pk]), {"tab": tab})
        bruno.get(reverse("admin:whatsapp_conversation_changelist"), {"tab": tab})
        bruno.get(reverse("admin:index"))
    told_of_chats = [one["sql"] for one in queries if one["sql"].startswith("SELECT") and FROM in one["sql"]]
    # The chat that is open is one row, by its id.
    asked = [sql for sql in told_of_chats if '"whatsapp_conversation"."id" = ' not in sql]
    assert sum("ORDER BY" in sql for sql in asked) >= 2
    assert sum("COUNT(*)" in sql for sql in asked) >= 3
    for sql in asked:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql)
            (told,) = cursor.fetchone()
        plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
        # Small tables beside it (the clinic's team) may be read whole.
        kinds = {(node["Node Type"], node.get("Relation Name")) for node in nodes(plan)}
        walks = {("Seq Scan", "whatsapp_conversation"), ("Seq Scan", "whatsapp_contact")}
        assert not {("Sort", None), ("Incremental Sort", None), *walks} & kinds, (sql, plan)
        looked = [n["Actual Rows"] + n.get("Rows Removed by Filter", 0) for n in nodes(plan)]
        assert max(looked) <= 2 * inbox.LISTED, (sql, plan)


def test_a_crowd_that_waits_is_counted_to_a_thousand(
    aurora: Aurora, bruno: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attending, "MOST_COUNTED", 3)
    many(aurora, 3, handler=Handler.PERSON)
    assert inbox.waiting_words(aurora.clinic) == "3"
    many(aurora, 2, handler=Handler.PERSON)
    assert attending.count_waiting(aurora.clinic) == 4
    for page in ("admin:index", "admin:whatsapp_conversation_changelist"):
        assert bruno.get(reverse(page)).content.decode().count("3+") == 2  # in the menu and on the page
