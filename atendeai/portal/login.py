"""How does a person come in? With their e-mail and password."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from atendeai.common import rate_limit
from atendeai.common.addresses import client_address


class LoginForm(AuthenticationForm):  # type: ignore[misc]
    """Asks for an e-mail, with the keyboard a phone has for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["username"]
        field.label = _("E-mail")
        field.widget.input_type = "email"
        field.widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}

    def clean(self) -> dict[str, Any]:
        """Not more than so many tries a minute from one address: before the password is looked at."""
        request: HttpRequest = self.request
        address = client_address(request.META, settings.TRUSTED_PROXIES) or "none"
        usage = rate_limit.take(group="login", key=address, rate=settings.RATE_LIMIT_LOGIN)
        if usage.is_over:
            request.login_usage = usage  # type: ignore[attr-defined]
            words = _("Too many attempts. Wait %(seconds)s seconds and try again.")
            raise ValidationError(words, code="limited", params={"seconds": usage.seconds_left})
        cleaned: dict[str, Any] = super().clean()
        return cleaned


def with_limit(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer to a login; 429 when it came too often."""
    usage = getattr(request, "login_usage", None)
    if isinstance(usage, rate_limit.Usage):
        response.status_code = 429
        response["Retry-After"] = str(usage.seconds_left)
    return response
