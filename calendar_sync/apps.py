"""The calendar's place in Django."""

from django.apps import AppConfig


class CalendarSyncConfig(AppConfig):
    """Appointments out to Google, and the linking that lets them."""

    name = "calendar_sync"
    verbose_name = "Google Agenda"

    def ready(self) -> None:
        """Listens to the domain, tells it where appointments stand, and shows the queue to the metrics."""
        from atendeai.metrics import register_queue
        from calendar_sync import alert_words, last_look, receivers, service, timetable, touched, trial, writes
        from clinics import calendar_looks, outages, trials
        from clinics.api.appointment_extras import register_calendar_states

        receivers.connect()
        alert_words.register()
        outages.register("google", hurry=writes.hurry_all, count=writes.count_waiting)
        trials.register("google", trial.make_trial)
        register_calendar_states(service.appointment_calendars)
        calendar_looks.register(concerns=last_look.concerns, look=last_look.look)
        register_queue("calendar", writes.reading)
        register_queue("calendar_pulls", timetable.reading)
        register_queue("calendar_changes", touched.reading)
