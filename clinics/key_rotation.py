"""How is everything encrypted written anew under the first key of CREDENTIALS_KEYS?

Every model with an `EncryptedTextField` is found by asking Django, so a table added later is never forgotten. In
batches: a rotation that is interrupted is simply run again, as each key in the list still reads.
"""

from collections.abc import Iterator
from datetime import datetime

from django.apps import apps
from django.db import connection, models, transaction

from atendeai.common.fields import EncryptedTextField, reencrypt
from clinics import audit, credentials
from clinics.audit import Actor
from clinics.models import ClinicCredential

BATCH = 500


def rotate_all(*, by: Actor, now: datetime) -> dict[str, int]:
    """Values written by table and column; `WrongKeys` when one cannot be opened (nothing of its batch is changed)."""
    written = {f"{ClinicCredential._meta.db_table}.value": credentials.rotate(by=by, now=now)}
    for model, field in _columns():
        written[f"{model._meta.db_table}.{field.column}"] = _rotate(model, field)
    audit.record(
        clinic=None, action="encryption_key_rotated", target_type="installation", by=by, now=now, fields=list(written)
    )
    return written


def _columns() -> Iterator[tuple[type[models.Model], EncryptedTextField]]:
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            # The credentials have their own way: an audit row for each.
            if isinstance(field, EncryptedTextField) and model is not ClinicCredential:
                yield model, field


def _rotate(model: type[models.Model], field: EncryptedTextField) -> int:
    last, count = 0, 0
    while batch := _rotate_batch(model, field, last):
        last, count = batch[-1], count + len(batch)
    return count


def _rotate_batch(model: type[models.Model], field: EncryptedTextField, after: int) -> list[int]:
    """The next rows' ids, their values rewritten. Raw: the field would decrypt on the way, and one bad row stop all."""
    quote = connection.ops.quote_name
    table, column = quote(model._meta.db_table), quote(str(field.column))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {column} FROM {table} WHERE id > %s AND {column} <> ''"  # noqa: S608 - names of our own models
            " ORDER BY id LIMIT %s FOR UPDATE",
            [after, BATCH],
        )
        rows = cursor.fetchall()
        cursor.executemany(
            f"UPDATE {table} SET {column} = %s WHERE id = %s",  # noqa: S608
            [(reencrypt(token), row_id) for row_id, token in rows],
        )
    return [row_id for row_id, _token in rows]
