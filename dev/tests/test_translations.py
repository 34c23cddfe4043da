import gettext
from pathlib import Path

import pytest

from dev.translations import main, po_path

CODE = 'A = _("Save"); B = ngettext("%(n)d message", "%(n)d messages", 2); C = pgettext("calendar", "May")\n'
PAGE = """{% load i18n %}
<p>{% trans "Today's work" %}</p>
    {% blocktrans trimmed %}
      Hello {{ name }}
    {% endblocktrans %}
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "clinics" / "tests").mkdir(parents=True)
    (tmp_path / "templates").mkdir()
    (tmp_path / "clinics" / "pages.py").write_text(CODE)
    (tmp_path / "clinics" / "tests" / "test_pages.py").write_text('_("only in a test")')
    (tmp_path / "templates" / "page.html").write_text(PAGE)
    return tmp_path


def _translate(clone: Path) -> None:
    text = po_path(clone).read_text()
    head, body = text.split("\n\n", 1)
    for line in ('msgstr ""', 'msgstr[0] ""', 'msgstr[1] ""'):
        body = body.replace(line, line.replace('""', '"traduzido"'))
    for name in ("%(n)d", "%(name)s"):
        body = _with_placeholder(body, name)
    po_path(clone).write_text(f"{head}\n\n{body}")


def _with_placeholder(body: str, name: str) -> str:
    entries = body.split("\n\n")
    return "\n\n".join(e.replace("traduzido", f"traduzido {name}") if name in e else e for e in entries)


def test_everything_translated_is_fine(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract"], clone) == 0
    _translate(clone)
    capsys.readouterr()
    assert main(["check"], clone) == 0
    assert capsys.readouterr().out == ""


def test_each_fault_is_named(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["extract"], clone)
    _translate(clone)
    path = po_path(clone)
    text = path.read_text().replace("traduzido %(n)d", "traduzido %(numero)d")
    text = text.replace('msgid "Save"', '#, fuzzy\nmsgid "Save"')
    path.write_text(text.replace("Today's work", "Yesterday's work"))
    before = path.read_text()
    capsys.readouterr()
    assert main(["check"], clone) == 1
    said = capsys.readouterr().out
    assert 'missing: "Today\'s work"' in said
    assert 'no longer used: "Yesterday\'s work"' in said
    assert "fuzzy: 'Save'" in said
    assert "placeholders differ: ('%(n)d message', '%(n)d messages')" in said
    assert path.read_text() == before


def test_an_empty_translation_is_named(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["extract"], clone)
    assert main(["check"], clone) == 1
    assert "not translated: 'May' (context 'calendar')" in capsys.readouterr().out


def test_collecting_again_keeps_translations_and_changes_nothing(clone: Path) -> None:
    main(["extract"], clone)
    _translate(clone)
    main(["extract"], clone)
    first = po_path(clone).read_text()
    main(["extract"], clone)
    assert po_path(clone).read_text() == first
    assert first.count("traduzido") == 6
    assert "only in a test" not in first


def test_the_compiled_file_holds_what_people_read(clone: Path) -> None:
    main(["extract"], clone)
    _translate(clone)
    assert main(["compile"], clone) == 0
    with po_path(clone).with_suffix(".mo").open("rb") as file:
        catalog = gettext.GNUTranslations(file)
    assert catalog.gettext("Save") == catalog.pgettext("calendar", "May") == "traduzido"
    assert catalog.ngettext("%(n)d message", "%(n)d messages", 2) == "traduzido %(n)d"
