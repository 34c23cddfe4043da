"""How is a number, by Meta's nodes and by its notices: stored, told, stopped and set going again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.testing import factories, webhooks
from atendeai.testing.factories import MONDAY
from atendeai.testing.people import Aurora
from atendeai.testing.simulator import Simulator
from clinics import credentials
from clinics.audit import SYSTEM
from clinics.credentials import Name
from clinics.models import Alert, AuditEntry
from whatsapp import inbox, notices, number_health, outbox
from whatsapp.cloud_api import CloudApi, Text
from whatsapp.cloud_api.nodes import NodeApi
from whatsapp.models import Author, Item, MessageState, Number, NumberChange
from whatsapp.number_health import learning, words

ACCOUNT = "200000000000001"
AT = int(MONDAY.timestamp())


@pytest.fixture
def number(aurora: Aurora) -> Number:
    Number.objects.filter(pk=aurora.number.pk).update(account_id=ACCOUNT, display_number="+55 11 3000-0001")
    aurora.number.refresh_from_db()
    return aurora.number


def tell(field: str, value: dict[str, Any], *, at: int = AT, entry: str = ACCOUNT, now: datetime = MONDAY) -> None:
    change = {"field": field, "value": value}
    inbox.store(body=webhooks.body({"id": entry, "time": at, "changes": [change]}), signed_by=None)
    inbox.unpack_some(now=now)
    notices.work(now=now)


def account(event: str, *, at: int = AT, **detail: Any) -> None:
    tell("account_update", {"event": event, **detail}, at=at)


def ban(state: str, *, at: int = AT) -> None:
    account("DISABLED_UPDATE", at=at, ban_info={"waba_ban_state": state})


def open_alerts() -> set[str]:
    return set(Alert.objects.filter(cleared_at__isnull=True).values_list("kind", flat=True))


def fresh(number: Number) -> Number:
    number.refresh_from_db()
    return number


# The check ------------------------------------------------------------------------------------------
def test_a_check_learns_everything_and_says_when(number: Number, meta: Simulator) -> None:
    meta.control(
        "POST",
        "numbers/aurora",
        {"quality_rating": "YELLOW", "messaging_limit": "TIER_10K", "throughput_level": "HIGH"},
    )
    number_health.refresh(number, now=MONDAY)
    row = fresh(number)
    assert (row.quality, row.messaging_limit, row.throughput, row.sends_per_second) == (
        "YELLOW",
        "TIER_10K",
        "HIGH",
        1000,
    )
    assert (row.name_status, row.code_verification, row.status) == ("APPROVED", "VERIFIED", "CONNECTED")
    assert row.checked_at == MONDAY
    assert row.webhook.endswith("/webhooks/whatsapp/aurora/")
    assert words.limit_words(row.messaging_limit) == "até 10.000 pessoas por dia"
    later = MONDAY + timedelta(hours=1)
    meta.control("POST", "numbers/aurora", {"quality_rating": "RED", "is_on_biz_app": True})
    number_health.refresh(number, now=later)
    assert fresh(number).sends_per_second == 20
    change = NumberChange.objects.get(what="quality", before="YELLOW")
    assert (change.after, change.at, change.source) == ("RED", later, "check")
    assert open_alerts() == {"number_quality"}


def test_without_an_answer_nothing_is_forgotten(number: Number, meta: Simulator) -> None:
    number_health.refresh(number, now=MONDAY)
    for fault, code in (({"kind": "reset"}, "OutcomeUnknown"), ({"kind": "status", "code": 80007}, "80007")):
        meta.fault(target="graph", operation="phone_number", **fault)
        with pytest.raises(number_health.NoAnswer):
            number_health.refresh(number, now=MONDAY + timedelta(hours=1))
        row = fresh(number)
        assert (row.quality, row.checked_at, row.last_health_error, row.blocked_code) == ("GREEN", MONDAY, code, "")


def test_a_refused_token_stops_the_number(number: Number, meta: Simulator) -> None:
    credentials.store(clinic=number.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value="made-up", by=SYSTEM, now=MONDAY)
    with pytest.raises(number_health.NoAnswer):
        number_health.refresh(number, now=MONDAY)
    assert fresh(number).blocked_code == "190"
    assert open_alerts() == {"send_blocked"}
    assert AuditEntry.objects.filter(action="credential_refused").count() == 1


def test_a_problem_of_payment_is_told_and_goes(number: Number, meta: Simulator) -> None:
    meta.control("POST", "numbers/aurora", {"account": {"payment_problem": True}})
    number_health.refresh(number, now=MONDAY)
    assert open_alerts() == {"number_problem"}
    assert fresh(number).blocked_code == ""
    meta.control("POST", "numbers/aurora", {"account": {"payment_problem": False}})
    number_health.refresh(number, now=MONDAY)
    assert open_alerts() == set()


def test_a_number_that_is_off_the_platform_is_stopped_until_it_is_back(number: Number, meta: Simulator) -> None:
    number_health.refresh(number, now=MONDAY)
    meta.control("POST", "numbers/aurora", {"platform_type": "NOT_APPLICABLE", "status": "DISCONNECTED"})
    number_health.refresh(number, now=MONDAY)
    assert fresh(number).blocked_code == "not_registered"
    assert open_alerts() == {"number_stopped"}
    meta.control("POST", "numbers/aurora", {"platform_type": "CLOUD_API", "status": "CONNECTED"})
    number_health.refresh(number, now=MONDAY)
    assert fresh(number).blocked_code == ""
    assert open_alerts() == set()


@pytest.mark.parametrize("state", ["", "account_restricted"])
def test_a_number_that_only_the_check_finds_banned_is_told_once(state: str, number: Number, meta: Simulator) -> None:
    Number.objects.update(account_state=state)
    meta.control("POST", "numbers/aurora", {"status": "BANNED"})
    for half_hours in range(3):
        number_health.refresh(number, now=MONDAY + half_hours * timedelta(minutes=30))
        assert fresh(number).blocked_code == "account_disabled"
    alert = Alert.objects.get()
    assert (alert.kind, alert.cleared_at) == ("number_stopped", None)
    told = AuditEntry.objects.filter(action__startswith="number_")
    assert list(told.values_list("action", flat=True)) == ["number_stopped"]
    meta.control("POST", "numbers/aurora", {"status": "CONNECTED"})
    number_health.refresh(number, now=MONDAY + timedelta(hours=2))
    assert (fresh(number).blocked_code, open_alerts()) == ("", set())


def test_what_is_due_is_checked_one_after_the_other(number: Number, meta: Simulator) -> None:
    silent = factories.make_number(number.clinic, is_active=False)
    assert number_health.check_due(now=MONDAY)
    assert not number_health.check_due(now=MONDAY), "nothing is due twice within half an hour"
    row = fresh(number)
    assert row.checked_at == MONDAY
    assert row.next_check_at is not None
    ahead = row.next_check_at - datetime.now(UTC)
    assert timedelta(minutes=24) < ahead < timedelta(minutes=36)
    assert fresh(silent).checked_at is None


def test_a_refused_token_waits_for_a_person(number: Number, meta: Simulator) -> None:
    meta.fault(target="graph", operation="account", kind="status", code=190)
    assert number_health.check_due(now=MONDAY)
    assert fresh(number).blocked_code == "190"
    # What Meta says later about a good token is believed, but only a person gives a token.
    Number.objects.update(next_check_at=None)
    assert number_health.check_due(now=MONDAY)
    assert fresh(number).blocked_code == "190"


def test_a_token_that_was_replaced_meanwhile_stops_nothing(
    number: Number, meta: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check, and a message, that went out with the old token are refused after a person has typed the new one."""

    def old(method: Any) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            try:
                return method(*args, **more)
            finally:
                credentials.store(
                    clinic=number.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value="new", by=SYSTEM, now=MONDAY
                )

        return call

    credentials.store(clinic=number.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value="old", by=SYSTEM, now=MONDAY)
    monkeypatch.setattr(NodeApi, "number", old(NodeApi.number))
    with pytest.raises(number_health.NoAnswer):
        number_health.refresh(number, now=MONDAY)
    assert (fresh(number).blocked_code, open_alerts()) == ("", set())
    credentials.store(clinic=number.clinic, name=Name.WHATSAPP_ACCESS_TOKEN, value="old", by=SYSTEM, now=MONDAY)
    monkeypatch.setattr(CloudApi, "send", old(CloudApi.send))
    chat = factories.make_conversation(number, last_inbound_at=MONDAY)
    message = outbox.queue(conversation=chat, content=Text("oi"), author=Author.BOT, now=MONDAY)
    assert outbox.deliver_one(chat.pk, now=MONDAY)
    message.refresh_from_db()
    assert (fresh(number).blocked_code, open_alerts(), message.state) == ("", set(), MessageState.QUEUED)


# The notices ----------------------------------------------------------------------------------------
def test_a_ban_stops_every_number_of_the_account_and_its_end_sets_them_going(number: Number) -> None:
    second = factories.make_number(number.clinic, account_id=ACCOUNT)
    other = factories.make_number(factories.make_clinic("boreal"))
    ban("DISABLE")
    assert [fresh(one).blocked_code for one in (number, second, other)] == ["account_disabled"] * 2 + [""]
    assert open_alerts() == {"number_stopped"}
    message = outbox.queue(
        conversation=factories.make_conversation(number), content=Text("oi"), body="oi", author=Author.BOT, now=MONDAY
    )
    assert not outbox.deliver_one(message.conversation_id, now=MONDAY)
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED, "it waits, and is not lost"
    ban("REINSTATE", at=AT + 60)
    assert [fresh(one).blocked_code for one in (number, second)] == ["", ""]
    assert open_alerts() == set()


def test_the_chats_of_a_stopped_number_say_so(number: Number, aurora: Aurora) -> None:
    chat = factories.make_conversation(number)
    browser = Client()
    browser.force_login(aurora.receptionist)
    address = reverse("admin:whatsapp_conversation_change", args=[chat.pk])
    assert "O que seria enviado fica esperando" not in browser.get(address).content.decode()
    for code in (*number_health.STOPS, "131031", "368", "33", "190"):
        Number.objects.update(blocked_code=code)
        assert "O que seria enviado fica esperando" in browser.get(address).content.decode()
        assert ("token" in words.stopped_words(code)) == (code == "190"), code


def test_late_and_repeated_notices_change_nothing(number: Number) -> None:
    ban("REINSTATE", at=AT + 60)
    ban("DISABLE", at=AT)
    assert fresh(number).blocked_code == "", "the ban is older than its end"
    for _ in range(3):
        ban("DISABLE", at=AT + 120)
    assert fresh(number).blocked_code == "account_disabled"
    assert Alert.objects.count() == 1
    assert NumberChange.objects.filter(what="account_state").count() == 1


def test_a_restriction_ends_by_itself(number: Number, meta: Simulator) -> None:
    until = AT + 3600
    told = [{"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "expiration": until}]
    meta.control("POST", "numbers/aurora", {"account": {"restrictions": ["X"]}})
    account("ACCOUNT_RESTRICTION", restriction_info=told)
    number_health.refresh(number, now=MONDAY + timedelta(minutes=1))
    row = fresh(number)
    assert (row.blocked_code, row.stopped_until) == ("account_restricted", datetime.fromtimestamp(until, UTC))
    number_health.refresh(number, now=MONDAY + timedelta(hours=2))
    assert fresh(number).blocked_code == ""
    assert "number_stopped" not in open_alerts()


def test_a_restriction_of_first_messages_only_is_told(number: Number) -> None:
    account(
        "ACCOUNT_RESTRICTION", restriction_info=[{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}, "oops"]
    )
    assert fresh(number).blocked_code == ""
    assert open_alerts() == {"account_limited"}


FIRST_MESSAGES = "RESTRICTED_BIZ_INITIATED_MESSAGING"
TWO_DAYS = timedelta(days=2)


@pytest.mark.parametrize("locked", ["", "368", "131031"])
def test_a_limit_that_names_no_end_is_over_when_meta_says_so_for_a_day(
    locked: str, number: Number, meta: Simulator
) -> None:
    account("ACCOUNT_RESTRICTION", restriction_info=[{"restriction_type": FIRST_MESSAGES}])
    Number.objects.update(blocked_code=locked)
    # Such limits show in no health: what was told a moment ago still stands.
    number_health.refresh(number, now=MONDAY + timedelta(minutes=1))
    assert (fresh(number).account_state, open_alerts()) == ("account_limited", {"account_limited"})
    number_health.refresh(number, now=MONDAY + TWO_DAYS)
    assert (fresh(number).account_state, open_alerts(), fresh(number).blocked_code) == ("", set(), "")


@pytest.mark.parametrize("sign", ["limited", "told again", "end in the future", "refused"])
def test_a_limit_that_meta_still_speaks_of_stays(sign: str, number: Number, meta: Simulator) -> None:
    part: dict[str, Any] = {"restriction_type": FIRST_MESSAGES}
    if sign == "end in the future":
        part["expiration"] = AT + 7 * 86_400
    account("ACCOUNT_RESTRICTION", restriction_info=[part])
    if sign == "told again":
        account("ACCOUNT_RESTRICTION", at=AT + 2 * 86_400 - 60, restriction_info=[part])
    if sign == "limited":
        meta.control("POST", "numbers/aurora", {"name_status": "PENDING_REVIEW"})
    if sign == "refused":
        meta.control("POST", "numbers/aurora", {"account": {"payment_problem": True}})
    number_health.refresh(number, now=MONDAY + TWO_DAYS)
    assert fresh(number).account_state == "account_limited"
    assert "account_limited" in open_alerts()


@pytest.mark.parametrize(
    ("event", "code", "back"),
    [
        ("ACCOUNT_OFFBOARDED", "offboarded", "ACCOUNT_RECONNECTED"),
        ("PARTNER_REMOVED", "offboarded", "PARTNER_ADDED"),
        ("PARTNER_APP_UNINSTALLED", "app_removed", "PARTNER_APP_INSTALLED"),
    ],
)
def test_who_leaves_is_stopped_and_may_come_back(number: Number, event: str, code: str, back: str) -> None:
    inside = {"waba_info": {"waba_id": ACCOUNT, "owner_business_id": "4"}}
    tell("account_update", {"event": event, **inside}, entry="500000000000001")
    assert fresh(number).blocked_code == code
    # Coming back lifts no ban.
    ban("DISABLE", at=AT + 10)
    tell("account_update", {"event": back, **inside}, at=AT + 20, entry="500000000000001")
    assert fresh(number).blocked_code == "account_disabled"
    ban("REINSTATE", at=AT + 30)
    assert fresh(number).blocked_code == ""
    assert fresh(number).onboarded_at == MONDAY + timedelta(seconds=20)


def test_since_when_a_number_is_with_us(number: Number, meta: Simulator) -> None:
    number_health.refresh(number, now=MONDAY)
    assert fresh(number).onboarded_at == MONDAY
    # The clinic had agreed at Meta an hour before its number was typed in here; news of today moves nothing.
    inside = {"waba_info": {"waba_id": ACCOUNT}}
    for at in (AT - 3600, AT + 60):
        tell("account_update", {"event": "PARTNER_ADDED", **inside}, at=at, entry="5")
        assert fresh(number).onboarded_at == MONDAY - timedelta(hours=1)
    number_health.refresh(number, now=MONDAY + timedelta(days=1))
    assert fresh(number).onboarded_at == MONDAY - timedelta(hours=1)


@pytest.mark.parametrize(
    ("field", "value", "alert"),
    [
        ("account_update", {"event": "ACCOUNT_DELETED"}, "number_stopped"),
        (
            "account_update",
            {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "DRUGS"}},
            "account_violation",
        ),
        (
            "account_update",
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE", "waba_ban_date": "x"}},
            "account_ban_scheduled",
        ),
        ("account_review_update", {"decision": "REJECTED"}, "account_review"),
        ("account_alerts", {"alert_type": "OBA_REJECTED", "alert_status": "ACTIVE"}, "account_alert"),
        ("security", {"display_phone_number": "551130000001", "event": "PIN_CHANGED"}, "number_pin"),
        ("security", {"display_phone_number": "551130000001", "event": "PIN_RESET_REQUEST"}, "number_pin"),
        ("phone_number_quality_update", {"display_phone_number": "551130000001", "event": "FLAGGED"}, "number_quality"),
        (
            "phone_number_name_update",
            {"decision": "REJECTED", "requested_verified_name": "Clínica", "rejection_reason": "X"},
            "number_name",
        ),
    ],
)
def test_what_the_clinic_must_know_is_told_once(number: Number, field: str, value: dict[str, Any], alert: str) -> None:
    tell(field, value)
    tell(field, value)
    assert open_alerts() == {alert}
    from clinics import alerts

    (banner,) = alerts.banners(number.clinic)
    assert banner.text
    assert banner.link == f"/admin/whatsapp/number/{number.pk}/change/"


@pytest.mark.parametrize(
    ("field", "value", "fact", "known"),
    [
        (
            "phone_number_quality_update",
            {"event": "ONBOARDING", "max_daily_conversations_per_business": "TIER_10K"},
            "messaging_limit",
            "TIER_10K",
        ),
        ("phone_number_quality_update", {"event": "THROUGHPUT_UPGRADE"}, "sends_per_second", 1000),
        ("business_capability_update", {"max_daily_conversations_per_business": 2000}, "messaging_limit", "TIER_2K"),
        (
            "business_capability_update",
            {"max_daily_conversations_per_business": "TIER_250"},
            "messaging_limit",
            "TIER_250",
        ),
        (
            "business_capability_update",
            {"max_daily_conversations_per_business": -1},
            "messaging_limit",
            "TIER_UNLIMITED",
        ),
        ("business_capability_update", {"max_daily_conversations_per_business": "²"}, "messaging_limit", "²"),
        ("business_capability_update", {"max_daily_conversations_per_business": "--5"}, "messaging_limit", "--5"),
        (
            "phone_number_name_update",
            {"decision": "APPROVED", "requested_verified_name": "Clínica Sol"},
            "verified_name",
            "Clínica Sol",
        ),
        ("account_review_update", {"decision": "APPROVED"}, "account_review", "APPROVED"),
        ("business_username_update", {"username": "clinicasol", "status": "approved"}, "username", "clinicasol"),
        ("phone_number_username_update", {"username": "clinicasol", "status": "approved"}, "username", "clinicasol"),
    ],
)
def test_what_is_known_follows_the_notice(
    number: Number, field: str, value: dict[str, Any], fact: str, known: object
) -> None:
    tell(field, value)
    assert getattr(fresh(number), fact) == known
    assert open_alerts() == set()
    assert Item.objects.get().state == "done"


def test_news_of_a_number_of_the_account_that_is_not_with_us_is_not_ours(number: Number) -> None:
    theirs = {"display_phone_number": "5511930009999"}
    tell("phone_number_name_update", {**theirs, "decision": "REJECTED", "requested_verified_name": "Outra"})
    tell("security", {**theirs, "event": "PIN_CHANGED"})
    account("ACCOUNT_OFFBOARDED", phone_number=theirs["display_phone_number"])
    assert (open_alerts(), fresh(number).blocked_code) == (set(), "")
    assert set(Item.objects.values_list("reason", flat=True)) == {"unknown_number"}
    # As long as we do not know its telephone number it may be the one.
    Number.objects.update(display_number="")
    tell("security", {**theirs, "event": "PIN_CHANGED"}, at=AT + 60)
    assert open_alerts() == {"number_pin"}


def test_of_several_numbers_the_named_one_is_meant(number: Number) -> None:
    second = factories.make_number(number.clinic, account_id=ACCOUNT, display_number="+55 11 3000-0002")
    tell("phone_number_quality_update", {"display_phone_number": "551130000002", "event": "FLAGGED"})
    assert [fresh(one).quality for one in (number, second)] == ["", "RED"]
    tell("phone_number_quality_update", {"display_phone_number": "559999999999", "event": "FLAGGED"}, at=AT + 1)
    assert fresh(number).quality == ""
    assert Item.objects.filter(reason="unknown_number").count() == 1


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"event": None},
        {"event": "EVENT_OF_TOMORROW"},
        {"event": "DISABLED_UPDATE"},
        {"event": "DISABLED_UPDATE", "ban_info": []},
        {"event": "ACCOUNT_RESTRICTION", "restriction_info": {"x": 1}},
        {"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": 7, "expiration": "never"}]},
        {"event": "ACCOUNT_VIOLATION", "violation_info": "\0"},
        {"event": "X" * 5000},
    ],
)
def test_news_that_nobody_understands_is_kept(number: Number, value: dict[str, Any]) -> None:
    for field in (
        "account_update",
        "security",
        "account_alerts",
        "phone_number_name_update",
        "business_capability_update",
    ):
        tell(field, value)
    assert set(Item.objects.values_list("state", flat=True)) <= {"done", "ignored"}
    assert Item.objects.count() == 5


def test_each_notice_has_the_number_checked_soon(number: Number) -> None:
    Number.objects.update(next_check_at=datetime.now(UTC) + timedelta(minutes=30))
    tell("account_review_update", {"decision": "APPROVED"})
    due = fresh(number).next_check_at
    assert due is not None
    assert due < datetime.now(UTC) + timedelta(minutes=1)


def test_the_history_is_bounded(number: Number) -> None:
    for minute in range(learning.KEPT_CHANGES + 20):
        learning.note(number, at=MONDAY + timedelta(minutes=minute), source="check", what="quality", after=str(minute))
    assert NumberChange.objects.count() == learning.KEPT_CHANGES
    assert NumberChange.objects.latest("pk").after == str(learning.KEPT_CHANGES + 19)
