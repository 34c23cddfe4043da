"""The pages of an appointment: book it, look at it, move it, and the buttons that end it one way or another."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from atendeai.common import clock
from clinics import booking, patients, rights
from clinics.admin import booking_choices, history
from clinics.admin.auditing import actor_of
from clinics.admin.booking_forms import BookingForm, CancelForm, MoveForm
from clinics.admin.filters import find_date
from clinics.admin.panels import about_appointment
from clinics.admin.words import refusal_words
from clinics.booking import CannotBook
from clinics.calendar_looks import CalendarBusy, CalendarUnknown
from clinics.models import UPCOMING, Appointment, Clinic, Patient, Source, Status

# The team may know better than a calendar; the database's own objection is final.
OBJECTIONS = (CalendarBusy, CalendarUnknown)
DONE_WORDS = {
    "confirm": _("Appointment confirmed."),
    "no_show": _("Marked as «did not come»."),
    "complete": _("Marked as attended."),
    "cancel": _("Appointment cancelled; the time is free again."),
}


def urls(page: Any, path: Callable[..., Any]) -> list[Any]:
    """The addresses, each inside the portal's login."""

    def at(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
        def inside(request: HttpRequest, **values: Any) -> HttpResponse:
            return view(page, request, **values)

        return path(route, page.admin_site.admin_view(inside), name=name)

    return [
        at("patients/", booking_choices.list_patients, "clinics_appointment_patients"),
        at("times/", booking_choices.list_times, "clinics_appointment_times"),
        at("<int:pk>/move/", move, "clinics_appointment_move"),
        at("<int:pk>/cancel/", cancel, "clinics_appointment_cancel"),
        at("<int:pk>/<str:what>/do/", act, "clinics_appointment_act"),
    ]


def _clinic_of(page: Any, request: HttpRequest, verb: str = "change") -> Clinic:
    clinic = rights.find_clinic(request)
    if clinic is None or verb not in page.allowed(request):
        raise PermissionDenied
    return clinic


def _get(clinic: Clinic, pk: str | int) -> Appointment:
    rows = Appointment.objects.for_clinic(clinic).select_related("clinic", "patient", "offering", "professional")
    found = rows.filter(pk=pk).first() if str(pk).isdecimal() and len(str(pk)) < 19 else None
    if found is None:
        raise Http404
    return found


def _render(page: Any, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    request.current_app = page.admin_site.name
    full = {**page.admin_site.each_context(request), **context}
    return TemplateResponse(request, template, full, status=status)


def _to(appointment: Appointment) -> HttpResponseRedirect:
    return redirect("admin:clinics_appointment_change", appointment.pk)


def show(page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """One appointment: what it is, where it stands, what can be done."""
    clinic = _clinic_of(page, request, "view")
    appointment, now = _get(clinic, object_id), clock.now()
    is_upcoming, has_begun = appointment.status in UPCOMING, appointment.starts_at <= now
    context = {
        "title": appointment.patient.name,
        "appointment": appointment,
        "panels": about_appointment(request, appointment),
        "history": history.of(clinic, appointment),
        "can_move": is_upcoming,
        "can_confirm": appointment.status == Status.BOOKED,
        "can_close": has_begun and appointment.status != Status.CANCELLED,
        "cancel_form": CancelForm(),
    }
    return _render(page, request, "portal/appointment.html", context)


def book(page: Any, request: HttpRequest) -> HttpResponse:
    """Book; a refusal comes back in words on the form."""
    clinic = _clinic_of(page, request, "add")
    form = BookingForm(clinic, request.POST or None, initial=_asked_for(request))
    insist_on = ""
    if request.method == "POST" and form.is_valid():
        try:
            made = _book(request, clinic, form)
        except CannotBook as refusal:
            insist_on = form.insisting() if isinstance(refusal, OBJECTIONS) else ""
            form.add_error(None, refusal_words(refusal))
        else:
            messages.success(request, _("Appointment booked."))
            return _to(made)
    context = {
        "title": _("New appointment"),
        "form": form,
        "patient": _chosen_patient(clinic, form),
        "insist_on": insist_on,
        "back": reverse("admin:clinics_appointment_changelist"),
    }
    return _render(page, request, "portal/booking.html", context)


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    ids = {name: request.GET[name] for name in ("patient", "professional", "offering") if name in request.GET}
    day = find_date(request.GET.get("day")) or clock.now().astimezone(_zone(request)).date()
    return {**ids, "day": day, "time": request.GET.get("time")}


def _zone(request: HttpRequest) -> Any:
    clinic = rights.find_clinic(request)
    return clinic.zone if clinic else None


def _chosen_patient(clinic: Clinic, form: BookingForm) -> Patient | None:
    chosen = str(form["patient"].value() or "")
    return Patient.objects.for_clinic(clinic).filter(pk=chosen).first() if chosen.isdecimal() else None


def _book(request: HttpRequest, clinic: Clinic, form: BookingForm) -> Appointment:
    fields, now = form.cleaned_data, clock.now()
    form.look(fields["offering"], now=now)
    with transaction.atomic():
        # A refused booking leaves no new patient behind.
        patient = fields["patient"] or patients.register(
            clinic=clinic, name=fields["new_name"].strip(), phone=fields["new_phone"], by=actor_of(request), now=now
        )
        return booking.book(
            clinic=clinic,
            professional=fields["professional"],
            offering=fields["offering"],
            patient=patient,
            starts_at=form.starts_at(),
            by=actor_of(request),
            now=now,
            source=Source.PORTAL,
            by_the_rules=False,
        )


def move(page: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Another time."""
    clinic = _clinic_of(page, request)
    appointment = _get(clinic, pk)
    form, now = MoveForm(clinic, appointment, request.POST or None), clock.now()
    insist_on = ""
    if request.method == "POST" and form.is_valid():
        try:
            form.look(appointment.offering, appointment, now=now)
            booking.reschedule(
                clinic=clinic,
                appointment=appointment,
                professional=form.cleaned_data["professional"],
                starts_at=form.starts_at(),
                by=actor_of(request),
                now=now,
                source=Source.PORTAL,
                by_the_rules=False,
            )
        except CannotBook as refusal:
            insist_on = form.insisting() if isinstance(refusal, OBJECTIONS) else ""
            form.add_error(None, refusal_words(refusal))
        else:
            messages.success(request, _("Appointment moved."))
            return _to(appointment)
    context = {
        "title": _("Move the appointment"),
        "form": form,
        "appointment": appointment,
        "insist_on": insist_on,
        "back": reverse("admin:clinics_appointment_change", args=[appointment.pk]),
    }
    return _render(page, request, "portal/booking.html", context)


def act(page: Any, request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Confirm, «did not come», «attended»."""
    uses = {"confirm": booking.confirm, "no_show": booking.no_show, "complete": booking.complete}
    if what not in uses:
        raise Http404
    return _change(page, request, pk, what, uses[what], {})


def cancel(page: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel, with the reason that was typed."""
    form = CancelForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    return _change(page, request, pk, "cancel", booking.cancel, {"reason": reason})


def _change(
    page: Any, request: HttpRequest, pk: int, what: str, use_case: Callable[..., Appointment], more: dict[str, Any]
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    clinic = _clinic_of(page, request)
    appointment = _get(clinic, pk)
    try:
        use_case(
            clinic=clinic, appointment=appointment, by=actor_of(request), now=clock.now(), source=Source.PORTAL, **more
        )
    except CannotBook as refusal:
        messages.error(request, refusal_words(refusal))
    else:
        messages.success(request, DONE_WORDS[what])
    return _to(appointment)
