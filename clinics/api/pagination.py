"""In which order and portions are lists given? Newest first, by id: rows that arrive meanwhile move nothing."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from atendeai.common.whole_numbers import parse_whole


class NewestFirst(CursorPagination):
    """`{next, previous, results}`; `limit` from 1 to 200, 50 unless asked for; `cursor` as given in `next`."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"

    def get_page_size(self, request: Request) -> int:
        """The limit asked for; one that is no number from 1 to 200 is an error, not a guess."""
        asked = request.query_params.get("limit")
        if asked is None:
            return self.page_size
        is_number = asked.isascii() and asked.isdigit() and len(asked) < 10
        size = int(asked) if is_number else 0
        if not 1 <= size <= self.max_page_size:
            message = _("Use a number from 1 to %(most)d.") % {"most": self.max_page_size}
            raise ValidationError({"limit": [message]})
        return size

    def decode_cursor(self, request: Request) -> Any:
        """The place in the list; a cursor we did not write is an error of the field `cursor`."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise ValidationError({"cursor": [_("Use the address given in next or previous.")]}) from None
        position = "" if cursor is None or cursor.position is None else str(cursor.position)
        if position and parse_whole(position) is None:
            raise ValidationError({"cursor": [_("Use the address given in next or previous.")]})
        return cursor
