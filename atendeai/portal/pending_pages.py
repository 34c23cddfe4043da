"""«Pendências»: what was tried and waits for a person. Look at it by kind, try it again or put it away, one or many.

A clinic's people see their clinic's, the operator (without a clinic on the screen) the installation's. Many at once go
in batches of BATCH, each answered with how far it is; the page goes on by itself. What was put away a manager sees, the
latest first, and opens again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from atendeai.common import clock
from clinics import pending, rights
from clinics.audit import Actor
from clinics.models import Clinic, CloseReason
from clinics.pending import Kind, Outcome, Shown

PAGE_ROWS = 50
CLOSED = "closed"
BATCH = 50
AnyView = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Seen:
    """Whose pending work this person may see: a clinic's, or the installation's (clinic None)."""

    clinic: Clinic | None
    kinds: dict[str, Kind]
    may_reopen: bool = True


@dataclass(frozen=True)
class Away:
    """A row that was put away: what it says, and who did it when and why."""

    shown: Shown
    at: datetime
    by: str
    reason: str

    @property
    def id(self) -> int:
        """The row's."""
        return self.shown.id


def urls(wrap: Callable[[AnyView], Any]) -> list[Any]:
    """The page's addresses, each behind the portal's login."""
    return [
        path("pending/", wrap(require_GET(show)), name="pending"),
        path("pending/<slug:name>/", wrap(require_GET(show)), name="pending_kind"),
        path("pending/<slug:name>/act/", wrap(require_POST(act)), name="pending_act"),
        path("pending/<slug:name>/<int:pk>/", wrap(require_GET(look)), name="pending_look"),
    ]


def seen_by(request: HttpRequest) -> Seen:
    """By role; nothing for who has neither a clinic nor the installation."""
    clinic = rights.find_clinic(request)
    if clinic is None:
        is_operator = bool(request.user.is_superuser)
        return Seen(None, pending.kinds(is_clinics=False) if is_operator else {})
    kinds, is_owner = pending.kinds(is_clinics=True), rights.is_owner(request)
    if not is_owner:
        kinds = {name: kind for name, kind in kinds.items() if kind.for_reception}
    return Seen(clinic, kinds, may_reopen=is_owner)


def total(request: HttpRequest) -> int:
    """For the menu; one query."""
    seen = seen_by(request)
    return sum(pending.counts(list(seen.kinds), seen.clinic).values())


def show(request: HttpRequest, name: str = "") -> HttpResponse:
    """The rows of one kind, newest first."""
    seen = _seen_or_refused(request)
    counts = pending.counts(list(seen.kinds), seen.clinic)
    if not name:
        name = next((one for one, number in counts.items() if number), next(iter(seen.kinds)))
    kind = _kind(seen, name)
    chosen = request.GET.get("show", "")
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        "title": _("Pending"),
        "name": name,
        "may_reopen": seen.may_reopen,
        "tabs": [(one, seen.kinds[one].words, number) for one, number in counts.items()],
        "most": pending.COUNTED,
        "is_empty": not any(counts.values()),
        "filters": [(key, words) for key, (words, _which) in kind.filters.items()],
        "reasons": CloseReason.choices,
        "clinic": seen.clinic,
        **(_closed(request, kind, seen) if chosen == CLOSED and seen.may_reopen else _open(request, kind, seen)),
    }
    return TemplateResponse(request, "portal/pending.html", context)


def _open(request: HttpRequest, kind: Kind, seen: Seen) -> dict[str, Any]:
    chosen = request.GET.get("show", "")
    rows = _narrowed(kind, seen.clinic, chosen)
    before = _whole(request.GET.get("before", ""))
    page = rows.filter(pk__lt=before) if before else rows
    found = list(page.order_by("-pk")[: PAGE_ROWS + 1])
    return {
        "chosen": chosen if chosen in kind.filters else "",
        "rows": kind.show(found[:PAGE_ROWS]),
        "next": found[PAGE_ROWS - 1].pk if len(found) > PAGE_ROWS else None,
        "here": rows[: pending.COUNTED].count(),
    }


def _closed(request: HttpRequest, kind: Kind, seen: Seen) -> dict[str, Any]:
    """The latest put away first; as far back as is counted."""
    start = min(_whole(request.GET.get("from", "")), pending.COUNTED)
    rows = kind.closed(seen.clinic.pk if seen.clinic else None).select_related("closed_by")
    found = list(rows.order_by("-closed_at", "-pk")[start : start + PAGE_ROWS + 1])
    is_more = len(found) > PAGE_ROWS and start + PAGE_ROWS < pending.COUNTED
    found = found[:PAGE_ROWS]
    return {
        "chosen": CLOSED,
        "rows": [
            Away(shown, row.closed_at, str(row.closed_by or _("a command")), row.get_closed_reason_display())
            for row, shown in zip(found, kind.show(found), strict=True)
        ],
        "next": start + PAGE_ROWS if is_more else None,
    }


def _whole(text: str) -> int:
    """A number of the address, 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def look(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """One row: what is known of it, and the outline of what is in it. What is settled is told, not 404."""
    seen = _seen_or_refused(request)
    kind = _kind(seen, name)
    row = pending.find(name, seen.clinic, pk)
    if row is None:
        messages.info(request, pending.words_of(kind, pending.GONE))
        return redirect("admin:pending_kind", name)
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        "title": kind.words,
        "name": name,
        "row": kind.show([row])[0],
        "inside": kind.inside(row),
        "reasons": CloseReason.choices,
    }
    return TemplateResponse(request, "portal/pending_row.html", context)


def act(request: HttpRequest, name: str) -> HttpResponse:
    """Does it to the rows that were ticked, or to the next batch of all."""
    seen = _seen_or_refused(request)
    kind = _kind(seen, name)
    does = _deed(request, name, seen)
    rows = _narrowed(kind, seen.clinic, request.POST.get("show", ""))
    is_all = request.POST.get("all") == "1" and request.POST.get("act") != "reopen"
    if is_all:
        start = _whole(request.POST.get("after", ""))
        ids = list(rows.filter(pk__gt=start).order_by("pk").values_list("pk", flat=True)[:BATCH])
    else:
        ids = [whole for one in request.POST.getlist("row")[:PAGE_ROWS] if (whole := _whole(one))]
    outcome = pending.each(ids, does)
    left = rows.filter(pk__gt=outcome.last_id).count() if is_all and ids else 0
    if not request.accepts("text/html"):
        return JsonResponse(
            {
                "done": outcome.done,
                "batch": len(ids),
                "refused": _refused(kind, outcome),
                "after": outcome.last_id,
                "left": left,
            }
        )
    _tell(request, kind, outcome, left)
    there = reverse("admin:pending_kind", args=[name])
    chosen = request.POST.get("show", "")
    return redirect(f"{there}?show={chosen}" if chosen in (*kind.filters, CLOSED) else there)


def _seen_or_refused(request: HttpRequest) -> Seen:
    seen = seen_by(request)
    if not seen.kinds:
        raise PermissionDenied
    return seen


def _kind(seen: Seen, name: str) -> Kind:
    if name not in seen.kinds:
        raise Http404
    return seen.kinds[name]


def _narrowed(kind: Kind, clinic: Clinic | None, chosen: str) -> Any:
    rows = kind.rows(clinic.pk if clinic else None)
    return rows.filter(kind.filters[chosen][1]) if chosen in kind.filters else rows


def _deed(request: HttpRequest, name: str, seen: Seen) -> Callable[[int], str]:
    what, reason = request.POST.get("act", ""), request.POST.get("reason", "")
    by, now = Actor("user", request.user.pk), clock.now()
    if what == "replay":
        return lambda row_id: pending.replay(name=name, clinic=seen.clinic, row_id=row_id, by=by, now=now)
    if what == "close" and reason in CloseReason.values:
        return lambda row_id: pending.close(name=name, clinic=seen.clinic, row_id=row_id, reason=reason, by=by, now=now)
    if what == "reopen" and seen.may_reopen:
        return lambda row_id: pending.reopen(name=name, clinic=seen.clinic, row_id=row_id, by=by, now=now)
    raise Http404


def _refused(kind: Kind, outcome: Outcome) -> list[str]:
    """Why some were not done, the most frequent reason first."""
    return [f"{number} × {pending.words_of(kind, code)}" for code, number in outcome.refused.most_common()]


def _tell(request: HttpRequest, kind: Kind, outcome: Outcome, left: int) -> None:
    if outcome.done and request.POST.get("act") == "replay":
        words = ngettext("%(number)d is tried again.", "%(number)d are tried again.", outcome.done)
        messages.success(request, words % {"number": outcome.done})
    elif outcome.done and request.POST.get("act") == "reopen":
        words = ngettext("%(number)d is pending again.", "%(number)d are pending again.", outcome.done)
        messages.success(request, words % {"number": outcome.done})
    elif outcome.done:
        words = ngettext("%(number)d was put away.", "%(number)d were put away.", outcome.done)
        messages.success(request, words % {"number": outcome.done})
    for why_not in _refused(kind, outcome):
        messages.warning(request, why_not)
    if not outcome.done and not outcome.refused:
        messages.info(request, _("Tick what is meant first."))
    if left:
        words = ngettext("%(number)d is left: press again.", "%(number)d are left: press again.", left)
        messages.info(request, words % {"number": left})
