"""What do Meta's words about templates mean, in words a receptionist can act on?"""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from whatsapp.cloud_api.template_drafts import Problem

# state → tone and words
STATES: dict[str, tuple[str, Promise]] = {
    "APPROVED": ("success", _("approved")),
    "PENDING": ("info", _("in review")),
    "IN_APPEAL": ("info", _("in review again")),
    "REJECTED": ("danger", _("not approved")),
    "PAUSED": ("warning", _("paused")),
    "DISABLED": ("danger", _("disabled")),
    "LOCKED": ("warning", _("locked")),
    "LIMIT_EXCEEDED": ("warning", _("limit reached")),
    "ARCHIVED": ("default", _("archived")),
    "PENDING_DELETION": ("default", _("being deleted")),
    "DELETED": ("default", _("deleted")),
}
# What one reads below the state.
MEANINGS: dict[str, Promise] = {
    "PENDING": _("WhatsApp is reading it. This takes minutes, at most a day; this page shows the result."),
    "REJECTED": _("WhatsApp did not approve it."),
    "PAUSED": _("Patients blocked or reported it. It goes on by itself after 3 hours, the second time after 6."),
    "DISABLED": _("WhatsApp disabled it for good, after pauses. Create another one."),
}
CATEGORIES: dict[str, Promise] = {
    "UTILITY": _("utility"),
    "MARKETING": _("marketing"),
    "AUTHENTICATION": _("authentication"),
}
# Those that clinics in Brazil meet; Meta's code for all others.
LANGUAGES: dict[str, Promise] = {
    "pt_BR": _("Portuguese (Brazil)"),
    "pt_PT": _("Portuguese (Portugal)"),
    "en": _("English"),
    "en_US": _("English (USA)"),
    "en_GB": _("English (United Kingdom)"),
    "es": _("Spanish"),
    "es_AR": _("Spanish (Argentina)"),
    "es_ES": _("Spanish (Spain)"),
    "es_MX": _("Spanish (Mexico)"),
    "fr": _("French"),
    "it": _("Italian"),
    "de": _("German"),
    "ja": _("Japanese"),
}
# What stands above a template's text instead of words.
_HEADERS: dict[str, Promise] = {
    "IMAGE": _("Photo"),
    "VIDEO": _("Video"),
    "GIF": _("Animation"),
    "DOCUMENT": _("Document"),
    "LOCATION": _("Location"),
    "PRODUCT": _("Product"),
}
QUALITIES: dict[str, tuple[str, Promise]] = {
    "GREEN": ("success", _("high")),
    "YELLOW": ("warning", _("medium")),
    "RED": ("danger", _("low")),
}
_REASONS: dict[str, Promise] = {
    "INVALID_FORMAT": _("Variables, links or the layout are not as WhatsApp asks for."),
    "PROMOTIONAL": _("The text sells or praises something: that belongs to marketing."),
    "TAG_CONTENT_MISMATCH": _("The text does not fit its category or language."),
    "ABUSIVE_CONTENT": _("WhatsApp finds the text against its policies."),
    "SCAM": _("WhatsApp suspects a fraud."),
    "INCORRECT_CATEGORY": _("The category is not the right one for this text."),
}
_CHANGES: dict[str, Promise] = {
    "status": _("State"),
    "quality": _("Quality"),
    "category": _("Category"),
    "category_soon": _("Category soon"),
    "content": _("New content"),
    "submitted": _("Sent for review"),
}
_PROBLEMS: dict[str, Promise] = {
    "empty": _("Write something here."),
    "too_long": _("At most %(limit)s characters."),
    "characters": _("Only small letters without accents, digits and _."),
    "taken": _("There is a template of this name in this language already."),
    "hourly": _("WhatsApp takes at most %(limit)s new templates an hour. Try again later."),
    "not_editable": _("It cannot be changed while WhatsApp reviews it or after it was disabled."),
    "beyond_us": _("This template was made in WhatsApp Manager and has parts that can only be changed there."),
    "not_known": _(
        "WhatsApp has not told us what this template says. It can be changed once the list was compared with WhatsApp."
    ),
    "unknown": _("This is not one of the possible values."),
    "leading_variable": _("A variable cannot be at the very beginning: write a word before it."),
    "trailing_variable": _("A variable cannot be at the very end: write a word or a full stop after it."),
    "adjacent_variables": _("Two variables cannot stand side by side: write a word between them."),
    "too_few_words": _("Too many variables for so few words: WhatsApp wants more text around them."),
    "line_break": _("The header has one line only."),
    "too_many_variables": _("At most %(limit)s variables here."),
    "variable_name": _("A variable's name has small letters, digits and _ only, and begins with a letter."),
    "braces": _("Write a variable as {{name}}, with two braces on each side."),
    "too_many": _("At most %(limit)s."),
    "repeats": _("Two buttons have the same label."),
    "address": _("Use a full address, as https://clinica.com.br."),
    "phone": _("Use a phone number with country code, as +551130000000."),
    "missing": _("Give an example for each variable: WhatsApp's reviewers need it."),
}
_PARTS: dict[str, Promise] = {"buttons.text": _("Label"), "buttons.target": _("Address or number")}


def state(status: str) -> tuple[str, str]:
    """Tone and words; Meta's own word when it is a new one."""
    tone, words = STATES.get(status, ("default", status))
    return tone, str(words)


def meaning(status: str, *, is_editable: bool, is_beyond_us: bool) -> str:
    """What its state means for this reader; "" for a state that needs no words."""
    if status == "REJECTED" and is_editable:
        return str(_("WhatsApp did not approve it. Change it and send it again."))
    if status == "REJECTED" and is_beyond_us:
        return str(
            _("WhatsApp did not approve it. Change it in WhatsApp Manager, or delete it and make a new one here.")
        )
    return str(MEANINGS.get(status, ""))


def quality(score: str) -> tuple[str, str]:
    """Tone and words; a dash before Meta has an opinion."""
    tone, words = QUALITIES.get(score, ("default", "—"))
    return tone, str(words)


def category(name: str) -> str:
    """In words."""
    return str(CATEGORIES.get(name, name))


def language(code: str) -> str:
    """In words."""
    return str(LANGUAGES.get(code, code))


def header(kind: str) -> str:
    """What its header shows beside text; "" for none."""
    return str(_HEADERS.get(kind, _("File"))) if kind else ""


def reason(code: str) -> str:
    """Why Meta did not approve it; "" for no reason."""
    return str(_REASONS.get(code, code)) if code else ""


def change(what: str, before: str, after: str) -> str:
    """A line of the history."""
    label = str(_CHANGES.get(what, what))
    if what in ("content", "submitted"):
        return label
    readers: dict[str, Callable[[str], str]] = {
        "status": lambda word: state(word)[1],
        "quality": lambda word: quality(word)[1],
    }
    read = readers.get(what, category)
    return f"{label}: {read(before)} → {read(after)}" if before else f"{label}: {read(after)}"


def problem(found: Problem) -> str:
    """Which limit is broken, for the person at the form."""
    words = str(_PROBLEMS.get(found.code, found.code)) % {"limit": found.limit}
    part = _PARTS.get(found.field)
    return f"{part}: {words}" if part else words
