"""What became otherwise about a number, and when?"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics.models import TenantModel, TenantQuerySet
from whatsapp.models.number import Number


class NumberChange(TenantModel):
    """That something about a number became otherwise: the latest ones are kept, for its page."""

    number = models.ForeignKey(Number, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    what = models.CharField(max_length=40)
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)
    # "check", "notice" or "person".
    source = models.CharField(max_length=10)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a number")
        verbose_name_plural = _("changes of numbers")
        indexes = [models.Index(fields=["number", "-id"])]

    def __str__(self) -> str:
        return f"{self.what} {self.pk}"
