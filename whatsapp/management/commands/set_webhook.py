"""`set_webhook --clinic SLUG`: where Meta sends the clinic's messages, set and asked back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from atendeai.common.errors import IntegrationError
from clinics.models import Clinic
from whatsapp import callbacks
from whatsapp.models import Number
from whatsapp.service import WhatsAppService


class Command(BaseCommand):
    """Subscribes the account first; fails when Meta does not confirm the address."""

    help = "Have Meta send a clinic's messages to this installation (or to --url), and ask it back."

    def add_arguments(self, parser: CommandParser) -> None:
        """Without --url: the clinic's own path of this installation. --url '' takes the address away."""
        parser.add_argument("--clinic", required=True, metavar="SLUG")
        parser.add_argument("--url", default=None)
        parser.add_argument("--level", choices=callbacks.LEVELS, default="account")
        parser.add_argument("--number", default="", metavar="PHONE_NUMBER_ID", help="of a clinic with several numbers")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for what was set, one for what goes elsewhere."""
        clinic = Clinic.objects.filter(slug=options["clinic"], is_active=True).first()
        if clinic is None:
            raise CommandError(_("There is no clinic with the slug %(slug)s.") % {"slug": options["clinic"]})
        url = callbacks.default_url(clinic) if options["url"] is None else options["url"]
        try:
            setting = WhatsAppService(clinic.pk).set_webhook(
                url,
                callbacks.verify_token_of(clinic) if url else "",
                level=options["level"],
                number=self._number(clinic, options["number"]),
            )
        except IntegrationError as error:
            raise CommandError(str(error)) from error
        self._tell(setting)

    def _number(self, clinic: Clinic, phone_number_id: str) -> Number | None:
        if not phone_number_id:
            return None
        found = Number.objects.for_clinic(clinic).filter(phone_number_id=phone_number_id).first()
        if found is None:
            raise CommandError(_("The clinic has no number %(id)s.") % {"id": phone_number_id})
        return found

    def _tell(self, setting: callbacks.WebhookSetting) -> None:
        if not setting.is_confirmed:
            raise CommandError(
                _("Meta does not confirm the address. It names: %(levels)s") % {"levels": setting.levels}
            )
        where = setting.url or _("the next wider level's address")
        self.stdout.write(
            _("Meta confirms, for %(level)s %(id)s: %(fields)s → %(where)s")
            % {"level": setting.level, "id": setting.target_id, "fields": ", ".join(setting.fields), "where": where}
        )
        if setting.overruled_by:
            self.stdout.write(
                _("But the number's own address goes before it: %(own)s. Take it away with --level number --url ''.")
                % {"own": setting.overruled_by}
            )
        self.stdout.write(
            _("Everything else goes to the Meta app's address (%(app)s), whatever is set here: %(fields)s")
            % {"app": setting.app_url or "?", "fields": ", ".join(setting.other_fields)}
        )
