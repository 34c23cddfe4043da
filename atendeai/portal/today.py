"""What awaits the clinic today? The agenda of a day, four numbers that lead to lists, and what is still missing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atendeai.common import clock
from atendeai.portal import day as agenda
from calendar_sync.models import Link, LinkState
from clinics import pending, rights
from clinics.admin.filters import find_date, span
from clinics.models import HOLDING, Appointment, Clinic, Offering, OfferingProfessional, Professional, WorkingHours
from whatsapp import attending
from whatsapp.admin.words import count_words
from whatsapp.models import MessageState, Number

# Older failures were seen, or nobody cares any more.
RECENT = timedelta(days=7)


@dataclass(frozen=True)
class Card:
    """A number that leads to its list."""

    title: str | Promise
    number: int | str
    link: str
    icon: str
    is_alarming: bool = False


@dataclass(frozen=True)
class Step:
    """Something to set up before the clinic can work."""

    text: str | Promise
    link: str
    link_text: str | Promise


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to Unfold's context what `templates/admin/index.html` shows."""
    clinic = rights.find_clinic(request)
    if clinic is None:
        return {**context, "title": _("Welcome"), "clinic": None}
    now = clock.now()
    today = now.astimezone(clinic.zone).date()
    day = find_date(request.GET.get("dia")) or today
    loaded = agenda.load(clinic, day)
    return {
        **context,
        "title": _("Today"),
        "clinic": clinic,
        "day": loaded,
        "today": today,
        "is_today": day == today,
        "earlier": day - timedelta(days=1),
        "later": day + timedelta(days=1),
        "cancelled": agenda.cancelled(clinic, day),
        "cards": _cards(clinic, now),
        "steps": _steps(clinic, owner=rights.is_owner(request), people=len(loaded.columns)),
        "now_top": _now_top(loaded, now, clinic) if day == today else None,
        "now": now,
    }


def _cards(clinic: Clinic, now: datetime) -> list[Card]:
    first, end = span("today", clinic, now)
    today = Appointment.objects.for_clinic(clinic).filter(starts_at__gte=first, starts_at__lt=end, status__in=HOLDING)
    waiting = attending.count_waiting(clinic)
    sends = (
        pending.get("messages")
        .rows(clinic.pk)
        .aggregate(
            lost=Count("pk", filter=Q(state=MessageState.FAILED, created_at__gte=now - RECENT)),
            uncertain=Count("pk", filter=Q(state=MessageState.UNKNOWN)),
        )
    )
    return [
        Card(_("Appointments today"), today.count(), _list("clinics_appointment", "?day=today"), "event"),
        Card(
            _("Waiting for a person"),
            count_words(waiting, attending.MOST_COUNTED),
            _list("whatsapp_conversation", "?tab=waiting"),
            "forum",
            waiting > 0,
        ),
        _alarm(_("Messages not delivered"), sends["lost"], _list("whatsapp_message"), "sms_failed"),
        _alarm(
            _("Uncertain sends"),
            sends["uncertain"],
            reverse("admin:pending_kind", args=["messages"]) + "?show=uncertain",
            "help",
        ),
        _alarm(_("Calendars not connected"), _unlinked(clinic), _list("calendar_sync_link"), "event_busy"),
    ]


def _alarm(title: Promise | str, number: int, link: str, icon: str) -> Card:
    return Card(title, number, link, icon, number > 0)


def _unlinked(clinic: Clinic) -> int:
    people = Professional.objects.for_clinic(clinic).filter(is_active=True)
    linked = Link.objects.for_clinic(clinic).filter(state=LinkState.LINKED).values("professional_id")
    return people.exclude(pk__in=linked).count()


def _list(page: str, query: str = "") -> str:
    return reverse(f"admin:{page}_changelist") + query


def _steps(clinic: Clinic, *, owner: bool, people: int) -> list[Step]:
    """What is missing, in the order in which it is set up; nothing for who cannot do it."""
    if not owner:
        return []
    steps = []
    if not people:
        steps.append(
            _step(_("Register a professional: the agenda begins with them."), "clinics_professional", _("New"))
        )
    elif not WorkingHours.objects.for_clinic(clinic).exists():
        steps.append(
            Step(_("Give the professionals their weekly hours."), _list("clinics_professional"), _("Professionals"))
        )
    if not Offering.objects.for_clinic(clinic).filter(is_active=True).exists():
        steps.append(_step(_("Register a service, e.g. «Consulta», with its duration."), "clinics_offering", _("New")))
    elif not OfferingProfessional.objects.for_clinic(clinic).exists():
        steps.append(Step(_("Say which professional gives which service."), _list("clinics_offering"), _("Services")))
    if not Number.objects.for_clinic(clinic).filter(is_active=True).exists():
        steps.append(_step(_("Connect the clinic's WhatsApp number."), "whatsapp_number", _("Connect")))
    return steps


def _step(text: Promise | str, page: str, link_text: Promise | str) -> Step:
    return Step(text, reverse(f"admin:{page}_add"), link_text)


def _now_top(loaded: agenda.Day, now: datetime, clinic: Clinic) -> float | None:
    """Where the line of the present is, in percent; None outside the hours shown."""
    if not loaded.hours:
        return None
    local = now.astimezone(clinic.zone)
    minutes = local.hour * 60 + local.minute - int(loaded.hours[0][0][:2]) * 60
    return round(minutes / loaded.minutes * 100, 3) if 0 <= minutes <= loaded.minutes else None
