"""Is this answer a person's name, and how is it written?"""

from __future__ import annotations

import re

from .words import folded, set_of

PARTICLES = set_of("da de do das dos e di del la van von der")
ASIDE = r"\s*\([^)]*\)\s*$|,?\s*\d{1,3} anos.*$"  # (meu pai), 35 anos
LONGEST = 80  # characters
MOST_WORDS = 10
# One of these words, and it is something said, not somebody's name. Whole words: "Momentino" is a surname. Words that
# are surnames, too (Claro, Pessoa, Filho, Neto, Segundo, Certo, Deus, da Hora), are not among them.
SAID = set_of(
    "eu voce voces vc vcs mim me te lhe meu minha meus minhas seu sua nao nem nunca ninguem nenhum nenhuma alguem"
    " que qual quais quanto quanta quando onde como porque pq quem pra pro com sem vou vamos quero quer queria"
    " gostaria preciso precisa posso pode podem tenho tem temos tinha estou esta estao to ta sou somos foi fui era"
    " sabe entendi entendo entender acho passo mando envio digo disse falei falo volto espera espere esperai perai"
    " aguarda aguarde ver fazer fazendo marcar agendar confirmar cancelar falar mandar passar enviar dizer"
    " informar perguntar responder custa custam paga pagar aceita depende pensar dirigindo trabalhando trabalho"
    " agora depois ainda tambem entao assim hoje ontem sempre muito menos talvez nada minuto minutos minutinho"
    " momento momentinho instante instantinho segundinho jaja pergunta consulta consultas retorno horario exame"
    " avaliacao dra doutora particular convenio unimed desculpa desculpe obrigado obrigada"
)
# Nothing but such words.
HOLLOW = set_of(
    "a o as os um uma uns da do de e ela ele eles elas mesmo mesma ja so sei n ai la aqui isso este esta esse"
    " essa bom boa bem dia tudo certo claro sim ok mais ou nome completo sobrenome paciente pessoa filho filha mae"
    " pai marido esposa mulher por para pera calma segundo caro titular cliente sozinho sozinha tarde"
    " senhora senhor cpf k rs oxe uai"
)
RELATIVE = (
    r"(?:minha|meu)\s+(?:filh[oa]|m[ãa]e|pai|espos[oa]|marido|mulher|net[oa]|av[óôo]|irm[ãa]o?|sogr[oa]|beb[êe]|ti[oa])"
)
CALLED = r"(?:eu\s+)?(?:me\s+chamo|chamo-me|chama-se|se\s+chama)\s+"
OPENINGS = (
    r"(?:bom dia|boa tarde|boa noite|ol[aá]|oi|claro|ok|sim)[\s,.!]+",
    r"(?:o\s+|a\s+)?(?:meu\s+|seu\s+)?nome\b\s*(?:completo\s+)?(?:do\s+paciente\s+|da\s+paciente\s+|dele\s+|dela\s+)?(?:é|e|eh|:)?\s*:?\s*",
    CALLED,
    r"(?:aqui\s+(?:é|e|eh)|eu\s+sou|sou|é|pode\s+(?:colocar|por|pôr)|coloca|paciente)(?:\s+[oa])?(?:\s+paciente)?\s*:?\s+",
    r"(?:o|a)\s+(?:paciente|nome)\s*(?:é|:)?\s*",
    r"eu\s*,\s*",
    rf"(?:é\s+|e\s+)?(?:[oa]\s+)?{RELATIVE}\b[\s,:]*",
    # Once more: "é minha filha, se chama Ana".
    CALLED,
)
ENDINGS = r"[\s,.!]*(?:por favor|pfv|obrigad[oa])?[\s.,!]*$"


def read_name(text: str) -> str | None:
    """The name, capitalised as names are; None for what cannot be one (figures, links, a letter or two, an essay)."""
    text = re.sub(ASIDE, "", text[:500], flags=re.IGNORECASE)
    stripped = re.sub(ENDINGS, "", _without_opening(" ".join(text.split())), flags=re.IGNORECASE)
    words = stripped.strip(" .,!;:-\"'*()").split()
    if not words or len(words) > MOST_WORDS or len(stripped) > LONGEST:
        return None
    if sum(char.isalpha() for char in stripped) < 3 or not all(_is_name_word(word) for word in words):
        return None
    if _is_something_said(words):
        return None
    return " ".join(_capitalised(word, position) for position, word in enumerate(words))


def _without_opening(text: str) -> str:
    for opening in OPENINGS:
        shorter = re.sub(rf"^{opening}", "", text, count=1, flags=re.IGNORECASE)
        text = shorter if shorter.strip() else text
    return text


def _is_something_said(words: list[str]) -> bool:
    plain_words = [folded(word).strip(".,") for word in words]
    return not SAID.isdisjoint(plain_words) or HOLLOW.issuperset(plain_words)


def _is_name_word(word: str) -> bool:
    bare = word.rstrip(".,")
    return bool(bare) and bare[0].isalpha() and all(char.isalpha() or char in "'’-" for char in bare)


def _capitalised(word: str, position: int) -> str:
    word = word.rstrip(",")
    lower = word.lower()
    if position and lower in PARTICLES:
        return lower
    is_mixed = not word.islower() and not word.isupper()
    return word if is_mixed else re.sub(r"(^|[-'’])(\w)", lambda match: match[1] + match[2].upper(), lower)
