"""What is every page of the portal made of? One clinic's rows, its people's roles, an audit row for each change."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from clinics import rights
from clinics.admin.auditing import Audited
from clinics.admin.paging import BoundedPaginator
from clinics.admin.roles import ByRole, ForOperators
from clinics.admin.scoping import ScopedFields, form_of
from clinics.admin.search import PostedSearch

PAGE_ROWS = 50


class Page(PostedSearch, Audited, ModelAdmin):  # type: ignore[misc]
    """What clinic pages and operator pages share."""

    actions = None
    list_per_page = PAGE_ROWS
    paginator = BoundedPaginator
    show_full_result_count = False
    warn_unsaved_form = True
    compressed_fields = True


class ClinicAdmin(ByRole, ScopedFields, Page):
    """A page of rows of the clinic on the screen, and of no other."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, knowing its clinic."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return form_of(form, rights.find_clinic(request))


class ClinicInline(ByRole, ScopedFields, TabularInline):  # type: ignore[misc]
    """Rows of the clinic below another of its rows."""

    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The forms, knowing their clinic."""
        kwargs.setdefault("form", form_of(self.form, rights.find_clinic(request)))
        return super().get_formset(request, obj, **kwargs)


class OperatorAdmin(ForOperators, Page):
    """A page of the installation, for its operator."""
