"""The domain's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicsConfig(AppConfig):
    """Clinics, their people, hours, patients and appointments."""

    name = "clinics"
    verbose_name = _("clinic")
