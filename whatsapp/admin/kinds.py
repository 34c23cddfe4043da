"""What came, in words, when it is no plain text: the kind of message, a line about the person, where they come from."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from whatsapp.admin.words import type_words
from whatsapp.models import Message
from whatsapp.payloads import Incoming, incoming

# Kinds that are nobody's words.
LINES = ("system", "request_welcome", "call")
_LINES: dict[str, Promise] = {
    "user_changed_number": gettext_lazy("The person changed their number on WhatsApp."),
    "customer_changed_number": gettext_lazy("The person changed their number on WhatsApp."),
    "user_changed_user_id": gettext_lazy("WhatsApp gave this person a new id."),
    "customer_identity_changed": gettext_lazy(
        "The person's security code on WhatsApp changed: perhaps a new telephone."
    ),
}
_UNSUPPORTED: dict[str, Promise] = {
    "poll": gettext_lazy("poll"),
    "edit": gettext_lazy("edited message"),
    "button": gettext_lazy("button"),
    "event": gettext_lazy("event"),
    "list": gettext_lazy("list"),
    "video_note": gettext_lazy("video note"),
}
_SPEAK_FOR_THEMSELVES = frozenset({"text", "button", "button_reply", "list_reply"})


def is_line(message: Message) -> bool:
    """Whether it is nobody's words."""
    return message.type in LINES


def line_words(message: Message, said: Incoming) -> str:
    """What the provider tells about the person."""
    if message.type == "call":
        return _("The person called.")
    if said.type == "request_welcome":
        return _("The person opened the chat.")
    return str(_LINES.get(said.subtype) or _("WhatsApp has news about this person."))


def note_words(message: Message, content: dict[str, Any]) -> str:
    """What kind of message it is; "" when its text says all."""
    said = incoming(content)
    kind = said.subtype if said.type == "interactive" and said.subtype else message.type
    if kind in _SPEAK_FOR_THEMSELVES and message.body:
        return ""
    if kind == "call_permission_reply":
        return _call_permission(content)
    if kind == "unsupported" and said.subtype:
        what = _UNSUPPORTED.get(said.subtype, said.subtype)
        return _("A kind of message WhatsApp does not pass on: %(kind)s") % {"kind": what}
    if any(card.is_answer for card in said.cards):
        return _("Phone given through WhatsApp")
    return type_words(kind)


def origin_words(said: Incoming) -> str:
    """The advertisement it came from, or that it was passed on."""
    if said.referral is not None:
        headline = said.referral.headline or said.referral.body[:120]
        is_ad = said.referral.source_type != "post"
        words = _("Came from the advertisement: %(headline)s") if is_ad else _("Came from the post: %(headline)s")
        return words % {"headline": headline or "—"}
    return {"once": _("Forwarded"), "often": _("Forwarded many times")}.get(said.forwarded, "")


def _call_permission(content: dict[str, Any]) -> str:
    reply = content["interactive"].get("call_permission_reply")
    is_accepted = isinstance(reply, dict) and reply.get("response") == "accept"
    return _("Allowed the clinic to call") if is_accepted else _("Does not want to be called")
