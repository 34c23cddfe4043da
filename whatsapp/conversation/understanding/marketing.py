"""Which words say no to promotional messages, or yes again? Patterns over `words.plain`."""

from __future__ import annotations

import re

MESSAGES = (
    r"(?:mensage\w*|msgs?|propagandas?|promoc\w+|publicidades?|divulgac\w+|anuncios?|novidades|ofertas?|marketing"
    r"|campanhas?|notificac\w+|avisos?|lembretes?|disparos?|spam)"
)
PROMOTIONS = r"(?:propagandas?|promoc\w+|publicidades?|divulgac\w+|novidades|ofertas?|campanhas?)"
SENDING = r"(?:receber|receba|mand(?:e|em|ar|arem)|envi(?:e|em|ar|arem))"
# Only such words between "não" and the sending: "não consigo enviar mensagem" is no wish to hear nothing.
WANTING = (
    r"(?:eu |me |quero |queria |desejo |gostaria |de |mais |que |voces |voce |aceito |autorizo |voltar |a |continuar )*"
)
WHICH = (
    r"(?:mais |as |os |a |o |essas |esses |estas |este |esse |essa |suas |de |das |dos |tantas |nenhuma |me "
    r"|por favor )*"
)
STOP = re.compile(
    rf"\bnao {WANTING}{SENDING} {WHICH}(?:{MESSAGES}|nada|isso)\b|\bnao {WANTING}receber(?: mais)?$"
    rf"|\bnao (?:quero|queria|desejo|aceito|autorizo) {WHICH}{MESSAGES}\b"
    rf"|\b(?:par[ae]|parem|parar) de {WHICH}(?:{SENDING}|mandar|enviar) {WHICH}(?:{MESSAGES}|nada|isso)\b"
    rf"|\b(?:par[ae]|parem|parar|chega|cansei) (?:de|com) {WHICH}{MESSAGES}\b|\bparar de receber\b"
    rf"|\bcancel\w+ {WHICH}(?:(?:recebimento|envio) {WHICH})?(?:{MESSAGES}|inscricao|assinatura)\b"
    r"|\b(?:(?:tir|remov|retir|exclu)\w+ (?:\w+ ){0,3}|sair d(?:a|essa|esta) )lista\b(?! de espera)"
    r"|\bdescadastr\w*|\bunsubscribe\b|\bopt out\b"
)
# "parar" is what promotions themselves tell people to answer.
BARE_STOP = re.compile(r"^(?:quero |prefiro |por favor )?(?:sair|parar|pare|parem|stop)(?: por favor| favor)?$")
RESUME = re.compile(
    r"^(?:\w+ ){0,3}voltar a receber\b(?! (?:alta|o|a)\b)"
    rf"|^(?:quero|gostaria de|aceito|desejo) receber {WHICH}{PROMOTIONS}\b"
    rf"|^(?:ja )?(?:pode|podem|voltem?) (?:voltar )?a (?:me )?(?:mandar|enviar) {WHICH}{MESSAGES}\b"
)
