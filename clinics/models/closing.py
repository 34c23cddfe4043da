"""What was set aside and needs nothing more: who said so, when, and why. The audit says it as well."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics.models.user import User


class CloseReason(models.TextChoices):
    """Why somebody put it away. Words to choose from: free text would gather patients' names."""

    SETTLED = "settled", _("settled in another way")
    NOT_NEEDED = "not_needed", _("no longer needed")
    TEST = "test", _("a test, or a repeat")
    LEFT = "left", _("left as it is")


class Closable(models.Model):
    """A row of a queue that a person may put away instead of having it tried again."""

    closed_at = models.DateTimeField(null=True, editable=False)
    closed_reason = models.CharField(
        max_length=12, choices=CloseReason.choices, blank=True, default="", db_default="", editable=False
    )
    # NULL: by a command.
    closed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False, editable=False
    )

    class Meta:
        abstract = True


# As a row is before anybody has put it away, and once it is tried again.
NOT_CLOSED: dict[str, Any] = {"closed_at": None, "closed_reason": "", "closed_by": None}


class Lossy(models.Model):
    """A row whose work calls nobody and so needs no lease: a lock holds it. But a worker that is killed inside leaves
    no trace, and what kills its worker would do so for ever. `begun` counts what was begun and not ended."""

    begun = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    begun_at = models.DateTimeField(null=True, editable=False)
    # The database's process of that worker's connection: it ends with the worker.
    begun_by = models.IntegerField(null=True, editable=False)

    class Meta:
        abstract = True
