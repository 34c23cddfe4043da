"""Whose clinic is on the screen, and what may this person do there?

A person works in one clinic at a time; with several memberships they choose it in the portal's menu (kept in the
session, checked against the memberships at each request). Everything the portal shows hangs on `request.clinic`.
"""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from clinics.models import Clinic, Membership, Role, User

SESSION_KEY = "active_clinic"


class ActiveClinicMiddleware:
    """Sets `request.membership` (lazily, so that pages without a clinic cost nothing)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.membership = SimpleLazyObject(lambda: _find_membership(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def _find_membership(request: HttpRequest) -> Membership | None:
    memberships = list_memberships(request.user)
    wanted = request.session.get(SESSION_KEY)
    chosen = [membership for membership in memberships if membership.clinic_id == wanted]
    return next(iter(chosen or memberships), None)


def list_memberships(user: User | AnonymousUser) -> list[Membership]:
    """The user's places of work in active clinics, by the clinic's name."""
    if not user.is_authenticated or not user.is_active:
        return []
    rows = Membership.objects.filter(user=user, clinic__is_active=True).select_related("clinic")
    return list(rows.order_by("clinic__name"))


def find_membership(request: HttpRequest) -> Membership | None:
    """The membership the person acts under, or None (the operator, or somebody without a clinic)."""
    membership = getattr(request, "membership", None)
    return membership if membership else None  # the lazy wrapper of None is falsy


def find_clinic(request: HttpRequest) -> Clinic | None:
    """The clinic on the screen."""
    membership = find_membership(request)
    return membership.clinic if membership else None


def is_owner(request: HttpRequest) -> bool:
    """Whether the person may change how the clinic works (numbers, calendars, team, policies, keys)."""
    membership = find_membership(request)
    return membership is not None and membership.role == Role.OWNER


def choose(request: HttpRequest, clinic_id: int) -> bool:
    """Puts another of the person's clinics on the screen; False when they do not work there."""
    if clinic_id not in {membership.clinic_id for membership in list_memberships(request.user)}:
        return False
    request.session[SESSION_KEY] = clinic_id
    return True
