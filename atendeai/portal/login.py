"""How does a person come in? With their e-mail and password."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm


class LoginForm(AuthenticationForm):  # type: ignore[misc]
    """Asks for an e-mail, with the keyboard a phone has for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["username"]
        field.label = _("E-mail")
        field.widget.input_type = "email"
        field.widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}
