"""How far is a list counted? As far as somebody would turn pages: counting all of a table grows with it."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST = 10_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Of the first `MOST` rows of a list; the footer says when there are more."""

    template_name = "portal/pages_of_list.html"
    most = MOST

    @cached_property
    def count(self) -> int:
        """At most `most`, by one query that looks at no more rows."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: self.most].count()

    @property
    def is_cut(self) -> bool:
        """There are (or may be, at exactly so many) older rows."""
        return self.count >= self.most
