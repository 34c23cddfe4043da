"""Who did what? The clinic's audit, for its owners; nobody can change it."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from clinics.admin.base import ClinicAdmin
from clinics.admin.display import display
from clinics.admin.history import action_words, actor_words, field_words, object_words, user_names
from clinics.admin.roles import VIEW
from clinics.admin.search import QuietChangeList
from clinics.models import AuditEntry


class NamedChangeList(QuietChangeList):
    """Knows the actors of a page's rows: one query for all."""

    def get_results(self, request: HttpRequest) -> None:
        """The rows, each with its actor's name."""
        super().get_results(request)
        page: Any = self
        rows: list[Any] = list(page.result_list)
        names = user_names(rows)
        for row in rows:
            row.actor_name = names.get(row.actor_id) if row.actor_kind == "user" else None
        page.result_list = rows


@admin.register(AuditEntry)
class AuditEntryAdmin(ClinicAdmin):
    """A list to read."""

    owner_may = VIEW
    list_display = ["when", "what", "who", "kind", "object_id", "field_names"]
    list_display_links = None
    fields = ["when", "what", "who", "kind", "object_id", "field_names"]
    readonly_fields = fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        """With names."""
        return NamedChangeList

    @display(description=_("at"), ordering="-id")
    def when(self, entry: AuditEntry) -> str:
        """To the second, at the clinic."""
        return date_format(localtime(entry.at), "d/m/Y H:i:s")

    @display(description=_("object"))
    def kind(self, entry: AuditEntry) -> str:
        """As the portal calls it."""
        return object_words(entry.object_type)

    @display(description=_("action"))
    def what(self, entry: AuditEntry) -> str:
        """In words."""
        return action_words(entry.action)

    @display(description=_("who"))
    def who(self, entry: AuditEntry) -> str:
        """By name."""
        if not hasattr(entry, "actor_name"):
            return actor_words(entry.actor_kind, user_names([entry]).get(entry.actor_id or 0))
        return actor_words(entry.actor_kind, entry.actor_name)

    @display(description=_("fields"))
    def field_names(self, entry: AuditEntry) -> str:
        """Which, never what."""
        return field_words(entry.object_type, entry.fields) or "—"
