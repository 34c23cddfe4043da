"""Why is a file not taken, in words that name the limit?"""

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from whatsapp.media.kinds import SENT_BYTES, STILL_STICKER_BYTES, TYPES, WrongFile

_KINDS: dict[str, Promise] = {
    "image": gettext_lazy("Photos may have at most %(most)s on WhatsApp."),
    "video": gettext_lazy("Videos may have at most %(most)s on WhatsApp."),
    "audio": gettext_lazy("Audio files may have at most %(most)s on WhatsApp."),
    "document": gettext_lazy("Documents may have at most %(most)s on WhatsApp."),
    "sticker": gettext_lazy("Stickers may have at most %(most)s on WhatsApp."),
}


def no_room_words() -> str:
    """When the disk is full."""
    return _("There is no room for files at the moment. Please try again later.")


def limits() -> dict[str, dict[str, object]]:
    """By type, what a browser can judge before it uploads: the most bytes, and the words for more."""
    most = SENT_BYTES | {"sticker": max(SENT_BYTES["sticker"], STILL_STICKER_BYTES)}
    return {
        mime_type: {"most": most[kind], "words": wrong_file_words(WrongFile("size", kind=kind, most_bytes=most[kind]))}
        for kind, types in TYPES.items()
        for mime_type in types
    }


def wrong_file_words(wrong: WrongFile) -> str:
    """For people at the clinic and for programs."""
    if wrong.code == "empty":
        return _("The file is empty.")
    if wrong.code == "size":
        return str(_KINDS[wrong.kind]) % {"most": filesizeformat(wrong.most_bytes)}
    return _(
        "WhatsApp does not take this type of file. It takes JPEG and PNG pictures, MP4 and 3GP videos, "
        "AAC, AMR, MP3, M4A and OGG audio, and PDF, text and Office documents."
    )
