"""What does a query cost that is asked hundreds of times a second? Django writes its SQL once for each process.

To write the SQL of forty columns anew takes Django five times as long as the driver and PostgreSQL need to answer it.

    _LIVE = KeptQuery(lambda: Link.objects.for_clinic(given("clinic")).filter(state=LinkState.LINKED))
    links = _LIVE.ask(clinic=clinic.pk)

What it gives are rows as the query set itself would, with the deferred columns deferred and those of `select_related`
filled in. Nothing of an answer is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from django.db import connections, models
from django.db.models import Value

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class _Given:
    """A place in the SQL for what is known only when it is asked."""

    name: str


def given(name: str) -> Value:
    """Stands in a filter for the value of this name; it must be of a type that the driver writes by itself."""
    return Value(_Given(name))


@dataclass(frozen=True)
class _Part:
    """Columns of one model in a row, and by which field of the first model it is reached."""

    model: type[models.Model]
    names: list[str]
    columns: list[int]
    field: Any = None

    def made_from(self, row: tuple[Any, ...], alias: str) -> models.Model:
        return self.model.from_db(alias, self.names, [row[number] for number in self.columns])


@dataclass(frozen=True)
class _Written:
    alias: str
    sql: str
    values: tuple[Any, ...]
    parts: list[_Part]


class KeptQuery(Generic[M]):
    """The query set that `make` gives, with `given` values; `select_related` one step deep, of what is never empty."""

    def __init__(self, make: Callable[[], models.QuerySet[M]]) -> None:
        self._make = make

    def ask(self, **values: Any) -> list[M]:
        """The rows, read now."""
        written = self._written
        asked = [values[value.name] if isinstance(value, _Given) else value for value in written.values]
        with connections[written.alias].cursor() as cursor:
            cursor.execute(written.sql, asked)
            rows = cursor.fetchall()
        return [self._made(row, written) for row in rows]

    def _made(self, row: tuple[Any, ...], written: _Written) -> M:
        first, *others = written.parts
        made = cast(M, first.made_from(row, written.alias))
        for part in others:
            part.field.set_cached_value(made, part.made_from(row, written.alias))
        return made

    @cached_property
    def _written(self) -> _Written:
        rows = self._make()
        compiler = rows.query.get_compiler(rows.db)
        sql, values = compiler.as_sql()
        selected = [column[0] for column in compiler.select]
        if compiler.get_converters(selected):
            raise TypeError(f"a column of {rows.model.__name__} is not read as the driver gives it")
        info: Any = compiler.klass_info
        parts = [_part(part, selected) for part in (info, *info.get("related_klass_infos", ()))]
        return _Written(rows.db, sql, tuple(values), parts)


def _part(info: dict[str, Any], selected: list[Any]) -> _Part:
    columns = list(info["select_fields"])
    names = [selected[number].target.attname for number in columns]
    return _Part(info["model"], names, columns, info.get("field"))
