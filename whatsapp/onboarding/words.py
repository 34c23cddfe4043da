"""How is a step said to the clinic: what it is, how it stands, and what to do? Also for `check_clinic`."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from whatsapp.models import MessageState
from whatsapp.number_health.words import problem_words, stopped_words
from whatsapp.onboarding.steps import State, Step

TITLES: dict[str, Promise] = {
    "token": _("Access token"),
    "number": _("The number belongs to the account"),
    "verified": _("Number verified at Meta"),
    "registered": _("Number registered on the platform"),
    "subscribed": _("Messages are passed on to AtendeAí"),
    "webhook": _("Messages arrive at the right address"),
    "name": _("Display name"),
    "health": _("Free to send"),
    "test": _("Test message"),
    "inbound": _("Message received"),
}
TONES: dict[State, str] = {
    State.DONE: "success",
    State.WAITING: "warning",
    State.MISSING: "danger",
    State.UNKNOWN: "neutral",
    State.NO_ANSWER: "warning",
}
PILLS: dict[State, Promise] = {
    State.DONE: _("done"),
    State.WAITING: _("waiting"),
    State.MISSING: _("missing"),
    State.UNKNOWN: _("not checked"),
    State.NO_ANSWER: _("no answer"),
}
_DONE: dict[str, Promise] = {
    "token": _("Valid; it may manage the account and send messages."),
    "number": _("The number is in this WhatsApp account."),
    "verified": _("Meta has confirmed that the number is the clinic's."),
    "registered": _("The number is connected."),
    "subscribed": _("The account passes its messages on to us."),
    "webhook": _("Meta delivers the number's messages here."),
    "name": _("Approved: «%(detail)s»."),
    "health": _("Meta reports no problem."),
    "test": _("The test message arrived."),
    "inbound": _("Messages come in."),
}
_WORDS: dict[str, Promise] = {
    # Meta did not say
    "no_answer": _("Meta did not answer in time. Nothing is lost: try this step again in a moment."),
    "throttled": _("Meta asks for a pause: too many questions about this account. Try again in a few minutes."),
    "refused_token": _("Meta refuses the access token: give a new one first."),
    "forbidden": _(
        "Meta does not let this token do that. Give the system user full control of the WhatsApp account, and the "
        "permissions whatsapp_business_management and whatsapp_business_messaging."
    ),
    "out_of_reach": _(
        "Meta finds nothing under this id that the token may see. Compare the id with WhatsApp Manager, and see that "
        "the system user has the account among its assets."
    ),
    # token
    "refused": _(
        "Meta refuses this token: it has expired, was withdrawn, or is not complete. Make a new one for the system "
        "user and type it again."
    ),
    "reaches": _("Valid; it reaches the account."),
    "not_configured": _("There is no access token yet. Type the one of the system user at Meta."),
    "no_permission_to_send": _(
        "The token may manage the account but not send. Make a new one with the permission whatsapp_business_messaging."
    ),
    "other_account": _(
        "This token does not reach the account of the number %(detail)s, which the clinic uses already. One token "
        "serves the whole clinic: make one of a system user that has both WhatsApp accounts."
    ),
    "from_environment": _("The token comes from the server's settings; it is changed there, not here."),
    # number
    "no_account": _("The id of the WhatsApp Business account is missing: type it under «At Meta» and save."),
    "not_in_account": _(
        "This number is not in this WhatsApp account. Compare both ids with WhatsApp Manager: the number's id is not "
        "the telephone number."
    ),
    "belongs_to_another_clinic": _(
        "This number is connected to AtendeAí already and cannot be connected again. If it is the clinic's, write to "
        "our support."
    ),
    # verified, registered
    "not_verified": _("Verify the number in WhatsApp Manager: Meta sends a code by SMS or by call."),
    "coexistence": _("Not needed: the number is also on the WhatsApp Business app."),
    "bad_pin": _("The PIN has six digits."),
    "register_133005": _(
        "This is not the number's PIN. It was chosen when the number was first registered; it can be changed in "
        "WhatsApp Manager, under Two-step verification."
    ),
    "register_133006": _("Verify the number first, in WhatsApp Manager: Meta sends a code by SMS or by call."),
    "register_133008": _(
        "Too many wrong PINs: Meta takes no more for now. Change the PIN in WhatsApp Manager or wait."
    ),
    "register_133009": _("Too quick for Meta: wait a few minutes and try again."),
    "register_133016": _("Meta lets a number be registered ten times in 72 hours. Wait, then try again."),
    "not_registered_yet": _(
        "Type a PIN of six digits: the number's own if it has one already, else a new one. Keep it; we do not."
    ),
    # subscribed, webhook
    "not_subscribed": _("Meta still passes nothing on. Try again; if it stays so, write to our support."),
    "elsewhere": _("Meta delivers the messages to %(detail)s. Have them delivered here."),
    "nowhere": _("Meta names no address for the messages. Have them delivered here."),
    "not_confirmed": _(
        "Meta called our address and did not get the answer it expects. Write to our support: the server's address or "
        "its verify token is not right."
    ),
    # name, health
    "name_pending": _("Meta is reviewing the name «%(detail)s». Until then you can write to fewer people."),
    "name_declined": _("Meta refused the name. Choose another one in WhatsApp Manager."),
    "name_missing": _("There is no approved name. Ask for one in WhatsApp Manager."),
    # test, inbound
    "no_test": _("Not sent yet. Type a telephone to send one."),
    "no_message": _("Nothing received yet. Write «oi» to the number from your own telephone."),
}
_TEST_STATES: dict[str, Promise] = {
    MessageState.QUEUED: _("In the queue: it goes out in a moment."),
    MessageState.SENDING: _("Going out now."),
    MessageState.UNKNOWN: _("WhatsApp did not answer: it may have arrived. Look at the telephone."),
    MessageState.SENT: _("WhatsApp has taken it and is delivering it."),
}
_NOT_ASKED = _("Not checked yet.")


def title(step: Step) -> str:
    """What the step is."""
    return str(TITLES[step.key])


def pill(step: Step) -> str:
    """How it stands, in a word."""
    return str(PILLS[step.state])


def words(step: Step) -> str:
    """How it stands, and what to do."""
    if step.key == "test" and step.code.startswith("failed_"):
        return failed_words(step.code.removeprefix("failed_"))
    if step.key == "test" and step.state == State.WAITING:
        return str(_TEST_STATES.get(step.code, ""))
    if step.code.startswith("problem_"):
        return problem_words(step.code.removeprefix("problem_"), step.detail)
    if step.code == "stopped":
        return stopped_words(step.detail)
    if step.key == "registered" and step.state == State.MISSING:
        return _registered(step)
    if step.state == State.DONE and step.code not in _WORDS:
        return str(_DONE[step.key]) % {"detail": step.detail}
    return code_words(step.code, step.detail)


def code_words(code: str, detail: str = "") -> str:
    """A finding's code in words."""
    found = _WORDS.get(code) or _NOT_ASKED
    return str(found) % {"detail": detail}


def failed_words(code: str) -> str:
    """Why the test message did not arrive."""
    told = {
        "132001": _("The account has no template «hello_world»: write «oi» to the number first, then try again."),
        "131026": _("This telephone cannot be reached on WhatsApp."),
        "131030": _("It is a test number of Meta's: add the telephone to its list of recipients first."),
        "131047": _("More than 24 hours since that person wrote: write «oi» to the number first, then try again."),
    }
    return str(told.get(code) or _("WhatsApp refused it (code %(code)s).") % {"code": code})


def _registered(step: Step) -> str:
    if step.code == "not_registered":
        return code_words("not_registered_yet")
    return code_words(step.code) if step.code in _WORDS else stopped_words(step.code)
