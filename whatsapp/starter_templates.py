"""Which templates does a clinic start with? One for each purpose, in Portuguese, with variables that fill themselves.

Pure. All are utility: nothing in them praises or sells, or Meta moves them to marketing. A purpose finds its template
by these names until the clinic chooses another one.
"""

from dataclasses import dataclass
from enum import StrEnum

from whatsapp.cloud_api.template_drafts import QUICK_REPLY, UTILITY, Draft, DraftButton

LANGUAGE = "pt_BR"


class Purpose(StrEnum):
    """What a template is for."""

    CONFIRMATION = "confirmation"
    REMINDER = "reminder"
    CHANGE = "change"
    CANCELLATION = "cancellation"
    WAITING_LIST = "waiting_list"
    SATISFACTION = "satisfaction"


# The variables that fill themselves from an appointment, each with the value that reviewers and previews see.
EXAMPLES = {
    "paciente": "Dalva",
    "clinica": "Clínica Aurora",
    "servico": "Consulta",
    "profissional": "Dra. Helena Prado",
    "quando": "terça, 24/11, às 14h30",
}


@dataclass(frozen=True)
class Starter:
    """A template of the set."""

    purpose: Purpose
    name: str
    body: str
    buttons: tuple[str, ...] = ()

    def draft(self) -> Draft:
        """As it is submitted."""
        used = {name: value for name, value in EXAMPLES.items() if f"{{{{{name}}}}}" in self.body}
        buttons = tuple(DraftButton(QUICK_REPLY, title) for title in self.buttons)
        return Draft(self.name, LANGUAGE, UTILITY, self.body, buttons=buttons, examples=used)


STARTERS = (
    Starter(
        Purpose.CONFIRMATION,
        "atendeai_confirmacao",
        "Olá, {{paciente}}! Aqui é da {{clinica}}. Seu horário está marcado: *{{servico}}* com {{profissional}}, "
        "{{quando}}.\n\nSe precisar mudar ou cancelar, é só responder por aqui.",
    ),
    Starter(
        Purpose.REMINDER,
        "atendeai_lembrete",
        "Olá, {{paciente}}! Passando para lembrar do seu horário na {{clinica}}: *{{servico}}* com {{profissional}}, "
        "{{quando}}.\n\nVocê confirma que vem?",
        ("Confirmar", "Remarcar", "Cancelar"),
    ),
    Starter(
        Purpose.CHANGE,
        "atendeai_mudanca",
        "Olá, {{paciente}}! Seu horário na {{clinica}} mudou: agora é *{{quando}}* ({{servico}} com {{profissional}})."
        "\n\nSe não puder nesse horário, responda aqui que a gente resolve.",
        ("Confirmar", "Remarcar"),
    ),
    Starter(
        Purpose.CANCELLATION,
        "atendeai_cancelamento",
        "Olá, {{paciente}}. Seu horário na {{clinica}}, {{quando}} ({{servico}} com {{profissional}}), foi cancelado."
        "\n\nQuer marcar outro? Responda aqui que mostramos os horários livres.",
    ),
    Starter(
        Purpose.WAITING_LIST,
        "atendeai_lista_de_espera",
        "Olá, {{paciente}}! Abriu um horário na {{clinica}}: *{{servico}}* com {{profissional}}, {{quando}}.\n\n"
        "Quer ficar com ele? Responda por aqui; ele fica com quem responder primeiro.",
        ("Quero esse horário", "Não posso"),
    ),
    Starter(
        Purpose.SATISFACTION,
        "atendeai_satisfacao",
        "Olá, {{paciente}}! Como foi o seu atendimento na {{clinica}} com {{profissional}}?\n\n"
        "Sua opinião nos ajuda a cuidar melhor de você. Pode responder por aqui.",
        ("Foi ótimo", "Foi bom", "Pode melhorar"),
    ),
)
# Which purpose a notice about an appointment has; the notices are the receivers' and the reminders' own words.
BY_NOTICE = {
    "booked": Purpose.CONFIRMATION,
    "rescheduled": Purpose.CHANGE,
    "cancelled": Purpose.CANCELLATION,
    "reminder_1": Purpose.REMINDER,
    "reminder_2": Purpose.REMINDER,
}
BY_PURPOSE = {starter.purpose: starter for starter in STARTERS}
