"""«Mudanças vindas do Google»: what waits for a decision, what lies over appointments, what was done lately."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from atendeai.common import clock
from calendar_sync import touched
from calendar_sync.models import ChangeKind, ChangeState, GoogleChange
from clinics import rights
from clinics.admin import ClinicAdmin
from clinics.admin.auditing import user_of
from clinics.booking import CannotBook
from clinics.models import Clinic

SHOWN = 50
PAGE = "admin:calendar_sync_googlechange_changelist"
TONES = {
    ChangeState.APPLIED: "success",
    ChangeState.PUT_BACK: "warning",
    ChangeState.REFUSED: "neutral",
    ChangeState.WITHDRAWN: "neutral",
}
_OBJECTIONS: dict[str, Promise] = {
    "outside_hours": _("Outside the professional's hours."),
    "slot_taken": _("The professional is busy at that time."),
    "too_soon": _("That time has already passed."),
    "not_offered": _("The professional no longer gives this service."),
    "invalid_transition": _("The appointment is no longer open."),
    "reshaped": _("An appointment neither takes whole days nor repeats."),
}
Decide = Callable[..., GoogleChange]


def objection_words(code: str) -> str:
    """Why a change could not be followed; "" for no code."""
    return str(_OBJECTIONS.get(code, _("It did not fit."))) if code else ""


@admin.register(GoogleChange)
class GoogleChangeAdmin(ClinicAdmin):
    """One page; the reception decides."""

    owner_may = frozenset({"view", "change"})
    receptionist_may = frozenset({"view", "change"})

    def get_urls(self) -> list[Any]:
        """With the two decisions."""
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"calendar_sync_googlechange_{name}",
            )
            for name, view in (("accept", self.accept), ("refuse", self.refuse))
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The page."""
        clinic = rights.find_clinic(request)
        if clinic is None or not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        rows = _rows(clinic)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Changes from Google"),
            "asked": list(rows.filter(state=ChangeState.ASKED).order_by("appointment__starts_at", "id")[:SHOWN]),
            "conflicts": touched.conflicts(clinic, now=clock.now()),
            "recent": [_recent(row) for row in rows.exclude(state__in=_OPEN).order_by("-decided_at", "-id")[:SHOWN]],
            "clinic": clinic,
            "may_set": rights.is_owner(request),
        }
        return TemplateResponse(request, "portal/google_changes.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """All of it is on the one page."""
        if not self.has_view_permission(request) or self.get_object(request, object_id) is None:
            raise Http404
        return redirect(PAGE)

    def accept(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The appointment follows what was done in Google."""
        change = self._decide(request, pk, touched.accept)
        if change is not None and change.kind == ChangeKind.DELETED:
            messages.success(request, _("Appointment cancelled. The patient is told on WhatsApp."))
        elif change is not None and change.starts_at == change.was_at:
            messages.success(
                request, _("Length changed. The appointment begins as before, so the patient is not told.")
            )
        elif change is not None:
            messages.success(request, _("Appointment moved. The patient is told on WhatsApp."))
        return redirect(PAGE)

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Google shows the appointment again as it is."""
        if self._decide(request, pk, touched.refuse) is not None:
            messages.success(request, _("The appointment stays as it was; Google Calendar will show it so again."))
        return redirect(PAGE)

    def _decide(self, request: HttpRequest, pk: int, decide: Decide) -> GoogleChange | None:
        clinic = rights.find_clinic(request)
        if clinic is None or not self.has_change_permission(request):
            raise PermissionDenied
        if not GoogleChange.objects.for_clinic(clinic).filter(pk=pk).exists():
            raise Http404
        etag, user = request.POST.get("etag", ""), user_of(request)
        try:
            return decide(clinic=clinic, change_id=pk, etag=etag, user_id=user.pk, now=clock.now())
        except touched.AlreadyDecided:
            messages.warning(request, _("It was changed or decided meanwhile. Please look again."))
        except CannotBook as error:
            code = str(error.args[0]) if isinstance(error, touched.NoLongerFits) else error.code
            words = _("It no longer fits, nothing was changed. %(why)s") % {"why": objection_words(code)}
            messages.error(request, words)
        return None


_OPEN = (ChangeState.NOTED, ChangeState.ASKED)


def _rows(clinic: Clinic) -> Any:
    rows = GoogleChange.objects.for_clinic(clinic).select_related(
        "appointment__patient", "appointment__professional", "appointment__offering", "decided_by"
    )
    return rows.exclude(kind="")


def _recent(change: GoogleChange) -> dict[str, Any]:
    return {
        "change": change,
        "tone": TONES[ChangeState(change.state)],
        "objection": objection_words(change.reason) if change.state == ChangeState.PUT_BACK else "",
        "at": _when(change),
    }


def _when(change: GoogleChange) -> datetime:
    return change.decided_at or change.noted_at
