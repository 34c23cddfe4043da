"""What does the patient read? Every word of the chat, and nothing else, is here.

Brazilian Portuguese as a good receptionist writes it: warm, short lines, *bold* only where the eye should go, at most
one emoji in a message. Functions take facts and return text; they decide nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from .facts import AppointmentFact, DayFact, OfferingFact, SlotFact, Vocabulary
from .search import Search

WEEKDAYS = (
    "segunda-feira",
    "terça-feira",
    "quarta-feira",
    "quinta-feira",
    "sexta-feira",
    "sábado",
    "domingo",
)
SHORT_WEEKDAYS = ("Seg", "Ter", "Qua", "Qui", "Sex", "Sáb", "Dom")
MONTHS = (
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
)
CITIES = {
    "Sao_Paulo": "São Paulo",
    "Cuiaba": "Cuiabá",
    "Belem": "Belém",
    "Maceio": "Maceió",
    "Araguaina": "Araguaína",
    "Santarem": "Santarém",
    "Eirunepe": "Eirunepé",
    "Noronha": "Fernando de Noronha",
}

# Titles of buttons (at most 20 characters) and rows (at most 24)
BOOK = "Marcar horário"
BOOK_ANOTHER = "Marcar outro horário"
RESCHEDULE = "Remarcar"
CANCEL = "Cancelar"
CONFIRM = "Confirmar"
CHANGE_TIME = "Trocar horário"
CANCEL_YES = "Sim, cancelar"
KEEP = "Manter"
SEE_TIMES = "Ver horários"
SEE_OFFERINGS = "Ver opções"
SEE_DAYS = "Ver dias"
SEE_PROFESSIONALS = "Ver profissionais"
SEE_APPOINTMENTS = "Ver marcados"
PERSON = "Falar com atendente"
MENU = "Voltar ao início"
OTHER_DAY = "Outro dia"
OTHER_PROFESSIONAL = "Outro profissional"
MORE_TIMES = "Mais horários"
MORE_DAYS = "Mais dias"
MORE_OPTIONS = "Mais opções"
ANY_PROFESSIONAL = "Tanto faz"
TIMES_SECTION = "Horários livres"
FURTHER_SECTION = "Outras opções"

MORE_TIMES_HINT = "Ver os próximos desta lista"
OTHER_DAY_HINT = "Escolher o dia"
OTHER_PROFESSIONAL_HINT = "Escolher o profissional"
ANY_PROFESSIONAL_HINT = "O primeiro horário livre, com quem atender"

# Questions
ASK_OFFERING = "O que você gostaria de marcar?"
DIFFERENT_TIME = "Se preferir, me diga o dia e o período. Por exemplo: *sexta de manhã*."
ASK_DAY = "Qual dia fica melhor para você?"
ASK_PROFESSIONAL = "Com quem você prefere marcar?"
ASK_NAME = "Qual é o *nome completo* do paciente?\n(Ao responder, já confirmo o horário.)"
ASK_OTHER_NAME = "Claro! Qual é o *nome completo* de quem será atendido?\n(Ao responder, já confirmo o horário.)"
BAD_NAME = "Para marcar, preciso só do *nome completo* do paciente, como está no documento. Pode me dizer?"
WAITING_FOR_NAME = "Claro, sem pressa! Quando puder, me diga o *nome completo* do paciente para eu confirmar o horário."
BAD_NAME_AGAIN = "Escreva só o nome e o sobrenome, por exemplo: *Maria da Silva*."
ASK_WHICH_CANCEL = "Qual horário você quer cancelar?"
ASK_WHICH_RESCHEDULE = "Qual horário você quer remarcar?"
ASK_WHICH_CONFIRM = "Qual horário você está confirmando?"
HOW_CAN_I_HELP = "Como posso ajudar?"

# Answers
THANKS = "Por nada! Se precisar de algo, é só escrever aqui."
MARKETING_STOPPED = (
    "Pronto! Você não vai mais receber nossas mensagens de divulgação. "
    "As mensagens sobre os seus horários continuam chegando.\n\n"
    "Se mudar de ideia, é só escrever *voltar a receber*."
)
MARKETING_ALLOWED = (
    "Que bom! Você volta a receber nossas novidades. Se não quiser mais, é só escrever *parar de receber*."
)
ACKNOWLEDGED = "Combinado! Se precisar de algo, é só escrever aqui."
NOTHING_BOOKED = "Tudo bem, não marquei nada. Quando quiser marcar, é só me chamar por aqui."
ALL_AS_IT_WAS = "Tudo bem, não mudei nada: o que estava marcado continua marcado."
NO_APPOINTMENTS = "Não encontrei nenhum horário marcado para você neste número. Quer marcar um?"
APPOINTMENT_GONE = "Esse horário já não está mais marcado."
ALREADY_BOOKED = "Está tudo certo, esse horário já está marcado para você:"
SLOT_GONE = "Que pena, esse horário acabou de ser ocupado. Os próximos livres são estes."
SLOT_TAKEN_ALONE = "Esse horário não está mais livre."
SLOT_NOT_FREE = "Esse horário não está mais livre. Os próximos livres são estes."
OFFERING_GONE = "Essa opção não está mais disponível."
NO_MORE_TIMES = "Não há mais horários depois desses. Estes são os que tenho."
NO_MORE_DAYS = "Não há mais dias livres depois desses. Estes são os que tenho."
NO_TIMES_AT_ALL = (
    "No momento não encontrei horários livres. Posso chamar alguém da equipe para ver uma solução com você."
)
NOTHING_TO_OFFER = "Ainda não consigo marcar por aqui. Já chamei alguém da equipe, que responde assim que puder."
HANDED_OVER = {
    "urgent": (
        "*Isso pode ser uma emergência.* Ligue agora para o SAMU, no *192*, "
        "ou vá ao pronto-socorro mais próximo.\n\n"
        "Também avisei a equipe da clínica, mas não espere por nossa resposta."
    ),
    "calendar_unknown": (
        "Não consegui conferir a agenda agora e não quero prometer um horário errado. "
        "Já pedi para alguém da equipe confirmar com você por aqui. 😊"
    ),
    "asked": "Claro! Já chamei alguém da equipe, que responde por aqui assim que puder.",
    "question": "Boa pergunta! Vou deixar alguém da equipe responder. É só aguardar por aqui.",
    "health": (
        "Sobre saúde, quem pode orientar você é a nossa equipe. Já chamei alguém, que responde assim que puder.\n\n"
        "Se for urgente, ligue para o SAMU, no *192*, ou vá ao pronto-socorro."
    ),
    "file": "Recebi! Já avisei a equipe, que vai olhar com atenção e responde por aqui assim que puder.",
    "form": "Recebi suas respostas! A equipe vai conferir e responde por aqui assim que puder.",
    "not_understood": "Desculpe, não estou conseguindo entender. Já chamei alguém da equipe para ajudar você por aqui.",
}
FIRST_MISS = "Desculpe, não entendi."
SECOND_MISS = (
    "Ainda não consegui entender. Toque em uma das opções ou, se preferir, "
    "escreva *atendente* para falar com uma pessoa."
)
FIRST_NAME_MISS = "Desculpe, não entendi como um nome."
UNREADABLE = {
    "audio": "Ainda não consigo ouvir áudios. Pode me escrever?",
    "voice": "Ainda não consigo ouvir áudios. Pode me escrever?",
    "sticker": "Adorei a figurinha, mas só entendo mensagens escritas.",
    "location": "Recebi a localização, mas por aqui só consigo ler mensagens escritas. Pode me escrever?",
    "contacts": "Recebi o contato, mas por aqui só consigo ler mensagens escritas. Pode me escrever?",
    "interactive": "Não consegui ver o que você escolheu. Pode me escrever?",
}
UNREADABLE_KIND = "Por aqui só consigo ler mensagens escritas. Pode me escrever?"
REFUSED = {
    "not_offered": "Esse profissional não faz mais esse atendimento.",
    "closed": "No momento não consigo marcar por aqui.",
    "invalid_transition": "Esse horário já não pode mais ser mudado por aqui.",
}
REFUSED_KIND = "Não consegui concluir por aqui."
WHAT_NOW = "Quer ver outras opções ou falar com alguém da equipe?"


def hello(vocabulary: Vocabulary) -> str:
    name = f", {first_name(vocabulary.patient_name)}" if vocabulary.patient_name else ""
    return f"Olá{name}! Aqui é a assistente virtual da *{vocabulary.clinic_name}* 😊"


def hello_again(vocabulary: Vocabulary) -> str:
    name = f", {first_name(vocabulary.patient_name)}" if vocabulary.patient_name else ""
    return f"Oi de novo{name}!"


def first_name(name: str) -> str:
    return (name.split() or [""])[0]


def clock(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"


def day(value: date) -> str:
    """terça-feira, 24 de novembro"""
    number = "1º" if value.day == 1 else str(value.day)
    return f"{WEEKDAYS[value.weekday()]}, {number} de {MONTHS[value.month - 1]}"


def moment(value: datetime, vocabulary: Vocabulary) -> str:
    """terça-feira, 24 de novembro, às 08:00 (with the city when the clinic does not live by Brasília's clock)"""
    local = value.astimezone(vocabulary.zone)
    year = f" de {local.year}" if local.year != vocabulary.today.year else ""
    return f"{day(local.date())}{year}, às {local:%H:%M}{_zone_note(vocabulary.zone)}"


def short_moment(value: datetime, zone: tzinfo) -> str:
    """Ter 24/11 às 08:00"""
    local = value.astimezone(zone)
    return f"{SHORT_WEEKDAYS[local.weekday()]} {local:%d/%m} às {local:%H:%M}"


def day_title(value: date) -> str:
    """Sexta, 27/11"""
    return f"{WEEKDAYS[value.weekday()].split('-')[0].capitalize()}, {value:%d/%m}"


def day_description(fact: DayFact, zone: tzinfo) -> str:
    if fact.count == 1:
        return f"1 horário livre, às {clock(fact.first_at, zone)}"
    return f"{fact.count} horários livres, a partir das {clock(fact.first_at, zone)}"


def first_free(slot: SlotFact, zone: tzinfo) -> str:
    return f"Primeiro horário livre: {short_moment(slot.starts_at, zone).lower()}"


def price(value: Decimal) -> str:
    """R$ 1.250,00"""
    return "R$ " + f"{value:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def offering_description(offering: OfferingFact) -> str:
    cost = f" · {price(offering.price)}" if offering.price is not None else ""
    return f"{offering.minutes} min{cost}"


def prices(offerings: Sequence[OfferingFact]) -> str:
    """A line for each offering with a price."""
    return "\n".join(f"{one.name}: *{price(one.price)}*" for one in offerings if one.price is not None)


def offering_with(offering_name: str, professional_name: str) -> str:
    return f"{offering_name} com {professional_name}"


def whole(offering_name: str, professional_name: str, starts_at: datetime, vocabulary: Vocabulary) -> str:
    """An appointment in two lines."""
    return f"*{_capital(moment(starts_at, vocabulary))}*\n{offering_name} com {professional_name}"


def appointment(fact: AppointmentFact, vocabulary: Vocabulary) -> str:
    return whole(fact.offering_name, fact.professional_name, fact.starts_at, vocabulary)


def ask_time(offering_name: str, is_first: bool) -> str:
    """With a hint how to ask for another time, as long as nothing else is said."""
    if not is_first:
        return "Qual horário fica melhor para você?"
    return f"Horários livres para *{offering_name}*. Qual fica melhor para você?\n\n{DIFFERENT_TIME}"


def ask_name(summary: str) -> str:
    return f"{summary}\n\n{ASK_NAME}"


def ask_other_name(summary: str) -> str:
    return f"{summary}\n\n{ASK_OTHER_NAME}"


def summary(details: str, patient_name: str, is_known: bool) -> str:
    hint = "\n\n(Se for para outra pessoa, escreva *outra pessoa*.)" if is_known else ""
    return f"Posso confirmar?\n\n{details}\nPaciente: {patient_name}{hint}"


def summary_of_move(old: str, new: str) -> str:
    return f"Posso mudar o seu horário?\n\nDe: {old}\n\nPara: {new}"


def booked(fact: AppointmentFact, vocabulary: Vocabulary, patient_name: str) -> str:
    name = f", {first_name(patient_name)}" if patient_name else ""
    return (
        f"Prontinho{name}! Está marcado ✅\n\n{appointment(fact, vocabulary)}\n{vocabulary.clinic_name}\n\n"
        "Se precisar mudar, escreva *remarcar* ou *cancelar* aqui. Até lá!"
    )


def rescheduled(fact: AppointmentFact, vocabulary: Vocabulary) -> str:
    return f"Prontinho! Seu novo horário ✅\n\n{appointment(fact, vocabulary)}\n{vocabulary.clinic_name}\n\nAté lá!"


def cancelled(fact: AppointmentFact, vocabulary: Vocabulary) -> str:
    return f"Pronto, cancelei este horário:\n\n{appointment(fact, vocabulary)}\n\nQuer marcar outro?"


def confirmed(fact: AppointmentFact, vocabulary: Vocabulary) -> str:
    return f"Presença confirmada, obrigada por avisar! ✅\n\n{appointment(fact, vocabulary)}\n\nAté lá!"


def moved_since(told: datetime, fact: AppointmentFact, vocabulary: Vocabulary) -> str:
    """A notice spoke of another time."""
    before = short_moment(told, vocabulary.zone)
    return f"Esse horário ({before}) mudou. Agora está assim:\n\n{appointment(fact, vocabulary)}"


def appointment_over(told: datetime, vocabulary: Vocabulary) -> str:
    """A notice spoke of a time that is past."""
    return f"Esse horário ({short_moment(told, vocabulary.zone)}) já passou."


def ask_cancel(fact: AppointmentFact, vocabulary: Vocabulary) -> str:
    return f"Quer mesmo cancelar este horário?\n\n{appointment(fact, vocabulary)}"


def ask_new_time(fact: AppointmentFact, vocabulary: Vocabulary) -> str:
    return f"Vamos remarcar. Hoje está assim:\n\n{appointment(fact, vocabulary)}"


def upcoming(facts: Sequence[AppointmentFact], vocabulary: Vocabulary) -> str:
    if len(facts) == 1:
        return f"Seu próximo horário:\n\n{appointment(facts[0], vocabulary)}"
    lines = "\n\n".join(appointment(one, vocabulary) for one in facts[:3])
    return f"Seus próximos horários:\n\n{lines}"


def nothing_at(search: Search, professional_name: str | None) -> str:
    """No free time as asked; others follow."""
    who = f"com {professional_name}" if professional_name else ""
    wanted = ", ".join(part for part in (_which_day(search), _which_time(search), who) if part)
    return f"Não encontrei horário livre{' ' if wanted else ''}{wanted}. Os mais próximos são estes."


def not_given_by(offering_name: str, professional_name: str) -> str:
    return f"{professional_name} não faz {offering_name}. Veja quem pode atender você."


def _which_day(search: Search) -> str:
    if search.from_date is None:
        return ""
    last = search.to_date - timedelta(days=1) if search.to_date else None
    if last is None:
        return f"a partir de {search.from_date:%d/%m}"
    if last == search.from_date:
        return f"na {day(last)}" if last.weekday() < 5 else f"no {day(last)}"
    return f"de {search.from_date:%d/%m} a {last:%d/%m}"


def _which_time(search: Search) -> str:
    if search.near is not None:
        return f"às {search.near:%H:%M}"
    if search.from_time is None and search.to_time is None:
        return ""
    return PARTS_OF_DAY.get((search.from_time, search.to_time)) or (
        f"entre {search.from_time or time(0):%H:%M} e {search.to_time or time(23, 59):%H:%M}"
    )


PARTS_OF_DAY = {
    (None, time(12)): "de manhã",
    (time(12), time(18)): "à tarde",
    (time(18), None): "à noite",
}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _zone_note(zone: tzinfo) -> str:
    city = getattr(zone, "key", "").rpartition("/")[2]
    if not city or city == "Sao_Paulo":
        return ""
    return f" (horário de {CITIES.get(city, city.replace('_', ' '))})"
