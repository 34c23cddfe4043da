"""The portal's frame: one clinic's time zone on every page, no index per app, the login in Portuguese."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from atendeai.portal import alert_bar, clinic_choice, login, pending_pages, session_end
from clinics import rights

View = Callable[..., HttpResponseBase]


class PortalSite(UnfoldAdminSite):  # type: ignore[misc]
    """Django's admin site as clinics see it."""

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """The page, read and written in the clinic's local time; told apart when the session has ended."""
        inner: View = super().admin_view(view, cacheable)

        @wraps(inner)
        def in_local_time(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request) and (refused := session_end.refused(request)):
                return refused
            clinic = rights.find_clinic(request)
            with timezone.override(clinic.zone if clinic else None):
                response = inner(request, *args, **kwargs)
                # A template is rendered after the view: here it must be before the zone goes.
                render = getattr(response, "render", None)
                return render() if callable(render) else response

        return in_local_time

    def extra_urls(self) -> list[Any]:
        """Choosing the clinic, putting an alert away, and what waits for a person."""
        choose = self.admin_view(require_POST(clinic_choice.choose))
        dismiss = self.admin_view(require_POST(alert_bar.dismiss))
        return [
            path("clinic/choose/", choose, name="choose_clinic"),
            path("alerts/<int:pk>/dismiss/", dismiss, name="dismiss_alert"),
            *pending_pages.urls(self.admin_view),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What is wrong stands above every page."""
        context: dict[str, Any] = super().each_context(request)
        return {**context, "alerts": alert_bar.shown(request)}

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Django's, with a limit of tries."""
        return login.with_limit(request, super().login(request, extra_context))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        """Pages are reached by the menu; an app says nothing to a receptionist."""
        return redirect("admin:index")
