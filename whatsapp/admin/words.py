"""What do Meta's codes and our states mean, in words a receptionist can act on?"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from whatsapp.models import Message
from whatsapp.payloads import Kind

_ERRORS: dict[str, Promise] = {
    "131047": _("More than 24 hours since the patient's last message: WhatsApp does not take free text any more."),
    "131026": _("This number cannot be reached on WhatsApp."),
    "131049": _("WhatsApp held the message back to protect the patient from too many messages."),
    "131050": _("The patient does not want such messages."),
    "131053": _("The attached file could not be sent."),
    "131042": _("There is a payment problem in the clinic's WhatsApp account."),
    "131031": _("WhatsApp has locked the clinic's account."),
    "131056": _("Too many messages to this patient in a short time; it will be tried again."),
    "130429": _("Too many messages at once; it will be tried again."),
    "190": _("WhatsApp's access token is no longer valid: give a new one under «WhatsApp numbers»."),
    "0": _("WhatsApp's access token could not be read: give a new one under «WhatsApp numbers»."),
    "131048": _("WhatsApp has limited the number after complaints by patients."),
    "131037": _("The number's display name is not approved by WhatsApp yet."),
    "131030": _(
        "The number is a test number: WhatsApp only takes recipients of its list. Put the patient's number there with "
        "and without the ninth digit."
    ),
    "131062": _("This message needs the patient's phone number, which WhatsApp hides: ask for it."),
    "137000": _("The patient's WhatsApp has a new security code: make sure that it is still them, and write again."),
    "132068": _("WhatsApp has blocked the form."),
    "132069": _("WhatsApp lets the form be sent ten times an hour only; it will be tried again."),
    "131000": _("Something went wrong at WhatsApp."),
    "368": _("WhatsApp has locked the clinic's account."),
    "too_late": _("It could not be sent for a day, and was not sent late."),
    "circuit_open": _("WhatsApp is not answering; the message goes out by itself."),
    "appointment_over": _("The appointment has passed."),
    "outcome_unknown": _("WhatsApp did not answer: the message may have arrived or not."),
    "WHATSAPP_ACCESS_TOKEN": _("No access token is stored for this clinic's number."),
    "content": _("The message does not fit WhatsApp's limits."),
    "132000": _("The template needs other values than were given."),
    "132001": _("WhatsApp has no approved template of this name."),
    "132012": _("The template needs its values in another form."),
    "132015": _("WhatsApp has paused this template."),
    "132016": _("WhatsApp has disabled this template."),
    "no_longer_true": _("The appointment had changed before the reminder could go out."),
}
_REASONS: dict[str, Promise] = {
    "asked": _("asked for a person"),
    "question": _("has a question the assistant cannot answer"),
    "health": _("wrote about their health"),
    "urgent": _("may be urgent"),
    "not_understood": _("the assistant did not understand"),
    "file": _("sent a file for the team"),
    "form": _("filled in a form"),
    "phone": _("answered on the clinic's telephone"),
    "calendar_unknown": _("Google did not answer: confirm the time the patient chose"),
    "nothing_to_offer": _("there is no service to offer"),
}
_REFUSALS: dict[str, Promise] = {
    "empty": _("Write the answer first."),
    "too_long": _("The answer is too long: at most 4,096 characters."),
    "template": _("WhatsApp does not take this template at the moment: choose another one."),
    "value": _("Fill in every value of the template, each on one line."),
    "window_closed": _("More than 24 hours since the patient's last message: WhatsApp no longer takes free text."),
    "gone": _("This message is no longer at WhatsApp."),
    "too_old": _("WhatsApp takes no reaction to a message of more than 30 days ago."),
    "no_emoji": _("A reaction is one emoji."),
    "no_place": _("Set the clinic's place on the map first, in the clinic's settings."),
    "caption_too_long": _("The text under a file may have at most 1,024 characters."),
}
_TYPES: dict[str, Promise] = {
    "image": _("Photo"),
    "audio": _("Voice message"),
    "voice": _("Voice message"),
    "video": _("Video"),
    "document": _("Document"),
    "sticker": _("Sticker"),
    "location": _("Location"),
    "contacts": _("Contact card"),
    "reaction": _("Reaction"),
    "order": _("Order"),
    "nfm_reply": _("Filled-in form"),
    "interactive": _("An answer WhatsApp did not pass on"),
    "media_placeholder": _("A file from before the number was connected"),
    "call_permission_reply": _("Answer about calls"),
    "unsupported": _("A kind of message WhatsApp does not pass on"),
}
ITEM_KINDS: dict[str, Promise] = {
    Kind.MESSAGE: _("A patient's message"),
    Kind.STATUS: _("A report about a message sent"),
    Kind.ECHO: _("A message sent from the telephone"),
    Kind.STANDBY: _("A message that Meta's assistant answers"),
    Kind.STANDBY_ECHO: _("An answer of Meta's assistant"),
    Kind.ERROR: _("An error told by WhatsApp"),
    Kind.PREFERENCE: _("A patient's wish about marketing"),
    Kind.TEMPLATE: _("A notice about a template"),
    Kind.ACCOUNT: _("A notice about the account"),
    Kind.HISTORY: _("Messages from before"),
    Kind.APP_STATE: _("A contact of the telephone's book"),
    Kind.FLOWS: _("A notice about forms"),
    Kind.CALL: _("A telephone call"),
    Kind.GROUP: _("Something in a group"),
    Kind.KEPT: _("A notice kept without effect"),
    Kind.UNKNOWN: _("Something new of WhatsApp's"),
}


def state_words(message: Message) -> str:
    """How far an outgoing message came."""
    return str(_("Gave up")) if message.has_given_up else str(message.get_state_display())


def error_words(code: str) -> str:
    """Why a message was not delivered; "" for no code."""
    if not code:
        return ""
    return str(_ERRORS.get(code) or _("WhatsApp refused it (code %(code)s).") % {"code": code})


def reason_words(code: str) -> str:
    """Why a person is needed."""
    return str(_REASONS.get(code, "")) if code else ""


def refusal_words(code: str) -> str:
    """Why an answer was not taken."""
    return str(_REFUSALS[code])


def item_words(kind: str) -> str:
    """What kind of thing WhatsApp sent; newer code may have stored one that is not known here."""
    return str(ITEM_KINDS.get(kind, ITEM_KINDS[Kind.UNKNOWN]))


def type_words(kind: str) -> str:
    """What came instead of text."""
    return str(_TYPES.get(kind, _("A message of another kind")))


def count_words(count: int, most: int) -> str:
    """A number that was counted no further than one above `most`."""
    return f"{most:,}+".replace(",", ".") if count > most else str(count)
