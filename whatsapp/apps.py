"""The channel's place in Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

NO_ROOM = _("There is no room for files: what patients send waits until the operator makes room. No message is lost.")


class WhatsAppConfig(AppConfig):
    """Deliveries in, the conversation, messages out."""

    name = "whatsapp"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        """Listens to the domain, and shows its queues to the metrics."""
        from clinics import alerts
        from whatsapp import gauges, media, notices, number_health, receivers, refusals
        from whatsapp.number_health import words as number_words
        from whatsapp.payloads import Kind

        receivers.connect()
        gauges.register()
        number_words.register()
        notices.register(Kind.ACCOUNT, number_health.apply_notice)
        refusals.register()
        alerts.register(media.DISK_ALERT, alerts.Kind(words=lambda _alert: NO_ROOM))
