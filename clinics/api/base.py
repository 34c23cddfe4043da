"""What do all API views share? The clinic of the key, the actor, validated input."""

import json
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer

from clinics.audit import Actor
from clinics.models import ApiKey, Clinic, TenantQuerySet


class ClinicView(GenericAPIView[Any]):
    """A view of one clinic's rows. `rows` is the table with what its answers need; never read past `for_clinic`."""

    rows: ClassVar[TenantQuerySet[Any]]

    @property
    def clinic(self) -> Clinic:
        """The key's clinic."""
        return self._key.clinic

    @property
    def actor(self) -> Actor:
        """The key, for the audit."""
        return Actor("api_key", self._key.pk)

    @property
    def _key(self) -> ApiKey:
        key = self.request.auth
        assert isinstance(key, ApiKey)  # noqa: S101 - ApiKeyAuthentication alone lets requests in
        return key

    def get_queryset(self) -> QuerySet[Any]:
        """The clinic's rows; none while the schema is drawn, which has no clinic."""
        if getattr(self, "swagger_fake_view", False):
            return self.rows.none()
        return self.rows.all().for_clinic(self.clinic)

    def read(self, shape: type[Serializer[Any]]) -> dict[str, Any]:
        """The body, validated; a ValidationError names the field."""
        return self._validated(shape, self._body())

    def read_query(self, shape: type[Serializer[Any]]) -> dict[str, Any]:
        """The query, validated. An empty parameter counts as not given."""
        given = {name: value for name, value in self.request.query_params.items() if value != ""}
        return self._validated(shape, given)

    def _body(self) -> Any:
        """What was sent. JSON can hold what no column, number or answer can: half a surrogate pair (a text cut in the
        middle of an emoji), 1e400, and more brackets in each other than Python follows."""
        try:
            told = self.request.data
            # A form's file stands here as its name.
            json.dumps(told, ensure_ascii=False, allow_nan=False, default=str).encode()
        except (ValueError, RecursionError):
            message = _("There is half a character (a cut emoji, for example), a number too large, or too many levels.")
            raise ValidationError({"body": [message]}) from None
        return told

    def _validated(self, shape: type[Serializer[Any]], given: Any) -> dict[str, Any]:
        serializer = shape(data=given, context={"clinic": self.clinic})
        serializer.is_valid(raise_exception=True)
        if not isinstance(serializer.validated_data, dict):
            raise ValidationError({"body": ["?"]})
        return serializer.validated_data

    def page(self, rows: QuerySet[Any]) -> list[Any]:
        """The page of `rows` that was asked for."""
        return list(self.paginate_queryset(rows) or [])

    def answer_page(self, shape: type[BaseSerializer[Any]], page: list[Model], **context: Any) -> Response:
        """`{next, previous, results}`."""
        return self.get_paginated_response(shape(page, many=True, context=context).data)


class ListView(ListModelMixin, ClinicView):
    """GET of a whole table, page by page."""

    def get(self, request: Request) -> Response:
        """Newest first."""
        return self.list(request)
