"""Are all texts of the portal there in Portuguese?

`extract` collects the texts from code and templates into `locale/pt_BR/LC_MESSAGES/django.po` and keeps what
is translated; `check` says what is missing and changes nothing; `compile` makes the `.mo` that Django reads.
Without GNU gettext, which not every machine has. The `.po` carries no line numbers and no dates: it changes
only when a text does.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from dev.places import ROOT

SOURCES = ("atendeai", "clinics", "whatsapp", "calendar_sync", "templates")
LEFT_OUT = {"tests", "testing", "migrations"}
LANGUAGE = "pt_BR"
_PLURAL, _CONTEXT, _PLURAL_IN_CONTEXT = (1, 2), ((1, "c"), 2), ((1, "c"), 2, 3)
_KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), _PLURAL),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), _CONTEXT),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), _PLURAL_IN_CONTEXT),
}
_NOISE = ('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Language-Team', '"Generated-By')
Key = tuple[str | tuple[str, ...], str | None]


def main(words: list[str], root: Path = ROOT) -> int:
    """Do what `words` ask for; return the exit code."""
    actions = {"extract": extract_texts, "check": check, "compile": compile_catalog}
    if len(words) != 1 or words[0] not in actions:
        print(f"usage: python -m dev.translations {'|'.join(actions)}", file=sys.stderr)
        return 2
    return actions[words[0]](root)


def extract_texts(root: Path) -> int:
    """Bring the .po up to the code's texts: new ones come in empty, unused ones go."""
    path = po_path(root)
    catalog = _read(path)
    catalog.update(_template(root), no_fuzzy_matching=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(catalog, path)
    untranslated = [message for message in _messages(catalog) if not _is_translated(message)]
    print(f"{path.relative_to(root)}: {len(catalog)} texts, {len(untranslated)} to translate")
    return 0


def check(root: Path) -> int:
    """Print every text that is missing, untranslated, doubtful or unused; return 1 if there is any."""
    catalog = _read(po_path(root))
    kept = {_key(message): message for message in _messages(catalog)}
    wanted = {_key(message) for message in _messages(_template(root))}
    complaints = [
        *(("missing", key) for key in wanted - kept.keys()),
        *(("no longer used", key) for key in kept.keys() - wanted),
        *(("not translated", key) for key, message in kept.items() if not _is_translated(message)),
        *(("fuzzy", key) for key, message in kept.items() if message.fuzzy),
        *(("placeholders differ", _key(message)) for message, _ in catalog.check()),
    ]
    for what, (text, context) in sorted(complaints, key=repr):
        print(f"{what}: {text!r}{f' (context {context!r})' if context else ''}")
    if complaints:
        print(f"`make translations` collects new texts and drops unused ones; translate in {po_path(root)}")
    return 1 if complaints else 0


def compile_catalog(root: Path) -> int:
    """Write the .mo beside the .po; a reader sees the old or the new one."""
    path = po_path(root)
    target = path.with_suffix(".mo")
    draft = target.with_name(f"{target.name}.{os.getpid()}.new")
    with draft.open("wb") as file:
        write_mo(file, _read(path))
    draft.replace(target)
    return 0


def po_path(root: Path) -> Path:
    return root / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def _template(root: Path) -> Catalog:
    template = Catalog()
    for path in _source_files(root):
        source = io.BytesIO(_as_python(path, path.read_text(encoding="utf-8")))
        for _line, texts, _comments, context in extract("python", source, _KEYWORDS):
            template.add(texts, context=context)
    return template


def _source_files(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        for path in sorted((root / name).rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} and not LEFT_OUT & set(path.relative_to(root).parts):
                yield path


def _as_python(path: Path, source: str) -> bytes:
    if path.suffix == ".py":
        return source.encode()
    # What templatize leaves of a page looks like Python, but keeps the page's indentation, which is none of
    # Python's.
    lines = templatize(source, origin=str(path)).splitlines()
    return "\n".join(line.strip() for line in lines).encode()


def _read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def _write(catalog: Catalog, path: Path) -> None:
    catalog.project, catalog.version, catalog.msgid_bugs_address, catalog.fuzzy = "AtendeAí", "2", "", False
    catalog.header_comment = "# The portal's texts. `make translations` collects them, people translate them."
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=100, no_location=True, sort_output=True, ignore_obsolete=True)
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(_NOISE)), encoding="utf-8")


def _messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _key(message: Message) -> Key:
    return (message.id if isinstance(message.id, str) else tuple(message.id), message.context)


def _is_translated(message: Message) -> bool:
    parts = (message.string,) if isinstance(message.string, str) else message.string or ()
    return bool(parts) and all(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
