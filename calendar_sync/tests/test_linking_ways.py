"""The other ways of linking: a calendar of ours, a one-time link, another account, and being told that it broke."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core import mail
from django.test import Client

from atendeai.testing.people import Aurora, make_aurora
from calendar_sync import linking, oauth, timetable, tokens, writes
from calendar_sync.deadline import Deadline
from calendar_sync.linking import inviting
from calendar_sync.models import CalendarWrite, ConnectInvitation, EventMirror, Link, LinkState, MirrorState
from calendar_sync.tests.agenda import read_now
from calendar_sync.tests.booked import Book, work_all
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, MARCOS, Google
from clinics import alerts
from clinics.audit import SYSTEM
from clinics.models import AuditEntry, CalendarMode, Clinic, Membership

CALLBACK = "/oauth/google/callback/"


@pytest.fixture
def own(aurora: Aurora) -> Aurora:
    """Aurora, which lets AtendeAí make the calendars."""
    Clinic.objects.filter(pk=aurora.clinic.pk).update(calendar_mode=CalendarMode.OWN)
    aurora.clinic.refresh_from_db()
    return aurora


@pytest.fixture
def browser(aurora: Aurora) -> Client:
    """Ana, Aurora's owner, logged in."""
    client = Client()
    client.force_login(aurora.owner)
    return client


def leave(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 302, answer.content.decode()[:500]
    return str(answer["Location"])


def come_back(browser: Client, parameters: dict[str, str]) -> Any:
    return browser.get(f"{CALLBACK}?{urlencode(parameters)}")


def text(answer: Any) -> str:
    return str(answer.content.decode())


def start_of(aurora: Aurora) -> str:
    return f"/oauth/google/start/{aurora.helena.pk}/"


# A calendar of ours ------------------------------------------------------------------------------------------------


def test_a_calendar_of_its_own_asks_for_the_fewest_permissions_and_is_made(
    own: Aurora, browser: Client, google: Google
) -> None:
    address = leave(browser, start_of(own))
    asked = set(parse_qs(urlsplit(address).query)["scope"][0].split())
    assert asked == {"openid", "email", oauth.OWN_CALENDAR_SCOPE, oauth.BUSY_SCOPE}
    done = browser.get(come_back(browser, google.consent(address))["Location"])
    link = Link.objects.get()
    assert (link.state, link.mode, link.calendar_name) == (LinkState.LINKED, "own", "Consultas · Clínica Aurora")
    assert link.calendar_id not in ("", HELENA)
    assert "Consultas · Clínica Aurora" in text(done)


def test_appointments_go_into_the_own_calendar_and_the_main_one_stays_shut(
    own: Aurora, make_link: MakeLink, google: Google, book: Book, now: datetime
) -> None:
    link = make_link(own.clinic, own.helena)
    book()
    work_all(now)
    assert len(google.events(link.calendar_id)) == 1
    with pytest.raises(Exception, match="notFound"):
        _list_main_calendar(link, now)


def _list_main_calendar(link: Link, now: datetime) -> None:
    from calendar_sync import calls

    calls.call(
        link=link,
        operation="events.list",
        now=now,
        deadline=Deadline.after(10, read_seconds=5),
        act=lambda calendar: calendar.list_events(HELENA, time_min=now, time_max=now + timedelta(days=1)),
    )


def test_connecting_again_finds_the_calendar_made_before(own: Aurora, make_link: MakeLink, google: Google) -> None:
    first = make_link(own.clinic, own.helena)
    again = make_link(own.clinic, own.helena)
    assert (again.pk, again.calendar_id) == (first.pk, first.calendar_id)


def test_a_lost_answer_leaves_one_button_to_press(own: Aurora, browser: Client, google: Google, now: datetime) -> None:
    address = leave(browser, start_of(own))
    google.fault("calendars.insert", "status", status=503)
    assert come_back(browser, google.consent(address)).status_code == 502
    link = Link.objects.get()
    assert link.state == LinkState.CHOOSING
    page = browser.get(f"/oauth/google/links/{link.pk}/")
    assert "Criar a agenda" in text(page)
    browser.post(f"/oauth/google/links/{link.pk}/")
    link.refresh_from_db()
    assert link.state == LinkState.LINKED


@pytest.mark.parametrize("scope", oauth.NEEDED_SCOPES["own"])
def test_an_unticked_permission_of_the_own_calendar_is_named(
    own: Aurora, browser: Client, google: Google, scope: str
) -> None:
    answer = come_back(browser, google.consent(leave(browser, start_of(own)), without=scope))
    assert answer.status_code == 400
    assert text(answer).count("<li>") == 1
    assert not Link.objects.exists()


def test_changing_the_way_moves_the_events_into_the_new_calendar(
    aurora: Aurora, make_link: MakeLink, google: Google, book: Book, now: datetime
) -> None:
    link = make_link(aurora.clinic, aurora.helena)
    book()
    work_all(now)
    assert len(google.events(HELENA)) == 1
    Clinic.objects.filter(pk=aurora.clinic.pk).update(calendar_mode=CalendarMode.OWN)
    aurora.clinic.refresh_from_db()
    aurora.helena.clinic.refresh_from_db()
    moved = make_link(aurora.clinic, aurora.helena)
    work_all(now)
    assert moved.pk == link.pk
    assert google.events(HELENA) == []
    assert len(google.events(moved.calendar_id)) == 1
    assert EventMirror.objects.get().state == MirrorState.PRESENT


# A one-time link ---------------------------------------------------------------------------------------------------


@pytest.fixture
def invitation(aurora: Aurora, browser: Client) -> str:
    """The address the owner copied from the portal."""
    page = browser.post(f"/admin/calendar_sync/link/professionals/{aurora.helena.pk}/invite/")
    found = re.search(r"data-secret>([^<]+)<", text(page))
    assert found, text(page)[:500]
    address = urlsplit(found[1])
    assert address.path == start_of(aurora)
    return f"{address.path}?{address.query}"


def test_a_professional_without_a_login_connects_by_the_link(aurora: Aurora, invitation: str, google: Google) -> None:
    phone = Client()
    page = phone.get(invitation)
    assert aurora.clinic.name in text(page)
    assert page["Referrer-Policy"] == "no-referrer"
    assert not Link.objects.exists(), "opening it is what a messenger's preview does"
    answer = phone.post(invitation)
    back = come_back(phone, google.consent(answer["Location"]))
    assert "Consultório Dra. Helena" in text(phone.get(back["Location"]))
    done = phone.post(back["Location"], {"calendar": HELENA}, follow=True)
    assert "Pode fechar esta página" in text(done)
    assert Link.objects.get().state == LinkState.LINKED
    assert "/admin/" not in text(done)


def test_the_link_works_for_one_connection(aurora: Aurora, invitation: str, google: Google) -> None:
    phone, other = Client(), Client()
    first, second = phone.post(invitation)["Location"], other.post(invitation)["Location"]
    assert come_back(phone, google.consent(first)).status_code == 303
    late = come_back(other, google.consent(second, account=MARCOS))
    assert late.status_code == 400
    assert Link.objects.get().email == HELENA
    assert Client().get(invitation).status_code == 400


def test_after_a_refusal_the_link_still_works(aurora: Aurora, invitation: str, google: Google) -> None:
    phone = Client()
    refused = come_back(phone, google.consent(phone.post(invitation)["Location"], decision="deny"))
    assert "abra outra vez o link" in text(refused)
    assert come_back(phone, google.consent(phone.post(invitation)["Location"])).status_code == 303


def test_what_somebody_connected_is_shown_to_their_browser_alone(
    aurora: Aurora, invitation: str, google: Google
) -> None:
    phone = Client()
    back = come_back(phone, google.consent(phone.post(invitation)["Location"]))
    assert Client().get(back["Location"]).status_code == 302
    assert Client().post(back["Location"], {"calendar": HELENA})["Location"].startswith("/admin/login/")
    assert Link.objects.get().state == LinkState.CHOOSING


def test_a_link_of_another_professional_or_too_old_is_none(aurora: Aurora, invitation: str, now: datetime) -> None:
    elsewhere = invitation.replace(f"/{aurora.helena.pk}/", f"/{aurora.marcos.pk}/")
    assert Client().get(elsewhere).status_code == 400
    ConnectInvitation.objects.update(expires_at=now)
    assert Client().get(invitation).status_code == 400
    assert Client().post(invitation).status_code == 400


def test_a_newer_link_ends_the_earlier_one(aurora: Aurora, invitation: str, now: datetime) -> None:
    query = linking.invite(clinic=aurora.clinic, professional=aurora.helena, by=aurora.owner, now=now)
    assert Client().get(invitation).status_code == 400
    assert Client().get(f"{start_of(aurora)}?{query}").status_code == 200


def test_only_the_hash_of_the_link_is_kept(invitation: str) -> None:
    code = parse_qs(urlsplit(invitation).query)["convite"][0]
    kept = ConnectInvitation.objects.get()
    assert len(code) > 40
    assert code not in str(kept.__dict__)
    assert kept.token_hash == inviting._hash(code)


def test_other_clinics_and_receptionists_make_no_links(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    address = f"/admin/calendar_sync/link/professionals/{aurora.helena.pk}/invite/"
    for person, status in ((boreal.owner, 404), (aurora.receptionist, 403)):
        client = Client()
        client.force_login(person)
        assert client.post(address).status_code == status
    assert not ConnectInvitation.objects.exists()


def test_somebody_logged_in_at_another_clinic_connects_by_the_link_too(
    aurora: Aurora, invitation: str, google: Google
) -> None:
    doctor, colleague = Client(), Client()
    doctor.force_login(make_aurora("boreal", "100000000000002").owner)
    colleague.force_login(make_aurora("cedro", "100000000000003").owner)
    back = come_back(doctor, google.consent(doctor.post(invitation)["Location"]))
    assert "Consultório Dra. Helena" in text(doctor.get(back["Location"]))
    done = doctor.post(back["Location"], {"calendar": HELENA}, follow=True)
    assert done.status_code == 200
    assert Link.objects.get().state == LinkState.LINKED
    assert colleague.get(back["Location"]).status_code == 404


def test_without_a_one_time_link_the_browser_remembers_nothing(aurora: Aurora, browser: Client, google: Google) -> None:
    back = come_back(browser, google.consent(leave(browser, start_of(aurora))))
    assert browser.get(back["Location"]).status_code == 200
    Membership.objects.all().delete()
    assert browser.get(back["Location"]).status_code == 404


# Another account, and a second time --------------------------------------------------------------------------------


def test_another_account_by_mistake_changes_nothing_and_is_named(
    aurora: Aurora, link: Link, browser: Client, google: Google
) -> None:
    before = link.refresh_token
    address = leave(browser, f"{start_of(aurora)}?de-novo")
    answer = come_back(browser, google.consent(address, account=MARCOS))
    assert answer.status_code == 409
    assert HELENA in text(answer)
    assert MARCOS in text(answer)
    assert f"{start_of(aurora)}?outra-conta" in text(answer)
    link.refresh_from_db()
    assert (link.state, link.refresh_token) == (LinkState.LINKED, before)
    meant = leave(browser, f"{start_of(aurora)}?outra-conta")
    assert come_back(browser, google.consent(meant, account=MARCOS)).status_code == 303
    link.refresh_from_db()
    assert link.state == LinkState.DISCONNECTED


def test_what_is_connected_says_so_instead_of_asking_again(aurora: Aurora, link: Link, browser: Client) -> None:
    page = browser.get(start_of(aurora))
    assert page.status_code == 200
    assert HELENA in text(page)
    assert "?outra-conta" in text(page)


def test_reconnecting_continues_with_the_same_events(
    aurora: Aurora, link: Link, make_link: MakeLink, google: Google, book: Book, now: datetime
) -> None:
    book()
    work_all(now)
    google.revoke(link.refresh_token)
    book(60)
    Link.objects.update(access_expires_at=now)
    work_all(now)
    link.refresh_from_db()
    assert link.state == LinkState.NEEDS_RECONNECT
    make_link(aurora.clinic, aurora.helena)
    work_all(now)
    assert len(google.events(HELENA)) == 2
    assert not writes.due()
    assert CalendarWrite.objects.filter(state="queued").count() == 0


@pytest.mark.parametrize(
    "fault",
    [{"kind": "status", "status": 503}, {"kind": "status", "status": 429}, {"kind": "reset"}],
    ids=["503", "429", "reset"],
)
def test_a_moment_without_google_while_connecting_again_parks_no_calendar(
    aurora: Aurora, link: Link, browser: Client, google: Google, book: Book, now: datetime, fault: dict[str, Any]
) -> None:
    read_now(link, now)
    before = link.refresh_token
    address = leave(browser, f"{start_of(aurora)}?de-novo")
    google.fault("calendarList.list", **fault, count=5)
    assert come_back(browser, google.consent(address)).status_code == 502
    google.heal()
    link.refresh_from_db()
    assert (link.state, link.calendar_id) == (LinkState.LINKED, HELENA)
    assert link.refresh_token != before
    assert link.pk in timetable.due()
    book()
    work_all(now)
    assert len(google.events(HELENA)) == 1


def test_one_that_had_to_be_connected_again_stays_to_be_chosen_when_google_does_not_answer(
    aurora: Aurora, link: Link, browser: Client, google: Google, now: datetime
) -> None:
    tokens.needs_reconnect(link=link, code="invalid_grant", now=now)
    address = leave(browser, start_of(aurora))
    google.fault("calendarList.list", "status", status=503, count=5)
    assert come_back(browser, google.consent(address)).status_code == 502
    link.refresh_from_db()
    assert link.state == LinkState.CHOOSING
    assert alerts.banners(aurora.clinic)


def test_a_consent_lost_at_once_is_no_moment_without_google(
    aurora: Aurora, link: Link, browser: Client, google: Google
) -> None:
    address = leave(browser, f"{start_of(aurora)}?de-novo")
    google.fault("calendarList.list", "status", status=403, reason="insufficientPermissions", count=5)
    assert come_back(browser, google.consent(address)).status_code == 400
    link.refresh_from_db()
    assert link.state == LinkState.NEEDS_RECONNECT


# Being told --------------------------------------------------------------------------------------------------------


def test_a_lost_consent_is_a_banner_one_mail_and_an_audit_row_until_it_is_mended(
    aurora: Aurora, link: Link, make_link: MakeLink, google: Google, now: datetime, browser: Client
) -> None:
    for _ in range(2):
        tokens.needs_reconnect(link=link, code="invalid_grant", now=now)
    [banner] = alerts.banners(aurora.clinic)
    assert aurora.helena.name in banner.text
    assert "precisa ser reconectada" in text(browser.get("/admin/clinics/patient/"))
    assert [alerts.mail_some(), alerts.mail_some()] == [1, 0]
    assert [sent.to for sent in mail.outbox] == [[aurora.owner.email]]
    told = AuditEntry.objects.for_clinic(aurora.clinic).filter(action="calendar_needs_reconnect")
    assert told.count() == 1
    make_link(aurora.clinic, aurora.helena)
    assert alerts.banners(aurora.clinic) == []


def test_letting_go_ends_the_banner(aurora: Aurora, link: Link, now: datetime) -> None:
    tokens.needs_reconnect(link=link, code="deleted_client", now=now)
    linking.disconnect(clinic=aurora.clinic, link=link, by=SYSTEM, now=now)
    assert alerts.banners(aurora.clinic) == []


@pytest.mark.parametrize(
    ("fault", "is_told"),
    [
        ({"status": 400, "reason": "invalid_grant"}, True),
        ({"status": 401, "reason": "deleted_client"}, True),
        ({"status": 401, "reason": "invalid_client"}, False),
        ({"status": 503}, False),
        ({"status": 429}, False),
    ],
)
def test_only_a_lost_consent_disconnects(
    aurora: Aurora, link: Link, google: Google, now: datetime, book: Book, fault: dict[str, Any], is_told: bool
) -> None:
    Link.objects.update(access_expires_at=now)
    book()
    google.fault("token", "status", count=3, **fault)
    work_all(now)
    link.refresh_from_db()
    assert (link.state == LinkState.NEEDS_RECONNECT) == is_told
    assert bool(alerts.banners(aurora.clinic)) == is_told
    google.heal()
