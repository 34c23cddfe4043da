"""WhatsApp's markup and kinds on the portal's pages, and that nothing a patient writes becomes markup of the page."""

import pytest

from whatsapp.admin.formatting import as_html, as_plain
from whatsapp.admin.words import ITEM_KINDS, item_words
from whatsapp.payloads import Kind


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*oi*", "<strong>oi</strong>"),
        ("Escreva *remarcar* ou _cancelar_.", "Escreva <strong>remarcar</strong> ou <em>cancelar</em>."),
        ("~velho~ novo", "<s>velho</s> novo"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("a*b*c nome_do_arquivo_x", "a*b*c nome_do_arquivo_x"),
        ("*uma\nlinha*", "*uma\nlinha*"),
        ("<script>*x*</script>", "&lt;script&gt;<strong>x</strong>&lt;/script&gt;"),
        ("*<b>*", "<strong>&lt;b&gt;</strong>"),
        ('"aspas" & *e*', "&quot;aspas&quot; &amp; <strong>e</strong>"),
    ],
)
def test_marks_become_tags_and_text_stays_text(text: str, html: str) -> None:
    assert as_html(text) == html


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Aqui é a *Clínica Aurora* 😊", "Aqui é a Clínica Aurora 😊"),
        ("_itálico_, ~riscado~ e *_os dois_*", "itálico, riscado e os dois"),
        ("2 * 3 * 4, nome_do_arquivo", "2 * 3 * 4, nome_do_arquivo"),
        ("*cortado no me", "*cortado no me"),
    ],
)
def test_a_line_without_markup(text: str, plain: str) -> None:
    assert as_plain(text) == plain


def test_every_kind_of_item_has_words_and_one_of_newer_code_is_shown_too() -> None:
    assert set(ITEM_KINDS) == set(Kind)
    assert item_words("of newer code") == item_words(Kind.UNKNOWN) == "Novidade do WhatsApp"
