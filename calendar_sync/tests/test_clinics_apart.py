"""Two clinics, eight threads: whatever runs at once, no answer reaches the wrong clinic."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from atendeai.testing.people import Aurora, make_aurora
from calendar_sync import pull, timetable
from calendar_sync.tests.agenda import next_monday, timed
from calendar_sync.tests.conftest import MakeLink
from calendar_sync.tests.google import HELENA, LIVIA, Google
from clinics.models import BusyPeriod

THREADS = 8
ROUNDS = 6
MINUTE = timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_pulls_of_two_clinics_at_once_never_mix(
    google: Google, aurora: Aurora, make_link: MakeLink, now: datetime
) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    links = [make_link(aurora.clinic, aurora.helena, HELENA), make_link(boreal.clinic, boreal.helena, LIVIA)]
    monday = next_monday(now)
    # Aurora's are an hour long, Boreal's a quarter: whose an event is shows in its length.
    for number in range(12):
        google.add_event(HELENA, timed(monday + number * 60 * MINUTE, 60))
        google.add_event(LIVIA, timed(monday + number * 60 * MINUTE, 15))
    failures: list[str] = []

    def run(own: int) -> None:
        for number in range(ROUNDS):
            link = links[(own + number) % 2]
            if number % 3 == 0:
                timetable.arm(link=link, is_full=True)
            outcome = pull.pull_now(link=link, now=now)
            if outcome.state == "failed":
                failures.append(outcome.code)
        connection.close()

    threads = [threading.Thread(target=run, args=(own,)) for own in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for link in links:
        pull.pull_now(link=link, now=now)
    assert failures == []
    for people, minutes, link in ((aurora, 60, links[0]), (boreal, 15, links[1])):
        rows = BusyPeriod.objects.for_clinic(people.clinic)
        assert {row.ends_at - row.starts_at for row in rows} == {minutes * MINUTE}
        assert {row.professional_id for row in rows} == {people.helena.pk}
        assert all(row.external_id.startswith(f"{link.pk}:") for row in rows)
        assert len(rows) == 12
