"""The portal's place in Django."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages that join the apps."""

    name = "atendeai.portal"
    label = "portal"
    verbose_name = "AtendeAí"
