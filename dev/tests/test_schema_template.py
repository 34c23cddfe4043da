"""The tests' databases follow the migrations: another migration, another dump."""

from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from dev.schema_template import fingerprint


def test_a_changed_or_new_migration_has_another_fingerprint(tmp_path: Path) -> None:
    folder = tmp_path / "app" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text("django==5.2\n")
    (folder / "0001_initial.py").write_text("one")
    seen = {fingerprint(tmp_path)}
    (folder / "0001_initial.py").write_text("two")
    seen.add(fingerprint(tmp_path))
    (folder / "0002_more.py").write_text("three")
    seen.add(fingerprint(tmp_path))
    (tmp_path / "requirements.txt").write_text("django==5.3\n")
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 4


@pytest.mark.django_db
def test_the_tests_have_every_migration() -> None:
    loader = MigrationLoader(connection)
    assert set(loader.disk_migrations) <= set(loader.applied_migrations)
