"""Keep the English catalogue: `update` takes in new texts and compiles, `check` says what is missing.

Run as `python packaging/translations.py update|check`; needs the `dev` extra. The source texts are Danish.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PO_FILE = ROOT / "resources" / "locale" / "en" / "LC_MESSAGES" / "cubb.po"
MO_FILE = PO_FILE.with_suffix(".mo")
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
STEADY_DATE = datetime(2026, 11, 23, tzinfo=UTC)  # git knows when; a date here would only make merges collide
HEADER = "# CUBB Desktop's texts in English. The message ids are the Danish texts of the code.\n"


def extract() -> Catalog:
    """Return every marked text of the package with the files it stands in."""
    catalog = Catalog(project="CUBB Desktop", charset="utf-8")
    package = ROOT / "cubb_desktop"
    found = extract_from_dir(package, [("**.py", "python")], keywords=KEYWORDS, comment_tags=("Translators:",))
    for filename, _line, message, comments, context in sorted(found, key=lambda item: (item[0], item[1])):
        place = [(f"cubb_desktop/{Path(filename).as_posix()}", 0)]
        catalog.add(message, None, place, auto_comments=comments, context=context)
    return catalog


def stored() -> Catalog:
    """Return the English catalogue as it lies in the tree; empty where there is none yet."""
    if not PO_FILE.exists():
        return Catalog(locale="en", project="CUBB Desktop", charset="utf-8")
    with PO_FILE.open("rb") as file:
        return read_po(file, locale="en")


def compiled(catalog: Catalog) -> bytes:
    """Return the catalogue as gettext reads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def written(catalog: Catalog) -> bytes:
    """Return the catalogue as a person edits it: sorted by file, without line numbers, so that it seldom changes."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, sort_by_file=True, include_lineno=False, omit_header=False)
    return buffer.getvalue()


def untranslated(code: Catalog, english: Catalog) -> list[str]:
    """Return the Danish texts of the code that have no English one, or a doubtful one."""
    missing = []
    for message in code:
        if not message.id:
            continue
        translation = english.get(message.id, message.context)
        texts = [] if translation is None else _texts(translation.string)
        if translation is None or translation.fuzzy or not texts or not all(texts):
            missing.append(_texts(message.id)[0])
    return missing


def _texts(value: str | list[str] | tuple[str, ...] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


def update() -> int:
    """Take the code's texts into the catalogue, keep what is translated, drop what is gone, compile."""
    english = stored()
    english.update(extract(), no_fuzzy_matching=True)
    english.obsolete.clear()
    english.header_comment = HEADER.rstrip()
    english.fuzzy = False  # a doubtful header would leave the compiled catalogue without its character set
    english.creation_date = english.revision_date = STEADY_DATE
    english.last_translator = english.language_team = english.msgid_bugs_address = "CUBB Desktop"
    PO_FILE.parent.mkdir(parents=True, exist_ok=True)
    PO_FILE.write_bytes(written(english))
    MO_FILE.write_bytes(compiled(stored()))
    missing = untranslated(extract(), stored())
    print(f"{len(stored())} texts, {len(missing)} without English: {PO_FILE.relative_to(ROOT)}")
    return 0


def check() -> int:
    """Say which texts lack English and whether the compiled catalogue is old; 1 if anything is missing."""
    english = stored()
    missing = untranslated(extract(), english)
    for text in missing:
        print(f"no English: {text}")
    old = not MO_FILE.exists() or MO_FILE.read_bytes() != compiled(english)
    if old:
        print("the compiled catalogue is older than the texts: python packaging/translations.py update")
    return 1 if missing or old else 0


def main(arguments: list[str]) -> int:
    """Run the named command; 2 for an unknown one."""
    commands = {"update": update, "check": check}
    if len(arguments) != 1 or arguments[0] not in commands:
        print("usage: python packaging/translations.py update|check", file=sys.stderr)
        return 2
    return commands[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
