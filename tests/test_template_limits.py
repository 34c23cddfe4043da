"""Every limit of a new template, on both sides: ours names field and limit before any call, Meta's stand-in refuses.

Each row is a draft that breaks one limit, beside one that only just keeps it: that one has no problem of ours, and the
simulator takes it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox.tests.world import World
from whatsapp.cloud_api.template_drafts import (
    MARKETING,
    PHONE_NUMBER,
    QUICK_REPLY,
    URL,
    UTILITY,
    Draft,
    DraftButton,
    Problem,
    problems,
)

WABA = "200000000000001"
WORDS = {"paciente": "Dalva", "quando": "amanhã"}
PLAIN = Draft("aviso", "pt_BR", UTILITY, "Olá, {{paciente}}, até amanhã cedo!", examples=WORDS)
ADDRESS = "https://x.example/"


def pressed(*titles: str) -> dict[str, Any]:
    return {"buttons": tuple(DraftButton(QUICK_REPLY, title) for title in titles)}


def led(address: str) -> dict[str, Any]:
    return {"buttons": (DraftButton(URL, "Ver", address),)}


def dialled(number: str) -> dict[str, Any]:
    return {"buttons": (DraftButton(PHONE_NUMBER, "Ligar", number),)}


# What just keeps the limit, what breaks it, and what we say of that.
LIMITS: dict[str, tuple[dict[str, Any], dict[str, Any], Problem]] = {
    "name": ({"name": "a" * 512}, {"name": "a" * 513}, Problem("name", "too_long", 512)),
    "name's letters": ({"name": "aviso_2"}, {"name": "Aviso-2"}, Problem("name", "characters")),
    "language": ({"language": "en_US"}, {"language": "português"}, Problem("language", "unknown")),
    "category": ({"category": MARKETING}, {"category": "NICE"}, Problem("category", "unknown")),
    "body": ({"body": "x" * 1024}, {"body": "x" * 1025}, Problem("body", "too_long", 1024)),
    "no body": ({"body": "x"}, {"body": " "}, Problem("body", "empty")),
    "leading variable": (
        {"body": "Oi {{paciente}}, tudo bem?"},
        {"body": "{{paciente}}, tudo bem?"},
        Problem("body", "leading_variable"),
    ),
    "trailing variable": (
        {"body": "Até logo, {{paciente}}!"},
        {"body": "Até logo, {{paciente}}"},
        Problem("body", "trailing_variable"),
    ),
    "adjacent variables": (
        {"body": "Olá, {{paciente}}, {{quando}}, venha nos ver!"},
        {"body": "Olá, {{paciente}} {{quando}}, venha nos ver!"},
        Problem("body", "adjacent_variables"),
    ),
    "words for each variable": (
        {"body": "Oi {{paciente}} tchau!"},
        {"body": "Oi {{paciente}}!"},
        Problem("body", "too_few_words"),
    ),
    "variable's name": (
        {"body": "Olá, {{nome_2}}, tudo bem?", "examples": {"nome_2": "x"}},
        {"body": "Olá, {{Nome}}, tudo bem?", "examples": {"Nome": "x"}},
        Problem("body", "variable_name"),
    ),
    "examples": ({}, {"examples": {"paciente": ""}}, Problem("examples", "missing")),
    "header": ({"header": "x" * 60}, {"header": "x" * 61}, Problem("header", "too_long", 60)),
    "header's variables": (
        {"header": "Oi {{paciente}}"},
        {"header": "Oi {{paciente}} e {{quando}}"},
        Problem("header", "too_many_variables", 1),
    ),
    "footer": ({"footer": "x" * 60}, {"footer": "x" * 61}, Problem("footer", "too_long", 60)),
    "footer's variables": (
        {"footer": "Até breve"},
        {"footer": "Até {{quando}} ou"},
        Problem("footer", "too_many_variables", 0),
    ),
    "ten buttons": (
        pressed(*map(str, range(10))),
        pressed(*map(str, range(11))),
        Problem("buttons", "too_many", 10),
    ),
    "button's label": (pressed("x" * 25), pressed("x" * 26), Problem("buttons.text", "too_long", 25)),
    "label's variables": (pressed("Sim"), pressed("{{paciente}} x"), Problem("buttons.text", "too_many_variables", 0)),
    "labels alike": (pressed("a", "b"), pressed("a", "a"), Problem("buttons", "repeats")),
    "address": (
        led(ADDRESS + "a" * (2000 - len(ADDRESS))),
        led(ADDRESS + "a" * (2001 - len(ADDRESS))),
        Problem("buttons.target", "too_long", 2000),
    ),
    "address's variable": (
        led(ADDRESS + "{{1}}"),
        led(ADDRESS + "{{1}}/a"),
        Problem("buttons.target", "address"),
    ),
    "whole address": (led(ADDRESS), led("x.example"), Problem("buttons.target", "address")),
    "telephone": (dialled("+551130000001"), dialled("190 e 192"), Problem("buttons.target", "phone")),
}


@pytest.fixture(scope="module")
def meta(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"), "http://127.0.0.1:9")
    world.start()
    yield world
    world.stop()


def create(meta: World, draft: Draft) -> Any:
    return meta.graph("POST", f"{WABA}/message_templates", json=draft.payload())


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_of_a_new_template_holds_on_both_sides(meta: World, limit: str) -> None:
    keeps, breaks, problem = LIMITS[limit]
    # Names of their own, unless the name is what is tried: the same twice would be refused for that.
    own = [replace(PLAIN, name=f"aviso_{list(LIMITS).index(limit) + 10}_{part}") for part in ("kept", "broken")]
    kept, broken = replace(own[0], **keeps), replace(own[1], **breaks)
    assert problems(kept) == []
    answer = create(meta, kept)
    assert answer.status_code == 200, answer.text
    assert problem in problems(broken)
    answer = create(meta, broken)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)
