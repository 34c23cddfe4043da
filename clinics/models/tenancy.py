"""What belongs to a clinic? Every such model starts here; product code reads it through `for_clinic`."""

from typing import Any, Self, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

M = TypeVar("M", bound=models.Model)


class TenantQuerySet(models.QuerySet[M]):
    """Rows of one clinic at a time."""

    def for_clinic(self, clinic: Any) -> Self:
        """The rows of this clinic (a Clinic or its id) and of no other."""
        return self.filter(clinic=clinic)


class TenantModel(models.Model):
    """A row of one clinic. Its references to other rows are held inside the clinic by the database."""

    clinic = models.ForeignKey(
        "clinics.Clinic", on_delete=models.PROTECT, verbose_name=_("clinic"), related_name="+", db_index=False
    )

    class Meta:
        abstract = True
