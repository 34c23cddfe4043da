"""Which programs may use the clinic's API? A key is shown once; a revoked one never works again. Owners only."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from atendeai.common import clock
from clinics import api_keys, rights
from clinics.admin.auditing import actor_of
from clinics.admin.base import ClinicAdmin
from clinics.admin.display import display
from clinics.admin.scoping import ClinicForm
from clinics.admin.team import show_once
from clinics.models import ApiKey


class ApiKeyForm(ClinicForm):
    """A name that no live key of the clinic has."""

    class Meta:
        model = ApiKey
        fields = ("name",)

    def clean_name(self) -> str:
        """The model's constraint looks at `revoked_at`, which no form shows, so that Django leaves it out."""
        name: str = self.cleaned_data["name"]
        live = ApiKey.objects.for_clinic(self.clinic).filter(revoked_at__isnull=True)
        if live.filter(name=name).exists():
            raise forms.ValidationError(_("There is already a key with this name."))
        return name


@admin.register(ApiKey)
class ApiKeyAdmin(ClinicAdmin):
    """List, create, revoke."""

    form = ApiKeyForm
    owner_may = frozenset({"view", "add"})
    list_display = ["name", "begins_with", "state", "created_at", "last_used_at"]
    fields = ["name"]
    ordering = ["-id"]
    change_form_outer_after_template = "portal/revoke_key.html"

    def get_urls(self) -> list[Any]:
        """With the way to revoke."""
        revoke = self.admin_site.admin_view(require_POST(self.revoke))
        return [path("<int:pk>/revoke/", revoke, name="clinics_apikey_revoke"), *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A name to create it; all that is known of it afterwards."""
        return ["name", "begins_with", "state_words", "created_at", "last_used_at", "revoked_at"] if obj else ["name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All that is known."""
        return self.get_fields(request, obj) if obj else ()

    @display(description=_("begins with"))
    def begins_with(self, key: ApiKey) -> str:
        """To tell keys apart."""
        return f"{key.prefix}…"

    @display(description=_("state"), label={"live": "success", "revoked": "danger"})
    def state(self, key: ApiKey) -> tuple[str, str]:
        """Whether it works."""
        return ("revoked", str(_("revoked"))) if key.revoked_at else ("live", str(_("active")))

    @display(description=_("state"))
    def state_words(self, key: ApiKey) -> str:
        """The same without its colour, which a form cannot show."""
        return self.state(key)[1]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form; after it, once, the key."""
        clinic = rights.find_clinic(request)
        if request.method == "POST" and clinic is not None and self.has_add_permission(request):
            form = self.get_form(request)(request.POST)
            if form.is_valid():
                _row, plain = api_keys.create(
                    clinic=clinic, name=form.cleaned_data["name"], by=actor_of(request), now=clock.now()
                )
                return show_once(
                    self,
                    request,
                    title=_("API key made"),
                    secret=plain,
                    words=_("Copy the key now and keep it safe: it is not shown again."),
                    back="admin:clinics_apikey_changelist",
                )
        answer: HttpResponse = super().add_view(request, form_url, extra_context)
        return answer

    def revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ends it at once."""
        clinic = rights.find_clinic(request)
        key = ApiKey.objects.for_clinic(clinic).filter(pk=pk).first() if clinic else None
        if clinic is None or key is None or not self.has_add_permission(request):
            raise Http404
        api_keys.revoke(clinic=clinic, key=key, by=actor_of(request), now=clock.now())
        messages.success(request, _("The key no longer works."))
        return redirect("admin:clinics_apikey_changelist")
