"""How does the database itself keep clinics apart? Operations for migrations that Django's own cannot express.

A child's foreign key goes to (clinic_id, id) of its parent, so that no row can point at another clinic's row,
whatever the code does.
"""

from django.db.migrations import RunSQL


def tenant_key(table: str) -> RunSQL:
    """UNIQUE (clinic_id, id): what the tenant foreign keys of the children point at."""
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant_key UNIQUE (clinic_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_tenant_key",
    )


def tenant_foreign_key(table: str, column: str, parent: str) -> RunSQL:
    """FOREIGN KEY (clinic_id, column) → parent (clinic_id, id); a NULL column stays allowed."""
    name = f"{table}_{column}_same_clinic"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (clinic_id, {column})"
        f" REFERENCES {parent} (clinic_id, id) DEFERRABLE INITIALLY IMMEDIATE",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
