"""Which limit does a content break, in the reader's language? The pure contents say it in English; here are the same
words for the translation.
"""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from whatsapp.cloud_api import ContentError

# Every wording of a ContentError; a test finds one that is missing.
WORDS = frozenset(
    {
        _("is empty"),
        _("is empty: leave it out"),
        _("is missing"),
        _("is not known"),
        _("is longer than %(most)s characters"),
        _("has no or more than %(most)s characters"),
        _("must start with https:// and have at most %(most)s characters"),
        _("must start with http:// or https:// and hold no spaces"),
        _("has none"),
        _("has more than %(most)s"),
        _("repeats"),
        _("exactly one of them is needed"),
        _("must be a number from -%(most)s to %(most)s"),
        _("must be from 0 to %(most)s"),
        _("must be one of %(words)s"),
        _("must be an object for the type %(kind)s"),
        _("must be a text or an object"),
        _("must be an object"),
        _("must be a list"),
        _("must be a text"),
        _("must be true or false"),
        _("must be a whole number"),
        _("must be a number"),
        _("must be one emoji, or empty"),
        _("must be YYYY-MM-DD"),
        _("must be an image, a video or a document"),
        _("may hold a-z, 0-9 and _ only"),
        _("are named all or none"),
        _("holds an emoji"),
        _("holds a NUL character"),
        _("has a line break, a tab or more than 4 spaces in a row"),
        _("a file in a header has none"),
        _("this kind of message has no file above it"),
        _("there is a header already"),
        _("is needed with data"),
        _("belongs to the action navigate only"),
        _("a reaction cannot answer a message"),
        _("is not a phone number"),
        _("is neither a phone number nor a user id"),
    }
)


def limit_words(error: ContentError) -> str:
    """The limit that is broken."""
    return gettext(error.words) % error.values if error.values else gettext(error.words)
