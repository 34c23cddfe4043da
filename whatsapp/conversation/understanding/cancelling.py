"""«Quer mesmo cancelar este horário?»: what does the answer want?

The one place where typed words cancel. Who says that they come is confirmed, not cancelled; whatever is not clearly a
yes is no yes: asking once more costs a message, a cancelled appointment costs the appointment. "Não, vou" and "não vou"
differ by a comma, so the comma is read before it is folded away.
"""

from __future__ import annotations

import re

from whatsapp.conversation.states import Step
from whatsapp.conversation.wishes import Abandon, AskCancel, CancelNow, ConfirmPresence, NotUnderstood, Wish

from . import intents
from .appointments import meant
from .intents import has, is_command
from .message import Typed
from .words import GRATEFUL, folded, is_only, plain, set_of

NO_COMMA = re.compile(r"^\W*(?:nao|naum|n|nop|nope|negativo)\s*(?:[^\w\s]+|\n)\s*(?P<rest>\w.*)$", re.DOTALL)
YES = set_of(
    "sim ok isso claro pode ser certo certinho correto exato exatamente quero certeza aham uhum yes sss bora beleza"
)
YES_BESIDE = YES | GRATEFUL | set_of("esse essa este esta")
CONFIRMED = re.compile(r"^(?:sim|isso)(?: eu)? confirm\w+$")
KEEP = re.compile(
    r"\b(?:claro que|melhor|ainda|agora|que|cancel\w+|desmarc\w+|jeito) nao$|\bde jeito nenhum\b|\bjamais\b"
    r"|\b(?:pode deixar|deix\w+ marcad\w|continua\w* marcad\w|desisti de (?:cancelar|desmarcar))\b"
    r"|\b(?:engano|sem querer)\b"
)
COMMAND = re.compile(
    r"^(?:(?:sim|isso|ok|claro|certo|bom|dia|boa|tarde|noite|oi|ola|por favor|eu|entao|infelizmente|quero|queria"
    r"|gostaria de|prefiro|preciso|precisarei|terei que|tenho que|vou(?: ter que| precisar)?|pode(?:m|ria)?|mesmo"
    r"|melhor|ja|confirm\w+|o|a|esse|este|essa|esta) )*(?:cancel(?:a|ar|e|em|amento|ado|ada)|desmarc(?:a|ar|ado|ada)"
    r"|desmarquem?)\b"
)
DOUBT = re.compile(r"\b(?:se|mas|talvez|acho|depois|por que|porque nao|quando)\b")
POLITE = re.compile(r"\b(?:pode|podem|poderia|consegue)\b|^(?:cancel|desmar)\w+\b")
GONE = r"(?: a| o| ess[ea]| est[ea]| minha| meu| (?:poder |conseguir )?(?:ir|comparecer|fazer))\b"
CANNOT_COME = re.compile(
    r"\bnao (?:vou|posso|consigo|poderei|irei)(?: mais)?(?: poder| conseguir)?(?: mais)? (?:ir|comparecer|estar)\b"
    rf"|\bnao (?:vou|irei|poderei)(?: poder| conseguir)?(?: mais)?$|\bnao quero mais{GONE}"
)
COMES = re.compile(
    r"^(?:(?:eu|sim|ok|claro|mas|que|com certeza|pode deixar|desculpa|quero|confirmo que) )*"
    r"(?:eu vou|vou sim|vou (?:poder |conseguir )?(?:ir|comparecer|estar(?: la| ai| presente))|vou poder|irei"
    r"|comparecerei|estarei|quero (?:ir|comparecer)|posso ir|consigo ir|nao (?:vou |irei )?(?:faltar|falto|faltarei"
    r"|perder|perco)"
    r"|confirm\w+ (?:a |minha |a minha )?presenca|presenca confirmada|vou(?= (?:la|ai|mesmo|com certeza)\b))"
    r"(?P<rest>(?: .*)?)$"
)
BESIDE_COMING = GRATEFUL | set_of(
    "sim la ai mesmo presente certeza com na no a as em nessa nesse nesta neste essa esse consulta horario hora dia"
    " data marcado marcada combinado segunda terca quarta quinta sexta sabado feira hoje amanha viu ta ok favor por eu"
    " vou ir de da do"
)
NO_COMMA_COMES = re.compile(r"^nao (?=eu vou\b|eu irei\b|vou sim\b|irei sim\b)")
MAY_BE_BOTH = re.compile(
    r"^(?:nao )+(?:vou|sei)\b|^nao quero mais$|\bdesist\w*|^quero (?:esse|este|essa|esta)$|^vou(?: nao)?$"
)


def answer(typed: Typed) -> Wish | None:
    """What the answer wants of the appointment; None for what other readers know: a move, a price, a plain no."""
    known = typed.state.appointment_id
    if typed.state.step is not Step.CONFIRM_CANCEL or known is None:
        return None
    match = NO_COMMA.match(folded(typed.text))
    said = plain(match["rest"]) if match else NO_COMMA_COMES.sub("", typed.words)
    if has(intents.KEEP, typed.words) or has(KEEP, typed.words):
        return Abandon()
    if is_command(intents.RESCHEDULE, typed.words):
        return None
    if _says_yes(typed, said, is_after_no=match is not None):
        other = meant(typed)
        return CancelNow(known) if other in (None, known) else AskCancel(other)
    if _comes(typed, said):
        return ConfirmPresence(known)
    return _unclear(typed, said)


def _says_yes(typed: Typed, said: str, *, is_after_no: bool) -> bool:
    """A yes, an order to cancel, or that they cannot come; nothing that begins with "não," is one."""
    if is_after_no or has(DOUBT, said):
        return False
    is_asking = "?" in typed.text
    if has(COMMAND, said):
        return not is_asking or has(POLITE, said)
    if is_asking:
        return False
    is_yes = is_only(said, YES_BESIDE, YES) and not has(MAY_BE_BOTH, said)
    return is_yes or has(CONFIRMED, said) or has(intents.AGREED, said) or has(CANNOT_COME, said)


def _comes(typed: Typed, said: str) -> bool:
    match = COMES.match(said)
    if match is None or "?" in typed.text:
        return False
    return all(word in BESIDE_COMING or any(char.isdigit() for char in word) for word in match["rest"].split())


def _unclear(typed: Typed, said: str) -> Wish | None:
    """What may mean a yes or a no is asked again."""
    is_unclear = has(MAY_BE_BOTH, said) or has(intents.CANCEL, said) or has(intents.CONFIRM, said)
    return NotUnderstood() if is_unclear and "?" not in typed.text else None
