"""A kept query gives what its query set gives, read anew each time."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from atendeai.common.kept_query import KeptQuery, given
from atendeai.testing.people import Aurora, make_aurora
from clinics.models import ClinicCredential, Professional

PEOPLE = KeptQuery(
    lambda: (
        Professional.objects.for_clinic(given("clinic"))
        .filter(is_active=True)
        .select_related("clinic")
        .defer("name")
        .order_by("-pk")
    )
)


@pytest.fixture
def aurora(transactional_db: None) -> Aurora:
    return make_aurora()


def test_the_same_rows_as_django_s_in_one_query(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    for people in (aurora, boreal, aurora):
        with CaptureQueriesContext(connection) as asked:
            found = PEOPLE.ask(clinic=people.clinic.pk)
            clinics = [person.clinic for person in found]
        assert len(asked) == 1
        assert found == list(Professional.objects.for_clinic(people.clinic).order_by("-pk"))
        assert [vars(clinic)["slug"] for clinic in clinics] == [people.clinic.slug] * len(found)


def test_a_deferred_column_is_read_when_it_is_wanted(aurora: Aurora) -> None:
    person = PEOPLE.ask(clinic=aurora.clinic.pk)[-1]
    assert person.get_deferred_fields() == {"name"}
    assert person.name == aurora.helena.name


def test_each_time_anew(aurora: Aurora) -> None:
    before = len(PEOPLE.ask(clinic=aurora.clinic.pk))
    Professional.objects.filter(pk=aurora.helena.pk).update(is_active=False)
    assert len(PEOPLE.ask(clinic=aurora.clinic.pk)) == before - 1


def test_a_column_that_must_be_decrypted_is_refused(aurora: Aurora) -> None:
    secrets = KeptQuery(lambda: ClinicCredential.objects.for_clinic(given("clinic")))
    with pytest.raises(TypeError, match="ClinicCredential"):
        secrets.ask(clinic=aurora.clinic.pk)


def test_threads_have_connections_of_their_own(aurora: Aurora) -> None:
    boreal = make_aurora("boreal", "100000000000002")
    wrong: list[object] = []

    def run(own: int) -> None:
        for number in range(30):
            people = (aurora, boreal)[(own + number) % 2]
            found = PEOPLE.ask(clinic=people.clinic.pk)
            if {person.clinic for person in found} != {people.clinic}:
                wrong.append(found)
        connection.close()

    threads = [threading.Thread(target=run, args=(own,)) for own in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
