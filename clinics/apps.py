"""The domain's place in Django."""

from typing import Any

from celery.signals import worker_init
from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class ClinicsConfig(AppConfig):
    """Clinics, their people, hours, patients and appointments."""

    name = "clinics"
    verbose_name = _("clinic")

    def ready(self) -> None:
        """A worker with the wrong keys must not start: it would fail at every credential. Calls ask their circuits."""
        worker_init.connect(_check_keys, weak=False, dispatch_uid="clinics-check-keys")
        _guard_calls()


def _guard_calls() -> None:
    from atendeai.common import breaker, circuit
    from atendeai.metrics import register_circuits
    from clinics import alerts, outages

    for provider, kind in outages.ALERTS.items():
        words = outages.WORDS[provider]
        alerts.register(kind, alerts.Kind(words=lambda _alert, words=words: words, page=_integrations))  # type: ignore[misc]  # bound now
    circuit.install(breaker.breaker)
    breaker.watch(outages.note)
    register_circuits(outages.states)


def _check_keys(**_: Any) -> None:
    from clinics import credentials

    credentials.check_keys()


def _integrations(_alert: object) -> str:
    return reverse("admin:clinics_outage_changelist")
