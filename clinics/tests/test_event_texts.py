"""The clinic's own words for its calendar events: filled, kept private, refused with a name."""

import time
from dataclasses import replace

import pytest

from clinics import event_texts
from clinics.event_texts import BadTemplate, Words

WORDS = Words(
    patient="Dalva de Souza Nogueira",
    professional="Dra. Helena",
    offering="Retorno",
    clinic="Clínica Aurora",
    status="booked",
    link="https://x.test/1",
    detail="initials",
)
NOBODY = replace(WORDS, detail="minimal")


@pytest.mark.parametrize(
    ("template", "shown", "private"),
    [
        ("Consulta – {paciente}", "Consulta – D. N.", "Consulta"),
        ("{paciente} – {serviço}", "D. N. – Retorno", "Retorno"),
        ("{servico} – {paciente} ({situação})", "Retorno – D. N. (Marcada)", "Retorno (Marcada)"),
        ("{SERVIÇO} ({ paciente })", "Retorno (D. N.)", "Retorno"),
        ("{serviço}: {paciente} · {profissional}", "Retorno: D. N. · Dra. Helena", "Retorno · Dra. Helena"),
        ("{paciente}", "D. N.", "Consulta"),
        ("Aurora", "Aurora", "Aurora"),
    ],
)
def test_titles(template: str, shown: str, private: str) -> None:
    assert event_texts.title(template, WORDS) == shown
    assert event_texts.title(template, NOBODY) == private


def test_a_description_loses_the_lines_that_would_be_empty() -> None:
    template = "Paciente: {paciente}\nServiço: {serviço}\n\n{clínica}: {link}"
    assert event_texts.description(template, WORDS).startswith("Paciente: D. N.\nServiço: Retorno\n\n")
    assert event_texts.description(template, NOBODY) == "Serviço: Retorno\n\nClínica Aurora: https://x.test/1"


@pytest.mark.parametrize(
    ("template", "code", "name"),
    [
        ("Consulta de {nome}", "unknown", "nome"),
        ("{}", "unknown", ""),
        ("{paciente.nome}", "unknown", "paciente.nome"),
        ("Consulta {paciente", "brace", ""),
        ("Consulta }", "brace", ""),
        ("{{paciente}}", "brace", ""),
    ],
)
def test_what_is_wrong_is_named(template: str, code: str, name: str) -> None:
    with pytest.raises(BadTemplate) as raised:
        event_texts.check(template)
    assert (raised.value.code, raised.value.name) == (code, name)


def test_a_name_cannot_bring_html_lines_or_fields_into_the_calendar() -> None:
    bad = replace(WORDS, patient='<a href="//x">{link}</a>\n\u0000Ana', detail="full")
    shown = event_texts.description("{paciente}", bad)
    assert "<" not in shown
    assert "\n" not in shown
    assert event_texts.title("{paciente}", bad) == '‹a href="//x"›{link}‹/a› Ana'


def test_long_texts_end_in_three_dots() -> None:
    long = replace(WORDS, patient="A" * 120, detail="full")
    assert event_texts.title("{paciente}" * 20, long).endswith("…")
    assert len(event_texts.title("{paciente}" * 20, long)) == event_texts.MOST_TITLE
    assert len(event_texts.description("{paciente}" * 180, long)) == event_texts.MOST_DESCRIPTION


def test_blanks_without_end_cost_no_time() -> None:
    started = time.monotonic()
    for filler in (" " * 2000, " (" * 1000, " -" * 1000, "\t- " * 600):
        event_texts.description("{paciente}" + filler + "x", WORDS)
        event_texts.description("a" + filler + "{paciente}", WORDS)
    assert time.monotonic() - started < 0.5


def test_which_fields_a_text_uses() -> None:
    assert event_texts.names_in("{Situação} {paciente}") == {"situacao", "paciente"}
