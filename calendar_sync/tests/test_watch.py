"""Push channels.

Opened, renewed with an overlap, stopped before the token dies; and pushes that are believed or not.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError
from django.test import Client

from atendeai.testing.people import Aurora
from calendar_sync import linking, pull, timetable, watch
from calendar_sync.models import Channel, ChannelState, Link, LinkState, PullState
from calendar_sync.service import GoogleCalendarService
from calendar_sync.tests.agenda import read_now, timed
from calendar_sync.tests.google import HELENA, Google
from clinics.audit import SYSTEM

DAY = timedelta(days=1)
Push = Callable[..., int]


@pytest.fixture
def channel(link: Link, google: Google, now: datetime, settings: Any) -> Channel:
    """A live one; its pushes go where nobody listens."""
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"
    read_now(link, now)
    watch.ensure(link=link, now=now)
    return Channel.objects.get()


@pytest.fixture
def push(channel: Channel) -> Push:
    """A push as Google sends it, with the token that only Google knows."""
    Channel.objects.update(token_hash=watch.fingerprint("segredo"))

    def send(**changes: str) -> int:
        headers = {
            "X-Goog-Channel-ID": channel.channel_id,
            "X-Goog-Channel-Token": "segredo",
            "X-Goog-Resource-ID": channel.resource_id,
            "X-Goog-Resource-State": "exists",
            "X-Goog-Message-Number": "7",
        }
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        return Client().post("/webhooks/google-calendar/", headers=headers).status_code

    return send


def is_wanted() -> bool:
    return PullState.objects.get().wanted_at is not None


def test_a_channel_is_opened_once_and_no_token_is_kept(
    channel: Channel, link: Link, google: Google, now: datetime
) -> None:
    assert (channel.state, channel.calendar_id) == (ChannelState.LIVE, HELENA)
    assert channel.expires_at is not None
    assert channel.expires_at > now + 6 * DAY
    watch.ensure(link=link, now=now)
    assert Channel.objects.count() == 1
    (told,) = [one for one in google.channels(HELENA) if one["id"] == channel.channel_id]
    assert told["address"] == "http://127.0.0.1:9/webhooks/google-calendar/"


def test_it_is_renewed_before_it_ends_and_the_old_one_is_stopped_after_the_new_one_lives(
    channel: Channel, link: Link, google: Google, now: datetime
) -> None:
    with patch.object(watch, "_stop", side_effect=AssertionError("too early")):
        watch.ensure(link=link, now=now)
    Channel.objects.update(expires_at=now + timedelta(hours=23))
    watch.ensure(link=link, now=now)
    states = list(Channel.objects.order_by("id").values_list("state", flat=True))
    assert states == [ChannelState.ENDED, ChannelState.LIVE]
    told = {one["id"]: bool(one["is_stopped"]) for one in google.channels(HELENA)}
    assert [told[one.channel_id] for one in Channel.objects.order_by("id")] == [True, False]


def test_a_channel_that_ran_out_unnoticed_is_replaced(
    channel: Channel, link: Link, google: Google, now: datetime
) -> None:
    Channel.objects.update(expires_at=now - DAY)
    watch.ensure(link=link, now=now)
    assert sorted(Channel.objects.values_list("state", flat=True)) == ["ended", "live"]


def test_a_refused_channel_is_not_asked_for_at_every_pull(
    link: Link, google: Google, now: datetime, settings: Any
) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"
    read_now(link, now)
    google.fault("events.watch", "status", status=400, reason="pushNotSupportedForRequestedResource")
    watch.ensure(link=link, now=now)
    watch.ensure(link=link, now=now)
    assert list(Channel.objects.values_list("state", flat=True)) == [ChannelState.ENDED]
    PullState.objects.update(watch_due_at=None)
    watch.ensure(link=link, now=now)
    assert Channel.objects.filter(state=ChannelState.LIVE).count() == 1


MOVED = "http://localhost:9"


def states() -> list[tuple[str, str]]:
    return list(Channel.objects.order_by("id").values_list("state", "address"))


def test_an_installation_that_moves_is_told_at_its_new_address_after_one_pull(
    channel: Channel, link: Link, google: Google, now: datetime, settings: Any
) -> None:
    settings.PUBLIC_BASE_URL = MOVED
    timetable.want(link_id=link.pk)
    pull.work(link_id=link.pk, now=now)
    old, new = "http://127.0.0.1:9/webhooks/google-calendar/", f"{MOVED}/webhooks/google-calendar/"
    assert states() == [(ChannelState.ENDED, old), (ChannelState.LIVE, new)]
    told = {one["address"]: bool(one["is_stopped"]) for one in google.channels(HELENA)}
    assert (told[old], told[new]) == (True, False)
    # Once.
    timetable.want(link_id=link.pk)
    pull.work(link_id=link.pk, now=now)
    assert Channel.objects.count() == 2


def test_where_the_new_address_is_refused_the_old_channel_goes_on(
    channel: Channel, link: Link, google: Google, now: datetime, settings: Any
) -> None:
    settings.PUBLIC_BASE_URL = MOVED
    # Twice, should somebody take it for a token that ran out: the consent is none the worse for it.
    google.fault("events.watch", "status", status=401, reason="push.webhookUrlUnauthorized", count=2)
    watch.ensure(link=link, now=now)
    watch.ensure(link=link, now=now)
    link.refresh_from_db()
    assert link.state == LinkState.LINKED
    assert [state for state, _ in states()] == [ChannelState.LIVE, ChannelState.ENDED]
    google.heal()
    PullState.objects.update(watch_due_at=None)
    watch.ensure(link=link, now=now)
    assert [state for state, _ in states()] == [ChannelState.ENDED, ChannelState.ENDED, ChannelState.LIVE]


def test_a_channel_of_before_the_address_was_kept_is_renewed_once(channel: Channel, link: Link, now: datetime) -> None:
    Channel.objects.update(address="")
    watch.ensure(link=link, now=now)
    watch.ensure(link=link, now=now)
    assert [state for state, _ in states()] == [ChannelState.ENDED, ChannelState.LIVE]


def test_a_calendar_that_pushes_elsewhere_is_asked_as_often_as_one_that_does_not(
    channel: Channel, link: Link, settings: Any
) -> None:
    settings.CALENDAR_POLL_SECONDS, settings.CALENDAR_POLL_ALONE_SECONDS = 100_000, 1
    assert timetable._interval(link).total_seconds() > 2
    settings.PUBLIC_BASE_URL = "http://clinica.example"
    assert timetable._interval(link).total_seconds() < 2


@pytest.mark.parametrize(
    ("address", "possible"),
    [("https://clinica.example", True), ("http://127.0.0.1:8000", True), ("http://clinica.example", False)],
)
def test_where_google_cannot_reach_us_the_calendar_is_only_asked(settings: Any, address: str, possible: bool) -> None:
    settings.PUBLIC_BASE_URL = address
    assert watch.is_possible() == possible


def test_a_push_makes_what_is_remembered_old_at_once(push: Push, link: Link, google: Google, now: datetime) -> None:
    def listed() -> int:
        return len(GoogleCalendarService(link.clinic_id).list_events(now, now + DAY))

    assert listed() == 0
    google.add_event(HELENA, timed(now + DAY / 2))
    push(X_Goog_Channel_Token="falso")
    assert listed() == 0
    push()
    assert listed() == 1


def test_a_push_marks_the_calendar_and_does_nothing_else(push: Push, link: Link) -> None:
    assert not is_wanted()
    assert push() == 200
    assert is_wanted()
    assert timetable.due() == [link.pk]


@pytest.mark.parametrize(
    "changes",
    [
        {"X_Goog_Channel_Token": "falso"},
        {"X_Goog_Channel_Token": ""},
        {"X_Goog_Channel_ID": "unknown"},
        {"X_Goog_Resource_ID": "another"},
        {"X_Goog_Resource_State": "sync"},
    ],
)
def test_what_is_not_believed_is_answered_the_same_and_does_nothing(push: Push, changes: dict[str, str]) -> None:
    assert push(**changes) == 200
    assert not is_wanted()


def test_an_ended_channels_push_means_nothing(push: Push, channel: Channel) -> None:
    Channel.objects.update(state=ChannelState.ENDED)
    assert push() == 200
    assert not is_wanted()


def test_what_cannot_be_stored_is_sent_again_by_google(push: Push) -> None:
    with patch.object(timetable, "want", side_effect=DatabaseError), patch("django.db.connection.close"):
        assert push() == 503
    assert not is_wanted()


def test_letting_go_stops_the_channel_before_the_token_dies(
    channel: Channel,
    push: Push,
    link: Link,
    google: Google,
    aurora: Aurora,
    now: datetime,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        linking.disconnect(clinic=aurora.clinic, link=link, by=SYSTEM, now=now)
    assert [bool(one["is_stopped"]) for one in google.channels(HELENA) if one["id"] == channel.channel_id] == [True]
    assert (push(), is_wanted(), timetable.due()) == (200, False, [])


def test_a_worker_reads_and_sees_to_the_channel(link: Link, google: Google, now: datetime, settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"
    pull.work(link_id=link.pk, now=now)
    assert Channel.objects.get().state == ChannelState.LIVE
    assert timetable.due() == []
