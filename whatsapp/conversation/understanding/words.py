"""How is a typed message made comparable, and which words mean what?

`plain` folds case, accents, stretched letters, chat spellings and the emoji that answer; what is left are words of
a-z and digits, single spaces between, and `:` `/` inside numbers.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher


def set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


LONGEST_READ = 600  # characters; beyond that nobody is choosing a time

EMOJI = {
    "👍": " ok ",
    "👌": " ok ",
    "✅": " ok ",
    "🆗": " ok ",
    "✔": " ok ",
    "🙏": " obrigado ",
    "❤": " obrigado ",
    "😊": " obrigado ",
    "😍": " obrigado ",
    "🥰": " obrigado ",
    "😘": " obrigado ",
    "👎": " nao ",
    "❌": " nao ",
    "👋": " oi ",
}
SPELLINGS = {
    "hj": "hoje",
    "amn": "amanha",
    "amnh": "amanha",
    "amanh": "amanha",
    "obg": "obrigado",
    "obgd": "obrigado",
    "obgda": "obrigada",
    "brigado": "obrigado",
    "brigada": "obrigada",
    "vlw": "valeu",
    "blz": "beleza",
    "ss": "sim",
    "s": "sim",
    "n": "nao",
    "naum": "nao",
    "num": "nao",
    "tbm": "tambem",
    "pra": "para",
    "pro": "para",
    "p": "para",
    "q": "que",
    "qd": "quando",
    "qdo": "quando",
    "qto": "quanto",
    "qnto": "quanto",
    "vcs": "voces",
    "vc": "voce",
    "tah": "ta",
    "eh": "e",
    "msm": "mesmo",
    "pfv": "favor",
    "pf": "favor",
    "hrs": "horas",
    "hs": "h",
    "tds": "todos",
    "okay": "ok",
    "oks": "ok",
    "okk": "ok",
}
NUMBERS = {
    "um": 1,
    "uma": 1,
    "dois": 2,
    "duas": 2,
    "tres": 3,
    "quatro": 4,
    "cinco": 5,
    "seis": 6,
    "sete": 7,
    "oito": 8,
    "nove": 9,
    "dez": 10,
    "onze": 11,
    "doze": 12,
    "treze": 13,
    "quatorze": 14,
    "catorze": 14,
    "quinze": 15,
    "dezesseis": 16,
    "dezessete": 17,
    "dezoito": 18,
    "dezenove": 19,
    "vinte": 20,
    "trinta": 30,
}
ORDINALS = {
    "primeiro": 1,
    "primeira": 1,
    "segundo": 2,
    "segunda": 2,
    "terceiro": 3,
    "terceira": 3,
    "quarto": 4,
    "quarta": 4,
    "quinto": 5,
    "quinta": 5,
    "ultimo": -1,
    "ultima": -1,
}
YES = set_of(
    "sim ok isso claro pode ser confirmo confirmado confirma confirmar confirmada certo certinho correto exato"
    " exatamente fechado quero certeza aham uhum bora perfeito beleza combinado otimo positivo marca marcar yes"
    " esse essa este esta agende agendar marque show maravilha concordo sss favor serve vou"
)
SURE = set_of("sim quero confirmo confirmado confirmada confirma confirmar isso claro exato exatamente positivo vou")
YES_CORE = YES - set_of("ser esse essa este esta favor serve vou marca marcar agendar agende marque")
NO = set_of(
    "nao nop nope negativo nenhum nenhuma nunca no melhor agora desses dessas deles quero mais deixa deixe esquece"
)
NO_CORE = set_of("nao nop nope negativo nenhum nenhuma")
THANKS = set_of(
    "obrigado obrigada obrigadao obrigadinha valeu grato grata agradeco agradecida agradecido tchau falou ok certo"
    " perfeito beleza otimo otima show maravilha combinado excelente legal joia ate logo mais breve abraco abracos"
    " beijo beijos bjs bom boa dia tarde noite fim semana disponha nada ajuda atencao atendimento pela pelo entendi"
    " amei gratidao deus abencoe kk kkk kkkk rs rsrs haha"
)
THANKS_CORE = set_of(
    "obrigado obrigada obrigadao obrigadinha valeu grato grata agradeco agradecida agradecido tchau falou ok certo"
    " perfeito beleza otimo otima show maravilha combinado excelente legal joia ate abraco abracos beijo beijos bjs"
    " entendi amei gratidao"
)
GRATEFUL = set_of(
    "obrigado obrigada obrigadao obrigadinha valeu grato grata agradeco agradecida agradecido amei gratidao"
)
GREETING = set_of(
    "oi oie ola opa oila eae alo hello hi hey salve bom boa dia tarde noite tudo bem bao bom voces voce como vai"
    " esta tem alguem gente pessoal moca moco ei hola"
)
GREETING_CORE = set_of("oi oie ola opa eae alo hello hi hey salve ei hola")
FILLER = set_of(
    "a o e as os eu de da do das dos em na no que um uma me por favor gentileza muito muita bem entao ta ai la aqui"
    " mesmo ja so tudo gente moca moco dra dr doutor doutora querida querido pra para com voce voces ne sim ah eita"
    " opa nossa pode esta meu minha"
)
MONTHS = {
    "janeiro": 1,
    "jan": 1,
    "fevereiro": 2,
    "fev": 2,
    "marco": 3,
    "abril": 4,
    "abr": 4,
    "maio": 5,
    "junho": 6,
    "jun": 6,
    "julho": 7,
    "jul": 7,
    "agosto": 8,
    "ago": 8,
    "setembro": 9,
    "set": 9,
    "outubro": 10,
    "out": 10,
    "novembro": 11,
    "nov": 11,
    "dezembro": 12,
    "dez": 12,
}


def plain(text: str) -> str:
    """The message as comparable words."""
    return " ".join(SPELLINGS.get(word, word) for word in _words(folded(text)))


def folded(text: str) -> str:
    """Lower case without accents; answering emoji as words; punctuation still there."""
    text = text[:LONGEST_READ]
    for emoji, word in EMOJI.items():
        text = text.replace(emoji, word)
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"([a-z])\1{2,}", r"\1", letters)


def is_only(words: str, allowed: frozenset[str], core: frozenset[str]) -> bool:
    """Only such words and fillers, and at least one that says it."""
    tokens = words.split()
    return bool(tokens) and all(one in allowed or one in FILLER for one in tokens) and not core.isdisjoint(tokens)


def is_like(word: str, wanted: str) -> bool:
    """The same word, or a slip of the finger in a long one."""
    if word == wanted:
        return True
    if min(len(word), len(wanted)) < 5 or word[0] != wanted[0]:
        return False
    return SequenceMatcher(None, word, wanted).ratio() >= 0.82


def _words(text: str) -> list[str]:
    text = re.sub(r"(?<=\d)[.\-](?=\d)", "/", text)
    return re.sub(r"[^a-z0-9:/]+", " ", text).split()
