"""Which times are offered, with real rows."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from clinics import availability
from clinics.models import BusyPeriod, HoursException, Status

pytestmark = pytest.mark.django_db
MONDAY = factories.MONDAY
EARLY = MONDAY - timedelta(days=3)


@pytest.fixture
def aurora() -> Aurora:
    return make_aurora()


def times(aurora: Aurora, day: date, *, now: datetime = EARLY) -> list[str]:
    zone = aurora.clinic.zone
    begin = datetime.combine(day, time(), zone)
    slots = availability.free_slots(
        clinic=aurora.clinic,
        offering=aurora.consulta,
        professionals=[aurora.helena],
        from_at=begin,
        to_at=begin + timedelta(days=1),
        now=now,
    )
    return [f"{slot.starts_at.astimezone(zone):%H:%M}" for slot in slots]


def test_a_whole_day_has_its_hours_without_the_break(aurora: Aurora) -> None:
    found = times(aurora, MONDAY.date())
    assert found[:2] == ["08:00", "08:30"]
    assert "11:30" in found
    assert "12:00" not in found
    assert "12:30" not in found
    assert found[8:10] == ["13:00", "13:30"]
    assert found[-1] == "17:30"
    assert len(found) == 18


def test_weekend_is_closed(aurora: Aurora) -> None:
    assert times(aurora, date(2026, 11, 28)) == []


def test_national_and_state_holidays_are_closed(aurora: Aurora) -> None:
    assert times(aurora, date(2026, 12, 25)) == []
    # 9 July is a holiday in São Paulo only.
    july = datetime(2026, 7, 1, tzinfo=UTC)
    assert times(aurora, date(2026, 7, 9), now=july) == []
    aurora.clinic.state = "RJ"
    assert times(aurora, date(2026, 7, 9), now=july)


def test_clinic_may_work_on_holidays(aurora: Aurora) -> None:
    aurora.clinic.closes_on_holidays = False
    assert times(aurora, date(2026, 12, 25))


def test_exception_closes_or_replaces_a_day_and_opens_a_holiday(aurora: Aurora) -> None:
    def except_(day: date, opens: time | None = None, closes: time | None = None) -> None:
        HoursException.objects.create(
            clinic=aurora.clinic, professional=aurora.helena, date=day, starts_at=opens, ends_at=closes
        )

    except_(MONDAY.date())
    except_(date(2026, 11, 24), time(9), time(10))
    except_(date(2026, 12, 25), time(9), time(10))
    assert times(aurora, MONDAY.date()) == []
    assert times(aurora, date(2026, 11, 24)) == ["09:00", "09:30"]
    assert times(aurora, date(2026, 12, 25)) == ["09:00", "09:30"]


def test_appointments_and_busy_time_are_taken_and_cancelled_ones_are_not(aurora: Aurora) -> None:
    def book(minutes: int, status: str) -> None:
        at = MONDAY + timedelta(minutes=minutes)
        factories.make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, at, status=status)

    book(0, Status.BOOKED)
    book(30, Status.CANCELLED)
    BusyPeriod.objects.create(
        clinic=aurora.clinic,
        professional=aurora.helena,
        starts_at=MONDAY + timedelta(minutes=60),
        ends_at=MONDAY + timedelta(minutes=61),
    )
    assert times(aurora, MONDAY.date())[:3] == ["08:30", "09:30", "10:00"]


def test_notice_and_booking_window_bound_what_is_offered(aurora: Aurora) -> None:
    now = MONDAY + timedelta(minutes=10)
    assert times(aurora, MONDAY.date(), now=now)[0] == "09:30"
    aurora.clinic.horizon_days = 2
    assert times(aurora, MONDAY.date() + timedelta(days=3), now=now) == []


def test_inactive_professional_or_offering_offers_nothing(aurora: Aurora) -> None:
    aurora.consulta.is_active = False
    assert times(aurora, MONDAY.date()) == []
    aurora.consulta.is_active = True
    aurora.helena.is_active = False
    aurora.helena.save()
    assert times(aurora, MONDAY.date()) == []


def test_the_clinic_s_zone_counts(aurora: Aurora) -> None:
    aurora.clinic.time_zone = "America/Manaus"
    slots = availability.free_slots(
        clinic=aurora.clinic,
        offering=aurora.consulta,
        from_at=MONDAY,
        to_at=MONDAY + timedelta(hours=12),
        now=EARLY,
        limit=1,
    )
    assert slots[0].starts_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_several_professionals_are_merged_by_time(aurora: Aurora) -> None:
    slots = availability.free_slots(
        clinic=aurora.clinic,
        offering=aurora.consulta,
        from_at=MONDAY,
        to_at=MONDAY + timedelta(days=1),
        now=EARLY,
        limit=3,
    )
    assert [slot.professional_id for slot in slots] == [aurora.marcos.id, aurora.helena.id, aurora.marcos.id]
    assert slots[0].starts_at == slots[1].starts_at < slots[2].starts_at


def test_number_of_queries_is_fixed(aurora: Aurora) -> None:
    def queries(days: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            availability.free_slots(
                clinic=aurora.clinic,
                offering=aurora.consulta,
                from_at=MONDAY,
                to_at=MONDAY + timedelta(days=days),
                now=EARLY,
            )
        return len(captured)

    few = queries(1)
    for index in range(10):
        person = factories.make_professional(aurora.clinic)
        aurora.consulta.given_by.create(clinic=aurora.clinic, professional=person)
        factories.make_appointment(aurora.clinic, person, aurora.consulta, aurora.dalva, MONDAY + timedelta(days=index))
    assert queries(30) == few == 5


def test_is_open_needs_the_whole_appointment_inside_one_stretch(aurora: Aurora) -> None:
    def is_open(hour: int, minute: int) -> bool:
        start = datetime(2026, 11, 23, hour, minute, tzinfo=aurora.clinic.zone)
        return availability.is_open(
            clinic=aurora.clinic,
            professional=aurora.helena,
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
        )

    assert is_open(11, 30)
    assert not is_open(11, 45)
    assert not is_open(7, 45)
