"""Does «Hoje» show the day as it is: what is booked, what is free, what is closed, and what waits?"""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.portal import day as agenda
from atendeai.portal.tests.conftest import browser_of
from atendeai.portal.tests.world import make_waiting_conversation
from atendeai.testing import factories
from atendeai.testing.people import Aurora, make_aurora
from clinics.models import BusyPeriod, HoursException, Status, WorkingHours

MONDAY = date(2030, 1, 7)
NINE = datetime(2030, 1, 7, 12, tzinfo=UTC)
HOME = "admin:index"


@pytest.fixture
def plain(db: None) -> Aurora:
    return make_aurora()


@pytest.fixture
def ana(plain: Aurora) -> Client:
    return browser_of(plain.owner)


def column(plain: Aurora, day: date = MONDAY) -> agenda.Column:
    return next(one for one in agenda.load(plain.clinic, day).columns if one.professional == plain.helena)


def spans(plain: Aurora, kind: str, day: date = MONDAY) -> list[tuple[str, str]]:
    zone = plain.clinic.zone
    return [
        (f"{block.starts_at.astimezone(zone):%H:%M}", f"{block.ends_at.astimezone(zone):%H:%M}")
        for block in column(plain, day).blocks
        if block.kind == kind
    ]


def test_free_gaps_are_open_hours_without_what_is_taken(plain: Aurora) -> None:
    factories.make_appointment(plain.clinic, plain.helena, plain.consulta, plain.dalva, NINE)
    BusyPeriod.objects.create(
        clinic=plain.clinic,
        professional=plain.helena,
        starts_at=NINE + timedelta(hours=2, minutes=30),
        ends_at=NINE + timedelta(hours=5),
    )
    assert spans(plain, "appointment") == [("09:00", "09:30")]
    assert spans(plain, "busy") == [("11:30", "14:00")]
    assert spans(plain, "gap") == [("08:00", "09:00"), ("09:30", "11:30"), ("14:00", "18:00")]


def test_a_cancelled_appointment_leaves_its_time_free_and_is_listed_below(plain: Aurora, ana: Client) -> None:
    factories.make_appointment(plain.clinic, plain.helena, plain.consulta, plain.dalva, NINE, status=Status.CANCELLED)
    assert spans(plain, "gap") == [("08:00", "12:00"), ("13:00", "18:00")]
    page = ana.get(reverse(HOME), {"dia": "2030-01-07"}).content.decode()
    assert "1 consulta cancelada" in page


def test_exceptions_and_sundays_are_closed(plain: Aurora, ana: Client) -> None:
    HoursException.objects.create(clinic=plain.clinic, professional=plain.helena, date=MONDAY)
    assert column(plain).is_closed
    assert column(plain, MONDAY - timedelta(days=1)).is_closed
    assert "Não atende neste dia" in ana.get(reverse(HOME), {"dia": "2030-01-07"}).content.decode()


def test_the_page_is_as_long_as_the_day(plain: Aurora) -> None:
    assert agenda.load(plain.clinic, MONDAY).hours[0][0] == "08:00"
    WorkingHours.objects.create(
        clinic=plain.clinic, professional=plain.helena, weekday=0, starts_at=time(6, 30), ends_at=time(7, 30)
    )
    factories.make_appointment(plain.clinic, plain.helena, plain.consulta, plain.dalva, NINE.replace(hour=23))
    loaded = agenda.load(plain.clinic, MONDAY)
    assert (loaded.hours[0][0], loaded.hours[-1][0]) == ("06:00", "20:00")
    for one in loaded.columns:
        for block in [*one.blocks, *one.open_blocks]:
            assert 0 <= block.top <= block.top + block.height <= 100.01


def test_the_evening_belongs_to_the_clinics_day(plain: Aurora) -> None:
    late = NINE.replace(hour=1) + timedelta(days=1)  # 22:00 in São Paulo, already the 8th in UTC
    factories.make_appointment(plain.clinic, plain.helena, plain.consulta, plain.dalva, late)
    assert spans(plain, "appointment") == [("22:00", "22:30")]
    assert spans(plain, "appointment", MONDAY + timedelta(days=1)) == []


def test_the_cards_count_and_lead_to_their_lists(plain: Aurora, ana: Client) -> None:
    make_waiting_conversation(plain)
    midnight = datetime.combine(datetime.now(plain.clinic.zone).date(), time(), tzinfo=plain.clinic.zone)
    factories.make_appointment(plain.clinic, plain.helena, plain.consulta, plain.dalva, midnight)
    cards = ana.get(reverse(HOME)).context["cards"]
    assert [card.number for card in cards] == [1, "1", 1, 0, 2]
    for card in cards:
        assert ana.get(card.link).status_code == 200


def test_a_free_gap_leads_to_the_filled_form(plain: Aurora, ana: Client) -> None:
    page = ana.get(reverse(HOME), {"dia": "2030-01-07"}).content.decode()
    link = f"?professional={plain.helena.pk}&amp;day=2030-01-07&amp;time=08:00"
    assert link in page
    form = ana.get(reverse("admin:clinics_appointment_add") + link.replace("&amp;", "&")).context["form"]
    assert str(form["professional"].value()) == str(plain.helena.pk)
    assert 'value="08:00"' in str(form["time"])


@pytest.mark.parametrize("day", ["amanhã", "9999-12-31", "2030-02-30", "0001-01-01", ""])
def test_a_date_that_is_none_shows_today(day: str, ana: Client) -> None:
    answer = ana.get(reverse(HOME), {"dia": day})
    assert answer.status_code == 200
    assert answer.context["is_today"]


def test_an_empty_clinic_says_what_comes_next(db: None) -> None:
    clinic = factories.make_clinic("nova")
    owner, helper = factories.make_user(), factories.make_user()
    factories.make_membership(clinic, owner, "owner")
    factories.make_membership(clinic, helper, "receptionist")
    page = browser_of(owner).get(reverse(HOME))
    assert len(page.context["steps"]) == 3
    for step in page.context["steps"]:
        assert browser_of(owner).get(step.link).status_code == 200
    assert browser_of(helper).get(reverse(HOME)).context["steps"] == []
