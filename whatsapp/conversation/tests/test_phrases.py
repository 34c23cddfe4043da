"""What patients write, and what is meant. Monday, 23 November 2026, 09:00 in São Paulo."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from whatsapp.conversation import AppointmentFact, Incoming, State, Step, Vocabulary, choices, understand
from whatsapp.conversation.search import ANYTHING, Search, Slot
from whatsapp.conversation.states import Purpose
from whatsapp.conversation.tests.driver import CONSULTA, HELENA, MONDAY, PAULO, RETORNO, SAO_PAULO
from whatsapp.conversation.wishes import (
    Abandon,
    Acknowledge,
    AskCancel,
    AskPerson,
    AskPrice,
    AskReschedule,
    BookForOther,
    CancelNow,
    ChooseSlot,
    ConfirmBooking,
    ConfirmPresence,
    GiveName,
    Greet,
    NotUnderstood,
    RefuseName,
    SeeAppointments,
    ShowDays,
    ShowOfferings,
    ShowProfessionals,
    ShowTimes,
    TellMarketing,
    Thanks,
    Urgent,
    Wish,
)

NOBODY = Vocabulary("Clínica Aurora", SAO_PAULO, MONDAY, (CONSULTA, RETORNO), (HELENA, PAULO))
BOOKED = AppointmentFact(7, 1, "Consulta", 1, HELENA.name, datetime(2026, 11, 27, 14, tzinfo=SAO_PAULO))
DALVA = replace(NOBODY, patient_name="Dalva Souza", appointments=(BOOKED,))


def at(day: int, hour: int, minute: int = 0, professional: int = 1) -> Slot:
    return Slot(1, professional, datetime(2026, 11, day, hour, minute, tzinfo=SAO_PAULO))


def shown(*slots: Slot) -> tuple[tuple[str, str], ...]:
    rows = [(choices.slot(one), f"{one.starts_at:%d/%m} às {one.starts_at:%H:%M}") for one in slots]
    further = [(choices.days(Search(1)), "Outro dia"), (choices.professionals(Search(1)), "Outro profissional")]
    return (*rows, *further)


IDLE = State()
OFFERING = State(Step.OFFERING, options=((choices.times(Search(1)), "Consulta"), (choices.times(Search(2)), "Retorno")))
SLOT = State(Step.SLOT, Search(1), options=shown(at(24, 8), at(24, 9, 30), at(24, 14, 30), at(25, 8)))
DAY = State(Step.DAY, Search(1), options=((choices.times(Search(1)), "Sexta, 27/11"),))
NAME = State(Step.NAME, Search(1), slot=at(24, 8))
CONFIRM = State(Step.CONFIRM, Search(1), slot=at(24, 8))
CANCELLING = State(Step.CONFIRM_CANCEL, appointment_id=7)
ASKED_TO_CANCEL = replace(
    CANCELLING,
    options=(
        (choices.cancel_yes(7), "Sim, cancelar"),
        (choices.reschedule(7), "Remarcar"),
        (choices.ABANDON, "Manter"),
    ),
)


def on(day: date, days: int = 1, **more: Any) -> ShowTimes:
    return ShowTimes(Search(from_date=day, to_date=day + timedelta(days=days), **more))


def november(day: int) -> date:
    return date(2026, 11, day)


def friday(**more: Any) -> ShowTimes:
    return on(november(27), **more)


MORNING: dict[str, Any] = {"to_time": time(12)}
AFTERNOON: dict[str, Any] = {"from_time": time(12), "to_time": time(18)}

WHEN: list[tuple[str, Wish]] = [
    ("hoje", on(november(23))),
    ("hj", on(november(23))),
    ("amanhã", on(november(24))),
    ("amanha", on(november(24))),
    ("amanhã de manhã", on(november(24), **MORNING)),
    ("amanhã cedo", on(november(24), to_time=time(10))),
    ("depois de amanhã", on(november(25))),
    ("sexta", friday()),
    ("sexta-feira", friday()),
    ("na sexta", friday()),
    ("SEXTA!!", friday()),
    ("6ª feira", friday()),
    ("próxima sexta", friday()),
    ("sexta de manhã", friday(**MORNING)),
    ("sexta à tarde", friday(**AFTERNOON)),
    ("sexta a noite", friday(from_time=time(18))),
    ("sexta que vem", on(date(2026, 12, 4))),
    ("sexta da semana que vem", on(date(2026, 12, 4))),
    ("segunda", on(november(30))),
    ("terça", on(november(24))),
    ("sábado", on(november(28))),
    ("dia 27", friday()),
    ("dia 5", on(date(2026, 12, 5))),
    ("dia primeiro", on(date(2026, 12, 1))),
    ("27/11", friday()),
    ("27/11/2026", friday()),
    ("27.11", friday()),
    ("05/01", on(date(2027, 1, 5))),
    ("27 de novembro", friday()),
    ("3 de março", on(date(2027, 3, 3))),
    ("semana que vem", on(november(30), 7)),
    ("na próxima semana", on(november(30), 7)),
    ("essa semana ainda", on(november(23), 7)),
    ("mês que vem", on(date(2026, 12, 1), 31)),
    ("em dezembro", on(date(2026, 12, 1), 31)),
    ("daqui a 2 semanas", on(date(2026, 12, 7))),
    ("de manhã", ShowTimes(Search(**MORNING))),
    ("à tarde", ShowTimes(Search(**AFTERNOON))),
    ("14h30", ShowTimes(Search(near=time(14, 30)))),
    ("14:30", ShowTimes(Search(near=time(14, 30)))),
    ("14h", ShowTimes(Search(near=time(14)))),
    ("às 14", ShowTimes(Search(near=time(14)))),
    ("9 horas", ShowTimes(Search(near=time(9)))),
    ("às 2 da tarde", ShowTimes(Search(near=time(14)))),
    ("as duas da tarde", ShowTimes(Search(near=time(14)))),
    ("3 horas", ShowTimes(Search(near=time(15)))),
    ("10 e meia", ShowTimes(Search(near=time(10, 30)))),
    ("às 8 e meia da manhã", ShowTimes(Search(near=time(8, 30)))),
    ("meio-dia", ShowTimes(Search(near=time(12)))),
    ("2 da tarde", ShowTimes(Search(near=time(14)))),
    ("depois das 16h", ShowTimes(Search(from_time=time(16)))),
    ("a partir das 15:30", ShowTimes(Search(from_time=time(15, 30)))),
    ("até as 10h", ShowTimes(Search(to_time=time(10)))),
    ("entre 9h e 11h", ShowTimes(Search(from_time=time(9), to_time=time(11)))),
    ("no fim da tarde", ShowTimes(Search(from_time=time(16), to_time=time(20)))),
    ("depois do almoço", ShowTimes(Search(from_time=time(13)))),
    ("sexta às 14h30", friday(near=time(14, 30))),
    ("dia 27 às 9", friday(near=time(9))),
    ("sexta, 27/11, 9h", friday(near=time(9))),
    ("boa tarde, tem horário amanhã?", on(november(24))),
]

WANTED: list[tuple[str, Wish]] = [
    ("consulta", ShowTimes(Search(1))),
    ("retorno", ShowTimes(Search(2))),
    ("retono", ShowTimes(Search(2))),
    ("consuta", ShowTimes(Search(1))),
    ("quero marcar uma consulta", ShowTimes(Search(1))),
    ("quero marcar", ShowOfferings(ANYTHING)),
    ("gostaria de agendar um horário", ShowOfferings(ANYTHING)),
    ("tem vaga?", ShowOfferings(ANYTHING)),
    ("Dra. Helena", ShowTimes(Search(None, 1))),
    ("com o paulo", ShowTimes(Search(None, 2))),
    ("helna prado", ShowTimes(Search(None, 1))),
    ("cardiologista", ShowTimes(Search(None, 1))),
    ("retorno com o dr paulo", ShowTimes(Search(2, 2))),
    (
        "quero marcar consulta amanhã de manhã com a Dra Helena",
        ShowTimes(Search(1, 1, november(24), november(25), None, time(12))),
    ),
    ("retorno sexta 14h30", ShowTimes(Search(2, None, november(27), november(28), near=time(14, 30)))),
    ("quero uma consulta, estou com dor nas costas", ShowTimes(Search(1))),
]

ALONE: list[tuple[str, Wish]] = [
    ("oi", Greet()),
    ("Oiiii", Greet()),
    ("Olá, bom dia! Tudo bem?", Greet()),
    ("boa noite", Greet()),
    ("👋", Greet()),
    ("menu", Greet()),
    ("voltar ao início", Greet()),
    ("recomeçar", Greet()),
    ("obrigado", Thanks()),
    ("Muito obrigada!! 🙏", Thanks()),
    ("valeu, até logo", Thanks()),
    ("ok", Acknowledge()),
    ("👍", Acknowledge()),
    ("tchau, até mais", Acknowledge()),
    ("deixa pra lá", Acknowledge()),
    ("falar com atendente", AskPerson("asked")),
    ("quero falar com uma pessoa", AskPerson("asked")),
    ("humano", AskPerson("asked")),
    ("recepção por favor", AskPerson("asked")),
    ("atendete", AskPerson("asked")),
    ("Estou com dor no peito", Urgent()),
    ("é uma emergência", Urgent()),
    ("nao consigo respirar direito", Urgent()),
    ("não é emergência, quero marcar consulta", ShowTimes(Search(1))),
    ("posso tomar dipirona?", AskPerson("health")),
    ("que remédio eu tomo pra febre", AskPerson("health")),
    ("estou com febre o que faço?", AskPerson("health")),
    ("tá bom", Acknowledge()),
    ("não, obrigada", Acknowledge()),
    ("vou me atrasar", AskPerson("asked")),
    ("qual o horário de funcionamento", AskPerson("question")),
    ("onde fica a clínica?", AskPerson("question")),
    ("aceita cartão?", AskPerson("question")),
    ("quanto custa a consulta?", AskPrice(1)),
    ("qual o valor", AskPrice()),
    ("asdfgh", NotUnderstood()),
    ("😀", NotUnderstood()),
    ("", NotUnderstood()),
    ("1", NotUnderstood()),
]

OWN: list[tuple[str, Wish]] = [
    ("cancelar", AskCancel()),
    ("canselar", AskCancel()),
    ("quero desmarcar minha consulta", AskCancel()),
    ("não vou poder ir", AskCancel()),
    ("nao consigo ir", AskCancel()),
    ("não posso ir na sexta", AskCancel(7)),
    ("não quero cancelar", Abandon()),
    ("não precisa cancelar", Abandon()),
    ("remarcar", AskReschedule()),
    ("mudar horário", AskReschedule()),
    ("preciso trocar o dia da consulta", AskReschedule()),
    (
        "remarcar para quinta de manhã",
        AskReschedule(None, Search(None, None, november(26), november(27), None, time(12))),
    ),
    (
        "remarcar a consulta de sexta para segunda às 10h",
        AskReschedule(7, Search(None, None, november(30), date(2026, 12, 1), near=time(10))),
    ),
    ("não vou", AskCancel()),
    ("não confirmo", AskCancel()),
    ("não quero mais", AskCancel()),
    ("esqueci o horário da minha consulta", SeeAppointments()),
    ("confirmo", ConfirmPresence()),
    ("vou sim", ConfirmPresence()),
    ("Confirmado 👍", ConfirmPresence()),
    ("sim", ConfirmPresence()),
    ("quando é minha consulta?", SeeAppointments()),
    ("que horas é a minha consulta", SeeAppointments()),
    ("meus agendamentos", SeeAppointments()),
]

CHOOSING: list[tuple[State, str, Wish]] = [
    (OFFERING, "1", ShowTimes(Search(1))),
    (OFFERING, "2", ShowTimes(Search(2))),
    (OFFERING, "a segunda", ShowTimes(Search(2))),
    (OFFERING, "opção 1", ShowTimes(Search(1))),
    (OFFERING, "um", ShowTimes(Search(1))),
    (OFFERING, "3", NotUnderstood()),
    (OFFERING, "não", Abandon()),
    (SLOT, "1", ChooseSlot(at(24, 8))),
    (SLOT, "a primeira", ChooseSlot(at(24, 8))),
    (SLOT, "o último", ChooseSlot(at(25, 8))),
    (SLOT, "14h30", ChooseSlot(at(24, 14, 30))),
    (SLOT, "às 9:30", ChooseSlot(at(24, 9, 30))),
    (SLOT, "pode ser as 9 e meia", ChooseSlot(at(24, 9, 30))),
    (SLOT, "quarta às 8h", ChooseSlot(at(25, 8))),
    (SLOT, "14", ChooseSlot(at(24, 14, 30))),
    (SLOT, "tanto faz", ChooseSlot(at(24, 8))),
    (SLOT, "o mais cedo possível", ChooseSlot(at(24, 8))),
    (SLOT, "24/11 às 08:00", ChooseSlot(at(24, 8))),
    (SLOT, "Outro dia", ShowDays(Search(1))),
    (SLOT, "nenhum desses", ShowDays(Search(1))),
    (SLOT, "não", ShowDays(Search(1))),
    (SLOT, "que dias vocês têm?", ShowDays(Search(1))),
    (SLOT, "outro médico", ShowProfessionals(Search(1))),
    (SLOT, "com o Paulo", ShowTimes(Search(1, 2))),
    (SLOT, "na verdade é retorno", ShowTimes(Search(2))),
    (SLOT, "sexta", ShowTimes(Search(1, None, november(27), november(28)))),
    (SLOT, "segunda", ShowTimes(Search(1, None, november(30), date(2026, 12, 1)))),
    (SLOT, "cancelar", Abandon()),
    (SLOT, "desisto", Abandon()),
    (SLOT, "8", ShowTimes(Search(1, near=time(8)))),
    (SLOT, "nenhum serve", ShowDays(Search(1))),
    (SLOT, "esse não dá", ShowDays(Search(1))),
    (SLOT, "não, obrigada", Abandon()),
    (SLOT, "voltar", ShowOfferings(ANYTHING)),
    (DAY, "30", ShowTimes(Search(1, None, november(30), date(2026, 12, 1)))),
    (DAY, "1", ShowTimes(Search(1))),
    (DAY, "quinta à tarde", ShowTimes(Search(1, None, november(26), november(27), time(12), time(18)))),
    (CONFIRM, "sim", ConfirmBooking(at(24, 8))),
    (CONFIRM, "isso", ConfirmBooking(at(24, 8))),
    (CONFIRM, "pode ser", ConfirmBooking(at(24, 8))),
    (CONFIRM, "pode confirmar", ConfirmBooking(at(24, 8))),
    (CONFIRM, "ok, obrigada", ConfirmBooking(at(24, 8))),
    (CONFIRM, "👍", ConfirmBooking(at(24, 8))),
    (CONFIRM, "tá bom", ConfirmBooking(at(24, 8))),
    (CONFIRM, "tudo bem", ConfirmBooking(at(24, 8))),
    (CONFIRM, "não posso nesse horário", ShowTimes(Search(1))),
    (CONFIRM, "não quero mais", Abandon()),
    (CONFIRM, "não", ShowTimes(Search(1))),
    (CONFIRM, "cancelar", Abandon()),
    (CONFIRM, "outro horário", ShowTimes(Search(1))),
    (CONFIRM, "trocar o horário", ShowTimes(Search(1))),
    (CONFIRM, "às 10h", ShowTimes(Search(1, None, november(24), november(25), near=time(10)))),
    (CONFIRM, "é para outra pessoa", BookForOther()),
    (CANCELLING, "sim", CancelNow(7)),
    (CANCELLING, "pode cancelar", CancelNow(7)),
    (CANCELLING, "não, deixa", Abandon()),
    (CANCELLING, "não", Abandon()),
    (CANCELLING, "não quero cancelar", Abandon()),
    (CANCELLING, "melhor remarcar", AskReschedule(7)),
    (CANCELLING, "não, quero remarcar", AskReschedule(7)),
    (NAME, "maria da silva", GiveName("Maria da Silva")),
    (NAME, "Meu nome é João Souza", GiveName("João Souza")),
    (NAME, "me chamo ANA PAULA", GiveName("Ana Paula")),
    (NAME, "sou a Helena Prado", GiveName("Helena Prado")),
    (NAME, "Domingos Sexta-Feira", GiveName("Domingos Sexta-Feira")),
    (NAME, "o nome dela é Rita d'Ávila, obrigada", GiveName("Rita d'Ávila")),
    (NAME, "Nome: Maria da Silva, 35 anos", GiveName("Maria da Silva")),
    (NAME, "José Reis (meu pai)", GiveName("José Reis")),
    (NAME, "Valor da Silva", GiveName("Valor da Silva")),
    (NAME, "qual o endereço?", AskPerson("question")),
    (NAME, "não quero mais", Abandon()),
    (NAME, "123", RefuseName()),
    (NAME, "sim", RefuseName()),
    (NAME, "ab", RefuseName()),
    (NAME, "cancelar", Abandon()),
    (NAME, "voltar", ShowTimes(Search(1))),
    (NAME, "atendente", AskPerson("asked")),
    (NAME, "amanhã de manhã", ShowTimes(Search(1, None, november(24), november(25), None, time(12)))),
]


@pytest.mark.parametrize(("text", "meant"), [*WHEN, *WANTED, *ALONE])
def test_out_of_the_blue(text: str, meant: Wish) -> None:
    assert understand(IDLE, Incoming("text", text=text), NOBODY) == meant


@pytest.mark.parametrize(("text", "meant"), OWN)
def test_from_somebody_with_an_appointment(text: str, meant: Wish) -> None:
    assert understand(IDLE, Incoming("text", text=text), DALVA) == meant


@pytest.mark.parametrize(("state", "text", "meant"), CHOOSING)
def test_as_an_answer(state: State, text: str, meant: Wish) -> None:
    assert understand(state, Incoming("text", text=text), DALVA if state is CANCELLING else NOBODY) == meant


# Under «Quer mesmo cancelar este horário?», with the appointment 7.
CANCELS = [
    "sim", "Sim!", "sim, por favor", "isso", "isso mesmo", "pode", "ok", "👍", "tá bom", "tudo bem", "claro",
    "com certeza", "quero", "quero sim", "sim, confirmo", "pode cancelar", "pode cancelar, por favor",
    "sim, pode cancelar", "pode cancelar?", "cancela", "cancelar", "quero cancelar", "quero cancelar mesmo",
    "vou cancelar", "eu vou cancelar sim", "preciso desmarcar", "confirmo o cancelamento",
    "quero confirmar o cancelamento", "cancela, surgiu um imprevisto", "não vou", "não vou mais", "não vou poder",
    "não vou poder ir", "não posso ir", "não posso mais ir", "não consigo ir", "não vou comparecer", "não irei",
    "sim, não vou poder ir", "não posso ir, pode cancelar", "infelizmente não vou poder", "não quero mais ir",
    "não quero mais a consulta", "Sim, cancelar",
]  # fmt: skip
COMES = [
    "Não, eu vou!", "não, vou comparecer", "Não! Eu vou sim", "Não, irei", "n, vou sim", "não eu vou", "Eu vou",
    "eu vou sim", "estarei aí", "não, estarei lá", "não, vou estar lá", "Vou sim", "vou sim, obrigada",
    "Confirmo presença", "confirmo minha presença", "quero confirmar minha presença", "quero confirmar presença",
    "não, quero ir", "vou comparecer", "não, vou poder ir sim", "não vou faltar", "sim, eu vou",
    "vou sim na sexta às 14h", "não... irei sim", "não\nvou comparecer",
]  # fmt: skip
KEEPS = [
    "não", "Não!", "não, obrigada", "não, deixa", "não quero", "não quero cancelar", "não vou cancelar",
    "não precisa cancelar", "não quero mais cancelar", "não, não cancela", "não cancela não", "cancela não",
    "claro que não", "acho melhor não", "agora não", "ainda não", "de jeito nenhum", "não pode cancelar", "manter",
    "quero manter", "não, pode manter", "pode deixar marcado", "não, pode deixar", "desisti de cancelar",
    "foi engano", "cancelei sem querer", "👎", "Manter",
]  # fmt: skip
ASKED_AGAIN = [
    "confirmo", "Confirmado", "quero confirmar", "pode confirmar", "confirmar", "vou", "não quero mais", "não sei",
    "desisto", "não sei se vou poder ir", "não, não vou", "não, eu quero cancelar", "não preciso mais, pode cancelar",
    "perfeito", "serve", "vou não", "não estarei aí", "não quero ir", "eu vou viajar", "sim?", "combinado",
    "se precisar eu cancelo", "quero esse", "depois eu cancelo", "tem que pagar se eu cancelar?",
    "quero confirmar se vou poder ir", "eu vou mas só depois",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *((text, CancelNow(7)) for text in CANCELS),
        *((text, ConfirmPresence(7)) for text in COMES),
        *((text, Abandon()) for text in KEEPS),
    ],
)
def test_under_the_question_whether_to_cancel(text: str, meant: Wish) -> None:
    assert understand(ASKED_TO_CANCEL, Incoming("text", text=text), DALVA) == meant


@pytest.mark.parametrize("text", ASKED_AGAIN)
def test_what_is_no_clear_yes_is_asked_again(text: str) -> None:
    meant = understand(ASKED_TO_CANCEL, Incoming("text", text=text), DALVA)
    assert meant in (NotUnderstood(), AskCancel(7))


def test_another_appointment_named_under_the_question_is_asked_about() -> None:
    both = replace(DALVA, appointments=(BOOKED, replace(BOOKED, id=8, starts_at=BOOKED.starts_at + timedelta(days=3))))
    assert understand(ASKED_TO_CANCEL, Incoming("text", text="cancela a de segunda"), both) == AskCancel(8)


@pytest.mark.parametrize(
    "text", ["quero marcar", "pode marcar outro horário", "obrigada", "qual o endereço?", "marcar"]
)
def test_nothing_else_cancels(text: str) -> None:
    assert not isinstance(understand(ASKED_TO_CANCEL, Incoming("text", text=text), DALVA), CancelNow)


NO_NAMES = [
    "é pra mim mesmo", "pra mim", "eu mesma", "sou eu", "sou eu mesmo", "não entendi", "não sei", "sei lá",
    "como assim", "como assim?", "por que precisa?", "por que precisa", "pra que", "precisa mesmo?", "ela", "é ela",
    "a mesma pessoa", "o mesmo de sempre", "boa pergunta", "quero marcar", "consulta", "com a Dra Helena",
    "é particular", "unimed", "você já tem", "vc já tem meu nome", "tô no trabalho", "estou dirigindo", "que caro",
    "mais ou menos", "nome completo", "meu nome", "não quero dizer", "tá caro", "eu já disse", "isso mesmo",
    "depende", "ninguém", "n sei", "tudo isso", "kkkk", "sim senhora", "cpf",
]  # fmt: skip
WAITS = [
    "só um minuto", "Um minutinho por favor", "um momento", "só um instante", "espera aí", "espera", "peraí",
    "pera aí", "aguarde", "um segundo", "já te passo", "ja mando", "já te envio o nome", "depois eu mando",
    "depois te falo", "vou ver com meu marido", "vou falar com meu marido", "vou perguntar pra ela", "deixa eu ver",
    "vou pegar o documento", "daqui a pouco", "jajá", "já já", "mais tarde",
]  # fmt: skip
# First names alone, surnames that are words, words that begin like ours: all of them people.
NAMES = [
    "Ana", "José", "João Batista", "Maria José", "Verônica", "Vera Lúcia", "Vera Momentino", "Esperança Garcia",
    "Bruno Claro", "Fernando Pessoa", "Rita Passos", "Gonçalves Dias", "João de Deus", "Maria de Jesus",
    "Carla da Hora", "Luiz Neto", "José Silva Filho", "Pedro Segundo", "Ana Bom", "Clara Boaventura", "Davi Perfeito",
    "Mário Justo", "Maria das Dores", "Paula do Amor Divino", "Caio Certo", "Ana Maia", "Bento Pará", "Maria P Souza",
    "João S. Lima", "Ana N. Costa", "Tom Jobim", "Ester Sá", "Mel Leite", "Ivo Pires", "Noemi Tavares",
    "Voltaire Nunes", "Meire Vieira", "Eulália Reis", "Euclides da Cunha", "Mimi Prado", "Naomi Sei", "Ai Tanaka",
    "Queiroz Telles", "Estela Tenório", "Aurora Manhã", "Jorge Amado", "Lia Luz", "Olavo Bilac", "Quirino Porto",
    "Isso Nakamura", "Precioso Lima", "Comodoro Paz", "Ela Reis", "Mesmina Alves", "Amanda Valente", "Vânia Vaz",
    "Ponto Alto", "Maria da Só Silva", "Maria Espírito Santo",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_is_nobody_s_name(text: str) -> None:
    assert understand(NAME, Incoming("text", text=text), NOBODY) == RefuseName()


@pytest.mark.parametrize("text", WAITS)
def test_who_asks_for_a_moment_is_waited_for(text: str) -> None:
    assert understand(NAME, Incoming("text", text=text), NOBODY) == RefuseName(is_waiting=True)


@pytest.mark.parametrize("text", NAMES)
def test_people_s_names(text: str) -> None:
    assert understand(NAME, Incoming("text", text=text), NOBODY) == GiveName(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("é minha filha", BookForOther()),
        ("minha filha", BookForOther()),
        ("meu marido", BookForOther()),
        ("minha filha Ana Souza", GiveName("Ana Souza")),
        ("é o meu pai, José Reis", GiveName("José Reis")),
        ("eu, Maria Souza", GiveName("Maria Souza")),
        ("quanto custa?", AskPrice()),
        ("quanto custa", AskPrice()),
        ("não quero mais", Abandon()),
        ("espera, quero cancelar", Abandon()),
        ("um momento, quero falar com atendente", AskPerson("asked")),
        ("desisto", Abandon()),
        ("não", ShowTimes(Search(1))),
        ("outro horário", ShowTimes(Search(1))),
        ("deixa pra lá", Abandon()),
    ],
)
def test_what_else_is_said_when_asked_for_a_name(text: str, meant: Wish) -> None:
    assert understand(NAME, Incoming("text", text=text), NOBODY) == meant


OPT_OUTS = [
    "Não quero mais receber mensagens", "não quero receber mensagens", "não quero mais mensagens", "descadastrar",
    "quero me descadastrar", "não me mande mais mensagens", "não me mandem mais nada", "pare de mandar propaganda",
    "para de me mandar propaganda", "parem com as promoções", "quero parar de receber", "parar de receber mensagens",
    "não quero mais receber", "não quero propaganda", "não envie mais mensagens por favor", "me tira dessa lista",
    "quero sair da lista", "cancelar inscrição", "cancelar o recebimento de mensagens", "cancelar mensagens",
    "não desejo receber promoções", "não quero mais receber lembretes", "unsubscribe",
    "não quero voltar a receber mensagens", "chega de propaganda",
]  # fmt: skip
BARE_OPT_OUTS = ["PARAR", "parar", "Pare", "SAIR", "stop", "STOP!", "quero sair"]
OPT_INS = [
    "voltar a receber", "quero voltar a receber", "quero voltar a receber mensagens", "quero receber promoções",
    "pode voltar a mandar mensagens", "quero receber novidades de novo",
]  # fmt: skip
OTHER_WORDS_OF_MESSAGES = [
    "não recebi a mensagem", "não consigo enviar mensagem", "quero receber o resultado por mensagem",
    "posso parar de tomar?", "não quero mais", "cancelar a consulta da mensagem", "não quero receber o Dr. Paulo",
    "vi a promoção, quero marcar", "quero sair mais cedo", "quero a promoção", "tira meu nome da lista de espera",
    "recebi um aviso",
]  # fmt: skip


@pytest.mark.parametrize("voice", [NOBODY, DALVA], ids=["nobody", "booked"])
@pytest.mark.parametrize("text", [*OPT_OUTS, *BARE_OPT_OUTS])
def test_who_wants_no_promotions(text: str, voice: Vocabulary) -> None:
    for state in (IDLE, State(Step.MENU), State(Step.PERSON)):
        assert understand(state, Incoming("text", text=text), voice) == TellMarketing(is_wanted=False)


@pytest.mark.parametrize("state", [OFFERING, SLOT, DAY, NAME, CONFIRM, ASKED_TO_CANCEL], ids=lambda state: state.step)
@pytest.mark.parametrize("text", OPT_OUTS)
def test_who_says_so_clearly_says_it_under_any_question(text: str, state: State) -> None:
    assert understand(state, Incoming("text", text=text), DALVA) == TellMarketing(is_wanted=False)


@pytest.mark.parametrize("state", [OFFERING, SLOT, DAY, NAME, CONFIRM, ASKED_TO_CANCEL], ids=lambda state: state.step)
@pytest.mark.parametrize("text", BARE_OPT_OUTS)
def test_a_bare_word_leaves_the_question_that_is_open(text: str, state: State) -> None:
    assert understand(state, Incoming("text", text=text), DALVA) == Abandon()


@pytest.mark.parametrize("state", [SLOT, ASKED_TO_CANCEL], ids=lambda state: state.step)
@pytest.mark.parametrize("text", BARE_OPT_OUTS)
def test_yesterday_s_question_is_not_open(text: str, state: State) -> None:
    yesterday = replace(state, greeted_on=november(22))
    assert understand(yesterday, Incoming("text", text=text), DALVA) == TellMarketing(is_wanted=False)


@pytest.mark.parametrize("text", OPT_INS)
def test_who_wants_promotions_again(text: str) -> None:
    for state in (IDLE, SLOT):
        assert understand(state, Incoming("text", text=text), DALVA) == TellMarketing(is_wanted=True)


@pytest.mark.parametrize("text", OTHER_WORDS_OF_MESSAGES)
def test_no_opt_out(text: str) -> None:
    assert not isinstance(understand(IDLE, Incoming("text", text=text), DALVA), TellMarketing)


def test_two_professionals_of_one_name_are_not_guessed() -> None:
    helenas = replace(NOBODY, professionals=(HELENA, replace(PAULO, name="Dra. Helena Lima", specialty="")))
    assert understand(IDLE, Incoming("text", text="Helena"), helenas) == NotUnderstood()
    assert understand(IDLE, Incoming("text", text="Helena Lima"), helenas) == ShowTimes(Search(None, 2))


def test_the_longest_offering_named_wins() -> None:
    several = replace(
        NOBODY, offerings=(CONSULTA, replace(RETORNO, name="Consulta de retorno"), replace(RETORNO, id=3, name="Exame"))
    )
    assert understand(IDLE, Incoming("text", text="consulta de retorno"), several) == ShowTimes(Search(2))
    assert understand(IDLE, Incoming("text", text="uma consulta"), several) == ShowTimes(Search(1))


def test_which_of_several_appointments() -> None:
    later = replace(BOOKED, id=8, starts_at=BOOKED.starts_at + timedelta(days=3))
    state = State(Step.APPOINTMENTS, purpose=Purpose.CANCEL)
    both = replace(DALVA, appointments=(BOOKED, later))
    assert understand(state, Incoming("text", text="a de segunda"), both) == AskCancel(8)
