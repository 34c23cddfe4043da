"""The domain's place in Django."""

from typing import Any

from celery.signals import worker_init
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicsConfig(AppConfig):
    """Clinics, their people, hours, patients and appointments."""

    name = "clinics"
    verbose_name = _("clinic")

    def ready(self) -> None:
        """A worker with the wrong keys must not start: it would fail at every credential."""
        worker_init.connect(_check_keys, weak=False, dispatch_uid="clinics-check-keys")


def _check_keys(**_: Any) -> None:
    from clinics import credentials

    credentials.check_keys()
