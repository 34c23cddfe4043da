"""What does a program read when something went wrong? Always `{"error": {"code", "message", "fields"?}}`.

`code` is for programs and does not change; `message` is for the people who read their logs.
"""

# ruff: noqa: ARG001 - the frameworks call with more than is needed here

import logging
import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from clinics.booking import CannotBook, InvalidTransition, SlotTaken
from clinics.calendar_looks import CalendarUnknown

logger = logging.getLogger(__name__)

_CODES = {
    status.HTTP_400_BAD_REQUEST: "invalid",
    status.HTTP_401_UNAUTHORIZED: "not_authenticated",
    status.HTTP_403_FORBIDDEN: "forbidden",
    status.HTTP_404_NOT_FOUND: "not_found",
    status.HTTP_405_METHOD_NOT_ALLOWED: "method_not_allowed",
    status.HTTP_406_NOT_ACCEPTABLE: "not_acceptable",
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: "too_large",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    status.HTTP_429_TOO_MANY_REQUESTS: "rate_limited",
}
# The state of things is in the way: asked again later, or about another time, it may work.
_CONFLICTS = (SlotTaken, InvalidTransition, CalendarUnknown)


class Refusal(APIException):
    """An answer of our own: status, code and message; `beside`: what else the body holds."""

    def __init__(
        self,
        status_code: int,
        code: str,
        message: str,
        beside: Mapping[str, Any] | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, code)
        self.status_code = status_code
        self.code = code
        self.beside = dict(beside or {})
        self.retry_after_seconds = retry_after_seconds


def answer(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler. A bug of ours is logged with its traceback and answered without it."""
    set_rollback()
    if isinstance(error, CannotBook):
        return _cannot_book(error)
    if isinstance(error, Http404):
        return _response(status.HTTP_404_NOT_FOUND, "not_found", _("There is nothing here."))
    if isinstance(error, PermissionDenied):
        return _response(status.HTTP_403_FORBIDDEN, "forbidden", _("This is not allowed."))
    if isinstance(error, APIException):
        return _api_error(error)
    if isinstance(error, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        return _response(status.HTTP_400_BAD_REQUEST, "invalid", _("There is more in this request than is taken."))
    logger.error("API call failed", exc_info=error)
    message = _("Something went wrong on our side. Please try again.")
    return _response(status.HTTP_500_INTERNAL_SERVER_ERROR, "internal_error", message)


def _cannot_book(error: CannotBook) -> Response:
    is_conflict = isinstance(error, _CONFLICTS)
    code = status.HTTP_409_CONFLICT if is_conflict else status.HTTP_422_UNPROCESSABLE_ENTITY
    return _response(code, error.code, _booking_messages().get(error.code, _("It cannot be booked so.")))


def _booking_messages() -> dict[str, str]:
    return {
        "slot_taken": _("This time is already taken."),
        "calendar_unknown": _(
            "The professional's calendar cannot be asked right now. Try again, or send even_if_unknown."
        ),
        "outside_hours": _("The professional does not attend at this time."),
        "too_soon": _("This time has passed or is nearer than the clinic's minimum notice."),
        "too_far": _("This time is beyond the clinic's booking window."),
        "not_offered": _("This professional does not offer this service."),
        "invalid_transition": _("The appointment's status does not allow this change."),
    }


def _api_error(error: APIException) -> Response:
    if isinstance(error, ValidationError):
        return _response(error.status_code, "invalid", _("Some fields are not right."), _fields(error.detail))
    if isinstance(error, Throttled):
        return _throttled(error)
    code = error.code if isinstance(error, Refusal) else _CODES.get(error.status_code, "error")
    response = _response(error.status_code, code, str(error.detail))
    if isinstance(error, Refusal):
        response.data |= error.beside
        if error.retry_after_seconds is not None:
            response["Retry-After"] = str(math.ceil(error.retry_after_seconds))
    if challenge := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    return response


def _throttled(error: Throttled) -> Response:
    seconds = int(getattr(error, "wait", None) or 1)
    message = _("The clinic's limit of API calls is used up. Try again in %(seconds)d s.") % {"seconds": seconds}
    response = _response(error.status_code, "rate_limited", message)
    response["Retry-After"] = str(seconds)
    return response


def _fields(detail: Any) -> dict[str, Any]:
    """Messages by field; what belongs to no field stands under `body`."""
    if not isinstance(detail, Mapping):
        return {"body": [str(part) for part in detail]}
    return {_name(field): _texts(messages) for field, messages in detail.items()}


def _name(field: str) -> str:
    return "body" if field == api_settings.NON_FIELD_ERRORS_KEY else field


def _texts(messages: Any) -> Any:
    if isinstance(messages, Mapping):
        return {field: _texts(inner) for field, inner in messages.items()}
    return [str(message) for message in messages] if isinstance(messages, list) else [str(messages)]


def _response(status_code: int, code: str, message: str, fields: dict[str, Any] | None = None) -> Response:
    error = {"code": code, "message": message} | ({"fields": fields} if fields else {})
    return Response({"error": error}, status=status_code)
