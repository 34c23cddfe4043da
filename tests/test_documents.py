"""Do the pages say what the code says? The walls' table, the decisions and their list, and what a page links to."""

import re
from configparser import ConfigParser
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.test_layers import PURE, ROOT

DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "adr").glob("0*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
_LINK = re.compile(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)")


def walls() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter")
    return parser


def lines(contract: str, option: str) -> list[str]:
    return walls()[f"importlinter:contract:{contract}"][option].strip().splitlines()


def test_the_table_of_walls_is_the_linters() -> None:
    rows = re.findall(
        r"^\| (.*) \|$", (DOCS / "architecture.md").read_text().split("## 8. ")[1].split("## 9. ")[0], re.M
    )
    cells = [[cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", row)] for row in rows]
    apps, table = cells[0], cells[1:]
    assert table == [list(row) for row in zip_longest(*(lines(app, "layers") for app in apps), fillvalue="")]


def test_every_pure_module_is_imported_on_its_own() -> None:
    assert set(lines("pure", "source_modules")) == set(PURE) - {"atendeai"}


def test_decisions_have_numbers_of_their_own_and_stand_in_the_list() -> None:
    titles = [path.read_text().splitlines()[0] for path in DECISIONS]
    assert [re.findall(r"^# (\d{4}) — ", title) for title in titles] == [[path.name[:4]] for path in DECISIONS]
    assert len({path.name[:4] for path in DECISIONS}) == len(DECISIONS)
    listed = [f"- [{path.name[:4]}]({path.name}) {title[9:]}" for path, title in zip(DECISIONS, titles, strict=True)]
    assert [line for line in (DOCS / "adr/README.md").read_text().splitlines() if line.startswith("- ")] == listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_is_there(page: Path) -> None:
    missing = [target for target in _LINK.findall(page.read_text()) if not (page.parent / target).exists()]
    assert missing == []


def test_files_that_the_pages_name_are_there() -> None:
    """`whatsapp/outbox.py`, `calendar_sync/writes/` in the design's map."""
    text = (DOCS / "integration-design-map.md").read_text()
    named = re.findall(r"`((?:atendeai|clinics|whatsapp|calendar_sync|sandbox)/[\w/.]+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []
