"""«Pendências»: every kind is seen, tried again and put away, by the right people of the right clinic, once."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import models
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from atendeai.common import clock
from atendeai.portal.tests.conftest import browser_of
from atendeai.testing import factories, webhooks
from atendeai.testing.people import DALVA_PHONE, Aurora, make_aurora
from calendar_sync.models import CalendarWrite, EventMirror, GoogleChange, Link, LinkState, WriteState
from clinics import pending
from clinics.models import Appointment, AuditEntry, CloseReason, User
from whatsapp import handling, inbox
from whatsapp.models import (
    Author,
    Conversation,
    Delivery,
    DeliveryState,
    Direction,
    Item,
    ItemState,
    MediaFile,
    MediaState,
    Message,
    MessageState,
    Number,
    Reminder,
    ReminderState,
)

PAGE = "admin:pending_kind"
SECRET = "tenho dor de cabeça"
Make = Callable[[Aurora], models.Model]


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


@pytest.fixture
def ana(aurora: Aurora) -> Client:
    return browser_of(aurora.owner)


@pytest.fixture
def bruno(aurora: Aurora) -> Client:
    return browser_of(aurora.receptionist)


@pytest.fixture
def operator(db: None) -> Client:
    return browser_of(User.objects.create_superuser("op@exemplo.test", "x", name="Operador"))


def chat_of(people: Aurora) -> Conversation:
    found = Conversation.objects.filter(number=people.number, contact__wa_id=DALVA_PHONE).first()
    if found is not None:
        return found
    contact = factories.make_contact(people.clinic, DALVA_PHONE, patient=people.dalva)
    return factories.make_conversation(people.number, contact, last_inbound_at=clock.now())


def make_message(people: Aurora, **values: Any) -> Message:
    chat = values.pop("conversation", None) or chat_of(people)
    given = {"state": MessageState.FAILED, "author": Author.BOT, "attempts": 2, "error_code": "131000", **values}
    return Message.objects.create(
        clinic=people.clinic,
        conversation=chat,
        number=people.number,
        direction=Direction.OUT,
        type="text",
        body=SECRET,
        content=json.dumps({"kind": "text", "body": SECRET}),
        created_at=clock.now(),
        **given,
    )


def make_item(people: Aurora, **values: Any) -> Item:
    payload = webhooks.text_message(DALVA_PHONE, SECRET, wamid="wamid.x")
    delivery = values.pop("delivery", None) or Delivery.objects.create(body=b"{}", state=DeliveryState.UNPACKED)
    return Item.objects.create(
        clinic=people.clinic,
        delivery=delivery,
        scope=people.number.phone_number_id,
        kind="message",
        provider_id=f"wamid.{Item.objects.count()}",
        conversation=chat_of(people),
        provider_at=clock.now(),
        payload=json.dumps(payload),
        **{"state": ItemState.SET_ASIDE, "attempts": 8, "last_error": "KeyError", **values},
    )


def make_file(people: Aurora) -> MediaFile:
    file = MediaFile.objects.create(
        clinic=people.clinic,
        number=people.number,
        kind="image",
        media_id="77",
        id_until=clock.now() + timedelta(days=5),
        state=MediaState.FAILED,
        error_code="hash",
        attempts=3,
        created_at=clock.now(),
    )
    Message.objects.create(
        clinic=people.clinic,
        conversation=chat_of(people),
        direction=Direction.IN,
        author=Author.PATIENT,
        type="image",
        content="{}",
        state=MessageState.RECEIVED,
        file=file,
        created_at=clock.now(),
    )
    return file


def make_appointment(people: Aurora) -> Appointment:
    at = clock.now() + timedelta(days=2)
    return factories.make_appointment(people.clinic, people.helena, people.consulta, people.dalva, at)


def make_mirror(people: Aurora) -> EventMirror:
    link = Link.objects.create(
        clinic=people.clinic,
        professional=people.helena,
        state=LinkState.NEEDS_RECONNECT,
        google_sub="1",
        email="a@exemplo.test",
        client_id="client",
        linked_at=clock.now(),
    )
    return EventMirror.objects.create(
        clinic=people.clinic, link=link, appointment=make_appointment(people), google_event_id="evento"
    )


def make_write(people: Aurora) -> CalendarWrite:
    mirror = make_mirror(people)
    return CalendarWrite.objects.create(
        clinic=people.clinic,
        mirror=mirror,
        appointment=mirror.appointment,
        kind="upsert",
        state=WriteState.FAILED,
        faults=8,
        attempt=8,
        not_before=Now(),
        error_code="ZeroDivisionError",
    )


def make_change(people: Aurora) -> GoogleChange:
    mirror = make_mirror(people)
    assert mirror.appointment is not None
    return GoogleChange.objects.create(
        clinic=people.clinic,
        mirror=mirror,
        appointment=mirror.appointment,
        attempt=9,
        faults=8,
        set_aside_at=clock.now(),
        error_code="KeyError",
        noted_at=clock.now(),
    )


def make_reminder(people: Aurora) -> Reminder:
    appointment = make_appointment(people)
    return Reminder.objects.create(
        clinic=people.clinic,
        appointment=appointment,
        kind="reminder_1",
        starts_at=appointment.starts_at,
        state=ReminderState.BROKEN,
        begun=8,
        created_at=clock.now(),
    )


def make_delivery(people: Aurora) -> Delivery:
    text = webhooks.text_message(DALVA_PHONE, SECRET, wamid="wamid.y")
    body = webhooks.body(webhooks.change(people.number.phone_number_id, messages=[text]))
    return Delivery.objects.create(body=body, state=DeliveryState.SET_ASIDE, attempts=8, last_error="KeyError")


def make_stray(people: Aurora) -> Item:
    text = webhooks.text_message(DALVA_PHONE, SECRET, wamid="wamid.z")
    inbox.store(body=webhooks.body(webhooks.change("999", messages=[text])), signed_by=None)
    inbox.unpack_some(now=clock.now())
    return Item.objects.get(clinic=None)


# What a row of each kind is like once it is back at work.
OF_CLINICS: dict[str, tuple[Make, dict[str, Any]]] = {
    "messages": (make_message, {"state": "queued", "error_code": ""}),
    "items": (make_item, {"state": "waiting", "attempts": 0}),
    "files": (make_file, {"state": "wanted", "error_code": ""}),
    "reminders": (make_reminder, {"begun": 0, "again_at": None}),
    "writes": (make_write, {"state": "queued", "faults": 0}),
    "changes": (make_change, {"state": "noted", "faults": 0, "set_aside_at": None}),
}
OF_OPERATORS: dict[str, tuple[Make, dict[str, Any]]] = {
    "deliveries": (make_delivery, {"state": "stored", "attempts": 0}),
}
ALL = [*OF_CLINICS, *OF_OPERATORS, "strays"]


def act(client: Client, kind: str, *rows: models.Model, **values: Any) -> Any:
    given = {"act": "replay", "row": [row.pk for row in rows], **values}
    return client.post(reverse("admin:pending_act", args=[kind]), given, follow=True)


def audited() -> list[tuple[str, list[str]]]:
    found = AuditEntry.objects.filter(action__startswith="pending").order_by("id")
    return list(found.values_list("action", "fields"))


def count(client: Client) -> int:
    context = client.get(reverse("admin:pending")).context
    return sum(number for _, _, number in context["tabs"])


def test_every_kind_is_tested() -> None:
    assert {*pending.kinds(is_clinics=True), *pending.kinds(is_clinics=False)} == set(ALL)


@pytest.mark.parametrize("kind", OF_CLINICS)
def test_an_owner_sees_it_and_tries_it_again_once(kind: str, ana: Client, aurora: Aurora) -> None:
    make, after = OF_CLINICS[kind]
    row = make(aurora)
    page = ana.get(reverse(PAGE, args=[kind])).content.decode()
    assert f'value="{row.pk}"' in page
    assert "tentativas" in page
    assert SECRET not in page
    assert "Dalva" in page
    assert count(ana) == 1
    assert "1 será tentado de novo" in act(ana, kind, row).content.decode()
    row.refresh_from_db()
    assert {name: getattr(row, name) for name in after} == after
    assert audited() == [("pending_replayed", [])]
    assert count(ana) == 0
    assert "resolvido nesse meio-tempo" in act(ana, kind, row).content.decode()
    assert len(audited()) == 1


@pytest.mark.parametrize("kind", OF_OPERATORS)
def test_the_operator_sees_no_content_and_tries_it_again(kind: str, operator: Client, aurora: Aurora) -> None:
    make, after = OF_OPERATORS[kind]
    row = make(aurora)
    page = operator.get(reverse(PAGE, args=[kind])).content.decode()
    assert f'value="{row.pk}"' in page
    for hidden in (SECRET, "dor de", DALVA_PHONE, "Dalva"):
        assert hidden not in page
    act(operator, kind, row)
    row.refresh_from_db()
    assert {name: getattr(row, name) for name in after} == after


@pytest.mark.parametrize("kind", ALL)
def test_each_can_be_looked_at_without_what_it_says(kind: str, ana: Client, operator: Client, aurora: Aurora) -> None:
    client = ana if kind in OF_CLINICS else operator
    row: Any = {**OF_CLINICS, **OF_OPERATORS, "strays": (make_stray, {})}[kind][0](aurora)
    address = reverse("admin:pending_look", args=[kind, row.pk])
    assert f'href="{address}"' in client.get(reverse(PAGE, args=[kind])).content.decode()
    page = client.get(address).content.decode()
    for hidden in (SECRET, "dor de", DALVA_PHONE, DALVA_PHONE[4:]):
        assert hidden not in page
    has_outline = kind in ("messages", "items", "deliveries", "strays")
    assert (f"… ({len(SECRET)})" in page) is has_outline
    assert "Tentar de novo" in page
    words = ["--kind", kind, *(["--clinic", "aurora"] if kind in OF_CLINICS else [])]
    told = said("replay", *words, "--ids", str(row.pk), "--dry-run")
    assert (f"… ({len(SECRET)})" in told) is has_outline
    assert SECRET not in told
    carla = browser_of(make_aurora("boreal", "100000000000002").owner)
    assert carla.get(address).status_code == (302 if kind in OF_CLINICS else 404)
    act(client, kind, row, act="close", reason="settled")
    assert "resolvido nesse meio-tempo" in client.get(address, follow=True).content.decode()


@pytest.mark.parametrize("kind", ALL)
def test_put_away_it_vanishes_with_who_when_and_why(kind: str, ana: Client, operator: Client, aurora: Aurora) -> None:
    client = ana if kind in OF_CLINICS else operator
    row: Any = {**OF_CLINICS, **OF_OPERATORS, "strays": (make_stray, {})}[kind][0](aurora)
    act(client, kind, row, act="close", reason="settled")
    row.refresh_from_db()
    assert (row.closed_reason, row.closed_at is not None) == (CloseReason.SETTLED, True)
    assert row.closed_by == (aurora.owner if kind in OF_CLINICS else User.objects.get(is_superuser=True))
    assert audited() == [("pending_closed", ["settled"])]
    assert count(client) == 0
    assert "Nada pendente" in client.get(reverse(PAGE, args=[kind])).content.decode()
    # And is not taken up by somebody whose page is old.
    act(client, kind, row)
    assert len(audited()) == 1


def closed_page(client: Client, kind: str) -> str:
    return client.get(reverse(PAGE, args=[kind]), {"show": "closed"}).content.decode()


@pytest.mark.parametrize("kind", ALL)
def test_a_manager_sees_what_was_put_away_and_reopens_it(
    kind: str, ana: Client, operator: Client, aurora: Aurora
) -> None:
    client = ana if kind in OF_CLINICS else operator
    row: Any = {**OF_CLINICS, **OF_OPERATORS, "strays": (make_stray, {})}[kind][0](aurora)
    act(client, kind, row, act="close", reason="settled")
    page = closed_page(client, kind)
    assert f'value="{row.pk}"' in page
    assert "resolvido de outra forma" in page
    assert ("Ana" if kind in OF_CLINICS else "Operador") in page
    for hidden in (SECRET, "dor de", DALVA_PHONE):
        assert hidden not in page
    assert "1 está pendente de novo" in act(client, kind, row, act="reopen", show="closed").content.decode()
    row.refresh_from_db()
    assert (row.closed_at, row.closed_reason, row.closed_by) == (None, "", None)
    assert audited() == [("pending_closed", ["settled"]), ("pending_reopened", [])]
    assert count(client) == 1
    assert f'value="{row.pk}"' not in closed_page(client, kind)
    # Once.
    assert "resolvido nesse meio-tempo" in act(client, kind, row, act="reopen").content.decode()
    assert len(audited()) == 2


def test_what_makes_no_sense_any_more_says_why_and_stays_put_away(ana: Client, aurora: Aurora) -> None:
    late = make_message(aurora)
    Conversation.objects.filter(pk=late.conversation_id).update(last_inbound_at=clock.now() - timedelta(days=2))
    file = make_file(aurora)
    MediaFile.objects.filter(pk=file.pk).update(id_until=clock.now() - timedelta(days=1))
    reminder = make_reminder(aurora)
    Reminder.objects.filter(pk=reminder.pk).update(starts_at=clock.now() - timedelta(hours=1))
    # One professional, one time: the reminder's appointment has been called off.
    Appointment.objects.filter(pk=reminder.appointment_id).update(status="cancelled")
    write = make_write(aurora)
    CalendarWrite.objects.create(
        clinic=aurora.clinic,
        mirror=write.mirror,
        appointment=write.appointment,
        kind="upsert",
        revision=2,
        state=WriteState.DONE,
        not_before=Now(),
    )
    rows: dict[str, tuple[Any, str]] = {
        "messages": (late, "24 horas"),
        "files": (file, "não tem mais o arquivo"),
        "reminders": (reminder, "já passou"),
        "writes": (write, "versão mais nova"),
    }
    for kind, (row, why) in rows.items():
        act(ana, kind, row, act="close", reason="left")
        told = act(ana, kind, row, act="reopen", show="closed").content.decode()
        assert why in told, kind
        row.refresh_from_db()
        assert row.closed_at is not None, kind
    assert {action for action, _ in audited()} == {"pending_closed"}


def test_only_a_manager_reopens(ana: Client, bruno: Client, aurora: Aurora) -> None:
    row = make_message(aurora)
    act(bruno, "messages", row, act="close", reason="settled")
    assert f'value="{row.pk}"' not in closed_page(bruno, "messages")
    assert "Encerradas" not in bruno.get(reverse(PAGE, args=["messages"])).content.decode()
    assert act(bruno, "messages", row, act="reopen").status_code == 404
    carla = browser_of(make_aurora("boreal", "100000000000002").owner)
    assert f'value="{row.pk}"' not in closed_page(carla, "messages")
    act(carla, "messages", row, act="reopen")
    row.refresh_from_db()
    assert row.closed_at is not None
    assert "Bruno" in closed_page(ana, "messages")


def test_what_was_put_away_last_stands_first_page_by_page(ana: Client, aurora: Aurora) -> None:
    chat = chat_of(aurora)
    rows = [make_message(aurora, conversation=chat) for _ in range(53)]
    act(ana, "messages", all="1", act="close", reason="test")
    act(ana, "messages", all="1", act="close", reason="test")
    Message.objects.filter(pk=rows[0].pk).update(closed_at=clock.now() + timedelta(seconds=9))
    first = ana.get(reverse(PAGE, args=["messages"]), {"show": "closed"}).context
    assert (first["rows"][0].id, len(first["rows"])) == (rows[0].pk, 50)
    second = ana.get(reverse(PAGE, args=["messages"]), {"show": "closed", "from": first["next"]}).context
    assert (len(second["rows"]), second["next"]) == (3, None)
    assert {row.id for page in (first, second) for row in page["rows"]} == {row.pk for row in rows}


@pytest.mark.parametrize("kind", OF_CLINICS)
def test_another_clinic_neither_sees_nor_touches_it(kind: str, aurora: Aurora) -> None:
    row: Any = OF_CLINICS[kind][0](aurora)
    carla = browser_of(make_aurora("boreal", "100000000000002").owner)
    assert f'value="{row.pk}"' not in carla.get(reverse(PAGE, args=[kind])).content.decode()
    assert count(carla) == 0
    before = type(row).objects.filter(pk=row.pk).values().get()
    act(carla, kind, row)
    act(carla, kind, row, act="close", reason="test")
    act(carla, kind, all="1")
    assert type(row).objects.filter(pk=row.pk).values().get() == before
    assert audited() == []


def test_the_reception_decides_about_messages_only(bruno: Client, aurora: Aurora) -> None:
    row = make_message(aurora)
    assert act(bruno, "messages", row).status_code == 200
    row.refresh_from_db()
    assert row.state == MessageState.QUEUED
    for kind in ALL:
        if kind != "messages":
            assert bruno.get(reverse(PAGE, args=[kind])).status_code == 404, kind
            assert act(bruno, kind, row).status_code == 404, kind


def test_clinics_and_the_operator_see_their_own_kinds(ana: Client, operator: Client) -> None:
    for kind in ALL:
        assert ana.get(reverse(PAGE, args=[kind])).status_code == (200 if kind in OF_CLINICS else 404)
        assert operator.get(reverse(PAGE, args=[kind])).status_code == (404 if kind in OF_CLINICS else 200)


def test_nobody_else_comes_in(db: None) -> None:
    nobody = browser_of(User.objects.create_user("ninguem@exemplo.test", "x", name="Ninguém"))
    assert nobody.get(reverse("admin:pending")).status_code == 403
    assert Client().get(reverse("admin:pending")).status_code == 302


def test_nothing_pending_is_said(ana: Client) -> None:
    page = ana.get(reverse("admin:pending")).content.decode()
    assert "Nada pendente" in page
    assert "Tudo chegou" in page


def test_many_are_done_in_batches_and_each_refused_one_is_told(ana: Client, aurora: Aurora) -> None:
    chat = chat_of(aurora)
    for _ in range(70):
        make_message(aurora, conversation=chat)
    closed = factories.make_conversation(
        aurora.number, factories.make_contact(aurora.clinic), last_inbound_at=clock.now() - timedelta(days=2)
    )
    for _ in range(5):
        make_message(aurora, conversation=closed)
    first = act(ana, "messages", all="1", HTTP_ACCEPT="text/html")
    assert "Faltam 25" in first.content.decode()
    told: dict[str, Any] = {"after": "0", "left": 1}
    seen = 0
    while told["left"]:
        answer = ana.post(
            reverse("admin:pending_act", args=["messages"]),
            {"act": "replay", "all": "1", "after": told["after"]},
            headers={"accept": "application/json"},
        )
        told = answer.json()
        seen += told["batch"]
    assert seen == 25
    assert told["refused"][0].startswith("5 ×")
    assert "24 horas" in told["refused"][0]
    assert Message.objects.filter(state=MessageState.QUEUED).count() == 70
    assert count(ana) == 5


def test_filters_and_pages(ana: Client, aurora: Aurora) -> None:
    chat = chat_of(aurora)
    rows = [make_message(aurora, conversation=chat) for _ in range(53)]
    unsure = make_message(aurora, conversation=chat, state=MessageState.UNKNOWN, author=Author.STAFF)
    first = ana.get(reverse(PAGE, args=["messages"])).context
    assert ([row.id for row in first["rows"]][:2], len(first["rows"])) == ([unsure.pk, rows[-1].pk], 50)
    second = ana.get(reverse(PAGE, args=["messages"]), {"before": first["next"]}).context
    assert [row.id for row in second["rows"]] == [row.pk for row in rows[3::-1]]
    assert second["next"] is None
    only = ana.get(reverse(PAGE, args=["messages"]), {"show": "uncertain"}).context["rows"]
    assert [row.id for row in only] == [unsure.pk]
    assert ana.get(reverse(PAGE, args=["messages"]), {"show": "eaten", "before": "x"}).status_code == 200
    act(ana, "messages", all="1", act="close", reason="test", show="uncertain")
    assert count(ana) == 53


@pytest.mark.parametrize("values", [{"act": "eat"}, {"act": "close"}, {"act": "close", "reason": "because"}])
def test_bad_input_changes_nothing(values: dict[str, str], ana: Client, aurora: Aurora) -> None:
    row = make_message(aurora)
    assert act(ana, "messages", row, **values).status_code == 404
    assert act(ana, "messages", row=["x", "-1", "9" * 30]).status_code == 200
    assert ana.get(reverse("admin:pending_act", args=["messages"])).status_code == 405
    row.refresh_from_db()
    assert (row.state, row.closed_at) == (MessageState.FAILED, None)


def test_a_message_that_arrived_meanwhile_is_not_sent_again(ana: Client, aurora: Aurora) -> None:
    row = make_message(aurora)
    Message.objects.filter(pk=row.pk).update(state=MessageState.DELIVERED)
    act(ana, "messages", row)
    row.refresh_from_db()
    assert row.state == MessageState.DELIVERED


def test_what_went_out_by_a_second_row_is_not_pending(ana: Client, aurora: Aurora) -> None:
    first = make_message(aurora)
    make_message(aurora, conversation=first.conversation, resend_of=first, state=MessageState.SENT)
    assert count(ana) == 0


def test_a_reminder_is_not_sent_after_its_appointment(ana: Client, aurora: Aurora) -> None:
    row = make_reminder(aurora)
    Reminder.objects.filter(pk=row.pk).update(starts_at=clock.now() - timedelta(hours=1))
    assert "já passou" in act(ana, "reminders", row).content.decode()
    row.refresh_from_db()
    assert row.begun == 8


def test_a_file_that_whatsapp_no_longer_has_is_said_so(ana: Client, aurora: Aurora) -> None:
    row = make_file(aurora)
    MediaFile.objects.filter(pk=row.pk).update(id_until=clock.now() - timedelta(days=1))
    assert "não tem mais o arquivo" in act(ana, "files", row).content.decode()
    row.refresh_from_db()
    assert row.state == MediaState.FAILED


def test_an_older_wish_is_not_written_over_a_newer_one(ana: Client, aurora: Aurora) -> None:
    row = make_write(aurora)
    CalendarWrite.objects.create(
        clinic=aurora.clinic,
        mirror=row.mirror,
        appointment=row.appointment,
        kind="upsert",
        revision=7,
        state=WriteState.DONE,
        not_before=Now(),
    )
    assert "mais nova já foi gravada" in act(ana, "writes", row).content.decode()
    row.refresh_from_db()
    assert row.state == WriteState.SUPERSEDED
    assert count(ana) == 0


def test_a_disconnected_calendar_must_be_connected_first(ana: Client, aurora: Aurora) -> None:
    row = make_write(aurora)
    Link.objects.update(state=LinkState.DISCONNECTED)
    assert "conecte-a de novo" in act(ana, "writes", row).content.decode()


def test_a_replayed_item_does_its_work_once(ana: Client, aurora: Aurora) -> None:
    row = make_item(aurora)
    for _ in range(2):
        act(ana, "items", row)
        work(clock.now())
    assert Message.objects.filter(direction=Direction.IN).count() == 1
    row.refresh_from_db()
    assert row.state == ItemState.DONE


def work(now: datetime) -> None:
    inbox.unpack_some(now=now)
    for chat in Conversation.objects.filter(wanted_at__isnull=False):
        while handling.work(chat.pk, now=now):
            pass


def test_what_reached_no_clinic_reaches_it_once_its_number_is_there(operator: Client, aurora: Aurora) -> None:
    row = make_stray(aurora)
    act(operator, "strays", row)
    work(clock.now())
    assert count(operator) == 1  # still nobody's
    Number.objects.filter(pk=aurora.number.pk).update(phone_number_id="999")
    act(operator, "strays", Item.objects.get(clinic=None))
    work(clock.now())
    assert count(operator) == 0
    assert Message.objects.get(direction=Direction.IN).body == SECRET


def test_a_replayed_delivery_adds_nothing_twice(operator: Client, aurora: Aurora) -> None:
    row = make_delivery(aurora)
    act(operator, "deliveries", row)
    work(clock.now())
    call_command("replay_delivery", str(row.pk), stdout=StringIO())
    work(clock.now())
    assert (Item.objects.count(), Message.objects.filter(direction=Direction.IN).count()) == (1, 1)


def test_replay_delivery_takes_up_what_was_set_aside_of_it_but_not_what_was_put_away(aurora: Aurora) -> None:
    row = make_delivery(aurora)
    waits, gone = make_item(aurora, delivery=row), make_item(aurora, delivery=row, closed_at=clock.now())
    call_command("replay_delivery", str(row.pk), stdout=StringIO())
    waits.refresh_from_db()
    gone.refresh_from_db()
    assert (waits.state, gone.state) == (ItemState.WAITING, ItemState.SET_ASIDE)


def said(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("kind", OF_CLINICS)
def test_by_command(kind: str, aurora: Aurora) -> None:
    make, after = OF_CLINICS[kind]
    row: Any = make(aurora)
    make_aurora("boreal", "100000000000002")
    words = ["replay", "--kind", kind, "--clinic"]
    assert said(*words, "aurora", "--all", "--dry-run").split()[0] == str(row.pk)
    assert audited() == []
    assert said(*words, "boreal", "--ids", str(row.pk)).endswith("0 feitos.\n")
    assert said(*words, "aurora", "--ids", str(row.pk)) == "1 feitos.\n"
    row.refresh_from_db()
    assert {name: getattr(row, name) for name in after} == after
    assert AuditEntry.objects.get(action="pending_replayed").actor_kind == "system"
    assert said(*words, "aurora", "--all") == "0 feitos.\n"


def test_closing_by_command(aurora: Aurora) -> None:
    rows = [make_message(aurora, conversation=chat_of(aurora)) for _ in range(3)]
    words = ["close", "--kind", "messages", "--clinic", "aurora", "--reason", "not_needed"]
    assert said(*words, "--ids", str(rows[0].pk), str(rows[1].pk)) == "2 feitos.\n"
    assert said(*words, "--all") == "1 feitos.\n"
    assert set(Message.objects.values_list("closed_reason", flat=True)) == {"not_needed"}


def test_commands_refuse_what_they_cannot_mean(aurora: Aurora) -> None:
    for words in (
        ["replay", "--kind", "messages", "--all"],
        ["replay", "--kind", "messages", "--clinic", "nobody", "--all"],
        ["replay", "--kind", "deliveries", "--clinic", "aurora", "--all"],
        ["replay", "--kind", "eaten", "--all"],
        ["replay", "--kind", "deliveries"],
        ["close", "--kind", "deliveries", "--all"],
    ):
        with pytest.raises(CommandError):
            said(*words)


def test_the_operators_kinds_by_command(aurora: Aurora) -> None:
    row = make_delivery(aurora)
    assert said("replay", "--kind", "deliveries", "--all") == "1 feitos.\n"
    row.refresh_from_db()
    assert row.state == DeliveryState.STORED
