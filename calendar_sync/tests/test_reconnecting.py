"""Let go and connected again: the same events go on, whatever happened in between, and none appears twice."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from atendeai.testing.people import Aurora
from calendar_sync import linking, oauth, reconciling
from calendar_sync.alert_words import BEHIND, DIFFERENCES
from calendar_sync.models import Channel, ChannelState, EventMirror, Link, LinkState, Origin, PullState
from calendar_sync.tests.agenda import busy, make_old, next_monday, read_now, settle, timed
from calendar_sync.tests.booked import Book, cancel, work_all
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, MARCOS, Google
from clinics import alerts
from clinics.audit import SYSTEM
from clinics.models import Alert, Appointment, CalendarMode

HOUR = timedelta(hours=1)


@pytest.fixture
def monday(now: datetime) -> datetime:
    return next_monday(now)


@pytest.fixture
def placed(link: Link, book: Book, now: datetime, monday: datetime, aurora: Aurora) -> list[Appointment]:
    """Three appointments with their events."""
    aurora.clinic.closes_on_holidays = False
    aurora.clinic.save()
    made = [book(starts_at=monday + number * HOUR) for number in range(3)]
    settle(link, now)
    return made


def let_go(link: Link, now: datetime) -> None:
    linking.disconnect(clinic=link.clinic, link=link, by=SYSTEM, now=now)
    link.refresh_from_db()


def owners(google: Google, calendar: str = HELENA) -> Counter[str]:
    found = [one.get("extendedProperties", {}).get("private", {}) for one in google.events(calendar)]
    return Counter(private["appointment_id"] for private in found if private.get("atendeai"))


def once(*appointments: Appointment) -> Counter[str]:
    return Counter(str(one.pk) for one in appointments)


def other_calendar(link: Link, now: datetime) -> str:
    return next(one.id for one in linking.list_calendars(link=link, now=now) if one.id != link.calendar_id)


@pytest.mark.django_db(transaction=True)
def test_what_was_cancelled_moved_and_booked_meanwhile(
    placed: list[Appointment],
    link: Link,
    google: Google,
    now: datetime,
    monday: datetime,
    book: Book,
    make_link: MakeLink,
    aurora: Aurora,
) -> None:
    ids = {event["id"] for event in google.events(HELENA)}
    let_go(link, now)
    assert len(google.events(HELENA)) == 3
    cancel(placed[0], now)
    new = book(starts_at=monday + 4 * HOUR)
    work_all(now)
    assert owners(google) == once(*placed)
    assert make_link(aurora.clinic, aurora.helena) == link
    settle(link, now)
    assert owners(google) == once(placed[1], placed[2], new)
    assert len(ids & {event["id"] for event in google.events(HELENA)}) == 2


@pytest.mark.django_db(transaction=True)
def test_with_another_calendar_of_the_account(
    placed: list[Appointment], link: Link, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    let_go(link, now)
    make_link(aurora.clinic, aurora.helena)
    link.refresh_from_db()
    other = other_calendar(link, now)
    linking.choose_calendar(clinic=aurora.clinic, link=link, calendar_id=other, by=SYSTEM, now=now)
    link.refresh_from_db()
    settle(link, now)
    assert (owners(google), owners(google, other)) == (Counter(), once(*placed))
    # And back again: ids of events that were removed are not used again.
    linking.choose_calendar(clinic=aurora.clinic, link=link, calendar_id=HELENA, by=SYSTEM, now=now)
    link.refresh_from_db()
    settle(link, now)
    assert (owners(google), owners(google, other)) == (once(*placed), Counter())


@pytest.mark.django_db(transaction=True)
def test_after_the_sync_token_has_died(
    placed: list[Appointment],
    link: Link,
    google: Google,
    now: datetime,
    monday: datetime,
    aurora: Aurora,
    make_link: MakeLink,
) -> None:
    let_go(link, now)
    assert busy(aurora.clinic) == []
    google.end_sync_tokens(HELENA)
    google.add_event(HELENA, timed(monday + 5 * HOUR))
    make_link(aurora.clinic, aurora.helena)
    settle(link, now)
    assert owners(google) == once(*placed)
    assert busy(aurora.clinic) == [(monday + 5 * HOUR, monday + 6 * HOUR)]


@pytest.mark.django_db(transaction=True)
def test_after_the_refresh_token_has_died_with_writes_waiting(
    placed: list[Appointment],
    link: Link,
    google: Google,
    now: datetime,
    monday: datetime,
    aurora: Aurora,
    book: Book,
    make_link: MakeLink,
) -> None:
    google.revoke(link.refresh_token)
    new = book(starts_at=monday + 6 * HOUR)
    cancel(placed[1], now)
    work_all(now)
    link.refresh_from_db()
    assert link.state == LinkState.NEEDS_RECONNECT
    assert make_link(aurora.clinic, aurora.helena) == link
    settle(link, now)
    assert owners(google) == once(placed[0], placed[2], new)


@pytest.mark.django_db(transaction=True)
def test_another_account_and_back(
    placed: list[Appointment], link: Link, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    other = make_link(aurora.clinic, aurora.helena, account=MARCOS)
    settle(other, now)
    # The old ones stay where they are; each is once in the new one.
    assert (owners(google), owners(google, MARCOS)) == (once(*placed), once(*placed))
    again = make_link(aurora.clinic, aurora.helena)
    assert again == link
    settle(again, now)
    assert owners(google) == once(*placed)


@pytest.mark.django_db(transaction=True)
def test_another_account_that_uses_the_very_same_calendar_leaves_no_twins(
    placed: list[Appointment], link: Link, google: Google, now: datetime, aurora: Aurora
) -> None:
    """A shared calendar: the events that the earlier link made stand beside the new ones until they are compared."""
    old = Link.objects.create(
        clinic=aurora.clinic,
        professional=aurora.helena,
        state=LinkState.DISCONNECTED,
        google_sub="another",
        email="antiga@exemplo.test",
        client_id="client",
        calendar_id=HELENA,
        linked_at=now,
    )
    for appointment, event in zip(placed, google.events(HELENA), strict=True):
        mirror = EventMirror.objects.create(
            clinic=aurora.clinic, link=old, appointment=appointment, state="present", calendar_id=HELENA
        )
        EventMirror.objects.filter(pk=mirror.pk).update(google_event_id=f"{mirror.key.hex}g1")
        body = {key: event[key] for key in ("start", "end", "extendedProperties")}
        google.add_event(HELENA, {**body, "id": f"{mirror.key.hex}g1"})
    later = now + timedelta(minutes=5)
    run = reconciling.ask(link=link, origin=Origin.DAILY, is_preview=False, now=later)
    done = reconciling.work(run_id=run.pk, now=later)
    assert done is not None
    assert done.mended["twin"] == 3
    assert owners(google) == once(*placed)
    kept = set(EventMirror.objects.filter(link=link).values_list("google_event_id", flat=True))
    assert {event["id"] for event in google.events(HELENA)} == kept


def own_way(aurora: Aurora) -> None:
    aurora.clinic.calendar_mode = CalendarMode.OWN
    aurora.clinic.save()
    aurora.helena.clinic.refresh_from_db()


@pytest.mark.django_db(transaction=True)
def test_let_go_and_connected_another_way_moves_the_events_all_the_same(
    placed: list[Appointment], link: Link, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    let_go(link, now)
    own_way(aurora)
    own = make_link(aurora.clinic, aurora.helena)
    settle(own, now)
    assert own == link
    assert (owners(google), owners(google, own.calendar_id)) == (Counter(), once(*placed))


@pytest.mark.django_db(transaction=True)
def test_connected_again_before_its_events_have_moved_it_still_asks_for_what_moves_them(
    placed: list[Appointment], link: Link, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    own_way(aurora)
    make_link(aurora.clinic, aurora.helena)
    own = make_link(aurora.clinic, aurora.helena)
    assert oauth.EVENTS_SCOPE in own.scopes
    settle(own, now)
    assert (owners(google), owners(google, own.calendar_id)) == (Counter(), once(*placed))
    # Once all have moved nothing more than the way of working needs is asked for.
    assert set(oauth.NEEDED_SCOPES["existing"]).isdisjoint(make_link(aurora.clinic, aurora.helena).scopes)


@pytest.mark.django_db(transaction=True)
def test_events_in_a_calendar_out_of_reach_are_told_not_taken_for_removed(
    placed: list[Appointment], link: Link, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink
) -> None:
    let_go(link, now)
    own_way(aurora)
    # As a consent was given before it was known that events stand elsewhere.
    EventMirror.objects.update(calendar_id="")
    own = make_link(aurora.clinic, aurora.helena)
    EventMirror.objects.update(calendar_id=HELENA)
    assert oauth.EVENTS_SCOPE not in own.scopes
    settle(own, now)
    assert (owners(google), owners(google, own.calendar_id)) == (once(*placed), once(*placed))
    told = [banner.text for banner in alerts.banners(aurora.clinic)]
    assert len([text for text in told if "agenda usada antes" in text and aurora.helena.name in text]) == 1


@pytest.mark.parametrize("way", ["connected again", "let go"])
def test_what_was_told_of_the_calendar_ends_with_it(
    link: Link, google: Google, now: datetime, aurora: Aurora, make_link: MakeLink, way: str
) -> None:
    read_now(link, now)
    for _ in range(2):
        google.fault("events.list", "status", status=503)
        read_now(link, now + HOUR)
        make_old(link, error_at=HOUR)
    alerts.raise_alert(clinic=aurora.clinic, kind=DIFFERENCES, target=link, now=now)
    assert told() == {BEHIND, DIFFERENCES}
    if way == "let go":
        let_go(link, now)
        assert told() == set()
    else:
        make_link(aurora.clinic, aurora.helena)
        assert read_now(link, now + 2 * HOUR).state == "done"
        # What a comparison found is there as before.
        assert told() == {DIFFERENCES}


def told() -> set[str]:
    return set(Alert.objects.filter(cleared_at=None).values_list("kind", flat=True))


def test_a_calendar_connected_again_is_soon_compared(link: Link, now: datetime) -> None:
    state = PullState.objects.get(link=link)
    assert state.compare_due_at is not None
    assert state.due_at is not None
    assert timedelta(minutes=4) < state.compare_due_at - state.due_at < timedelta(minutes=16)
    let_go(link, now)
    assert PullState.objects.filter(compare_due_at=None, due_at=None).count() == 1
    assert not Channel.objects.exclude(state=ChannelState.ENDED).exists()
