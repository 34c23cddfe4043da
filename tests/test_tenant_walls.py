"""The database itself keeps clinics apart: every reference between two rows of clinics is held inside one clinic."""

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from atendeai.testing import factories
from atendeai.testing.people import make_aurora
from clinics.audit import SYSTEM, record
from clinics.models import AuditEntry, OfferingProfessional

OURS = ("clinics", "whatsapp", "calendar_sync")


def tenant_tables() -> set[str]:
    """Tables with a clinic column of their own."""
    return {
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.app_label in OURS and any(field.name == "clinic" for field in model._meta.fields)
    }


def tenant_references() -> set[tuple[str, str, str]]:
    """(table, column, parent) of every foreign key from one tenant table to another."""
    tables = tenant_tables()
    return {
        (model._meta.db_table, field.column, field.related_model._meta.db_table)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and model._meta.db_table in tables
        and field.related_model._meta.db_table in tables
        and getattr(field, "db_constraint", True)
    }


def walls() -> set[tuple[str, str, str]]:
    """(table, column, parent) of every foreign key (clinic_id, column) → parent (clinic_id, id) in the database."""
    statement = """
        SELECT conrelid::regclass::text, confrelid::regclass::text,
               (SELECT array_agg(attname ORDER BY place) FROM unnest(conkey) WITH ORDINALITY AS key(number, place)
                  JOIN pg_attribute ON attrelid = conrelid AND attnum = number),
               (SELECT array_agg(attname ORDER BY place) FROM unnest(confkey) WITH ORDINALITY AS key(number, place)
                  JOIN pg_attribute ON attrelid = confrelid AND attnum = number)
          FROM pg_constraint WHERE contype = 'f' AND array_length(conkey, 1) = 2
    """
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
    return {
        (table, columns[1], parent)
        for table, parent, columns, targets in rows
        if columns[0] == "clinic_id" and targets == ["clinic_id", "id"]
    }


@pytest.mark.django_db
def test_every_reference_between_tenant_rows_has_its_wall() -> None:
    references = tenant_references()
    assert len(references) >= 15
    assert references - walls() == set()


@pytest.mark.django_db
def test_a_reference_across_clinics_is_refused() -> None:
    aurora, boreal = make_aurora(), make_aurora("boreal", "100000000000002")
    with pytest.raises(IntegrityError, match="same_clinic"), transaction.atomic():
        OfferingProfessional.objects.create(clinic=aurora.clinic, offering=aurora.consulta, professional=boreal.helena)
    with pytest.raises(IntegrityError, match="same_clinic"), transaction.atomic():
        factories.make_appointment(aurora.clinic, aurora.helena, aurora.consulta, boreal.dalva)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE clinics_auditentry SET action = 'x'", "DELETE FROM clinics_auditentry"])
def test_audit_rows_are_never_changed(statement: str) -> None:
    clinic = factories.make_clinic()
    record(clinic=clinic, action="clinic_created", target=clinic, by=SYSTEM, now=factories.MONDAY)
    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.get().action == "clinic_created"
