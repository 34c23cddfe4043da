"""Who works at the clinic, and who is invited? Owners only."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from atendeai.common import clock
from clinics import invitations, rights
from clinics.admin.auditing import actor_of
from clinics.admin.base import ClinicAdmin
from clinics.admin.display import display
from clinics.admin.scoping import ClinicForm
from clinics.models import Invitation, Membership, Role

ROLE_TONES = {Role.OWNER: "primary", Role.RECEPTIONIST: "info"}


class MembershipForm(ClinicForm):
    """A clinic always keeps an owner."""

    class Meta:
        model = Membership
        fields = ("role",)

    def clean_role(self) -> str:
        """Not the last owner's."""
        role: str = self.cleaned_data["role"]
        if role != Role.OWNER and is_last_owner(self.instance):
            raise forms.ValidationError(_("The clinic needs an owner: give somebody else that role first."))
        return role


def is_last_owner(membership: Membership) -> bool:
    """Whether nobody else owns the clinic."""
    owners = Membership.objects.for_clinic(membership.clinic_id).filter(role=Role.OWNER)
    return not owners.exclude(pk=membership.pk).exists()


@admin.register(Membership)
class MembershipAdmin(ClinicAdmin):
    """The team. New people come by invitation."""

    form = MembershipForm
    owner_may = frozenset({"view", "change", "delete"})
    list_display = ["user", "email", "role_label", "created_at"]
    list_select_related = ["user"]
    fields = ["user", "email", "role"]
    readonly_fields = ["user", "email"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everybody but the last owner."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (not isinstance(obj, Membership) or not is_last_owner(obj))

    @display(description=_("e-mail"), ordering="user__email")
    def email(self, membership: Membership) -> str:
        """How they log in."""
        return membership.user.email

    @display(description=_("role"), label=ROLE_TONES)
    def role_label(self, membership: Membership) -> tuple[str, str]:
        """In its colour."""
        return membership.role, membership.get_role_display()


class InvitationForm(ClinicForm):
    """Somebody's e-mail and what they may do."""

    class Meta:
        model = Invitation
        fields = ("email", "role")

    def clean_email(self) -> str:
        """Somebody who is not there yet."""
        email: str = self.cleaned_data["email"].strip().lower()
        if self.clinic and Membership.objects.for_clinic(self.clinic).filter(user__email__iexact=email).exists():
            raise forms.ValidationError(_("This person is in the team already."))
        return email


@admin.register(Invitation)
class InvitationAdmin(ClinicAdmin):
    """Open and used invitations. The link of a new one is shown once."""

    form = InvitationForm
    owner_may = frozenset({"view", "add", "delete"})
    list_display = ["email", "role", "state", "expires_at"]
    fields = ["email", "role"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        """The latest first."""
        return super().get_queryset(request).order_by("-id")

    @display(description=_("state"), label={"open": "info", "used": "success", "late": "warning"})
    def state(self, invitation: Invitation) -> tuple[str, str]:
        """Where it stands."""
        if invitation.used_at:
            return "used", str(_("accepted"))
        is_late = invitation.expires_at <= clock.now()
        return ("late", str(_("expired"))) if is_late else ("open", str(_("waiting")))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form; after it, once, the link."""
        clinic = rights.find_clinic(request)
        if request.method != "POST" or clinic is None or not self.has_add_permission(request):
            answer: HttpResponse = super().add_view(request, form_url, extra_context)
            return answer
        form = self.get_form(request)(request.POST)
        if not form.is_valid():
            again: HttpResponse = super().add_view(request, form_url, extra_context)
            return again
        fields = form.cleaned_data
        _row, link = invitations.invite(
            clinic=clinic, email=fields["email"], role=fields["role"], by=actor_of(request), now=clock.now()
        )
        return show_once(
            self,
            request,
            title=_("Invitation made"),
            secret=f"{settings.PUBLIC_BASE_URL.rstrip('/')}{link}",
            words=_("Send this link to the person. It works once, for seven days, and is not shown again."),
            back="admin:clinics_invitation_changelist",
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """There is nothing to change; only its own clinic may know even that."""
        if self.has_view_permission(request) and self.get_object(request, object_id) is not None:
            return redirect("admin:clinics_invitation_changelist")
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        return answer


def show_once(page: Any, request: HttpRequest, *, title: Any, secret: str, words: Any, back: str) -> HttpResponse:
    """A page with something that is never shown again; no cache may keep it."""
    request.current_app = page.admin_site.name
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "secret": secret,
        "words": words,
        "back": back,
    }
    return TemplateResponse(request, "portal/shown_once.html", context, headers={"Cache-Control": "no-store"})
