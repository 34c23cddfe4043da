"""A template as a person writes it: the form, and how its fields become a draft."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from whatsapp.admin import template_words
from whatsapp.cloud_api.template_drafts import (
    MARKETING,
    PHONE_NUMBER,
    QUICK_REPLY,
    URL,
    UTILITY,
    Draft,
    DraftButton,
    Problem,
    problems,
)
from whatsapp.starter_templates import EXAMPLES, LANGUAGE

LANGUAGES = [(code, template_words.LANGUAGES[code]) for code in ("pt_BR", "en_US", "es")]
# A marketing message without a way out is refused by the law before WhatsApp sees it.
WAYS_OUT = ("sair", "parar", "não quero receber", "cancelar o recebimento", "descadastrar", "stop", "unsubscribe")
FIELDS = {"buttons.text": "buttons", "buttons.target": "buttons"}


def _area(rows: int) -> UnfoldAdminTextareaWidget:
    return UnfoldAdminTextareaWidget(attrs={"rows": rows})


class DraftForm(forms.Form):
    """Name and language of a template that is there cannot change."""

    name = forms.CharField(
        label=_("Name"),
        max_length=600,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("For you and WhatsApp, patients never see it: small letters, digits and _."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, widget=UnfoldAdminSelectWidget())
    category = forms.ChoiceField(
        label=_("Category"),
        choices=[(UTILITY, _("Utility: about an appointment")), (MARKETING, _("Marketing: news and offers"))],
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Marketing costs more, needs a way to opt out, and never goes to who does not want it."),
    )
    header = forms.CharField(
        label=_("Header"),
        required=False,
        max_length=400,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Optional, in bold above the text; at most 60 characters."),
    )
    body = forms.CharField(
        label=_("Text"),
        max_length=4000,
        widget=_area(8),
        help_text=_(
            "At most 1,024 characters. These fill themselves: {{paciente}}, {{clinica}}, {{servico}}, {{profissional}},"
            " {{quando}}. *bold*, _italic_."
        ),
    )
    footer = forms.CharField(
        label=_("Footer"),
        required=False,
        max_length=400,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Optional, small and grey below the text; at most 60 characters."),
    )
    buttons = forms.CharField(
        label=_("Buttons"),
        required=False,
        max_length=30_000,
        widget=_area(3),
        help_text=_(
            "One a line, at most 10. A link: Ver mapa | https://clinica.com.br. A call: Ligar | +551130000000."
            " «Confirmar», «Remarcar» and «Cancelar» act on the appointment by themselves."
        ),
    )
    examples = forms.CharField(
        label=_("Examples of your own variables"),
        required=False,
        max_length=8000,
        widget=_area(2),
        help_text=_("One a line, as: convenio = Bradesco. Only for variables that do not fill themselves."),
    )

    def clean(self) -> dict[str, Any]:
        """Meta's creation limits, each at its field."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        # An error at a field takes its value away: the draft comes first.
        draft = self.draft()
        for found in problems(draft):
            self.add_problem(found)
        text = " ".join((draft.body, draft.footer, *(button.text for button in draft.buttons))).lower()
        if draft.category == MARKETING and not any(word in text for word in WAYS_OUT):
            self.add_error("footer", _("Marketing needs a way out, as: Para não receber mais, responda SAIR."))
        return cleaned

    def add_problem(self, found: Problem) -> None:
        """Where it is broken, and which limit."""
        self.add_error(FIELDS.get(found.field, found.field), template_words.problem(found))

    def draft(self) -> Draft:
        """What was written."""
        told = self.cleaned_data
        return Draft(
            name=told["name"].strip(),
            language=told["language"],
            category=told["category"],
            body=_clean(told["body"]),
            header=told["header"].strip(),
            footer=told["footer"].strip(),
            buttons=tuple(_button(line) for line in told["buttons"].splitlines() if line.strip()),
            examples={**EXAMPLES, **dict(_pairs(told["examples"]))},
        )


def initial_of(draft: Draft) -> dict[str, str]:
    """A template that is there, as the form shows it."""
    lines = [f"{one.text} | {one.target}" if one.target else one.text for one in draft.buttons]
    own = {name: value for name, value in draft.examples.items() if EXAMPLES.get(name) != value}
    return {
        "name": draft.name,
        "language": draft.language or LANGUAGE,
        "category": draft.category or UTILITY,
        "header": draft.header,
        "body": draft.body,
        "footer": draft.footer,
        "buttons": "\n".join(lines),
        "examples": "\n".join(f"{name} = {value}" for name, value in own.items()),
    }


def _clean(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").strip()


def _button(line: str) -> DraftButton:
    title, sign, target = (part.strip() for part in line.partition("|"))
    if not sign:
        return DraftButton(QUICK_REPLY, title)
    return DraftButton(URL if "/" in target or "." in target else PHONE_NUMBER, title, target)


def _pairs(text: str) -> list[tuple[str, str]]:
    parts = (line.partition("=") for line in text.splitlines())
    return [(name.strip().strip("{}"), value.strip()) for name, sign, value in parts if sign]
