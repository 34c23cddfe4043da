"""How long may a request of a person or a program wait for providers, in all? A middleware.

One try of one call is what it may take: a second call gets what is left, and none begins when nothing is. What is not
done by then is done by the queue, or the page says that there was no answer.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from atendeai.common import http


class WebLimit:
    """All calls that a request makes share WEB_CALLS_SECONDS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, made under the limit."""
        with http.within(settings.WEB_CALLS_SECONDS):
            return self._get_response(request)
