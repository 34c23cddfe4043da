"""What is wrong, on every page? The clinic's open alerts above the content, and the button that puts one away."""

from dataclasses import replace

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve
from django.utils.http import url_has_allowed_host_and_scheme

from atendeai.common import clock
from clinics import alerts, rights
from clinics.alerts import Banner
from clinics.audit import Actor


def shown(request: HttpRequest) -> list[Banner]:
    """The banners of the clinic on the screen; the door to where it is mended only for who may open it."""
    clinic = rights.find_clinic(request)
    banners = alerts.banners(clinic) if clinic else []
    return [one if _may_open(request, one.link) else replace(one, link=None) for one in banners]


def _may_open(request: HttpRequest, link: str | None) -> bool:
    if link is None:
        return False
    page = (resolve(link).url_name or "").rpartition("_")[0]
    return any(
        page == f"{model._meta.app_label}_{model._meta.model_name}" and one.has_view_permission(request)
        for model, one in admin.site._registry.items()
    )


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
