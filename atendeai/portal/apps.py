"""The portal's place in Django."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages that join the apps."""

    name = "atendeai.portal"
    label = "portal"
    verbose_name = "AtendeAí"

    def ready(self) -> None:
        """Puts our site in the place of Unfold's, before the apps register their pages."""
        from django.contrib import admin
        from django.contrib.admin import sites

        from atendeai.portal.site import PortalSite

        admin.site = sites.site = PortalSite()
