"""Where does the simulated world live? One SQLite file that outlives the process."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = sqlite3.Row
Json = dict[str, Any]

SCHEMA = (Path(__file__).parent / "schema.sql").read_text()


class Store:
    """One connection, used from the event loop's thread only, so that no statement ever waits for another.

    synchronous=OFF loses nothing when the process is killed, only when the machine is.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(SCHEMA)
        self.is_closed = False

    def run(self, sql: str, *values: object) -> int:
        """Number of changed rows."""
        return self._db.execute(sql, values).rowcount

    def add(self, sql: str, *values: object) -> int:
        """Runs an INSERT; the new row's number."""
        return self._db.execute(sql, values).lastrowid or 0

    def find(self, sql: str, *values: object) -> Row | None:
        row: Row | None = self._db.execute(sql, values).fetchone()
        return row

    def list(self, sql: str, *values: object) -> list[Row]:
        return self._db.execute(sql, values).fetchall()

    def run_many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._db.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Never await inside: other requests share the connection."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def read_note(self, name: str, default: Any) -> Any:
        """A small named JSON value."""
        row = self.find("SELECT value FROM notes WHERE name = ?", name)
        return default if row is None else json.loads(row["value"])

    def write_note(self, name: str, value: Any) -> None:
        self.run("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", name, json.dumps(value))

    def close(self) -> None:
        self.is_closed = True
        self._db.close()
