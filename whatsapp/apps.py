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
        from clinics import alerts, outages, trials
        from whatsapp import (
            account_errors,
            gauges,
            history,
            media,
            notices,
            number_health,
            outbox,
            phone_book,
            preferences,
            receivers,
            refusals,
            template_alerts,
            template_sync,
        )
        from whatsapp.number_health import words as number_words
        from whatsapp.payloads import Kind

        receivers.connect()
        gauges.register()
        number_words.register()
        notices.register(Kind.ACCOUNT, number_health.apply_notice)
        notices.register(Kind.PREFERENCE, preferences.apply_notice)
        notices.register(Kind.HISTORY, history.apply_notice)
        notices.register(Kind.APP_STATE, phone_book.apply_notice)
        notices.register(Kind.ERROR, account_errors.apply_notice)
        refusals.register()
        refusals.on(preferences.REFUSED, preferences.heed_refusal)
        preferences.register_alert()
        history.register_alert()
        alerts.register(media.DISK_ALERT, alerts.Kind(words=lambda _alert: NO_ROOM))
        template_alerts.register()
        outages.register("whatsapp", hurry=outbox.hurry, count=outbox.count_waiting)
        trials.register("whatsapp", number_health.make_trial)
        notices.register(Kind.TEMPLATE, template_sync.apply_notice)
        for code in template_sync.TELLING_CODES:
            refusals.on(code, template_sync.heed_refusal)
