"""How do forms stay inside the clinic? Every choice is one of its rows, and every new row is given to it."""

from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.http import HttpRequest

from clinics import rights
from clinics.models import Clinic, TenantModel, TenantQuerySet, User


class ClinicForm(forms.ModelForm[Any]):
    """A form of one clinic's row. `clinic` is set by the page; the constraints that name it are checked, too."""

    clinic: ClassVar[Clinic | None] = None

    def _post_clean(self) -> None:
        if isinstance(self.instance, TenantModel) and self.clinic is not None and self.instance.pk is None:
            self.instance.clinic = self.clinic
        super()._post_clean()  # type: ignore[misc]

    def _get_validation_exclusions(self) -> set[str]:
        # Left out, Django would skip every constraint that names the clinic, and the database would answer with a 500.
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"clinic"}


def form_of(form: type[forms.BaseForm], clinic: Clinic | None) -> Any:
    """The form class, knowing its clinic."""
    return type(form.__name__, (form,), {"clinic": clinic})


def rows_of(model: type[Model], clinic: Clinic | None) -> QuerySet[Any]:
    """What of this model the clinic may choose from; nothing of what belongs to nobody in particular."""
    rows: QuerySet[Any] = model._default_manager.all()
    if clinic is None:
        return rows.none()
    if isinstance(rows, TenantQuerySet):
        return rows.for_clinic(clinic)
    if issubclass(model, User):
        return rows.filter(memberships__clinic=clinic)
    return rows.filter(pk=clinic.pk) if issubclass(model, Clinic) else rows.none()


class ScopedFields:
    """For pages and inlines: choices of related rows come from the clinic; the clinic itself is never asked for."""

    form: Any = ClinicForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The clinic's rows; none without a clinic."""
        rows: Any = super().get_queryset(request)  # type: ignore[misc]
        clinic = rights.find_clinic(request)
        mine: QuerySet[Any] = rows.none() if clinic is None else rows.for_clinic(clinic)
        return mine

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        """The page's own, and the clinic."""
        return [*(super().get_exclude(request, obj) or ()), "clinic"]  # type: ignore[misc]

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """A choice among the clinic's rows."""
        kwargs.setdefault("queryset", rows_of(db_field.remote_field.model, rights.find_clinic(request)))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Choices among the clinic's rows."""
        kwargs.setdefault("queryset", rows_of(db_field.remote_field.model, rights.find_clinic(request)))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Without the small links that open other pages in pop-ups: each page has its place in the menu."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field
