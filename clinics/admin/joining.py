"""The page on which two records that are one person are joined: find the other one, compare, choose which stays.

What is searched and whom it is about is posted, never in an address. Patients and chats use it alike, each with a desk.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from atendeai.common.whole_numbers import parse_whole
from clinics.merging import CannotMerge, CannotUndo, Undone
from clinics.models import Clinic

TEMPLATE = "portal/join.html"
MOST_TYPED = 80
FOUND = 10
WHY: dict[str, Promise | str] = {
    "": "",
    "number": _("the same number; perhaps of the family"),
    "name_and_number": _("the same name and nearly the same number"),
    "name": _("the same name"),
    "patient": _("the same patient"),
}
_REFUSALS: dict[str, Promise] = {
    "same": _("These are one and the same record."),
    "merged": _("One of them has just been joined with another record. Look again."),
    "undone": _("This was undone already."),
    "too_late": _("The time in which this can be undone is over."),
    "merged_again": _("The record was joined with another one since: undo that first."),
    "ids_changed": _("The number or id on WhatsApp has changed since, so these can no longer be taken apart."),
}


@dataclass(frozen=True)
class Card:
    """A record as the page shows it: lines of (what, value), and why it is suggested."""

    pk: int
    title: str
    lines: list[tuple[str | Promise, str]] = field(default_factory=list)
    why: str | Promise = ""
    is_usual: bool = False


@dataclass(frozen=True)
class Past:
    """A merge as the history shows it."""

    pk: int
    title: str
    at: datetime
    who: str
    may_undo: bool


class Desk(ABC):
    """What the page must know of one kind of record; everything inside the clinic on the screen."""

    title: str | Promise
    address: str

    def __init__(self, request: HttpRequest, clinic: Clinic) -> None:
        self.request, self.clinic = request, clinic

    @abstractmethod
    def rows(self) -> Any:
        """The clinic's records that stand."""

    def find(self, pk: int) -> Any:
        """One of them; None when there is none."""
        return self.rows().filter(pk=pk).first()

    @abstractmethod
    def card(self, row: Any) -> Card:
        """With everything that helps to tell two people apart."""

    @abstractmethod
    def suggestions(self, row: Any) -> list[Card]:
        """A few that are probably the same person."""

    @abstractmethod
    def search(self, row: Any, term: str) -> list[Card]:
        """A few that fit."""

    @abstractmethod
    def merge(self, kept: Any, lost: Any) -> None:
        """Raises `CannotMerge`."""


def join(page: Any, request: HttpRequest, desk: Desk, row: Any) -> HttpResponse:
    """GET: suggestions. POST `search`: what fits; `other`: both side by side; with `keep`: done."""
    other = _other(request, desk, row)
    if other is not None and "keep" in request.POST:
        return _done(request, desk, row, other)
    term = request.POST.get("search", "").replace("\x00", "").strip()[:MOST_TYPED]
    context = {
        "title": desk.title,
        "desk": desk,
        "row": row,
        "this": desk.card(row),
        "other": other,
        "both": _both(desk, row, other) if other is not None else [],
        "term": term,
        "found": desk.search(row, term)[:FOUND] if term else None,
        "suggestions": desk.suggestions(row) if other is None and not term else [],
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, TEMPLATE, {**page.admin_site.each_context(request), **context})


def _both(desk: Desk, row: Any, other: Any) -> list[Card]:
    """Side by side; the older record is the usual one to stay."""
    usual = min(row.pk, other.pk)
    return [replace(card, is_usual=card.pk == usual) for card in (desk.card(row), desk.card(other))]


def _other(request: HttpRequest, desk: Desk, row: Any) -> Any:
    if "other" not in request.POST:
        return None
    other = desk.find(number_in(request.POST["other"]))
    if other is None or other.pk == row.pk:
        raise Http404
    return other


def number_in(text: str) -> int:
    """A row id that was posted; Http404 for anything else."""
    number = parse_whole(text)
    if number is None:
        raise Http404
    return number


def _done(request: HttpRequest, desk: Desk, row: Any, other: Any) -> HttpResponse:
    keep = number_in(request.POST["keep"])
    if keep not in (row.pk, other.pk):
        raise Http404
    kept, lost = (row, other) if keep == row.pk else (other, row)
    try:
        desk.merge(kept, lost)
    except CannotMerge as refusal:
        messages.error(request, str(_REFUSALS[refusal.code]))
        return redirect(desk.address, row.pk)
    messages.success(request, _("The two records are one now. Below you can undo it."))
    return redirect(desk.address, kept.pk)


def tell_undone(request: HttpRequest, undone: Undone) -> None:
    """What is back, and plainly what is not."""
    messages.success(request, _("These are two records again."))
    if undone.stayed:
        words = ngettext(
            "%(count)d entry was changed since and stays where it is.",
            "%(count)d entries were changed since and stay where they are.",
            undone.stayed,
        )
        messages.warning(request, words % {"count": undone.stayed})
    for name in undone.fields_stayed:
        messages.warning(request, str(_FIELDS[name]))


def tell_refused(request: HttpRequest, refusal: CannotUndo) -> None:
    """Why it cannot be undone."""
    messages.error(request, str(_REFUSALS[refusal.code]))


_FIELDS: dict[str, Promise] = {
    "notes": _("The notes were rewritten since and stay as they are; check them."),
    "phone": _("The phone was changed since and stays as it is."),
    "email": _("The e-mail was changed since and stays as it is."),
}
