"""Which events take time, and when: whole days, zones, guests and kinds."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from calendar_sync.busy import EARLIEST, LATEST, moment, period_of
from calendar_sync.google_api.readings import Event, read_event

SAO_PAULO, MANAUS = ZoneInfo("America/Sao_Paulo"), ZoneInfo("America/Manaus")
TIMED = Event(
    id="abcde",
    etag='"1"',
    status="confirmed",
    starts=datetime(2026, 12, 1, 9, tzinfo=SAO_PAULO),
    ends=datetime(2026, 12, 1, 10, tzinfo=SAO_PAULO),
)


def test_a_timed_event_is_busy_in_utc() -> None:
    assert period_of(TIMED, MANAUS) == (datetime(2026, 12, 1, 12, tzinfo=UTC), datetime(2026, 12, 1, 13, tzinfo=UTC))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "cancelled"},
        {"transparency": "transparent"},
        {"event_type": "workingLocation"},
        {"event_type": "birthday"},
        {"is_declined": True},
        {"starts": None},
        {"ends": TIMED.starts},
    ],
)
def test_these_take_no_time(changes: dict[str, object]) -> None:
    assert period_of(replace(TIMED, **changes), SAO_PAULO) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "tentative"},
        {"event_type": "outOfOffice"},
        {"event_type": "focusTime"},
        {"event_type": "somethingNew"},
    ],
)
def test_these_do(changes: dict[str, object]) -> None:
    assert period_of(replace(TIMED, **changes), SAO_PAULO) is not None  # type: ignore[arg-type]


def test_whole_days_are_days_of_the_calendars_zone_with_an_exclusive_end() -> None:
    days = replace(TIMED, starts=date(2026, 12, 1), ends=date(2026, 12, 3))
    assert period_of(days, MANAUS) == (datetime(2026, 12, 1, 4, tzinfo=UTC), datetime(2026, 12, 3, 4, tzinfo=UTC))


def test_only_the_persons_own_answer_counts() -> None:
    item = {
        "id": "abcde",
        "start": {"dateTime": "2026-12-01T09:00:00-03:00"},
        "end": {"dateTime": "2026-12-01T10:00:00-03:00"},
        "attendees": [{"responseStatus": "declined"}, {"self": True, "responseStatus": "needsAction"}],
    }
    assert not read_event(item).is_declined
    item["attendees"] = [{"responseStatus": "accepted"}, {"self": True, "responseStatus": "declined"}]
    assert read_event(item).is_declined


def test_a_clock_time_with_a_zone_of_its_own() -> None:
    edge = {"dateTime": "2026-12-01T09:00:00", "timeZone": "America/Rio_Branco"}
    item = {"id": "abcde", "start": edge, "end": {**edge, "dateTime": "2026-12-01T10:00:00"}}
    found = period_of(read_event(item), SAO_PAULO)
    assert found is not None
    assert found[0] == datetime(2026, 12, 1, 14, tzinfo=UTC)


@pytest.mark.parametrize("zone", [SAO_PAULO, ZoneInfo("Asia/Tokyo")])
def test_the_ends_of_time_are_moments_that_read_in_any_zone(zone: ZoneInfo) -> None:
    first, last = [moment(at.replace(tzinfo=zone), zone) for at in (datetime.min, datetime.max)]
    assert (first, last) == (EARLIEST, LATEST)
    assert moment(date.min, zone) == EARLIEST
    for at in (first, last):
        assert [at.astimezone(there) for there in (SAO_PAULO, ZoneInfo("Pacific/Kiritimati"))] == [at, at]
