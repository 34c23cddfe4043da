"""Linking by the real way: our pages, the simulator's consent form, and back."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from atendeai.common.errors import NotConfigured
from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from calendar_sync import linking, oauth
from calendar_sync.models import CalendarWrite, ConnectAttempt, Link, LinkState
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, LIVIA, MARCOS, Google
from clinics.audit import SYSTEM
from clinics.models import AuditEntry

CALLBACK = "/oauth/google/callback/"


@pytest.fixture
def browser(aurora: Aurora) -> Client:
    """Bruno, Aurora's receptionist, logged in."""
    client = Client()
    client.force_login(aurora.receptionist)
    return client


def leave(browser: Client, professional_id: int) -> str:
    """Clicks on «connect»; the address of Google's page."""
    answer = browser.get(f"/oauth/google/start/{professional_id}/")
    assert answer.status_code == 302
    return str(answer["Location"])


def come_back(browser: Client, parameters: dict[str, str]) -> Any:
    return browser.get(f"{CALLBACK}?{urlencode(parameters)}")


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.django_db(transaction=True)
def test_a_receptionist_links_a_calendar_and_chooses_among_several(
    browser: Client, aurora: Aurora, google: Google, hints: list[int]
) -> None:
    factories.make_appointment(
        aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, factories.MONDAY + timedelta(days=700)
    )
    answer = come_back(browser, google.consent(leave(browser, aurora.helena.pk)))
    assert answer.status_code == 303
    assert answer["Referrer-Policy"] == "no-referrer"
    link = Link.objects.get()
    assert (link.state, link.professional, link.email) == (LinkState.CHOOSING, aurora.helena, HELENA)
    assert link.linked_by == aurora.receptionist
    page = browser.get(answer["Location"])
    assert "Consultório Dra. Helena" in text(page)
    assert HELENA in text(page)
    done = browser.post(answer["Location"], {"calendar": HELENA}, follow=True)
    assert done.status_code == 200
    link.refresh_from_db()
    assert (link.state, link.calendar_id) == (LinkState.LINKED, HELENA)
    assert aurora.helena.name in text(done)
    # The coming appointment is on its way.
    assert hints == [CalendarWrite.objects.get().mirror_id]
    actions = AuditEntry.objects.filter(object_type="link").values_list("action", "actor_id")
    assert set(actions) == {
        ("calendar_authorized", aurora.receptionist.pk),
        ("calendar_linked", aurora.receptionist.pk),
    }


def test_no_page_shows_and_no_table_holds_a_secret_in_clear(browser: Client, aurora: Aurora, google: Google) -> None:
    from django.db import connection

    back = google.consent(leave(browser, aurora.helena.pk))
    answer = come_back(browser, back)
    link, attempt = Link.objects.get(), ConnectAttempt.objects.get()
    shown = text(browser.get(answer["Location"])) + text(answer)
    secrets = [back["code"], back["state"], link.access_token, link.refresh_token, attempt.verifier]
    assert all(len(secret) > 20 for secret in secrets)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(l)::text FROM calendar_sync_link l")
        stored = str(cursor.fetchone())
        cursor.execute("SELECT row_to_json(a)::text FROM calendar_sync_connectattempt a")
        stored += str(cursor.fetchone())
    assert [secret for secret in secrets if secret in shown + stored] == []


def test_the_way_back_works_once(browser: Client, aurora: Aurora, google: Google) -> None:
    back = google.consent(leave(browser, aurora.helena.pk))
    assert come_back(browser, back).status_code == 303
    before = Link.objects.get().refresh_token
    again = come_back(browser, back)
    assert again.status_code == 400
    assert Link.objects.get().refresh_token == before


def test_the_way_back_belongs_to_the_session_and_the_person(browser: Client, aurora: Aurora, google: Google) -> None:
    back = google.consent(leave(browser, aurora.helena.pk))
    other_session, other_person, nobody = Client(), Client(), Client()
    other_session.force_login(aurora.receptionist)
    other_person.force_login(aurora.owner)
    for stranger in (other_session, other_person, nobody):
        assert come_back(stranger, back).status_code == 400
    assert not Link.objects.exists()
    # And they spent nothing: the person it belongs to still gets through.
    assert come_back(browser, back).status_code == 303


def test_a_program_cannot_end_a_browsers_linking(
    browser: Client, aurora: Aurora, google: Google, now: datetime
) -> None:
    back = google.consent(leave(browser, aurora.helena.pk))
    with pytest.raises(linking.AttemptUnknown):
        linking.complete(state=back["state"], code=back["code"], user=None, session_key="", now=now)


def test_ten_minutes_later_the_way_back_is_closed(aurora: Aurora, google: Google, now: datetime) -> None:
    url = linking.start(clinic=aurora.clinic, professional=aurora.helena, user=None, session_key="", now=now)
    back = google.consent(url)
    late = now + linking.ATTEMPT_LIFE
    with pytest.raises(linking.AttemptUnknown):
        linking.complete(state=back["state"], code=back["code"], user=None, session_key="", now=late)


@pytest.mark.parametrize("state", ["", "made-up"])
def test_an_unknown_state_is_refused(browser: Client, google: Google, state: str) -> None:
    assert come_back(browser, {"state": state, "code": "x"}).status_code == 400


@pytest.mark.parametrize("scope", oauth.NEEDED_SCOPES["existing"])
def test_an_unticked_permission_is_named_and_nothing_is_stored(
    browser: Client, aurora: Aurora, google: Google, scope: str
) -> None:
    answer = come_back(browser, google.consent(leave(browser, aurora.helena.pk), without=scope))
    assert answer.status_code == 400
    assert text(answer).count("<li>") == 1
    assert f"/oauth/google/start/{aurora.helena.pk}/" in text(answer)
    assert not Link.objects.exists()


def test_a_refusal_on_googles_page_changes_nothing(browser: Client, aurora: Aurora, google: Google) -> None:
    answer = come_back(browser, google.consent(leave(browser, aurora.helena.pk), decision="deny"))
    assert answer.status_code == 200
    assert f"/oauth/google/start/{aurora.helena.pk}/" in text(answer)
    assert not Link.objects.exists()


def test_google_not_answering_is_said_and_stores_nothing(browser: Client, aurora: Aurora, google: Google) -> None:
    back = google.consent(leave(browser, aurora.helena.pk))
    google.fault("token", "status", status=503)
    assert come_back(browser, back).status_code == 502
    assert not Link.objects.exists()


def test_a_code_google_does_not_know_is_refused(browser: Client, aurora: Aurora, google: Google) -> None:
    back = google.consent(leave(browser, aurora.helena.pk))
    assert come_back(browser, {**back, "code": "4/0Awrong"}).status_code == 400


def test_without_a_google_client_the_page_says_so(browser: Client, aurora: Aurora, settings: Any) -> None:
    settings.GOOGLE_CLIENT_ID = ""
    assert browser.get(f"/oauth/google/start/{aurora.helena.pk}/").status_code == 503


def test_other_clinics_people_see_neither_professional_nor_link(aurora: Aurora, link: Link) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    carla = Client()
    carla.force_login(boreal.owner)
    assert carla.get(f"/oauth/google/start/{aurora.helena.pk}/").status_code == 404
    assert carla.get(f"/oauth/google/links/{link.pk}/").status_code == 404
    assert carla.post(f"/oauth/google/links/{link.pk}/", {"calendar": HELENA}).status_code == 404
    assert not ConnectAttempt.objects.for_clinic(boreal.clinic).exists()


def test_strangers_are_sent_to_the_login(aurora: Aurora, link: Link) -> None:
    for address in (f"/oauth/google/start/{aurora.helena.pk}/", f"/oauth/google/links/{link.pk}/"):
        answer = Client().get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


def test_a_calendar_that_is_not_the_accounts_cannot_be_chosen(browser: Client, aurora: Aurora, google: Google) -> None:
    answer = come_back(browser, google.consent(leave(browser, aurora.helena.pk)))
    assert browser.post(answer["Location"], {"calendar": LIVIA}).status_code == 400
    assert Link.objects.get().state == LinkState.CHOOSING


def test_connecting_again_continues_the_same_link(aurora: Aurora, link: Link, make_link: MakeLink) -> None:
    again = make_link(aurora.clinic, aurora.helena)
    assert (again.pk, again.calendar_id, again.state) == (link.pk, link.calendar_id, LinkState.LINKED)


def test_another_account_replaces_the_link(aurora: Aurora, link: Link, make_link: MakeLink, google: Google) -> None:
    new = make_link(aurora.clinic, aurora.helena, MARCOS)
    link.refresh_from_db()
    assert new.pk != link.pk
    assert (link.state, link.refresh_token, link.access_token) == (LinkState.DISCONNECTED, "", "")


@pytest.mark.django_db(transaction=True)
def test_disconnecting_revokes_only_what_nobody_else_uses(
    aurora: Aurora, link: Link, make_link: MakeLink, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google's revocation takes all of a person's consents, in every clinic."""
    boreal = make_aurora("boreal", "100000000000002")
    other = make_link(boreal.clinic, boreal.helena, HELENA)
    revoked: list[str] = []
    monkeypatch.setattr(oauth, "revoke", lambda client, *, token, **_: revoked.append(token))
    linking.disconnect(clinic=aurora.clinic, link=link, by=SYSTEM, now=now)
    assert revoked == []
    last = Link.objects.get(pk=other.pk).refresh_token
    linking.disconnect(clinic=boreal.clinic, link=other, by=SYSTEM, now=now)
    assert revoked == [last]
    assert set(Link.objects.values_list("state", flat=True)) == {LinkState.DISCONNECTED}


def test_a_clinics_own_client_is_used_and_an_attempt_of_another_client_is_void(
    aurora: Aurora, google: Google, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = linking.start(clinic=aurora.clinic, professional=aurora.helena, user=None, session_key="", now=now)
    back = google.consent(url)
    monkeypatch.setenv("CLINIC_AURORA_GOOGLE_CLIENT_ID", "own-client")
    monkeypatch.setenv("CLINIC_AURORA_GOOGLE_CLIENT_SECRET", "own-secret")
    assert "client_id=own-client" in linking.start(
        clinic=aurora.clinic, professional=aurora.helena, user=None, session_key="", now=now
    )
    with pytest.raises(linking.AttemptUnknown):
        linking.complete(state=back["state"], code=back["code"], user=None, session_key="", now=now)
    monkeypatch.delenv("CLINIC_AURORA_GOOGLE_CLIENT_SECRET")
    with pytest.raises(NotConfigured):
        linking.start(clinic=aurora.clinic, professional=aurora.helena, user=None, session_key="", now=now)
