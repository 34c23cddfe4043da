"""Which plain intention do the words carry, whatever the question was? Patterns over `words.plain`."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

URGENT = re.compile(
    r"\bdor (?:muito )?(?:forte |fortes |intensa )?no (?:peito|coracao)\b|\baperto no peito\b|\bpeito doendo\b"
    r"|\binfart\w*|\benfart\w*|\bavc\b|\bderrame\b|\bfalta de ar\b|\bsem ar\b|\bconvuls\w*|\bdesmai\w*"
    r"|\bnao (?:consigo|consegue|estou conseguindo|to conseguindo|esta conseguindo|ta conseguindo) respirar\b"
    r"|\bsangrando muito\b|\bmuito sangue\b|\bhemorragia\b|\bemergencia\w*|\boverdose\b|\benvenen\w*|\bengasg\w*"
    r"|\bsuicid\w*|\bme matar\b|\btirar (?:a )?minha vida\b|\bnao quero mais viver\b|\bsamu\b|\bsos\b"
)
NO_EMERGENCY = re.compile(r"\b(?:nao e|sem|nem e|nao e uma|nao sendo) (?:uma )?emergencia\w*")
ADVICE = re.compile(
    r"\b(?:posso|pode|devo|preciso|deve) (?:tomar|usar|beber|parar de|continuar tomando|comer|passar)\b"
    r"|\b(?:que|qual|quais) (?:remedio|medicamento|pomada|dose|dosagem)\w*|\bo que (?:eu )?(?:faco"
    r"|tomo|posso tomar)\b"
    r"|\be grave\b|\befeitos? colatera\w*|\bdiagnostico\b|\be normal (?:sentir|ter|doer|sangrar)\b"
    r"|\bserve para que\b"
)
SYMPTOM = re.compile(
    r"\b(?:estou|to|tou|esta|ta|sinto|sentindo|com|tenho|tive) (?:muit[oa] |uma |um |sentindo |com )*"
    r"(?:dor|dores|febre|tosse|enjoo|tontura|vomit\w*|diarreia|sangramento|alergia|coceira|inchaco|mal)\b"
    r"|\bdoendo\b|\bsintomas?\b|\bvomitando\b|\bsangrando\b|\bpassando mal\b|\bdor de\b|\bremedio\b|\bfebre\b"
)
CLINIC_QUESTION = re.compile(
    r"\b(?:preciso|devo|tem que|tenho que) levar\b|\bconvenios?\b|\bplanos? de saude\b|\bunimed\b"
    r"|\bamil\b|\bsulamerica\b|\bhapvida\b|\bcassi\b|\baceitam?\b"
    r"|\benderecos?\b|\bonde (?:fica|e|voces|esta)\b|\blocalizacao\b|\bcomo (?:chego|chegar)\b|\bestacionamento\b"
    r"|\bpix\b|\bcartao\b|\bparcel\w*|\bformas? de pagamento\b|\bpagamento\b|\btelefone\b"
    r"|\bnota fiscal\b|\brecibo\b"
    r"|\batestado\b|\bdocumentos?\b|\bjejum\b|\bpreparo\b|\bresultados?\b|\breceita\b|\blaudo\b|\bencaminhamento\b"
    r"|\bque horas (?:abre|fecha|voces)\w*|\bhorario de (?:funcionamento|atendimento)\b|\bfuncionamento\b"
)
PRICE = re.compile(
    r"\bquanto (?:custa|e|fica|sai|cobra\w*|ta|esta|seria|vai)\b|\bprecos?\b|\bvalor(?:es)?\b|\bquanto\b"
)
PERSON = re.compile(
    r"\batras(?:ad[oa]|ar|o|ei)\b|\batendentes?\b|\batendimento humano\b|\bhuman[oa]s?\b"
    r"|\brecepca\w*|\brecepcionista\b|\bsecretari[ao]\b"
    r"|\b(?:falar|conversar|fala|tratar) (?:com|direto)\b|\bpessoa (?:de verdade|real)\b"
    r"|\balguem da (?:clinica|equipe)\b"
    r"|^(?:uma )?pessoa$|\bme (?:liga|ligue|ligar)\b|\bnao e (?:um )?robo\b|\bvoce e (?:um )?robo\b"
)
KEEP = re.compile(
    r"\bnao (?:e para |era para |quero |vou |precisa |preciso |pode |queria )?(?:mais )?(?:cancel|desmarc)\w*"
    r"|\b(?:manter|mantem|mantenha|deixa como esta|deixar como esta)\b"
)
CANCEL = re.compile(
    r"\bcancel\w*|\bdesmarc\w*|\bdesmarq\w*|\bdesist\w*"
    r"|\bnao (?:vou|posso|consigo|poderei|irei|vou poder|vou conseguir) (?:mais )?(?:poder "
    r"|conseguir )?(?:ir|comparecer|estar)\b"
    r"|\bnao (?:vou|irei|poderei)(?: poder| conseguir)?(?: mais)?$|\bnao quero mais\b"
)
ABANDON = re.compile(
    r"^(?:deixa|deixe|esquece|esqueca)\b|\bdeixa (?:para la|quieto|assim|isso)\b"
    r"|\bnao quero (?:mais|nada)\b|^(?:quero |prefiro )?(?:sair|parar)$|^pare$|^stop$|^nao quero$|^encerrar$"
)
RESCHEDULE = re.compile(
    r"\bremarc\w*|\bremarq\w*|\breagend\w*|\badiar\b|\badia\b|\bantecipar\b"
    r"|\b(?:mudar|trocar|alterar|mudanca|troca|passar|transferir|muda|troque) (?:o |a |de |da |do "
    r"|minha |meu |meus |para )*"
    r"(?:horario|hora|consulta|data|dia|agendamento|retorno|outr[oa] (?:dia|horario|data|hora))\b"
)
CHANGE_PART = re.compile(r"\b(?:mudar|trocar|alterar) (?:para|pra)\b")
CONFIRM = re.compile(
    r"\bconfirm\w*|\bvou sim\b|\beu vou\b|\bestarei (?:la|ai|presente)\b|\bvou comparecer\b"
    r"|\bcomparecerei\b|\birei\b|\bestarei\b"
)
NOT_CONFIRM = re.compile(r"\bnao (?:confirm|vou|irei|estarei|poss)\w*|\bquero confirmar se\b")
APPOINTMENTS = re.compile(
    r"\besqueci\b.*\b(?:horario|dia|data|consulta)\b|\bque horas (?:e|sera|vai ser|ficou)\b"
    r"|\b(?:quando|que dia|que horas|qual)\b.*\b(?:minha|meu|meus|minhas|marcad[oa]s?)\b"
    r"|\bme(?:us|u) (?:agendamentos?|horarios?)\b|\bminhas? consultas? (?:esta |e )?(?:marcad"
    r"|quando|que)\w*|\bminhas consultas\b"
    r"|\b(?:tenho|tem|ver|consultar) (?:alguma? |algum |minha |meu |uma |a |o )*(?:consulta"
    r"|horario|retorno|agendamento)s? (?:minha |meu )?(?:marcad|agendad)\w*"
    r"|\bver (?:meus?|minhas?)\b"
)
OTHER_DAY = re.compile(
    r"\boutr[oa]s? (?:dias?|datas?|semana)\b|\b(?:que|quais|qual) dias?\b|\b(?:nenhum"
    r"|nenhuma) (?:desses|dessas|deles)\b|\bver (?:os )?dias\b"
)
MORE_TIMES = re.compile(
    r"\boutr[oa]s? (?:horarios?|horas?|opc\w+)\b|\bmais (?:horarios?|opc\w+|datas?)\b"
    r"|^(?:ver )?mais$|\bproximos\b|^mais tarde$|^proxima pagina$"
)
OTHER_PROFESSIONAL = re.compile(
    r"\boutr[oa]s? (?:profissiona\w+|medic\w+|doutor\w*|dra?|dentista|psicolog\w+|fisioterapeuta"
    r"|terapeuta|nutricionista)\b"
    r"|\btrocar de (?:medic\w+|profissional)\b|\b(?:quais|qual|que) (?:profissiona\w+|medic\w+"
    r"|doutor\w*)\b|\bquem (?:atende|faz)\b"
)
ANYONE = re.compile(
    r"\btanto faz\b|\bqualquer\b|\bindiferente\b|\bo que tiver\b|\bmais (?:rapido|proximo)\b"
    r"|\b(?:o )?quanto antes\b"
)
EARLIEST = re.compile(
    r"\b(?:o )?quanto antes\b|\bmais (?:rapido|proximo|cedo) (?:possivel|que tiver)\b"
    r"|\bprimeir[oa] (?:horario|vaga|data|disponivel)\b|\bproxim[oa] (?:horario|vaga) ?(?:livre"
    r"|disponivel)?\b"
)
RELATIVE = (
    r"(?:minha|meu) (?:filh\w+|mae|pai|espos\w+|marido|mulher|net\w+|av\w+|irma\w*|sogr\w+"
    r"|namorad\w+|bebe|amig\w+|ti[ao])"
)
OTHER_PERSON = re.compile(
    r"\b(?:e|seria|sera|quero|marcar|agendar|consulta)? ?para (?:a |o |uma |um )?(?:outra pessoa"
    rf"|{RELATIVE})\b"
    r"|^outra pessoa$|\boutro paciente\b"
)
IS_RELATIVE = re.compile(rf"^(?:e |seria |sera |vai ser |o paciente e |a paciente e )?(?:a |o )?{RELATIVE}$")
AT_HOME = re.compile(rf"\b(?:falar|conversar|ver|combinar) com (?:a |o )?{RELATIVE}\b")
LET_ME = re.compile(r"\bdeix[ae] eu (?:ver|pegar|perguntar|olhar|procurar|conferir|pensar)\b")
WAIT = re.compile(
    r"\b(?:minuto|minutos|minutinho|momento|momentinho|instante|instantinho|segundinho)\b|^(?:so )?um segundo\b"
    r"|^(?:ok |sim |calma |oi )?(?:espera|espere|esperai|perai|pera|aguarda|aguarde|calma)(?: ai| um pouco| ta| so)*$"
    r"|\b(?:espera|espere|esperai|perai|pera|aguarda|aguarde)(?: ai)? (?:que|so|um|uma|eu|por favor|favor|quero)\b"
    r"|\b(?:ja|depois|logo|agora) (?:ja |eu |te |lhe )*"
    r"(?:passo|mando|envio|falo|digo|volto|respondo|escrevo|informo|vejo)\b"
    r"|\bvou (?:ver|falar|conversar|perguntar|pegar|procurar|conferir|consultar|checar|pensar|olhar)\b"
    rf"|{LET_ME.pattern}|\bdaqui a pouco\b|^ja ja$|^jaja$|^depois$|^mais tarde$"
)
REJECTED = re.compile(
    r"\bnao (?:da|serve|gostei|quero (?:ess|est)\w+|(?:posso|consigo) (?:ness|nest)\w+)\b"
    r"|\bnenhum\w* (?:serve|deles|desses|dessas|da)\b|^(?:esta |ta )?errado$"
)
AGREED = re.compile(
    r"^(?:ta|esta|tudo|muito|por mim) ?(?:ta |esta )?(?:bom|bem|otimo|certo)(?: entao| assim| sim| obrigad[oa])*$"
)
HELLO = re.compile(r"\b(?:bom dia|boa tarde|boa noite|tudo bem)\b")
ASKING = re.compile(r"^(?:qual|quais|quanto|onde|como|que|tem|voce|voces|gostaria|queria|quero|preciso|aceitam?)\b")
BACK = re.compile(r"^(?:voltar|volta|volte|retornar|anterior)(?: (?:atras|por favor|um|uma|passo|tela))*$")
MENU = re.compile(
    r"^(?:ver |o |voltar (?:ao |para o )?)?(?:menu|inicio|recomec\w+|reinici\w+|comecar|opcoes"
    r"|comeco)(?: (?:de novo|principal|denovo|tudo))*$|\bcomecar de novo\b|\bdo (?:inicio|comeco"
    r"|zero)\b"
)
BOOK = re.compile(
    r"\bmarc(?:a|ar|acao|o|aria|ando|que)\b|\bmarqu\w*|\bagend\w+|\bconsultas?\b"
    r"|\bhorarios?\b(?! de (?:funcionamento|atendimento))"
    r"|\bvagas?\b|\bdisponi\w*|\bencaix\w*|\breserv\w+"
    r"|\batendimento\b|\bpassar (?:no|na|com)\b|\bavaliacao\b"
)
STEMS = {
    "cancelar": CANCEL,
    "desmarcar": CANCEL,
    "atendente": PERSON,
    "remarcar": RESCHEDULE,
    "reagendar": RESCHEDULE,
}


def has(pattern: re.Pattern[str], words: str) -> bool:
    return pattern.search(words) is not None


def is_urgent(words: str) -> bool:
    return has(URGENT, NO_EMERGENCY.sub(" ", words))


def is_command(pattern: re.Pattern[str], words: str) -> bool:
    """The pattern, or one of its key words with a slip of the finger ("canselar", "atendete")."""
    if has(pattern, words):
        return True
    keys = [stem for stem, meant in STEMS.items() if meant is pattern]
    return any(_is_slip(word, key) for word in words.split() for key in keys)


def _is_slip(word: str, key: str) -> bool:
    """Close to this key word and to no other one: "desmarcar" is no slip of "remarcar"."""
    if len(word) < 6 or word[:1] != key[:1] or word.startswith(("cance", "canta", "atendi")):
        return False
    return SequenceMatcher(None, word, key).ratio() >= 0.84
