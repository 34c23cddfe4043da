"""The session has ended, and a page that is still open acts: what does it get?

Led to the login, a page's own question would take the form for its answer; and whoever pressed a button would come
back from it to the button's address, which shows nothing.
"""

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _


def refused(request: HttpRequest) -> HttpResponse | None:
    """The answer to who is not logged in; None where the portal's own way is right."""
    if _is_asked_by_script(request):
        return JsonResponse({"session": "ended"}, status=401, headers={"Cache-Control": "no-store"})
    if request.method != "POST" or request.path == reverse("admin:logout"):
        return None
    messages.warning(request, _("Your session ended, and what you asked for last was not done. Log in again to go on."))
    return redirect_to_login(_page(request), reverse("admin:login"))


def _is_asked_by_script(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch" or not request.accepts("text/html")


def _page(request: HttpRequest) -> str:
    """Where the button stood."""
    before = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure())
    parts = urlsplit(before)
    if not before or not is_ours or parts.path == reverse("admin:login"):
        return reverse("admin:index")
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
