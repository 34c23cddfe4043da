"""How does a change made in the portal reach the audit? Names of fields, never values; Django's own log stays empty."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse

from atendeai.common import clock
from clinics import audit
from clinics.audit import Actor
from clinics.models import Clinic, User


def actor_of(request: HttpRequest) -> Actor:
    """The person at the screen."""
    return Actor("user", request.user.pk)


def user_of(request: HttpRequest) -> User:
    """The person at the screen, as a row. Every page of the portal asks for a login first."""
    if isinstance(request.user, AnonymousUser):
        raise Http404
    return request.user


def changed_fields(form: Any, formsets: Iterable[Any]) -> list[str]:
    """What was changed: the form's fields, and `model.field` for rows below it."""
    names = list(form.changed_data)
    for formset in formsets or ():
        model = formset.model._meta.model_name
        rows = [*formset.new_objects, *(row for row, _ in formset.changed_objects)]
        touched = {field for _, fields in formset.changed_objects for field in fields}
        names += sorted(f"{model}.{field}" for field in touched)
        names += [f"{model}.added"] if len(rows) > len(formset.changed_objects) else []
        names += [f"{model}.deleted"] if formset.deleted_objects else []
    return names


class Audited:
    """Writes an audit row where Django would write a log entry (which would keep the patient's name)."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Iterable[Any], add: bool = False
    ) -> list[str]:
        """The field names."""
        return changed_fields(form, formsets)

    def log_addition(self, request: HttpRequest, obj: Model, message: list[str]) -> None:
        """One row for the new one."""
        record(request, obj, "created", message)

    def log_change(self, request: HttpRequest, obj: Model, message: list[str]) -> None:
        """One row for the change, if there was one."""
        if message:
            record(request, obj, "changed", message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> None:
        """One row for each that goes."""
        for obj in queryset:
            record(request, obj, "deleted", [])

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """There is none: the audit is a page of its own."""
        raise Http404


def record(request: HttpRequest, obj: Model, verb: str, fields: list[str]) -> None:
    """One audit row: what was done in the portal to this row, by this person."""
    clinic = obj if isinstance(obj, Clinic) else getattr(obj, "clinic", None)
    audit.record(
        clinic=clinic,
        action=audit.FormAction(f"{obj._meta.model_name}_{verb}"),
        target=obj,
        by=actor_of(request),
        now=clock.now(),
        fields=[name[:60] for name in fields],
    )
