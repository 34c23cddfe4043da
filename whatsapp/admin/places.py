"""Where in the inbox is somebody? Tab, page, and whether it was searched: never what was searched, which addresses
must not hold."""

from dataclasses import dataclass, replace

from django.http import HttpRequest, QueryDict

from clinics.admin.search import MARK
from whatsapp.admin import inbox

# Further back somebody searches.
MOST_PAGES = 25


@dataclass(frozen=True)
class Place:
    """A part of the list, which the addresses of its chats and of their buttons carry along."""

    tab: str = "all"
    is_found: bool = False
    page: int = 1

    @property
    def query(self) -> str:
        """For the end of an address."""
        params = QueryDict(mutable=True)
        params["tab"] = self.tab
        if self.is_found:
            params[MARK] = "1"
        if self.page > 1:
            params["page"] = str(self.page)
        return f"?{params.urlencode()}"

    @property
    def is_last(self) -> bool:
        """No page is turned beyond it."""
        return self.page >= MOST_PAGES

    def later(self) -> "Place":
        """The page of older chats."""
        return replace(self, page=self.page + 1)

    def before(self) -> "Place":
        """The page of newer chats."""
        return replace(self, page=self.page - 1)


def place_of(request: HttpRequest) -> Place:
    """What the address says; the first page of all chats where that is nothing that there is."""
    tab, page = request.GET.get("tab", "all"), request.GET.get("page", "")
    is_page = page.isdecimal() and len(page) < 5
    return Place(
        tab if tab in inbox.TABS else "all",
        MARK in request.GET,
        min(max(int(page), 1), MOST_PAGES) if is_page else 1,
    )
