"""Two records of one patient become one, and two again: nothing is lost, nothing of another clinic is touched."""

from datetime import timedelta
from typing import Any

import pytest

from atendeai.testing import factories
from atendeai.testing.factories import MONDAY
from atendeai.testing.people import Aurora, make_aurora
from atendeai.testing.together import run_together
from clinics import booking, merging, patients, signals
from clinics.audit import SYSTEM
from clinics.merging import CannotMerge, CannotUndo
from clinics.models import Appointment, AuditEntry, Patient, PatientMerge


@pytest.fixture
def aurora(db: None) -> Aurora:
    return make_aurora()


def double(aurora: Aurora, **fields: str) -> Patient:
    return factories.make_patient(aurora.clinic, **{"name": "Dalva N.", "phone": "+5511987650099", **fields})


def merge(aurora: Aurora, loser: Patient) -> PatientMerge:
    return merging.merge(clinic=aurora.clinic, survivor=aurora.dalva, loser=loser, by=aurora.owner, now=MONDAY)


def undo(aurora: Aurora, row: PatientMerge, days: int = 0) -> merging.Undone:
    now = MONDAY + timedelta(days=days)
    return merging.undo(clinic=aurora.clinic, merge=row, by=aurora.receptionist, now=now)


def book(aurora: Aurora, patient: Patient, hour: int = 0) -> Appointment:
    starts_at = MONDAY + timedelta(hours=hour)
    return factories.make_appointment(aurora.clinic, aurora.helena, aurora.consulta, patient, starts_at)


def test_appointments_and_notes_go_to_the_one_that_stays_and_come_back(aurora: Aurora) -> None:
    other = double(aurora, notes="Alergia a látex")
    Patient.objects.filter(pk=aurora.dalva.pk).update(notes="Prefere manhãs")
    mine, theirs = book(aurora, aurora.dalva), book(aurora, other, 2)
    row = merge(aurora, other)
    for one in (mine, theirs):
        one.refresh_from_db()
        assert one.patient == aurora.dalva
    assert theirs.revision == 2
    aurora.dalva.refresh_from_db()
    assert aurora.dalva.notes == "Prefere manhãs\n\nAlergia a látex"
    done = undo(aurora, row)
    assert (done.back, done.stayed, done.fields_stayed) == (1, 0, ())
    mine.refresh_from_db()
    theirs.refresh_from_db()
    aurora.dalva.refresh_from_db()
    other.refresh_from_db()
    assert (mine.patient, theirs.patient, other.merged_into) == (aurora.dalva, other, None)
    assert (aurora.dalva.notes, other.notes) == ("Prefere manhãs", "Alergia a látex")


def test_what_has_changed_since_stays_and_is_told(aurora: Aurora) -> None:
    other = double(aurora, notes="Alergia a látex")
    third = factories.make_patient(aurora.clinic, "Zeca")
    stays, goes = book(aurora, other), book(aurora, other, 2)
    row = merge(aurora, other)
    Appointment.objects.filter(pk=stays.pk).update(patient=third)
    Patient.objects.filter(pk=aurora.dalva.pk).update(notes="tudo novo")
    done = undo(aurora, row)
    assert (done.back, done.stayed, done.fields_stayed) == (1, 1, ("notes",))
    stays.refresh_from_db()
    goes.refresh_from_db()
    assert (stays.patient, goes.patient) == (third, other)


def test_notes_written_around_the_taken_ones_stay(aurora: Aurora) -> None:
    other = double(aurora, notes="Alergia")
    row = merge(aurora, other)
    Patient.objects.filter(pk=aurora.dalva.pk).update(notes="Antes\n\nAlergia\n\nDepois")
    assert undo(aurora, row).fields_stayed == ()
    aurora.dalva.refresh_from_db()
    assert aurora.dalva.notes == "Antes\n\nDepois"


def test_a_missing_phone_is_taken_and_given_back(aurora: Aurora) -> None:
    Patient.objects.filter(pk=aurora.dalva.pk).update(phone="", phone_key="")
    other = double(aurora)
    row = merge(aurora, other)
    found = patients.find_by_phone(clinic=aurora.clinic, phone="5511987650099")
    assert found == aurora.dalva
    undo(aurora, row)
    assert patients.find_by_phone(clinic=aurora.clinic, phone="5511987650099") == other


def test_a_missing_email_is_taken_and_given_back_and_events_are_told(
    aurora: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(signals.appearance_changed, "send", lambda **about: told.append(about["patient"]))
    loser = double(aurora, email="dalva@exemplo.test")
    row = merge(aurora, loser)
    aurora.dalva.refresh_from_db()
    assert (aurora.dalva.email, row.taken, told) == ("dalva@exemplo.test", ["email"], [aurora.dalva])
    assert undo(aurora, row).fields_stayed == ()
    aurora.dalva.refresh_from_db()
    assert (aurora.dalva.email, told) == ("", [aurora.dalva] * 2)
    aurora.dalva.email = "outra@exemplo.test"
    aurora.dalva.save()
    assert merge(aurora, loser).taken == []
    assert len(told) == 2


def test_a_merged_record_is_found_no_more(aurora: Aurora) -> None:
    other = double(aurora)
    merge(aurora, other)
    assert patients.find_by_phone(clinic=aurora.clinic, phone=other.phone) is None
    assert list(Patient.objects.for_clinic(aurora.clinic).standing()) == [aurora.dalva]


def test_a_record_is_merged_once_and_never_with_itself(aurora: Aurora) -> None:
    other = double(aurora)
    merge(aurora, other)
    for loser in (other, aurora.dalva):
        with pytest.raises(CannotMerge):
            merge(aurora, loser)
    assert PatientMerge.objects.count() == 1


def test_another_clinic_s_record_does_not_exist_here(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    with pytest.raises(Patient.DoesNotExist):
        merge(aurora, boreal.dalva)
    row = merging.merge(
        clinic=boreal.clinic, survivor=boreal.dalva, loser=factories.make_patient(boreal.clinic), by=None, now=MONDAY
    )
    with pytest.raises(PatientMerge.DoesNotExist):
        undo(aurora, row)


def test_undo_works_once_for_the_clinic_s_time_and_the_later_merge_first(aurora: Aurora) -> None:
    first, second = double(aurora), double(aurora)
    inner = merging.merge(clinic=aurora.clinic, survivor=first, loser=second, by=aurora.owner, now=MONDAY)
    outer = merge(aurora, first)
    with pytest.raises(CannotUndo, match="merged_again"):
        undo(aurora, inner)
    aurora.clinic.merge_undo_days = 10
    aurora.clinic.save()
    outer.refresh_from_db()
    with pytest.raises(CannotUndo, match="too_late"):
        undo(aurora, outer, days=10)
    undo(aurora, outer, days=9)
    with pytest.raises(CannotUndo, match="undone"):
        undo(aurora, outer)
    undo(aurora, inner)
    assert Patient.objects.standing().count() == 3


def test_every_step_is_in_the_audit_without_values(aurora: Aurora) -> None:
    other = double(aurora, notes="Alergia a látex")
    undo(aurora, merge(aurora, other))
    entries = AuditEntry.objects.filter(object_type="patient").order_by("id")
    assert [(entry.action, entry.object_id, entry.actor_id) for entry in entries] == [
        ("patient_merged", str(aurora.dalva.pk), aurora.owner.pk),
        ("patient_merged_away", str(other.pk), aurora.owner.pk),
        ("patient_merge_undone", str(aurora.dalva.pk), aurora.receptionist.pk),
        ("patient_merge_undone", str(other.pk), aurora.receptionist.pk),
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("João  da Silva", "joao da silva", True), ("João", "Joana", False), ("", " ", False), ("Érica", "ERICA", True)],
)
def test_names_are_compared_without_accents_and_case(one: str, other: str, same: bool) -> None:
    assert merging.is_same_name(one, other) is same


@pytest.mark.django_db(transaction=True)
def test_a_booking_for_the_losing_record_at_the_same_moment_is_the_survivor_s() -> None:
    aurora = make_aurora()
    other = double(aurora)

    def book_one(hour: int) -> None:
        booking.book(
            clinic=aurora.clinic,
            professional=aurora.helena,
            offering=aurora.consulta,
            patient=other,
            starts_at=MONDAY + timedelta(days=1, hours=hour),
            by=SYSTEM,
            now=MONDAY,
            source="portal",
            by_the_rules=False,
        )

    works = [lambda hour=hour: book_one(hour) for hour in range(8)]
    assert run_together(*works, lambda: merge(aurora, other)) == []
    assert set(Appointment.objects.values_list("patient", flat=True)) == {aurora.dalva.pk}
    assert Appointment.objects.count() == 8
