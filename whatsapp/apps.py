"""The channel's place in Django."""

from django.apps import AppConfig


class WhatsAppConfig(AppConfig):
    """Deliveries in, the conversation, messages out."""

    name = "whatsapp"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        """Listens to the domain, and shows its queues to the metrics."""
        from whatsapp import gauges, receivers, refusals

        receivers.connect()
        gauges.register()
        refusals.register()
