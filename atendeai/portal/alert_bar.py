"""What is wrong, on every page? The clinic's open alerts above the content, and the button that puts one away."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from atendeai.common import clock
from clinics import alerts, rights
from clinics.alerts import Banner
from clinics.audit import Actor


def shown(request: HttpRequest) -> list[Banner]:
    """The banners of the clinic on the screen."""
    clinic = rights.find_clinic(request)
    return alerts.banners(clinic) if clinic else []


def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """«Entendi»: back to the page where it was read. Pressed twice it changes nothing."""
    clinic = rights.find_clinic(request)
    if clinic is None:
        raise Http404
    # Not by clinics.admin: this module is loaded before the apps register their pages.
    alerts.dismiss(clinic=clinic, alert_id=pk, by=Actor("user", request.user.pk), now=clock.now())
    before = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure())
    return redirect(before if is_ours else "admin:index")
