"""Which calendar does each professional's agenda go to, and does it work? One page, and a box beside an appointment."""

# ruff: noqa: ARG001, ARG002 (the signatures are Django's and Unfold's)

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from atendeai.common import clock
from calendar_sync import linking
from calendar_sync.models import CalendarWrite, EventMirror, Link, LinkState, MirrorState, WriteState
from clinics import rights
from clinics.admin import ClinicAdmin, Panel, appointment_panels
from clinics.admin.auditing import actor_of, user_of
from clinics.admin.roles import VIEW
from clinics.admin.team import show_once
from clinics.models import Appointment, Clinic, Professional, Status

WAITING = (WriteState.QUEUED, WriteState.SENDING)
TONES = {
    LinkState.LINKED: "success",
    LinkState.CHOOSING: "warning",
    LinkState.NEEDS_RECONNECT: "danger",
    LinkState.DISCONNECTED: "neutral",
}
_ERRORS: dict[str, Promise] = {
    "invalid_grant": _("Google no longer accepts the permission: connect again."),
    "notFound": _("The calendar no longer exists in this account."),
    "forbidden": _("The account may no longer write to this calendar."),
    "requiredAccessLevel": _("The account may no longer write to this calendar."),
    "insufficientPermissions": _("A permission is missing: connect again and leave everything ticked."),
    "rateLimitExceeded": _("Google asked for a pause; it goes on by itself."),
    "userRateLimitExceeded": _("Google asked for a pause; it goes on by itself."),
    "quotaExceeded": _("Google's limit was reached; it goes on by itself later."),
    "circuit_open": _("Google is not answering; it goes on by itself."),
    "client_changed": _("The Google client was changed: connect again."),
}


def error_words(code: str) -> str:
    """What is wrong with a calendar; "" for no code."""
    if not code:
        return ""
    return str(_ERRORS.get(code) or _("Google answered with an error (%(code)s).") % {"code": code})


@admin.register(Link)
class LinkAdmin(ClinicAdmin):
    """Every professional with their calendar. Owners connect and disconnect."""

    owner_may = frozenset({"view", "change"})
    receptionist_may = VIEW

    def get_urls(self) -> list[Any]:
        """With the ways to disconnect, and to let a professional without a login connect."""
        disconnect = self.admin_site.admin_view(require_POST(self.disconnect))
        invite = self.admin_site.admin_view(require_POST(self.invite))
        return [
            path("<int:pk>/disconnect/", disconnect, name="calendar_sync_link_disconnect"),
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
            "rows": _rows(clinic),
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


def _rows(clinic: Clinic) -> list[dict[str, Any]]:
    """Each active professional with their link and what waits for it: three queries."""
    people = Professional.objects.for_clinic(clinic).filter(is_active=True)
    links = {link.professional_id: link for link in Link.objects.for_clinic(clinic).order_by("linked_at")}
    counts = (
        CalendarWrite.objects.for_clinic(clinic)
        .filter(state__in=[*WAITING, WriteState.FAILED])
        .order_by()
        .values("mirror__link__professional_id", "state")
        .annotate(number=Count("id"))
    )
    queued: dict[int, int] = {}
    failed: dict[int, int] = {}
    for row in counts:
        into = failed if row["state"] == WriteState.FAILED else queued
        person = row["mirror__link__professional_id"]
        into[person] = into.get(person, 0) + row["number"]
    return [
        {
            "professional": person,
            "link": links.get(person.pk),
            "is_alive": person.pk in links and links[person.pk].is_alive,
            "tone": TONES[LinkState(links[person.pk].state)] if person.pk in links else "neutral",
            "error": error_words(links[person.pk].error_code) if person.pk in links else "",
            "queued": queued.get(person.pk, 0),
            "failed": failed.get(person.pk, 0),
        }
        for person in people
    ]


def appointment_panel(request: HttpRequest, appointment: Appointment) -> Panel:
    """Where the appointment stands in Google: at most three queries."""
    title, page = str(_("Google Calendar")), reverse("admin:calendar_sync_link_changelist")
    clinic_id = appointment.clinic_id
    writes = CalendarWrite.objects.for_clinic(clinic_id).filter(appointment=appointment)
    open_write = writes.filter(state__in=[*WAITING, WriteState.FAILED]).order_by("-id").first()
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
