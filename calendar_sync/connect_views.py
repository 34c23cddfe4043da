"""What does a person see while linking a calendar? To Google, back, and a page that says what happened.

Only the clinic's own people may link its professionals (owner or receptionist), and the professional who holds a
one-time link of theirs; for everybody else the professional does not exist. The way back ends in a redirect to a page
without the code in its address; codes, tokens and queries are never shown or logged. Outcomes of the way back:

    linked or choosing        303 to the link's own page
    refused by the person     200, with the way to try again
    unknown, used, too old    400; nothing was changed
    another Google account    409, with the way to try again and the way to mean it; nothing was changed
    permission unticked       400, naming the permission
    Google or its client      502/503; the person may try again later
"""

from datetime import datetime

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from atendeai.common import clock
from atendeai.common.errors import CredentialsRevoked, IntegrationError, NotConfigured
from calendar_sync import linking, oauth
from calendar_sync.models import ConnectInvitation, Link, LinkState
from clinics.audit import SYSTEM, Actor
from clinics.models import CalendarMode, Professional, User
from clinics.rights import list_memberships

# Kind of trouble → status, title, what it means for the person.
PROBLEMS = {
    linking.AttemptUnknown: (
        400,
        _("This link is no longer valid"),
        _("It was already used, is older than ten minutes, or was opened in another browser. Nothing was changed."),
    ),
    linking.InvitationGone: (
        400,
        _("This link is no longer valid"),
        _("It was already used, is older than three days, or a newer one was made. Ask the clinic for a new link."),
    ),
    linking.WrongAccount: (
        409,
        _("This is another Google account"),
        _("The calendar is connected to %(expected)s, and you entered with %(given)s. Nothing was changed."),
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
    oauth.OWN_CALENDAR_SCOPE: _(
        "Make a calendar of its own and edit its events: appointments go there and nowhere else."
    ),
    oauth.BUSY_SCOPE: _("See when you are busy, without what it is: so that nobody books over it."),
}
# Links that somebody who is not of the clinic may look at in this browser: those they have just made.
OWN_LINKS = "calendar_links"


@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, professional_id: int) -> HttpResponse:
    """302 to Google's consent page; with a one-time link (`?convite=`) first a page that says what will be asked.

    `?de-novo` goes on although the calendar is connected, `?outra-conta` also lets another account take its place.
    """
    now = clock.now()
    if "convite" in request.GET:
        return _invited(request, professional_id, now)
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    professional = _get_professional(request, professional_id)
    link = linking.find_alive(clinic=professional.clinic, professional=professional)
    if link and link.state == LinkState.LINKED and not {"de-novo", "outra-conta"} & set(request.GET):
        return render(request, "calendar_sync/already.html", {"link": link})
    return _leave(request, professional, now, may_change_account="outra-conta" in request.GET)


def _invited(request: HttpRequest, professional_id: int, now: datetime) -> HttpResponse:
    """Messengers open links to preview them: only the button's POST starts anything."""
    try:
        invitation = linking.get_open(code=request.GET["convite"], professional_id=professional_id, now=now)
    except linking.InvitationGone as error:
        return _problem(request, error, None)
    if request.method == "POST":
        return _leave(request, invitation.professional, now, may_change_account=True, invitation=invitation)
    asked = linking.scopes_for(clinic=invitation.clinic, professional=invitation.professional, now=now)
    context = {"invitation": invitation, "permissions": [PERMISSIONS[scope] for scope in asked]}
    answer = render(request, "calendar_sync/invited.html", context)
    # The address is a key: no other site learns it.
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _leave(
    request: HttpRequest,
    professional: Professional,
    now: datetime,
    *,
    may_change_account: bool,
    invitation: ConnectInvitation | None = None,
) -> HttpResponse:
    if not request.session.session_key:
        request.session.create()
    try:
        address = linking.start(
            clinic=professional.clinic,
            professional=professional,
            user=_find_user(request),
            session_key=_session_key(request),
            now=now,
            may_change_account=may_change_account,
            invitation=invitation,
        )
    except IntegrationError as error:
        return _problem(request, error, None if invitation else professional.pk)
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
        _remember(request, link)
        answer = redirect("calendar-link", link_id=link.pk)
        answer.status_code = 303
    # The address holds a code; it is spent, but nobody else need see it.
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _complete(request: HttpRequest, now: datetime) -> Link:
    if not _session_key(request):
        # Ended on the way; and the way of a program, which has no session, is not ended by a browser.
        raise linking.AttemptUnknown
    return linking.complete(
        state=request.GET.get("state", ""),
        code="" if "error" in request.GET else request.GET.get("code", ""),
        user=_find_user(request),
        session_key=_session_key(request),
        now=now,
    )


def _remember(request: HttpRequest, link: Link) -> None:
    # Who came by a one-time link need not be of the clinic, logged in or not.
    if linking.came_by_invitation(clinic=link.clinic, state=request.GET["state"]):
        request.session[OWN_LINKS] = [link.pk]


@never_cache
@require_http_methods(["GET", "POST"])
def show_link(request: HttpRequest, link_id: int) -> HttpResponse:
    """What is linked; or the question which calendar, and its answer."""
    if _find_user(request) is None and link_id not in request.session.get(OWN_LINKS, ()):
        return redirect_to_login(request.get_full_path())
    link = _get_link(request, link_id)
    try:
        if request.method == "POST":
            _choose(request, link)
            return redirect("calendar-link", link_id=link.pk)
        if link.state == LinkState.LINKED:
            return render(request, "calendar_sync/linked.html", {"link": link})
        if link.state != LinkState.CHOOSING:
            raise linking.AttemptUnknown
        if link.mode == CalendarMode.OWN:
            return render(request, "calendar_sync/create.html", {"link": link})
        calendars = linking.list_calendars(link=link, now=clock.now())
    except (linking.CannotLink, IntegrationError) as error:
        return _problem(request, error, link.professional_id)
    return render(request, "calendar_sync/choose.html", {"link": link, "calendars": calendars})


def _choose(request: HttpRequest, link: Link) -> None:
    user, now = _find_user(request), clock.now()
    by = Actor("user", user.pk) if user else SYSTEM
    if link.mode == CalendarMode.OWN:
        linking.use_own(link=link, by=by, now=now, deadline=linking.patience())
        return
    calendar_id = request.POST.get("calendar", "")
    linking.choose_calendar(clinic=link.clinic, link=link, calendar_id=calendar_id, by=by, now=now)


def _problem(request: HttpRequest, error: Exception, professional_id: int | None) -> HttpResponse:
    status, title, text = next(words for kind, words in PROBLEMS.items() if isinstance(error, kind))
    missing = error.missing_scopes if isinstance(error, linking.ScopesMissing) else ()
    words = str(text)
    if isinstance(error, linking.WrongAccount):
        words = words % {"expected": error.expected, "given": error.given}
    context = {
        "title": title,
        "text": words,
        "may_change_account": isinstance(error, linking.WrongAccount),
        "is_invited": _find_user(request) is None and not isinstance(error, linking.AttemptUnknown),
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
    if link_id in request.session.get(OWN_LINKS, ()):
        return get_object_or_404(Link.objects.select_related("clinic", "professional"), pk=link_id)
    raise Http404


def _find_user(request: HttpRequest) -> User | None:
    """Who is logged in; None for a professional with a one-time link."""
    return request.user if isinstance(request.user, User) else None


def _session_key(request: HttpRequest) -> str:
    """The key of the browser's session; a logged-in person always has one."""
    return request.session.session_key or ""
