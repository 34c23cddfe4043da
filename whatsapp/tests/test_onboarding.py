"""Does a number come in step by step, has each missing thing its own words, and is nothing kept too soon?"""

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from atendeai.testing import factories
from atendeai.testing.factories import MONDAY
from atendeai.testing.simulator import Simulator
from clinics import alerts, credentials
from clinics.audit import SYSTEM, Actor
from clinics.credentials import Name
from clinics.models import AuditEntry, Clinic, ClinicCredential, User
from whatsapp import number_health, onboarding, outbox, refusals
from whatsapp.models import Message, MessageState, Number, NumberChange
from whatsapp.onboarding import Draft, State

AURORA = {"phone_number_id": "100000000000001", "account_id": "200000000000001"}
BOREAL = {"phone_number_id": "100000000000002", "account_id": "200000000000002"}
TOKEN, OTHER_TOKEN = "sandbox-token-aurora", "sandbox-token-boreal"
PAGE, ADD = "admin:whatsapp_number_change", "admin:whatsapp_number_add"
FETCH: dict[str, Any] = {"HTTP_X_REQUESTED_WITH": "fetch"}


@pytest.fixture
def clinic(db: None) -> Clinic:
    return factories.make_clinic("aurora")


@pytest.fixture
def ana(clinic: Clinic) -> User:
    user = factories.make_user("ana@aurora.test", "Ana Souza")
    factories.make_membership(clinic, user)
    return user


@pytest.fixture
def browser(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture(autouse=True)
def _home(meta: Simulator, settings: Settings) -> None:
    """Meta delivers to the address that the simulator was started with; an override of another test is cleared."""
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    requests.post(f"{meta.url}/v25.0/{AURORA['account_id']}/subscribed_apps", headers=headers, timeout=5)


def connect(clinic: Clinic, **changed: str) -> onboarding.Outcome:
    draft = Draft(**{**AURORA, "token": TOKEN, **changed})
    return onboarding.connect(clinic=clinic, draft=draft, by=Actor("user", 1), now=MONDAY)


def connected(clinic: Clinic, **changed: str) -> Number:
    number = connect(clinic, **changed).number
    assert number is not None
    return number


def step(number: Number, key: str) -> onboarding.Step:
    number.refresh_from_db()
    return next(one for one in onboarding.list_steps(number) if one.key == key)


def run(number: Number, *keys: str, **more: Any) -> None:
    for key in keys:
        onboarding.run_step(number, key, by=SYSTEM, now=MONDAY, **more)


def kept() -> tuple[int, int]:
    return Number.objects.count(), ClinicCredential.objects.count()


# Coming in ------------------------------------------------------------------------------------------
def test_a_good_number_comes_in_and_every_step_is_done(clinic: Clinic, meta: Simulator) -> None:
    number = connected(clinic)
    run(number, "number", "subscribed", "webhook")
    states = {one.key: one.state for one in onboarding.list_steps(number)}
    assert {key for key, state in states.items() if state != State.DONE} == {"test", "inbound"}
    assert credentials.find(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN) == TOKEN
    assert (number.display_number, number.onboarded_at) == ("+55 11 3000-0001", MONDAY)
    assert TOKEN not in str(list(AuditEntry.objects.values())) + number.findings


@pytest.mark.parametrize(
    ("changed", "step", "code"),
    [
        ({"token": "made-up"}, "token", "refused"),
        ({"token": OTHER_TOKEN}, "token", "forbidden"),
        ({"account_id": "999999999999"}, "token", "out_of_reach"),
        ({"phone_number_id": "999999999999"}, "number", "not_in_account"),
        ({"phone_number_id": BOREAL["phone_number_id"]}, "number", "not_in_account"),
    ],
)
def test_what_meta_does_not_confirm_is_refused_and_not_kept(
    clinic: Clinic, changed: dict[str, str], step: str, code: str
) -> None:
    outcome = connect(clinic, **changed)
    assert (outcome.number, outcome.step, outcome.code) == (None, step, code)
    assert kept() == (0, 0)
    entry = AuditEntry.objects.get(action="credential_refused")
    assert entry.fields == [code]
    assert entry.actor_id == 1


def test_a_number_of_another_clinic_is_refused_and_nothing_is_told_of_it(clinic: Clinic, browser: Client) -> None:
    theirs = factories.make_number(factories.make_clinic("boreal", name="Clínica Secreta"), AURORA["phone_number_id"])
    outcome = connect(clinic)
    assert (outcome.step, outcome.code) == ("number", "belongs_to_another_clinic")
    assert AuditEntry.objects.get(action="credential_refused").clinic == clinic
    theirs.refresh_from_db()
    assert theirs.clinic.slug == "boreal"
    assert ClinicCredential.objects.count() == 0
    # Who has no token of its account hears what is said of a number that does not exist.
    answers = [
        browser.post(reverse(ADD), {**AURORA, "phone_number_id": one, "access_token": "x"}, **FETCH).content.decode()
        for one in (AURORA["phone_number_id"], "888888888888")
    ]
    assert answers[0] == answers[1]
    assert "Secreta" not in answers[0]


@pytest.mark.parametrize("operation", ["account", "phone_numbers"])
@pytest.mark.parametrize("kind", ["reset", "lost_response", "status"])
def test_meta_down_refuses_nobody_and_keeps_nothing(clinic: Clinic, meta: Simulator, operation: str, kind: str) -> None:
    meta.fault(target="graph", operation=operation, kind=kind)
    outcome = connect(clinic)
    assert (outcome.number, outcome.code) == (None, "no_answer")
    assert kept() == (0, 0)
    assert not AuditEntry.objects.exists()
    assert connect(clinic).number is not None, "the same draft passes when Meta is back"


def test_meta_down_after_the_number_is_in_leaves_steps_to_repeat(clinic: Clinic, meta: Simulator) -> None:
    meta.fault(target="graph", operation="phone_number", kind="reset")
    number = connected(clinic)
    assert step(number, "registered").state == State.NO_ANSWER
    run(number, "registered")
    assert step(number, "registered").state == State.DONE


def test_a_slow_meta_is_not_waited_for(clinic: Clinic, meta: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from whatsapp.cloud_api import nodes

    assert nodes.CONNECT_SECONDS + nodes.READ_SECONDS <= 10
    monkeypatch.setattr(nodes, "READ_SECONDS", 0.3)
    meta.fault(target="graph", operation="account", kind="slow", seconds=2)
    assert connect(clinic).code == "no_answer"


def test_a_throttled_account_asks_for_patience(clinic: Clinic, meta: Simulator) -> None:
    meta.fault(target="graph", operation="account", kind="status", code=80007)
    assert connect(clinic).code == "throttled"


# One token for the clinic -----------------------------------------------------------------------------
def test_a_second_number_of_the_account_needs_no_token(clinic: Clinic, meta: Simulator) -> None:
    connected(clinic)
    second = meta.control("POST", "numbers", {"slug": "aurora-2", "account_of": "aurora"})
    assert connect(clinic, phone_number_id=second["phone_number_id"], token="").number is not None
    assert Number.objects.for_clinic(clinic).count() == 2


def test_a_token_that_loses_another_number_is_refused(clinic: Clinic, meta: Simulator) -> None:
    number = connected(clinic)
    outcome = connect(clinic, **BOREAL, token=OTHER_TOKEN)
    assert (outcome.step, outcome.code, outcome.detail) == ("token", "other_account", number.display_number)
    assert credentials.find(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN) == TOKEN
    refused = onboarding.replace_token(number=number, token=OTHER_TOKEN, by=SYSTEM, now=MONDAY)
    assert refused.code == "forbidden"
    assert credentials.find(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN) == TOKEN


def test_a_new_token_must_reach_the_accounts_of_the_other_numbers(clinic: Clinic, meta: Simulator) -> None:
    number = connected(clinic)
    other = factories.make_number(clinic, **BOREAL, display_number="+55 11 3000-0002")
    refused = onboarding.replace_token(number=number, token=TOKEN, by=SYSTEM, now=MONDAY)
    assert (refused.step, refused.code, refused.detail) == ("token", "other_account", other.display_number)


@pytest.mark.parametrize("is_new", [True, False], ids=["a new number", "another token"])
def test_a_typed_token_is_not_kept_beside_the_servers_own(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, *, is_new: bool
) -> None:
    """It would never be used, for the environment wins."""
    number = None if is_new else connected(clinic)
    before = kept()
    monkeypatch.setenv("CLINIC_AURORA_WHATSAPP_ACCESS_TOKEN", TOKEN)
    if number is None:
        outcome = connect(clinic)
    else:
        outcome = onboarding.replace_token(number=number, token=TOKEN, by=SYSTEM, now=MONDAY)
    assert (outcome.number, outcome.step, outcome.code) == (None, "token", "from_environment")
    assert kept() == before


def test_a_new_token_sets_a_stopped_number_going_but_lifts_no_ban(clinic: Clinic, meta: Simulator) -> None:
    number = connected(clinic)
    for code, left in (("190", ""), ("account_disabled", "account_disabled"), ("131031", "131031")):
        Number.objects.update(blocked_code=code)
        assert onboarding.replace_token(number=number, token=TOKEN, by=SYSTEM, now=MONDAY).number is not None
        number.refresh_from_db()
        assert number.blocked_code == left


def test_a_number_that_was_gone_works_once_it_is_connected_again(clinic: Clinic, meta: Simulator) -> None:
    """What the page asks for when Meta says 33: «Connect it again»."""
    number = connected(clinic)
    Number.objects.update(blocked_code="33", is_active=False)
    alerts.raise_alert(clinic=clinic, kind=refusals.BLOCKED, target=number, now=MONDAY, detail="33")
    assert "não encontra mais este número" in alerts.banners(clinic)[0].text
    again = connected(clinic, token="")
    assert (again.pk, again.blocked_code, again.is_active) == (number.pk, "", True)
    assert alerts.banners(clinic) == []
    # Of another number of the clinic Meta has said nothing.
    Number.objects.update(blocked_code="33")
    second = meta.control("POST", "numbers", {"slug": "aurora-2", "account_of": "aurora"})
    assert connect(clinic, phone_number_id=second["phone_number_id"], token="").number is not None
    number.refresh_from_db()
    assert number.blocked_code == "33"


def test_every_account_of_the_clinic_is_asked_however_many_numbers_it_has(clinic: Clinic, meta: Simulator) -> None:
    number = connected(clinic)
    for count in range(6):
        factories.make_number(clinic, f"30000000000000{count}", account_id=AURORA["account_id"])
    other = factories.make_number(clinic, **BOREAL, display_number="+55 11 3000-0002")
    Number.objects.filter(pk=number.pk).update(account_id="")
    number.refresh_from_db()
    refused = onboarding.replace_token(number=number, token=TOKEN, by=SYSTEM, now=MONDAY)
    assert (refused.code, refused.detail) == ("other_account", other.display_number)


# Each step ------------------------------------------------------------------------------------------
def test_no_answer_is_not_said_any_more_once_a_check_was_answered(clinic: Clinic, meta: Simulator) -> None:
    number = connected(clinic)
    meta.fault(target="graph", operation="phone_number", kind="reset", count=4)
    run(number, "name")
    assert step(number, "name").state == State.NO_ANSWER
    run(number, "health")
    meta.control("DELETE", "faults")
    number_health.refresh(number, now=MONDAY + timedelta(minutes=30))
    assert (step(number, "name").state, step(number, "health").state) == (State.DONE, State.DONE)


def test_a_token_that_was_refused_since_is_not_called_valid(clinic: Clinic, meta: Simulator) -> None:
    number = connected(clinic)
    assert step(number, "token").state == State.DONE
    meta.control("POST", "numbers/aurora", {"token_expired": True})
    with pytest.raises(number_health.NoAnswer):
        number_health.refresh(number, now=MONDAY + timedelta(minutes=30))
    assert (step(number, "token").state, step(number, "token").code) == (State.MISSING, "refused")


def test_an_account_asked_with_a_refused_token_is_told_so(clinic: Clinic, meta: Simulator) -> None:
    number = connected(clinic)
    meta.control("POST", "numbers/aurora", {"token_expired": True})
    outcome = onboarding.confirm_account(number=number, account_id=AURORA["account_id"])
    assert outcome.code == "refused"


def test_a_token_without_the_right_to_send_is_named(clinic: Clinic, meta: Simulator) -> None:
    meta.control("POST", "numbers/aurora", {"permissions": ["whatsapp_business_management"]})
    assert step(connected(clinic), "token").code == "no_permission_to_send"


def test_an_expired_token_is_named_at_whatever_step(clinic: Clinic, meta: Simulator) -> None:
    number = connected(clinic)
    meta.control("POST", "numbers/aurora", {"token_expired": True})
    run(number, "subscribed")
    assert step(number, "token").code == "refused"
    assert step(number, "subscribed").code == "refused_token"


def test_an_unregistered_number_is_registered_with_its_pin(clinic: Clinic, meta: Simulator) -> None:
    meta.control("POST", "numbers/aurora", {"platform_type": "NOT_APPLICABLE", "status": "PENDING", "pin": "111222"})
    number = connected(clinic)
    assert (step(number, "registered").state, step(number, "registered").code) == (State.MISSING, "not_registered")
    assert number.blocked_code == "not_registered"
    for pin, code in (("12", "bad_pin"), ("999999", "register_133005")):
        run(number, "registered", pin=pin)
        assert step(number, "registered").code == code
    run(number, "registered", pin="111222")
    assert step(number, "registered").state == State.DONE
    assert number.blocked_code == ""
    everything = (
        str(list(AuditEntry.objects.values()))
        + str(list(Number.objects.values()))
        + str(list(NumberChange.objects.values()))
    )
    assert "111222" not in everything
    assert AuditEntry.objects.filter(action="number_registered").count() == 1


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"code_verification_status": "NOT_VERIFIED"}, "register_133006"),
        ({"pin": "111111", "wrong_pins": [4e9] * 5}, "register_133008"),
        ({"registrations": [4e9] * 10}, "register_133016"),
    ],
)
def test_every_refusal_of_a_registration_has_its_words(
    clinic: Clinic, meta: Simulator, facts: dict[str, Any], code: str
) -> None:
    from whatsapp.onboarding import words

    meta.control("POST", "numbers/aurora", {"platform_type": "NOT_APPLICABLE", "status": "PENDING", **facts})
    number = connected(clinic)
    run(number, "registered", pin="123456")
    found = step(number, "registered")
    assert found.code == code
    assert words.words(found) not in ("", words.code_words("nothing"))


def test_a_number_of_the_app_needs_no_registration(clinic: Clinic, meta: Simulator) -> None:
    meta.control("POST", "numbers/aurora", {"is_on_biz_app": True})
    number = connected(clinic, pin="123456")
    assert (step(number, "registered").state, step(number, "registered").code) == (State.DONE, "coexistence")
    assert number.sends_per_second == 20


def test_an_account_that_passes_nothing_on_is_subscribed(clinic: Clinic, meta: Simulator) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    requests.delete(f"{meta.url}/v25.0/{AURORA['account_id']}/subscribed_apps", headers=headers, timeout=5)
    number = connected(clinic)
    run(number, "subscribed")
    assert step(number, "subscribed").state == State.DONE
    assert meta.control("GET", "numbers/aurora")["is_subscribed"]
    assert AuditEntry.objects.filter(action="number_subscribed").count() == 1


def test_who_only_looks_changes_nothing_at_meta(clinic: Clinic, meta: Simulator) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    requests.delete(f"{meta.url}/v25.0/{AURORA['account_id']}/subscribed_apps", headers=headers, timeout=5)
    number = connected(clinic)
    run(number, "subscribed", looks_only=True)
    found = step(number, "subscribed")
    assert (found.state, found.code) == (State.MISSING, "not_subscribed")
    assert not meta.control("GET", "numbers/aurora")["is_subscribed"]


def test_messages_that_go_elsewhere_are_named_and_brought_here(
    clinic: Clinic, meta: Simulator, settings: Settings, port: int
) -> None:
    number = connected(clinic)
    assert step(number, "webhook").state == State.DONE
    settings.PUBLIC_BASE_URL = f"http://127.0.0.1:{port}"
    assert (step(number, "webhook").code, step(number, "webhook").detail) == ("elsewhere", "127.0.0.1:9")
    run(number, "webhook")
    assert step(number, "webhook").code == "elsewhere", "a check alone changes no address"
    run(number, "webhook", is_asked=True)
    assert step(number, "webhook").state == State.DONE
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:1"
    run(number, "webhook", is_asked=True)
    assert step(number, "webhook").code == "not_confirmed"


@pytest.mark.parametrize(
    ("facts", "key", "state", "words_of_it"),
    [
        ({"name_status": "PENDING_REVIEW"}, "name", State.WAITING, "analisando o nome"),
        ({"name_status": "DECLINED"}, "name", State.MISSING, "recusou o nome"),
        ({"name_status": "NONE"}, "name", State.MISSING, "Não há nome aprovado"),
        ({"account": {"payment_problem": True}}, "health", State.MISSING, "problema de pagamento"),
        ({"account": {"ban_state": "DISABLE"}, "status": "BANNED"}, "health", State.MISSING, "desativou a conta"),
        (
            {"code_verification_status": "NOT_VERIFIED", "status": "PENDING"},
            "verified",
            State.MISSING,
            "código por SMS",
        ),
    ],
)
def test_each_missing_thing_has_its_own_words(
    clinic: Clinic, meta: Simulator, facts: dict[str, Any], key: str, state: State, words_of_it: str
) -> None:
    from whatsapp.onboarding import words

    number = connected(clinic)
    meta.control("POST", "numbers/aurora", facts)
    run(number, key)
    found = step(number, key)
    assert found.state == state
    assert words_of_it in words.words(found)
    meta.control("POST", "reset", {})
    run(number, key)
    assert step(number, key).state == State.DONE


# The test message -----------------------------------------------------------------------------------
def test_a_test_message_is_followed_until_it_arrives(clinic: Clinic, ana: User, meta: Simulator) -> None:
    number = connected(clinic)
    assert step(number, "test").state == State.UNKNOWN
    message = onboarding.send_test(number=number, phone="(11) 98765-0002", by=ana, now=MONDAY)
    assert (message.type, step(number, "test").state) == ("template", State.WAITING)
    assert outbox.deliver_one(message.conversation_id, now=MONDAY)
    assert step(number, "test").code == "sent"
    assert meta.chat("5511987650002")[-1]["type"] == "template"
    Message.objects.update(state=MessageState.DELIVERED)
    assert step(number, "test").state == State.DONE
    Message.objects.update(state=MessageState.FAILED, error_code="131026")
    assert step(number, "test").code == "failed_131026"


def test_free_text_goes_to_who_has_just_written(clinic: Clinic, ana: User, meta: Simulator) -> None:
    number = connected(clinic)
    contact = factories.make_contact(clinic, "5511987650002")
    factories.make_conversation(number, contact, last_inbound_at=MONDAY)
    assert onboarding.send_test(number=number, phone="5511987650002", by=ana, now=MONDAY).type == "text"
    assert step(number, "inbound").at == MONDAY


@pytest.mark.parametrize(("phone", "blocked", "code"), [("abc", "", "phone"), ("(11) 98765-0002", "190", "190")])
def test_a_test_that_cannot_go_is_refused_in_words(
    clinic: Clinic, ana: User, phone: str, blocked: str, code: str
) -> None:
    number = connected(clinic)
    number.blocked_code = blocked
    with pytest.raises(onboarding.CannotTry) as refusal:
        onboarding.send_test(number=number, phone=phone, by=ana, now=MONDAY)
    assert refusal.value.code == code
    assert not Message.objects.exists()


# The pages ------------------------------------------------------------------------------------------
def test_the_form_connects_and_leads_to_the_number(browser: Client, clinic: Clinic) -> None:
    answer = browser.post(reverse(ADD), {**AURORA, "access_token": TOKEN}, **FETCH)
    number = Number.objects.get()
    assert answer.json() == {"go": f"{reverse(PAGE, args=[number.pk])}?novo=1"}
    page = browser.get(answer.json()["go"]).content.decode()
    assert "data-check-now" in page
    assert "até 2.000 pessoas por dia" in page
    assert TOKEN not in page


def test_what_was_typed_stays_but_no_secret_comes_back(browser: Client) -> None:
    page = browser.post(reverse(ADD), {**AURORA, "access_token": "EAAsegredo", "pin": "424242"})
    assert page.status_code == 422
    text = page.content.decode()
    assert AURORA["phone_number_id"] in text
    assert "A Meta recusa este token" in text
    assert "EAAsegredo" not in text
    assert "424242" not in text


@pytest.mark.parametrize("wrong", [{"phone_number_id": "abc"}, {"account_id": ""}, {"pin": "12"}, {"access_token": ""}])
def test_bad_input_is_named_before_meta_is_asked(browser: Client, meta: Simulator, wrong: dict[str, str]) -> None:
    meta.fault(target="graph", kind="reset", count=1)
    answer = browser.post(reverse(ADD), {**AURORA, "access_token": TOKEN, **wrong}, **FETCH)
    assert answer.status_code == 422
    assert "p-error" in answer.content.decode()
    assert len(meta.control("GET", "faults")["faults"]) == 1, "nothing was asked"


def test_the_environments_token_wins_and_is_said(
    browser: Client, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_AURORA_WHATSAPP_ACCESS_TOKEN", TOKEN)
    page = browser.get(reverse(ADD)).content.decode()
    assert "configuração do servidor" in page
    assert 'name="access_token"' not in page
    browser.post(reverse(ADD), AURORA, **FETCH)
    number = Number.objects.get()
    assert "configuração do servidor" in browser.get(reverse(PAGE, args=[number.pk])).content.decode()
    assert ClinicCredential.objects.count() == 0
    assert step(number, "token").state == State.DONE


def test_a_step_is_repeated_alone_from_the_page(browser: Client, clinic: Clinic, meta: Simulator) -> None:
    number = connected(clinic)
    address = reverse("admin:whatsapp_number_step", args=[number.pk])
    meta.control("POST", "numbers/aurora", {"quality_rating": "RED", "name_status": "DECLINED"})
    answer = browser.post(address, {"step": "name"}, **FETCH)
    assert "recusou o nome" in answer.content.decode()
    assert browser.post(address, {"step": "name"})["Location"] == reverse(PAGE, args=[number.pk])
    assert browser.post(address, {"step": "nonsense"}).status_code == 404
    assert browser.get(address).status_code == 405


def test_a_token_goes_in_and_never_comes_out(browser: Client, clinic: Clinic) -> None:
    number = connected(clinic)
    address = reverse("admin:whatsapp_number_token", args=[number.pk])
    answer = browser.post(address, {"access_token": "EAAsegredo"}, **FETCH).content.decode()
    assert "A Meta recusa este token" in answer
    assert credentials.find(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN) == TOKEN
    Number.objects.update(blocked_code="190")
    page = browser.get(reverse(PAGE, args=[number.pk])).content.decode()
    assert "não vale mais" in page
    assert "guardado, criptografado" in page
    assert "O novo token está em uso" in browser.post(address, {"access_token": TOKEN}, **FETCH).content.decode()
    number.refresh_from_db()
    assert number.blocked_code == ""
    assert not {"EAAsegredo", TOKEN} & set(str(list(AuditEntry.objects.values())).split("'"))


def test_the_page_sends_a_test_and_shows_its_state(browser: Client, clinic: Clinic) -> None:
    number = connected(clinic)
    address = reverse("admin:whatsapp_number_test", args=[number.pk])
    assert "não é um telefone" in browser.post(address, {"phone": "x"}, **FETCH).content.decode()
    answer = browser.post(address, {"phone": "11 98765-0002"}, **FETCH).content.decode()
    assert "data-pending" in answer
    assert "Na fila" in answer
    Message.objects.update(state=MessageState.READ)
    live = browser.get(reverse("admin:whatsapp_number_live", args=[number.pk])).content.decode()
    assert "A mensagem de teste chegou" in live
    assert "data-pending" not in live


def test_a_missing_account_is_taken_once_meta_has_the_number_in_it(browser: Client, clinic: Clinic) -> None:
    number = connected(clinic)
    Number.objects.update(account_id="")
    address = reverse(PAGE, args=[number.pk])
    data = {"display_number": "+55 11 3000-0001", "bot_answers": "on", "is_active": "on"}
    for account, words in ((BOREAL["account_id"], "não permite isso"), ("999999999999", "não encontra")):
        answer = browser.post(address, {**data, "account_id": account})
        assert words in answer.content.decode()
    assert browser.post(address, {**data, "account_id": AURORA["account_id"]}).status_code == 302
    number.refresh_from_db()
    assert number.account_id == AURORA["account_id"]
    browser.post(address, {**data, "account_id": "999999999999"})
    number.refresh_from_db()
    assert number.account_id == AURORA["account_id"], "once it is known it is changed by connecting only"


def test_a_receptionist_asks_nothing_of_meta(clinic: Clinic) -> None:
    bruno = factories.make_user("bruno@aurora.test", "Bruno Dias")
    factories.make_membership(clinic, bruno, "receptionist")
    number = connected(clinic)
    client = Client()
    client.force_login(bruno)
    for name in ("step", "token", "test"):
        assert (
            client.post(reverse(f"admin:whatsapp_number_{name}", args=[number.pk]), {"step": "name"}).status_code == 403
        )
    assert client.get(reverse(ADD)).status_code == 403
