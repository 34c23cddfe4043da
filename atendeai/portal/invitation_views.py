"""What does an invited person see? A page that takes a name and a password, once, and leads into the portal."""

from typing import Any

from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from atendeai.common import clock
from clinics import invitations, rights
from clinics.models import Invitation, User

TEMPLATE = "portal/invitation.html"


class JoinForm(forms.Form):
    """For somebody who has an account: their password."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewAccountForm(forms.Form):
    """For somebody new: a name and a password of their own."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        help_text=_("At least 10 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._email = email

    def clean(self) -> dict[str, Any]:
        """The password must not be common, short or the person's own name."""
        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            try:
                validate_password(password, User(email=self._email, name=cleaned.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


@sensitive_post_parameters()
@never_cache
def accept_invitation(request: HttpRequest) -> HttpResponse:
    """`/convite/?codigo=…`: GET shows the form, POST joins. 410 for a link that no longer works."""
    code = request.POST.get("codigo") or request.GET.get("codigo", "")
    invitation = invitations.find(code=code, now=clock.now())
    if invitation is None:
        return _gone(request)
    form = _form(request, invitation)
    if request.method == "POST" and form.is_valid():
        try:
            return _join(request, code, form)
        except invitations.InvitationGone:
            return _gone(request)
        except invitations.WrongPassword:
            form.add_error("password", _("This is not the password of this account."))
    context = {
        "form": form,
        "invitation": invitation,
        "code": code,
        "is_known": invitations.has_account(invitation),
    }
    return render(request, TEMPLATE, context)


def _form(request: HttpRequest, invitation: Invitation) -> forms.Form:
    told = request.POST if request.method == "POST" else None
    if invitations.has_account(invitation):
        return JoinForm(told)
    return NewAccountForm(told, email=invitation.email)


def _join(request: HttpRequest, code: str, form: forms.Form) -> HttpResponse:
    user, clinic = invitations.accept(
        code=code,
        name=form.cleaned_data.get("name", ""),
        password=form.cleaned_data["password"],
        now=clock.now(),
    )
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    rights.choose(request, clinic.pk)
    return redirect("admin:index")


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, TEMPLATE, {"invitation": None}, status=410)
