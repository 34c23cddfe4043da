"""By what can lists be narrowed? Filters that offer the clinic's own rows only."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from atendeai.common import clock
from clinics import rights
from clinics.models import Clinic, Professional

Choice = tuple[Any, Any]


class ProfessionalFilter(SimpleListFilter):
    """One of the clinic's professionals."""

    title = _("professional")
    parameter_name = "professional"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Choice]:
        """The clinic's."""
        clinic = rights.find_clinic(request)
        return [(str(row.pk), row.name) for row in Professional.objects.for_clinic(clinic)] if clinic else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of that professional."""
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(professional_id=value) if value.isdecimal() else queryset.none()


class DayFilter(SimpleListFilter):
    """When it is, in the clinic's days; without a choice: from today on. A date (`?day=2026-11-23`) works, too."""

    title = _("day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Choice]:
        """Words first, and the date of the address if there is one."""
        chosen = find_date(request.GET.get("day"))
        named: list[Choice] = [
            ("today", _("today")),
            ("tomorrow", _("tomorrow")),
            ("week", _("the next 7 days")),
            ("past", _("past")),
            ("all", _("all")),
        ]
        return [*named, (chosen.isoformat(), date_format(chosen, "d/m/Y"))] if chosen else named

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The first choice is not «all» here."""
        every = super().choices(changelist)
        yield {**next(every), "display": _("from today on")}
        yield from every

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that start then."""
        clinic = rights.find_clinic(request)
        if clinic is None or self.value() == "all":
            return queryset
        first, end = span(self.value(), clinic, clock.now())
        rows = queryset.filter(starts_at__gte=first) if first else queryset
        return rows.filter(starts_at__lt=end) if end else rows


def span(word: str | None, clinic: Clinic, now: datetime) -> tuple[datetime | None, datetime | None]:
    """[from, to) for a word of `DayFilter` or an ISO date; None: open on that side."""
    today = now.astimezone(clinic.zone).date()
    if word == "past":
        return None, start_of(today, clinic)
    lengths = {"today": (0, 1), "tomorrow": (1, 2), "week": (0, 7)}
    chosen = find_date(word)
    if word in lengths or chosen:
        after, until = lengths.get(word or "", (0, 1))
        day = chosen or today
        return start_of(day + timedelta(days=after), clinic), start_of(day + timedelta(days=until), clinic)
    return start_of(today, clinic), None


def start_of(day: date, clinic: Clinic) -> datetime:
    """Midnight at the clinic."""
    return datetime.combine(day, time(), tzinfo=clinic.zone)


def find_date(text: str | None) -> date | None:
    """An ISO date of a plausible year, or None."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None
