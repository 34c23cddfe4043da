"""Which calendar does each professional's agenda go to, and does it work? One page, and a box beside an appointment."""

# ruff: noqa: ARG001, ARG002 (the signatures are Django's and Unfold's)

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from atendeai.celery import wake_after_commit
from atendeai.common import clock
from calendar_sync import health, linking, reconciling, syncing
from calendar_sync.admin import comparisons
from calendar_sync.admin.words import error_words
from calendar_sync.models import CalendarWrite, EventMirror, Link, LinkState, MirrorState, Origin, WriteState
from calendar_sync.writes import OPEN
from clinics import rights
from clinics.admin import ClinicAdmin, Panel, appointment_panels
from clinics.admin.auditing import actor_of, user_of
from clinics.admin.roles import VIEW
from clinics.admin.team import show_once
from clinics.models import Appointment, Clinic, Professional, Status

LIGHTS = {"ok": "success", "behind": "warning", "reconnect": "danger", "choosing": "warning"}


@admin.register(Link)
class LinkAdmin(ClinicAdmin):
    """Every professional with their calendar. Owners connect and disconnect."""

    owner_may = frozenset({"view", "change"})
    receptionist_may = VIEW

    def get_urls(self) -> list[Any]:
        """With the ways to disconnect, to read at once, to compare, and to let somebody without a login connect."""
        view = self.admin_site.admin_view
        disconnect = self.admin_site.admin_view(require_POST(self.disconnect))
        invite = self.admin_site.admin_view(require_POST(self.invite))
        return [
            path("<int:pk>/disconnect/", disconnect, name="calendar_sync_link_disconnect"),
            path("<int:pk>/sync/", view(require_POST(self.sync)), name="calendar_sync_link_sync"),
            path("<int:pk>/compare/", view(self.compare), name="calendar_sync_link_compare"),
            path("<int:pk>/mend/", view(require_POST(self.mend)), name="calendar_sync_link_mend"),
            path("professionals/<int:pk>/invite/", invite, name="calendar_sync_link_invite"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The page."""
        clinic = rights.find_clinic(request)
        if clinic is None or not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Google calendars"),
            "rows": (rows := _rows(clinic, clock.now())),
            "is_busy": any(row.get("is_busy") for row in rows),
            "may_connect": self.has_change_permission(request),
        }
        return TemplateResponse(request, "portal/calendars.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """All of it is on the one page."""
        if not self.has_view_permission(request) or self.get_object(request, object_id) is None:
            raise Http404
        return redirect("admin:calendar_sync_link_changelist")

    def invite(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Criar link para o profissional»: shown once, to be sent by the clinic itself."""
        clinic = rights.find_clinic(request)
        if clinic is None or not self.has_change_permission(request):
            raise PermissionDenied
        professional = Professional.objects.for_clinic(clinic).filter(pk=pk, is_active=True).first()
        if professional is None:
            raise Http404
        query = linking.invite(clinic=clinic, professional=professional, by=user_of(request), now=clock.now())
        return show_once(
            self,
            request,
            title=_("Link for %(name)s") % {"name": professional.name},
            secret=f"{settings.PUBLIC_BASE_URL}{reverse('calendar-start', args=[professional.pk])}?{query}",
            words=_(
                "Copy the link now and send it to the professional: it works once, for three days, and is not shown"
                " again. Whoever has it chooses the calendar that gets the appointments."
            ),
            back="admin:calendar_sync_link_changelist",
        )

    def sync(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Sincronizar agora»: everybody at the clinic may."""
        link = self._get(request, pk, "view")
        synced = syncing.sync_now(link=link, now=clock.now())
        tell = {"done": messages.success, "background": messages.info}.get(synced.state, messages.warning)
        tell(request, _synced_words(synced))
        return redirect("admin:calendar_sync_link_changelist")

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Conferir»: GET shows the last comparison, POST asks for a new one that only tells."""
        link = self._get(request, pk, "change" if request.method == "POST" else "view")
        if request.method == "POST":
            return self._ask(request, link, is_preview=True)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Compare the calendar of %(name)s") % {"name": link.professional.name},
            **comparisons.context(link.clinic, link),
            "may_compare": self.has_change_permission(request) and link.state == LinkState.LINKED,
        }
        return TemplateResponse(request, "portal/calendar_compare.html", context)

    def mend(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Corrigir»: compares once more, and mends what is safe."""
        return self._ask(request, self._get(request, pk, "change"), is_preview=False)

    def _ask(self, request: HttpRequest, link: Link, *, is_preview: bool) -> HttpResponse:
        if link.state == LinkState.LINKED:
            by, now = user_of(request), clock.now()
            run = reconciling.ask(link=link, origin=Origin.PERSON, is_preview=is_preview, now=now, by=by)
            if run.is_preview != is_preview:
                messages.info(request, _("A comparison is under way already. Please try again when it has ended."))
            wake_after_commit("calendar_sync.reconcile", run_id=run.pk)
        return redirect("admin:calendar_sync_link_compare", link.pk)

    def _get(self, request: HttpRequest, pk: int, verb: str) -> Link:
        clinic = rights.find_clinic(request)
        if clinic is None or verb not in self.allowed(request):
            raise PermissionDenied
        rows = Link.objects.for_clinic(clinic).exclude(state=LinkState.DISCONNECTED)
        link = rows.filter(pk=pk).select_related("clinic", "professional").first()
        if link is None:
            raise Http404
        return link

    def disconnect(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Desconectar»."""
        clinic = rights.find_clinic(request)
        if clinic is None or not self.has_change_permission(request):
            raise PermissionDenied
        link = Link.objects.for_clinic(clinic).filter(pk=pk).first()
        if link is None:
            raise Http404
        linking.disconnect(clinic=clinic, link=link, by=actor_of(request), now=clock.now())
        messages.success(request, _("Calendar disconnected. Events that are in it stay there."))
        return redirect("admin:calendar_sync_link_changelist")


def _synced_words(synced: syncing.Synced) -> str:
    """What the person who pressed the button is told."""
    if synced.state == "off":
        return str(_("This calendar must be connected again first."))
    if synced.state == "background":
        return str(
            _("It takes a while: the calendar is being read in the background. This page shows when it is done.")
        )
    if synced.state == "failed":
        why = error_words(synced.code)
        return str(_("It could not be read now; it is tried again by itself. %(why)s") % {"why": why})
    counts = {"events": synced.events, "written": synced.written, "waiting": synced.waiting}
    if synced.waiting:
        return str(_("Read: %(events)d new in Google, %(written)d written. %(waiting)d still wait.") % counts)
    return str(_("Up to date: %(events)d new in Google, %(written)d written.") % counts)


def _rows(clinic: Clinic, now: datetime) -> list[dict[str, Any]]:
    """Each active professional with their link and how it is: eight queries."""
    people = list(Professional.objects.for_clinic(clinic).filter(is_active=True))
    secrets = ("access_token", "refresh_token")
    known = Link.objects.for_clinic(clinic).filter(professional__in=people).order_by("linked_at").defer(*secrets)
    links = {link.professional_id: link for link in known}
    states = health.of_links(clinic, [link for link in links.values() if link.is_alive], now=now)
    return [_row(person, links.get(person.pk), states) for person in people]


def _row(person: Professional, link: Link | None, states: dict[int, health.Health]) -> dict[str, Any]:
    state = states.get(link.pk) if link else None
    row = {"professional": person, "link": link, "is_alive": state is not None, "tone": "neutral"}
    if link is None or state is None:
        return row
    run = state.run
    return row | {
        "tone": LIGHTS[state.light],
        "health": state,
        "error": error_words(link.error_code),
        "write_error": error_words(state.queue.error_code) if link.state == LinkState.LINKED else "",
        "read_error": error_words(state.read_error) if link.state == LinkState.LINKED else "",
        "run": run,
        "report": comparisons.summary(run) if run else None,
        "is_busy": state.is_reading or bool(run and run.is_open),
    }


def appointment_panel(request: HttpRequest, appointment: Appointment) -> Panel:
    """Where the appointment stands in Google: at most three queries."""
    title, page = str(_("Google Calendar")), reverse("admin:calendar_sync_link_changelist")
    clinic_id = appointment.clinic_id
    writes = CalendarWrite.objects.for_clinic(clinic_id).filter(appointment=appointment)
    unsettled = writes.filter(state__in=[*OPEN, WriteState.FAILED], closed_at__isnull=True)
    open_write = unsettled.order_by("-id").first()
    if open_write and open_write.state == WriteState.FAILED:
        return Panel(title, error_words(open_write.error_code) or str(_("Google refused the event.")), "danger")
    if open_write:
        words = error_words(open_write.error_code)
        return Panel(title, " ".join(filter(None, (str(_("Waiting to be written.")), words))), "warning")
    mirrors = EventMirror.objects.for_clinic(clinic_id).filter(appointment=appointment)
    if mirrors.filter(state=MirrorState.PRESENT).exists():
        return Panel(title, str(_("In the professional's calendar.")), "success")
    if appointment.status == Status.CANCELLED:
        return Panel(title, str(_("Not in the calendar.")), "info")
    links = Link.objects.for_clinic(clinic_id).filter(professional=appointment.professional_id)
    if links.exclude(state=LinkState.DISCONNECTED).exists():
        return Panel(title, str(_("Not in the calendar.")), "warning", page, str(_("Calendars")))
    return Panel(title, str(_("This professional has no calendar connected.")), "info", page, str(_("Calendars")))


appointment_panels.append(appointment_panel)
