"""What does a person see while linking a calendar? To Google, back, and a page that says what happened.

Only the clinic's own people may link its professionals (owner or receptionist); for everybody else the
professional does not exist. The way back ends in a redirect to a page without the code in its address;
codes, tokens and queries are never shown or logged. Outcomes of the way back:

    linked or choosing        303 to the link's own page
    refused by the person     200, with the way to try again
    unknown, used, too old    400; nothing was changed
    permission unticked       400, naming the permission
    Google or its client      502/503; the person may try again later
"""

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from atendeai.common import clock
from atendeai.common.errors import CredentialsRevoked, IntegrationError, NotConfigured
from calendar_sync import linking, oauth
from calendar_sync.models import Link, LinkState
from clinics.audit import Actor
from clinics.models import Professional, User
from clinics.rights import list_memberships

# Kind of trouble → status, title, what it means for the person.
PROBLEMS = {
    linking.AttemptUnknown: (
        400,
        _("This link is no longer valid"),
        _("It was already used, is older than ten minutes, or was opened in another browser. Nothing was changed."),
    ),
    linking.ConsentRefused: (
        200,
        _("The calendar was not connected"),
        _("Access was refused on Google's page. Nothing was changed."),
    ),
    linking.ScopesMissing: (
        400,
        _("A permission is missing"),
        _("On Google's page, leave these permissions ticked. Without them appointments cannot reach the calendar:"),
    ),
    linking.CodeRefused: (
        400,
        _("Google did not confirm the connection"),
        _("This happens when the page stayed open for too long. Nothing was changed."),
    ),
    linking.NoCalendar: (
        400,
        _("No calendar to write to"),
        _("This Google account has no calendar in which we may create events. Use another account."),
    ),
    CredentialsRevoked: (
        400,
        _("The connection must be made again"),
        _("Google no longer accepts the permission that was given."),
    ),
    NotConfigured: (
        503,
        _("Google Calendar is not set up yet"),
        _("The installation's Google credentials are missing or wrong. Tell whoever takes care of the system."),
    ),
    IntegrationError: (
        502,
        _("Google did not answer"),
        _("It may be a passing problem. Please try again in a few minutes."),
    ),
}
PERMISSIONS = {
    oauth.EVENTS_SCOPE: _("View and edit events: so that appointments appear, move and disappear."),
    oauth.CALENDAR_LIST_SCOPE: _("See the list of calendars: so that you can choose which one to use."),
}


@never_cache
@login_required
@require_GET
def start(request: HttpRequest, professional_id: int) -> HttpResponse:
    """302 to Google's consent page."""
    user, professional = _user(request), _get_professional(request, professional_id)
    try:
        address = linking.start(
            clinic=professional.clinic,
            professional=professional,
            user=user,
            session_key=_session_key(request),
            now=clock.now(),
        )
    except IntegrationError as error:
        return _problem(request, error, professional_id)
    return redirect(address)


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Where Google sends the browser back to, with `code` or `error`, and our `state`."""
    try:
        link = _complete(request, clock.now())
    except linking.CannotLink as error:
        answer = _problem(request, error, error.professional_id)
    except IntegrationError as error:
        answer = _problem(request, error, None)
    else:
        answer = redirect("calendar-link", link_id=link.pk)
        answer.status_code = 303
    # The address holds a code; it is spent, but nobody else need see it.
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _complete(request: HttpRequest, now: datetime) -> Link:
    if not isinstance(request.user, User):
        # The session ended on the way: after a new login it would be another session anyway.
        raise linking.AttemptUnknown
    return linking.complete(
        state=request.GET.get("state", ""),
        code="" if "error" in request.GET else request.GET.get("code", ""),
        user=request.user,
        session_key=_session_key(request),
        now=now,
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def show_link(request: HttpRequest, link_id: int) -> HttpResponse:
    """What is linked; or the question which calendar, and its answer."""
    link = _get_link(request, link_id)
    try:
        if request.method == "POST":
            _choose(request, link)
            return redirect("calendar-link", link_id=link.pk)
        if link.state == LinkState.LINKED:
            return render(request, "calendar_sync/linked.html", {"link": link})
        if link.state != LinkState.CHOOSING:
            raise linking.AttemptUnknown
        calendars = linking.list_calendars(link=link, now=clock.now())
    except (linking.CannotLink, IntegrationError) as error:
        return _problem(request, error, link.professional_id)
    return render(request, "calendar_sync/choose.html", {"link": link, "calendars": calendars})


def _choose(request: HttpRequest, link: Link) -> None:
    linking.choose_calendar(
        clinic=link.clinic,
        link=link,
        calendar_id=request.POST.get("calendar", ""),
        by=Actor("user", _user(request).pk),
        now=clock.now(),
    )


def _problem(request: HttpRequest, error: Exception, professional_id: int | None) -> HttpResponse:
    status, title, text = next(words for kind, words in PROBLEMS.items() if isinstance(error, kind))
    missing = error.missing_scopes if isinstance(error, linking.ScopesMissing) else ()
    context = {
        "title": title,
        "text": text,
        "permissions": [PERMISSIONS[scope] for scope in PERMISSIONS if scope in missing],
        "professional_id": professional_id,
    }
    return render(request, "calendar_sync/problem.html", context, status=status)


def _get_professional(request: HttpRequest, professional_id: int) -> Professional:
    for membership in list_memberships(request.user):
        people = Professional.objects.for_clinic(membership.clinic).select_related("clinic")
        found = people.filter(pk=professional_id).first()
        if found is not None:
            return found
    raise Http404


def _get_link(request: HttpRequest, link_id: int) -> Link:
    for membership in list_memberships(request.user):
        links = Link.objects.for_clinic(membership.clinic).select_related("clinic", "professional")
        found = links.filter(pk=link_id).first()
        if found is not None:
            return found
    raise Http404


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _session_key(request: HttpRequest) -> str:
    """The key of the browser's session; a logged-in person always has one."""
    return request.session.session_key or ""
