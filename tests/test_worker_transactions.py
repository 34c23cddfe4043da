"""A time limit strikes anywhere, also while Django enters or leaves a transaction: the next task must be whole."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from celery.signals import task_postrun, task_prerun, worker_process_init
from django.db import connection, transaction

from atendeai import celery
from atendeai.testing import factories
from clinics.models import Clinic


@pytest.fixture
def worker_process() -> Iterator[None]:
    worker_process_init.send(sender=None)
    yield
    for signal in (task_prerun, task_postrun):
        signal.disconnect(celery._leave_transactions)


def _struck(*, is_broken: bool) -> None:
    """As when the limit strikes between Django's notes of a transaction and its end."""
    block = transaction.atomic()
    block.__enter__()
    factories.make_clinic()
    connection.needs_rollback = is_broken


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_broken", [True, False])
@pytest.mark.usefixtures("worker_process")
def test_the_next_task_is_not_inside_a_transaction_that_nobody_ends(is_broken: bool) -> None:
    _struck(is_broken=is_broken)
    task_postrun.send(sender=None)
    assert not Clinic.objects.exists()
    with transaction.atomic():
        factories.make_clinic()
    # Another connection sees it: it was committed.
    connection.close()
    assert Clinic.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("worker_process")
def test_a_task_that_was_killed_before_its_end_leaves_nothing_to_the_next() -> None:
    _struck(is_broken=False)
    task_prerun.send(sender=None, task=SimpleNamespace(name="whatsapp.work"), kwargs={"conversation_id": 1})
    assert not connection.in_atomic_block
    assert not Clinic.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_elsewhere_a_task_may_run_inside_somebodys_transaction() -> None:
    with transaction.atomic():
        factories.make_clinic()
        task_postrun.send(sender=None)
        assert connection.in_atomic_block
    assert Clinic.objects.count() == 1
