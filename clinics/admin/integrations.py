"""«Integrações»: does WhatsApp answer this clinic, does Google? How each stands, since when, and what was before."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from atendeai.common import clock
from atendeai.common.breaker_store import CLOSED, HALF_OPEN, OPEN
from clinics import outages, rights
from clinics.admin.auditing import actor_of
from clinics.admin.base import PAGE_ROWS, ClinicAdmin
from clinics.admin.roles import VIEW
from clinics.models import Clinic, Outage, Provider

LIST = "admin:clinics_outage_changelist"
STATES: dict[str, Promise] = {CLOSED: _("answers"), HALF_OPEN: _("being tried"), OPEN: _("does not answer")}
TONES = {CLOSED: "success", HALF_OPEN: "warning", OPEN: "danger"}
MEANINGS: dict[tuple[str, str], Promise] = {
    (Provider.WHATSAPP, CLOSED): _("Messages go out at once."),
    (Provider.WHATSAPP, OPEN): _("Messages wait in the queue and go out by themselves, in their order."),
    (Provider.WHATSAPP, HALF_OPEN): _("One call is being tried. If WhatsApp answers, the messages follow."),
    (Provider.GOOGLE, CLOSED): _("Events are written at once, and calendars are read."),
    (Provider.GOOGLE, OPEN): _("Appointments count as always. Their events are written later, by themselves."),
    (Provider.GOOGLE, HALF_OPEN): _("One call is being tried. If Google answers, the others follow."),
}
_ERRORS: dict[str, Promise] = {
    "Unreachable": _("it could not be reached, or said that it is out of order"),
    "OutcomeUnknown": _("it took too long to answer, or the connection broke off"),
}


@admin.register(Outage)
class OutageAdmin(ClinicAdmin):
    """One page instead of a list. Everybody sees it; owners may ask to try now."""

    owner_may = frozenset({"view", "change"})
    receptionist_may = VIEW

    def get_urls(self) -> list[Any]:
        """With «Tentar agora»."""
        again = self.admin_site.admin_view(require_POST(self.try_now))
        return [path("<str:provider>/try/", again, name="clinics_outage_try"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The page."""
        clinic = rights.find_clinic(request)
        if clinic is None or not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        rows = Outage.objects.for_clinic(clinic).select_related("ended_by").order_by("-id")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Integrations"),
            "standing": _standing(clinic, clock.now()),
            "page": (page := Paginator(rows, PAGE_ROWS).get_page(request.GET.get("p"))),
            "rows": [_shown(row) for row in page],
            "may_try": self.has_change_permission(request),
        }
        return TemplateResponse(request, "portal/integrations.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """All of it is on the one page."""
        if not self.has_view_permission(request) or self.get_object(request, object_id) is None:
            raise Http404
        return redirect(LIST)

    def try_now(self, request: HttpRequest, provider: str) -> HttpResponse:
        """«Tentar agora»: what waits is called at once."""
        clinic = rights.find_clinic(request)
        if clinic is None or not self.has_change_permission(request):
            raise PermissionDenied
        if provider not in Provider.values:
            raise Http404
        outages.reset(clinic=clinic, provider=Provider(provider), by=actor_of(request), now=clock.now())
        messages.success(request, _("It is being tried now. If it still does not answer, this page says so."))
        return redirect(LIST)


def error_words(error: str) -> str:
    """The class of the last error in words, with the provider's code for whoever asks its support."""
    kind, _sep, code = error.partition(" ")
    words = str(_ERRORS.get(kind, kind))
    return f"{words} ({code})" if code else words


def _standing(clinic: Clinic, now: datetime) -> list[dict[str, Any]]:
    shown = []
    for one in outages.standing(clinic):
        state = one.reading.state if one.reading else CLOSED
        since = one.outage.opened_at if one.outage else None
        if one.reading and state != CLOSED and since is None:
            since = now - timedelta(seconds=one.reading.since_seconds)
        shown.append(
            {
                "provider": one.provider,
                "is_known": one.reading is not None,
                "is_closed": state == CLOSED,
                "state": STATES[state],
                "tone": TONES[state] if one.reading else "neutral",
                "meaning": MEANINGS[one.provider, state],
                "since": since,
                "why": error_words(one.reading.error) if one.reading and state != CLOSED else "",
                "outage": one.outage,
                "seconds": round(one.reading.wait_seconds) if one.reading and state == OPEN else 0,
                "waiting": outages.waiting(clinic, one.provider),
            }
        )
    return shown


def _shown(row: Outage) -> dict[str, Any]:
    """An outage of the history: why it began, and what went wrong last where that is something else."""
    first = row.first_error or row.error
    return {
        "row": row,
        "why": error_words(first),
        "last": error_words(row.error) if row.error != first else "",
        "lasted": _lasted(row),
    }


def _lasted(row: Outage) -> timedelta | None:
    return timedelta(seconds=round((row.ended_at - row.opened_at).total_seconds())) if row.ended_at else None
