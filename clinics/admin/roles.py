"""What may this person do on this page? Their role at the clinic decides, never Django's permission table."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Collection
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from clinics import rights
from clinics.models import Clinic, Role

EVERYTHING = frozenset({"view", "add", "change", "delete"})
VIEW = frozenset({"view"})
NOTHING: frozenset[str] = frozenset()


class ByRole:
    """Answers Django's four questions. Each page says what an owner and a receptionist may do there."""

    owner_may: Collection[str] = EVERYTHING
    receptionist_may: Collection[str] = NOTHING

    def allowed(self, request: HttpRequest) -> Collection[str]:
        """The verbs open to this person; none without a clinic."""
        membership = rights.find_membership(request)
        if membership is None:
            return NOTHING
        return self.owner_may if membership.role == Role.OWNER else self.receptionist_may

    def _may(self, request: HttpRequest, verb: str, obj: Any) -> bool:
        return verb in self.allowed(request) and not is_foreign(rights.find_clinic(request), obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether they may look."""
        return self._may(request, "view", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether they may add."""
        return self._may(request, "add", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether they may change."""
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether they may delete."""
        return self._may(request, "delete", obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the page appears at all."""
        return bool(self.allowed(request))


class ForOperators:
    """Pages of the installation: the operator looks, nobody else; each page adds what it allows."""

    operator_may: Collection[str] = VIEW

    def _operates(self, request: HttpRequest, verb: str) -> bool:
        return bool(request.user.is_active and request.user.is_superuser) and verb in self.operator_may

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether they may look."""
        return self._operates(request, "view")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether they may add."""
        return self._operates(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether they may change."""
        return self._operates(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether they may delete."""
        return self._operates(request, "delete")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the page appears at all."""
        return self._operates(request, "view")


def is_foreign(clinic: Clinic | None, obj: Any) -> bool:
    """Whether this row is another clinic's. (Unfold asks with ids, too: those are looked up later, in the clinic.)"""
    if clinic is None or not isinstance(obj, Model):
        return clinic is None
    owner = obj.pk if isinstance(obj, Clinic) else getattr(obj, "clinic_id", clinic.pk)
    return owner is not None and owner != clinic.pk
