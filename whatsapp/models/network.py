"""From which networks does Meta call? As its own list says, refreshed by the operator."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AllowedNetwork(models.Model):
    """One network. Belongs to the installation: Meta calls for every clinic."""

    cidr = models.CharField(max_length=49, unique=True)
    listed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("network of Meta")
        verbose_name_plural = _("networks of Meta")

    def __str__(self) -> str:
        return self.cidr
