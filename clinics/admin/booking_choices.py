"""What does the booking page ask while it is filled in? Patients by name or phone, and free times: both are posted."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from atendeai.common import clock, phones
from clinics import availability, rights
from clinics.admin.filters import find_date, start_of
from clinics.models import Clinic, Offering, Patient, Professional

MOST_PATIENTS = 8
MOST_TIMES = 60


def list_patients(page: Any, request: HttpRequest) -> HttpResponse:
    """Patients whose name or phone contains what was typed, as buttons."""
    return _post_only(request, page, _patients)


def list_times(page: Any, request: HttpRequest) -> HttpResponse:
    """Free times of a day, as buttons."""
    return _post_only(request, page, _times)


def _post_only(request: HttpRequest, page: Any, view: Any) -> HttpResponse:
    clinic = rights.find_clinic(request)
    if clinic is None or "add" not in page.allowed(request):
        raise PermissionDenied
    answer: HttpResponse = require_POST(lambda request: view(request, clinic))(request)
    return answer


def _patients(request: HttpRequest, clinic: Clinic) -> HttpResponse:
    term = request.POST.get("term", "").replace("\x00", "").strip()[:80]
    which = Q(name__icontains=term)
    digits = phones.digits(term)
    if len(digits) >= 4:
        which |= Q(phone_key__contains=digits)
    found = list(Patient.objects.for_clinic(clinic).standing().filter(which)[:MOST_PATIENTS]) if term else []
    return render(request, "portal/patient_choices.html", {"patients": found, "term": term})


def _times(request: HttpRequest, clinic: Clinic) -> HttpResponse:
    day = find_date(request.POST.get("day"))
    offering = _find(Offering, clinic, request.POST.get("offering", ""))
    if day is None or offering is None:
        return render(request, "portal/time_choices.html", {"is_incomplete": True})
    professional = _find(Professional, clinic, request.POST.get("professional", ""))
    slots = availability.free_slots(
        clinic=clinic,
        offering=offering,
        professionals=[professional] if professional else None,
        from_at=start_of(day, clinic),
        to_at=start_of(day + timedelta(days=1), clinic),
        now=clock.now(),
        limit=MOST_TIMES,
        notice_minutes=0,
    )
    names = dict(Professional.objects.for_clinic(clinic).values_list("id", "name"))
    groups: dict[int, list[Any]] = {}
    for slot in slots:
        groups.setdefault(slot.professional_id, []).append(slot.starts_at)
    times = [{"id": pk, "name": names[pk], "starts": starts} for pk, starts in groups.items()]
    return render(request, "portal/time_choices.html", {"groups": times})


def _find(model: Any, clinic: Clinic, pk: str) -> Any:
    return model.objects.for_clinic(clinic).filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
