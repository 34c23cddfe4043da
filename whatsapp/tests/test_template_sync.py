"""Do our rows follow Meta's templates, by comparison and by notice, in whatever order the news come?"""

import itertools
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from pytest_django import Settings

from atendeai.common.tests import servers
from atendeai.testing.factories import MONDAY, make_clinic, make_number
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.simulator import Simulator
from clinics import alerts
from clinics.audit import SYSTEM
from clinics.models import Alert
from whatsapp import appointment_notices, template_choice, template_editing, template_sync
from whatsapp.appointment_notices import MISSING
from whatsapp.cloud_api.template_drafts import UTILITY, Draft
from whatsapp.models import Delivery, Item, Number, Template, TemplateEvent, TemplateSync
from whatsapp.starter_templates import BY_PURPOSE, Purpose
from whatsapp.tests.templating import ACCOUNT, at_meta, empty_meta, keep_starter, put_at_meta, rows_of

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
NAME = "atendeai_lembrete"


@pytest.fixture
def aurora(aurora: Aurora) -> Aurora:
    Number.objects.filter(pk=aurora.number.pk).update(account_id=ACCOUNT)
    aurora.number.refresh_from_db()
    return aurora


@pytest.fixture
def meta(meta: Simulator) -> Simulator:
    empty_meta(meta)
    return meta


def draft(name: str = "aviso", body: str = "Seu horário é amanhã cedo.", **fields: Any) -> Draft:
    return Draft(name, "pt_BR", UTILITY, body, **fields)


def notice(aurora: Aurora, value: dict[str, Any], at: datetime = NOW) -> str | None:
    """As the lane of notices gives it to us."""
    delivery = Delivery.objects.create(body=b"{}")
    item = Item.objects.create(
        clinic=aurora.clinic,
        delivery=delivery,
        scope=ACCOUNT,
        kind="template",
        provider_id=str(Item.objects.count()),
        provider_at=at.replace(microsecond=0),
        payload=json.dumps(value),
    )
    return template_sync.apply_notice(item=item, payload=value, now=NOW)


def about(event: str, **more: Any) -> dict[str, Any]:
    """A status notice; Meta writes the language with a hyphen there."""
    return {"event": event, "message_template_name": NAME, "message_template_language": "pt-BR", "reason": None, **more}


# Comparison -----------------------------------------------------------------------------------------
def test_a_comparison_brings_every_page_and_notices_what_is_gone(
    aurora: Aurora, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whatsapp.cloud_api.templates.PAGE", 2)
    for number in range(5):
        put_at_meta(meta, draft(f"aviso_{number}"))
    assert template_sync.sync_next(now=NOW)
    assert rows_of(aurora.clinic) == {f"aviso_{number}": "APPROVED" for number in range(5)}
    meta.control("POST", f"templates/{at_meta(meta)['aviso_3']['id']}", {"action": "delete"})
    TemplateSync.objects.update(due_at=Now())
    assert template_sync.sync_next(now=NOW + timedelta(minutes=31))
    assert rows_of(aurora.clinic)["aviso_3"] == "DELETED"
    assert not template_sync.sync_next(now=NOW), "half an hour lies between two comparisons"


def test_an_account_is_compared_by_one_worker_at_a_time(aurora: Aurora, meta: Simulator) -> None:
    template_sync.want(clinic=aurora.clinic, account_id=ACCOUNT)
    TemplateSync.objects.update(lease_until=Now() + timedelta(minutes=1))
    assert not template_sync.sync_next(now=NOW)
    TemplateSync.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert template_sync.sync_next(now=NOW)


def test_who_asks_during_a_comparison_gets_another_one(aurora: Aurora, meta: Simulator) -> None:
    original = template_sync.apply_list

    def and_ask(**given: Any) -> None:
        original(**given)
        template_sync.want(clinic=aurora.clinic, account_id=ACCOUNT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(template_sync, "apply_list", and_ask)
        assert template_sync.sync_next(now=NOW)
    assert template_sync.sync_next(now=NOW)
    assert not template_sync.sync_next(now=NOW)


def test_metas_own_pause_is_kept(aurora: Aurora, meta: Simulator) -> None:
    meta.fault(target="graph", operation="message_templates.list", kind="status", status=400, code=80007)
    assert template_sync.sync_next(now=NOW)
    sync = TemplateSync.objects.get()
    assert (sync.last_error, sync.lease_until, sync.attempts) == ("80007", None, 1)
    waits = TemplateSync.objects.filter(due_at__gt=Now() + timedelta(seconds=100))
    assert waits.exists()


def test_an_outage_is_tried_again_and_then_forgotten(aurora: Aurora, meta: Simulator) -> None:
    meta.fault(target="graph", operation="message_templates.list", kind="status", status=500)
    assert template_sync.sync_next(now=NOW)
    TemplateSync.objects.update(due_at=Now())
    assert template_sync.sync_next(now=NOW)
    sync = TemplateSync.objects.get()
    assert (sync.last_error, sync.attempts) == ("", 0)
    assert sync.done_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_comparison_holds_up_nobody_else_of_the_clinic(aurora: Aurora, meta: Simulator) -> None:
    keep_starter(aurora.number, Purpose.REMINDER)
    problems: list[Exception] = []

    def write() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '500ms'")
            template_sync.want(clinic=aurora.clinic, account_id="another")
        except OperationalError as error:
            problems.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        compare(aurora)
        other = threading.Thread(target=write)
        other.start()
        other.join()
    assert problems == []


def compare(aurora: Aurora) -> None:
    clinic, known = aurora.clinic, template_sync._marks(aurora.clinic, ACCOUNT)
    template_sync.apply_list(clinic=clinic, account_id=ACCOUNT, listed=[], known=known, asked_at=NOW, now=NOW)


ONE = {"id": "7", "name": "outro", "language": "pt_BR", "status": "APPROVED", "category": "UTILITY", "components": []}
NEXT = "https://graph.facebook.com/next"


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"success": True},
        {"data": None},
        {"data": {}},
        {"data": 7},
        {"data": [ONE], "paging": {"next": NEXT}},
        {"data": [ONE], "paging": {"next": NEXT, "cursors": {"after": 5}}},
        {"data": [ONE], "paging": {"next": NEXT, "cursors": {"after": "same"}}},
    ],
)
def test_half_a_list_deletes_nothing(
    page: dict[str, Any], aurora: Aurora, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whatsapp.cloud_api.templates.MOST_PAGES", 3)
    keep_starter(aurora.number, Purpose.REMINDER)
    with servers.answering() as elsewhere:
        settings.GRAPH_API_BASE_URL = elsewhere.url
        elsewhere.says(page)
        assert template_sync.sync_next(now=NOW)
    assert rows_of(aurora.clinic) == {NAME: "APPROVED"}
    sync = TemplateSync.objects.get()
    assert (sync.last_error, sync.lease_until, sync.done_at) == ("OutcomeUnknown", None, None)


def test_a_list_that_never_ends_deletes_nothing(
    aurora: Aurora, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whatsapp.cloud_api.templates.PAGE", 1)
    monkeypatch.setattr("whatsapp.cloud_api.templates.MOST_PAGES", 3)
    keep_starter(aurora.number, Purpose.REMINDER)
    for number in range(4):
        put_at_meta(meta, draft(f"aviso_{number}"))
    assert template_sync.sync_next(now=NOW)
    assert rows_of(aurora.clinic) == {NAME: "APPROVED"}
    monkeypatch.setattr("whatsapp.cloud_api.templates.MOST_PAGES", 4)
    TemplateSync.objects.update(due_at=Now())
    assert template_sync.sync_next(now=NOW)
    assert rows_of(aurora.clinic)[NAME] == "DELETED"


def test_an_account_without_templates_is_believed(aurora: Aurora, settings: Settings) -> None:
    keep_starter(aurora.number, Purpose.REMINDER)
    with servers.answering() as elsewhere:
        settings.GRAPH_API_BASE_URL = elsewhere.url
        elsewhere.says({"data": []})
        assert template_sync.sync_next(now=NOW)
    assert rows_of(aurora.clinic) == {NAME: "DELETED"}


def test_clinics_are_compared_each_with_its_own_token(aurora: Aurora, meta: Simulator) -> None:
    boreal = make_clinic("boreal")
    make_number(boreal, "100000000000002", account_id="200000000000002")
    put_at_meta(meta, draft())
    assert [template_sync.sync_next(now=NOW) for _ in range(3)] == [True, True, False]
    assert rows_of(aurora.clinic) == {"aviso": "APPROVED"}
    assert rows_of(boreal) == {}
    assert TemplateSync.objects.for_clinic(boreal).get().last_error == "WHATSAPP_ACCESS_TOKEN"


def lacks(aurora: Aurora, purpose: Purpose) -> None:
    """A notice found no template for it."""
    alerts.raise_alert(clinic=aurora.clinic, kind=MISSING, now=NOW, detail=purpose)


@pytest.mark.parametrize("way", ["notice", "comparison", "submission"])
def test_an_approval_itself_ends_the_alert_that_there_is_none(aurora: Aurora, meta: Simulator, way: str) -> None:
    lacks(aurora, Purpose.REMINDER)
    starter = BY_PURPOSE[Purpose.REMINDER].draft()
    if way == "notice":
        keep_starter(aurora.number, Purpose.REMINDER, status="PENDING")
        notice(aurora, {**about("PENDING"), "reason": "NONE"}, NOW - timedelta(minutes=1))
        assert alerts.banners(aurora.clinic)
        notice(aurora, about("APPROVED"))
    elif way == "comparison":
        put_at_meta(meta, starter)
        template_sync.sync_next(now=NOW)
    else:
        meta.control("POST", "templates/reviews", {"seconds": 0, "outcome": "approve"})
        template_editing.submit(clinic=aurora.clinic, account_id=ACCOUNT, draft=starter, by=SYSTEM, now=NOW)
        TemplateSync.objects.update(due_at=Now())
        template_sync.sync_next(now=NOW + timedelta(seconds=5))
    assert alerts.banners(aurora.clinic) == []


def test_an_approval_for_another_purpose_does_not(aurora: Aurora) -> None:
    lacks(aurora, Purpose.CHANGE)
    keep_starter(aurora.number, Purpose.REMINDER, status="PENDING")
    notice(aurora, about("APPROVED"))
    assert len(alerts.banners(aurora.clinic)) == 1


def test_all_that_lack_a_template_are_named_until_each_has_one(aurora: Aurora) -> None:
    for purpose in (Purpose.REMINDER, Purpose.CHANGE, Purpose.REMINDER, Purpose.CANCELLATION):
        appointment_notices.note_missing(clinic=aurora.clinic, purpose=purpose, now=NOW)
    (banner,) = alerts.banners(aurora.clinic)
    for words in ("Lembrete antes da consulta", "Consulta remarcada pela clínica", "Consulta cancelada pela clínica"):
        assert banner.text.count(words) == 1
    keep_starter(aurora.number, Purpose.CHANGE)
    appointment_notices.settle_missing(clinic=aurora.clinic, now=NOW)
    (banner,) = alerts.banners(aurora.clinic)
    assert "Consulta remarcada" not in banner.text
    assert "Lembrete antes da consulta" in banner.text
    for purpose in (Purpose.REMINDER, Purpose.CANCELLATION):
        assert alerts.banners(aurora.clinic)
        keep_starter(aurora.number, purpose)
        appointment_notices.settle_missing(clinic=aurora.clinic, now=NOW)
    assert alerts.banners(aurora.clinic) == []


@pytest.mark.django_db(transaction=True)
def test_two_that_lack_one_at_the_same_moment_are_both_named(aurora: Aurora) -> None:
    start = threading.Barrier(4)

    def lack(purpose: Purpose) -> None:
        start.wait()
        try:
            with transaction.atomic():
                appointment_notices.note_missing(clinic=aurora.clinic, purpose=purpose, now=NOW)
        finally:
            connection.close()

    lacking = [Purpose.CONFIRMATION, Purpose.REMINDER, Purpose.CHANGE, Purpose.CANCELLATION]
    threads = [threading.Thread(target=lack, args=(purpose,)) for purpose in lacking]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Alert.objects.get().detail.split()) == set(lacking)


# Notices --------------------------------------------------------------------------------------------
def test_a_rejection_says_why_and_tells_the_clinic(aurora: Aurora) -> None:
    keep_starter(aurora.number, Purpose.REMINDER, status="PENDING")
    advice = {"reason": "INVALID_FORMAT", "recommendation": "Number the variables."}
    assert notice(aurora, about("REJECTED", reason="INVALID_FORMAT", rejection_info=advice)) is None
    row = Template.objects.get()
    assert (row.status, row.rejected_reason, row.advice) == ("REJECTED", "INVALID_FORMAT", "Number the variables.")
    (banner,) = alerts.banners(aurora.clinic)
    assert NAME in banner.text
    assert banner.link == f"/admin/whatsapp/template/{row.pk}/change/"


@pytest.mark.parametrize(
    ("event", "state", "is_sendable", "alert"),
    [
        ("APPROVED", "APPROVED", True, ""),
        ("REINSTATED", "APPROVED", True, ""),
        ("FLAGGED", "APPROVED", True, ""),
        ("PENDING", "PENDING", False, ""),
        ("IN_APPEAL", "IN_APPEAL", False, ""),
        ("ARCHIVED", "ARCHIVED", False, ""),
        ("PENDING_DELETION", "PENDING_DELETION", False, ""),
        ("DELETED", "DELETED", False, ""),
        ("REJECTED", "REJECTED", False, "template_stopped"),
        ("PAUSED", "PAUSED", False, "template_stopped"),
        ("DISABLED", "DISABLED", False, "template_stopped"),
        ("LOCKED", "LOCKED", False, "template_stopped"),
        ("LIMIT_EXCEEDED", "LIMIT_EXCEEDED", False, "template_stopped"),
    ],
)
def test_every_event_that_meta_tells_of_a_template(
    aurora: Aurora, event: str, state: str, is_sendable: bool, alert: str
) -> None:
    """Each word of the reference: what the row says, whether it is still picked, and whether the clinic is told."""
    keep_starter(aurora.number, Purpose.REMINDER)
    notice(aurora, about(event))
    row = Template.objects.get()
    assert row.status == state
    assert TemplateEvent.objects.filter(template=row).exists() == (event not in ("APPROVED", "REINSTATED"))
    assert (template_choice.find_for(Purpose.REMINDER, aurora.number) is not None) == is_sendable
    told = Alert.objects.filter(cleared_at__isnull=True).values_list("kind", flat=True)
    assert list(told) == ([alert] if alert else [])


def test_a_pause_stops_it_and_unpause_clears_it(aurora: Aurora) -> None:
    row = keep_starter(aurora.number, Purpose.REMINDER)
    assert notice(aurora, about("PAUSED", other_info={"title": "FIRST_PAUSE"})) is None
    row.refresh_from_db()
    assert (row.status, row.pause) == ("PAUSED", "FIRST_PAUSE")
    assert len(alerts.banners(aurora.clinic)) == 1
    later = NOW + timedelta(hours=3)
    assert notice(aurora, about("APPROVED", other_info={"title": "UNPAUSE"}), later) is None
    row.refresh_from_db()
    assert (row.status, row.pause) == ("APPROVED", "")
    assert alerts.banners(aurora.clinic) == []
    assert [event.after for event in TemplateEvent.objects.all()] == ["APPROVED", "PAUSED"]


def test_a_pause_that_ends_in_disabling_is_one_alert(aurora: Aurora) -> None:
    keep_starter(aurora.number, Purpose.REMINDER)
    notice(aurora, about("PAUSED", other_info={"title": "SECOND_PAUSE"}))
    notice(aurora, about("DISABLED", disable_info={"disable_date": "x"}), NOW + timedelta(hours=6))
    (banner,) = alerts.banners(aurora.clinic)
    assert "desativou" in banner.text
    assert Alert.objects.count() == 2


STEPS = [
    (about("PENDING"), 0),
    (about("APPROVED"), 60),
    (about("PAUSED", other_info={"title": "FIRST_PAUSE"}), 120),
    (about("APPROVED", other_info={"title": "UNPAUSE"}), 180),
    (about("DISABLED"), 240),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(5))), ids=lambda order: "".join(map(str, order)))
def test_in_any_order_the_latest_news_holds(aurora: Aurora, order: tuple[int, ...]) -> None:
    keep_starter(aurora.number, Purpose.REMINDER, status="PENDING", at=MONDAY)
    for index in order:
        value, seconds = STEPS[index]
        notice(aurora, value, NOW + timedelta(seconds=seconds))
    assert Template.objects.get().status == "DISABLED"
    assert len(alerts.banners(aurora.clinic)) == 1


def test_old_news_and_unknown_templates_ask_for_a_comparison(aurora: Aurora) -> None:
    assert notice(aurora, about("APPROVED")) == "unknown_template"
    assert TemplateSync.objects.filter(account_id=ACCOUNT, due_at__lte=Now()).count() == 1
    TemplateSync.objects.update(due_at=Now() + timedelta(hours=1))
    keep_starter(aurora.number, Purpose.REMINDER, status_at=NOW)
    assert notice(aurora, about("PAUSED"), NOW - timedelta(minutes=1)) == "overtaken"
    assert Template.objects.get().status == "APPROVED"
    assert TemplateSync.objects.filter(due_at__lte=Now()).count() == 1


@pytest.mark.parametrize("language", ["pt-BR", "pt_BR", "pt-br"])
def test_the_language_is_the_same_however_it_is_written(aurora: Aurora, language: str) -> None:
    keep_starter(aurora.number, Purpose.REMINDER, status="PENDING")
    assert notice(aurora, about("APPROVED", message_template_language=language)) is None
    assert Template.objects.get().status == "APPROVED"


def test_a_template_is_found_by_its_id_when_its_name_is_missing(aurora: Aurora) -> None:
    keep_starter(aurora.number, Purpose.REMINDER, status="PENDING", template_id="77")
    assert notice(aurora, {"event": "APPROVED", "message_template_id": 77}) is None
    assert Template.objects.get().status == "APPROVED"


def test_scheduled_for_deletion_has_no_reason(aurora: Aurora) -> None:
    keep_starter(aurora.number, Purpose.REMINDER)
    assert notice(aurora, about("PENDING_DELETION", reason=None)) is None
    assert Template.objects.get().status == "PENDING_DELETION"


def test_a_word_nobody_knows_is_kept_in_the_history(aurora: Aurora) -> None:
    keep_starter(aurora.number, Purpose.REMINDER)
    assert notice(aurora, about("FLAGGED")) is None
    assert notice(aurora, about("SOMETHING_NEW", other_info=["?"], rejection_info="?", reason=3)) is None
    assert Template.objects.get().status == "APPROVED"
    assert {event.after for event in TemplateEvent.objects.all()} == {"FLAGGED", "SOMETHING_NEW"}


def test_quality_and_category(aurora: Aurora) -> None:
    row = keep_starter(aurora.number, Purpose.REMINDER)
    named = {"message_template_name": NAME, "message_template_language": "pt_BR"}
    assert notice(aurora, {**named, "previous_quality_score": "GREEN", "new_quality_score": "RED"}) is None
    coming = {"new_category": "UTILITY", "correct_category": "MARKETING", "category_update_timestamp": 1764200000}
    assert notice(aurora, {**named, **coming}) is None
    row.refresh_from_db()
    assert (row.quality, row.category, row.coming_category) == ("RED", "UTILITY", "MARKETING")
    assert row.coming_category_at == datetime.fromtimestamp(1764200000, UTC)
    assert len(alerts.banners(aurora.clinic)) == 1
    done = {"previous_category": "UTILITY", "new_category": "MARKETING"}
    assert notice(aurora, {**named, **done}, NOW + timedelta(days=1)) is None
    row.refresh_from_db()
    assert (row.category, row.coming_category) == ("MARKETING", "")
    (banner,) = alerts.banners(aurora.clinic)
    assert "marketing" in banner.text


def test_new_content_is_fetched_whole(aurora: Aurora) -> None:
    keep_starter(aurora.number, Purpose.REMINDER)
    named = {"message_template_name": NAME, "message_template_language": "pt_BR"}
    assert notice(aurora, {**named, "message_template_element": "…"}) == "overtaken"
    assert TemplateSync.objects.filter(due_at__lte=Now()).exists()


def test_another_clinics_template_of_the_same_name_is_left_alone(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    theirs = keep_starter(boreal.number, Purpose.REMINDER)
    keep_starter(aurora.number, Purpose.REMINDER)
    notice(aurora, about("PAUSED"))
    theirs.refresh_from_db()
    assert theirs.status == "APPROVED"
    assert alerts.banners(boreal.clinic) == []


# Submitting -----------------------------------------------------------------------------------------
def test_the_starter_set_is_submitted_once_and_approved(aurora: Aurora, meta: Simulator) -> None:
    meta.control("POST", "templates/reviews", {"seconds": 0})
    first = template_editing.submit_starters(clinic=aurora.clinic, account_id=ACCOUNT, by=SYSTEM, now=NOW)
    assert [(one.is_new, one.error) for one in first] == [(True, None)] * 6
    again = template_editing.submit_starters(clinic=aurora.clinic, account_id=ACCOUNT, by=SYSTEM, now=NOW)
    assert [(one.is_new, one.error) for one in again] == [(False, None)] * 6
    assert {one["category"] for one in at_meta(meta).values()} == {"UTILITY"}, "no promotional word in them"
    template_sync.want(clinic=aurora.clinic, account_id=ACCOUNT)
    assert template_sync.sync_next(now=NOW + timedelta(seconds=5))
    assert set(rows_of(aurora.clinic).values()) == {"APPROVED"}
    assert len(rows_of(aurora.clinic)) == 6


def test_what_meta_would_refuse_is_not_submitted(aurora: Aurora, meta: Simulator) -> None:
    bad = draft("Aviso", "{{nome}}, tudo bem?")
    with pytest.raises(template_editing.DraftRefused) as caught:
        template_editing.submit(clinic=aurora.clinic, account_id=ACCOUNT, draft=bad, by=SYSTEM, now=NOW)
    assert {(one.field, one.code) for one in caught.value.problems} == {
        ("name", "characters"),
        ("body", "leading_variable"),
        ("examples", "missing"),
    }
    assert at_meta(meta) == {}


def test_a_lost_answer_is_found_out_by_comparison(aurora: Aurora, meta: Simulator) -> None:
    meta.fault(target="graph", operation="message_templates.create", kind="lost_response")
    with pytest.raises(Exception, match="OutcomeUnknown"):
        template_editing.submit(clinic=aurora.clinic, account_id=ACCOUNT, draft=draft(), by=SYSTEM, now=NOW)
    assert rows_of(aurora.clinic) == {}
    assert template_sync.sync_next(now=NOW)
    assert list(rows_of(aurora.clinic)) == ["aviso"]


def test_edit_and_delete(aurora: Aurora, meta: Simulator) -> None:
    meta.control("POST", "templates/reviews", {"outcome": "hold"})
    put_at_meta(meta, draft())
    template_sync.sync_next(now=NOW)
    row = Template.objects.get()
    changed = draft(body="Seu horário é hoje à tarde.")
    template_editing.edit(clinic=aurora.clinic, template=row, draft=changed, by=SYSTEM, now=NOW)
    assert at_meta(meta)["aviso"]["components"][0]["text"] == "Seu horário é hoje à tarde."
    row.refresh_from_db()
    assert row.status == "PENDING"
    with pytest.raises(template_editing.DraftRefused):
        template_editing.edit(clinic=aurora.clinic, template=row, draft=changed, by=SYSTEM, now=NOW)
    template_editing.delete(clinic=aurora.clinic, template=row, by=SYSTEM, now=NOW)
    assert at_meta(meta) == {}
    # The name is free again, and the row takes up its history.
    template_editing.submit(clinic=aurora.clinic, account_id=ACCOUNT, draft=draft(), by=SYSTEM, now=NOW)
    assert rows_of(aurora.clinic) == {"aviso": "PENDING"}


@pytest.mark.django_db(transaction=True)
def test_eight_workers_compare_an_account_once(aurora: Aurora, meta: Simulator) -> None:
    put_at_meta(meta, draft())
    done: list[bool] = []

    def run() -> None:
        done.append(template_sync.sync_next(now=NOW))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 1
    assert rows_of(aurora.clinic) == {"aviso": "APPROVED"}


@pytest.mark.parametrize(
    ("key", "field", "values"),
    [("new_quality_score", "quality", ("GREEN", "RED")), ("new_category", "category", ("UTILITY", "MARKETING"))],
)
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1, 0, 1, 0)])
def test_quality_and_category_follow_the_latest_news_in_any_order(
    aurora: Aurora, key: str, field: str, values: tuple[str, str], order: tuple[int, ...]
) -> None:
    keep_starter(aurora.number, Purpose.REMINDER)
    for which in order:
        told = {"message_template_name": NAME, "message_template_language": "pt_BR", key: values[which]}
        answer = notice(aurora, told, NOW + timedelta(minutes=which))
        assert answer == ("overtaken" if which == 0 and order[0] == 1 else None)
    assert getattr(Template.objects.get(), field) == values[1]
    assert TemplateSync.objects.exists() == (order[0] == 1), "what was overtaken asks for a comparison"


def test_a_notice_of_the_same_second_is_as_new_as_what_we_know(aurora: Aurora) -> None:
    """Meta tells whole seconds; we submitted within that very second."""
    keep_starter(aurora.number, Purpose.REMINDER, status="PENDING", status_at=NOW.replace(microsecond=700_000))
    assert notice(aurora, about("APPROVED"), NOW) is None
    assert Template.objects.get().status == "APPROVED"


def while_read(meta: Simulator, act: Callable[[], object]) -> None:
    """Does something at the portal while Meta's list, made up before, is still on its way to us."""
    meta.fault(target="graph", operation="message_templates.list", kind="trickle", seconds=1)
    done: list[bool] = []

    def read() -> None:
        done.append(template_sync.sync_next(now=NOW))
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    while meta.control("GET", "faults")["faults"]:
        time.sleep(0.02)
    act()
    reader.join()
    assert done == [True]


# Whoever presses the button came before the reading began: only Meta was slow to take it.
BEFORE = NOW - timedelta(seconds=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [False, True], ids=["new", "once deleted"])
def test_what_is_submitted_while_the_list_is_read_is_not_judged_by_it(
    aurora: Aurora, meta: Simulator, *, is_known: bool
) -> None:
    meta.control("POST", "templates/reviews", {"outcome": "hold"})
    if is_known:
        Template.objects.create(
            clinic=aurora.clinic,
            account_id=ACCOUNT,
            name="aviso",
            status="DELETED",
            status_at=MONDAY - timedelta(days=9),
            created_at=MONDAY - timedelta(days=9),
        )
    while_read(
        meta,
        lambda: template_editing.submit(clinic=aurora.clinic, account_id=ACCOUNT, draft=draft(), by=SYSTEM, now=BEFORE),
    )
    assert rows_of(aurora.clinic) == {"aviso": "PENDING"}
    assert TemplateSync.objects.filter(due_at__lte=Now()).exists(), "and is compared soon"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_gone", [False, True], ids=["edited", "deleted"])
def test_what_is_changed_while_the_list_is_read_stays_changed(
    aurora: Aurora, meta: Simulator, *, is_gone: bool
) -> None:
    put_at_meta(meta, draft())
    meta.control("POST", "templates/reviews", {"outcome": "hold"})
    assert template_sync.sync_next(now=NOW - timedelta(hours=1))
    TemplateSync.objects.update(due_at=Now())
    row, changed = Template.objects.get(), draft(body="Seu horário é hoje à tarde.")
    asked: dict[str, Any] = {"clinic": aurora.clinic, "template": row, "by": SYSTEM, "now": BEFORE}
    while_read(
        meta,
        lambda: template_editing.delete(**asked) if is_gone else template_editing.edit(draft=changed, **asked),
    )
    row.refresh_from_db()
    assert row.status == ("DELETED" if is_gone else "PENDING")
    assert is_gone or "hoje" in json.loads(row.components)[0]["text"]


def test_what_was_there_before_and_is_not_in_the_list_is_deleted(aurora: Aurora, meta: Simulator) -> None:
    keep_starter(aurora.number, Purpose.REMINDER, status="PENDING", at=NOW)
    assert template_sync.sync_next(now=NOW + timedelta(seconds=2))
    assert set(rows_of(aurora.clinic).values()) == {"DELETED"}
