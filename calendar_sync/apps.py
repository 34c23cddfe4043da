"""The calendar's place in Django."""

from django.apps import AppConfig


class CalendarSyncConfig(AppConfig):
    """Appointments out to Google, and the linking that lets them."""

    name = "calendar_sync"
    verbose_name = "Google Agenda"

    def ready(self) -> None:
        """Listens to the domain, and shows its queue to the metrics."""
        from atendeai.metrics import register_queue
        from calendar_sync import receivers, writes

        receivers.connect()
        register_queue("calendar", writes.reading)
