"""Which words of Django's own Portuguese are misspelt? Ours goes before."""

from django.utils.translation import gettext_noop as _

WORDS = (_("Sat"),)
