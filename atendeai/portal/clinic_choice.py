"""Which of their clinics does a person want on the screen? Chosen by POST, checked against the memberships."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from clinics import rights


def choose(request: HttpRequest) -> HttpResponse:
    """Changes the clinic and starts at «Hoje»; a clinic that is not theirs does not exist."""
    wanted = request.POST.get("clinic", "")
    if not wanted.isdecimal() or len(wanted) > 18 or not rights.choose(request, int(wanted)):
        raise Http404
    return redirect("admin:index")
