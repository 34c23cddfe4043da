"""How is a list searched without a patient's name in any address? The term is posted and waits in the session.

The address carries only the mark `found=1`, so that a list opened from the menu is whole again.
"""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.views import ChangeList

MARK = "found"
FIELD = "search"
MOST = 80


class QuietChangeList(ChangeList):  # type: ignore[misc]
    """A list whose search term comes from the session."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str] | None = None) -> QuerySet[Any]:
        """The rows that fit filters and term."""
        self.query = find_term(request, self.model_admin)
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows

    def get_results(self, request: HttpRequest) -> None:
        """Without Unfold's «show all» beside every title."""
        super().get_results(request)
        self.full_result_count = self.result_count

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The mark is no filter."""
        found: dict[str, Any] = super().get_filters_params(params)
        found.pop(MARK, None)
        return found


class PostedSearch:
    """For pages with `search_fields`."""

    model: Any

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        """The list above."""
        return QuietChangeList

    def get_search_fields(self, request: HttpRequest) -> Any:
        """None for Django's autocomplete, which would put what is typed into the address: it answers 404."""
        match = request.resolver_match
        if match is not None and match.url_name == "autocomplete":
            return ()
        return super().get_search_fields(request)  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Takes a posted term aside, and moves one out of an address that somebody wrote by hand."""
        if request.method == "POST" and FIELD in request.POST:
            return self._search(request, request.POST[FIELD])
        if SEARCH_VAR in request.GET:
            return self._search(request, request.GET[SEARCH_VAR])
        return super().changelist_view(request, extra_context)  # type: ignore[misc,no-any-return]

    def _search(self, request: HttpRequest, term: str) -> HttpResponseRedirect:
        term = term.replace("\x00", "").strip()[:MOST]
        request.session[_key(self)] = term
        params = request.GET.copy()
        for name in (SEARCH_VAR, "p", MARK):
            params.pop(name, None)
        if term:
            params[MARK] = "1"
        return HttpResponseRedirect(f"{request.path}?{params.urlencode()}" if params else request.path)


def find_term(request: HttpRequest, page: Any) -> str:
    """What the list is searched for; "" when it is opened afresh."""
    return str(request.session.get(_key(page), "")) if MARK in request.GET else ""


def _key(page: Any) -> str:
    return f"search_{page.model._meta.label_lower}"
