"""The English catalogue: every text of the code is in it, and what gettext reads is what people wrote."""

from __future__ import annotations

import ast
import gettext
import io
import re
import string
from pathlib import Path
from typing import TypeGuard

import pytest
import translations
from babel.messages.catalog import Catalog

from cubb_desktop import i18n
from cubb_desktop.domain.codebook import GROUPS
from cubb_desktop.domain.errors import ConsentExpired
from cubb_desktop.services.concepts import bundled_concepts

pytestmark = pytest.mark.translations


def test_every_text_of_the_code_has_its_english() -> None:
    assert translations.untranslated(translations.extract(), translations.stored()) == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    assert translations.MO_FILE.read_bytes() == translations.compiled(translations.stored()), (
        "run: python packaging/translations.py update"
    )


def test_a_translation_keeps_the_placeholders_of_its_text() -> None:
    wrong = [
        source
        for source, english in _pairs()
        if sorted(_placeholders(source)) != sorted(_placeholders(english))  # a name said twice counts twice
    ]
    assert wrong == []


def test_a_translation_ends_and_begins_as_its_text() -> None:
    """A sentence stays a sentence, a button that opens a dialog keeps its dots, a prompt its space."""
    wrong = [
        source
        for source, english in _pairs()
        if _ending(source) != _ending(english) or (source[0].isupper() and english[0].islower())
    ]
    assert wrong == []


def test_the_english_holds_no_danish_letters_or_quotation_marks() -> None:
    assert [english for _source, english in _pairs() if set(english) & set("æøåÆØÅ»«")] == []


def test_no_text_hides_where_it_cannot_be_found() -> None:
    """Inside an f-string, or put together before it is translated, a text would never reach the catalogue."""
    hidden = [
        f"{path.name}:{call.lineno}"
        for path in sorted((translations.ROOT / "cubb_desktop").rglob("*.py"))
        for call in _hidden(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert hidden == []


@pytest.mark.parametrize(
    "line", ["f\"{_('Gem')} alt\"", '_(f"Gem {name}")', '_("Gem " + name)', 'N_("Gem {n}".format(n=1))']
)
def test_a_hidden_text_is_seen(line: str) -> None:
    assert len(_hidden(ast.parse(line))) == 1
    assert _hidden(ast.parse('_("Gem " "alt"); _(TEXTS[name]); f"{_(text)}"')) == []


def test_the_groups_of_the_concept_book_have_their_english() -> None:
    groups = {concept.group for concept in bundled_concepts()}
    assert groups == set(GROUPS)
    assert [group for group in groups if translations.stored().get(group) is None] == []


def test_the_window_and_the_command_line_read_the_bundled_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n._Spoken, "language", "da")  # both are put back afterwards
    monkeypatch.setattr(i18n._Spoken, "catalogue", gettext.NullTranslations())
    i18n.set_language("en")
    assert i18n._("Samtaler") == "Conversations"
    assert i18n.ngettext("{number} mærke", "{number} mærker", 2) == "{number} marks"
    assert i18n.sentence(ConsentExpired(until="2026-11-19")).startswith(
        "The agreement with the citizen ended on 19 November 2026."
    )


def _pairs() -> list[tuple[str, str]]:
    return [
        pair
        for message in translations.stored()
        if message.id
        for pair in zip(_texts(message.id), _texts(message.string), strict=True)
        if all(pair)
    ]


def _placeholders(text: str) -> list[str]:
    parts = string.Formatter().parse(text)
    return [f"{name}!{conversion}:{spec}" for _text, name, spec, conversion in parts if name is not None]


def _ending(text: str) -> str:
    """The full stop, dots or space at the end; the Danish abbreviations of time end in a stop that English has not."""
    if text.endswith((" sek.", " t.")):
        return ""
    found = re.search(r"[\s.:?!…]*$", text)
    return found.group() if found is not None else ""


def _hidden(tree: ast.AST) -> list[ast.Call]:
    """The calls that mark a text where the extraction does not see one."""
    calls = [node for node in ast.walk(tree) if _marks(node)]
    inside = [node for text in ast.walk(tree) if isinstance(text, ast.JoinedStr) for node in ast.walk(text)]
    made = [call for call in calls if _is_made(call.args[0])]
    return made + [node for node in inside if _marks(node) and isinstance(node.args[0], ast.Constant)]


def _marks(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in translations.KEYWORDS


def _is_made(text: ast.expr) -> bool:
    formatted = isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute) and text.func.attr == "format"
    return formatted or isinstance(text, ast.JoinedStr | ast.BinOp)


def _texts(value: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def test_a_text_without_english_or_with_a_doubtful_one_is_found() -> None:
    code, english = Catalog(), Catalog(locale="en")
    for text in ("Gem", "Luk", "Åbn", "Slet"):
        code.add(text)
    code.add(("{n} optagelse", "{n} optagelser"))
    english.add("Gem", "Save")
    english.add("Luk", "")
    english.add("Åbn", "Open", flags=["fuzzy"])
    english.add(("{n} optagelse", "{n} optagelser"), ("{n} recording", ""))
    assert translations.untranslated(code, english) == ["Luk", "Åbn", "Slet", "{n} optagelse"]


def test_an_update_takes_in_new_texts_keeps_the_english_and_drops_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "PO_FILE", tmp_path / "locale" / "cubb.po")
    monkeypatch.setattr(translations, "MO_FILE", tmp_path / "locale" / "cubb.mo")
    package = tmp_path / "cubb_desktop"
    package.mkdir()
    code = package / "page.py"
    code.write_text('_("Gem æøå")\nN_("Luk")\nngettext("{n} linje", "{n} linjer", n)\n', encoding="utf-8")
    assert translations.update() == 0
    assert translations.check() == 1
    english = translations.PO_FILE.read_text(encoding="utf-8")
    english = english.replace('msgid "Gem æøå"\nmsgstr ""', 'msgid "Gem æøå"\nmsgstr "Save"')
    english = english.replace('msgstr[0] ""\nmsgstr[1] ""', 'msgstr[0] "{n} line"\nmsgstr[1] "{n} lines"')
    translations.PO_FILE.write_text(english, encoding="utf-8")
    code.write_text('_("Gem æøå")\nngettext("{n} linje", "{n} linjer", n)\n', encoding="utf-8")
    translations.update()
    assert translations.check() == 0, capsys.readouterr().out
    spoken = gettext.GNUTranslations(io.BytesIO(translations.MO_FILE.read_bytes()))
    assert spoken.gettext("Gem æøå") == "Save"
    assert spoken.ngettext("{n} linje", "{n} linjer", 2) == "{n} lines"
    assert "Luk" not in translations.PO_FILE.read_text(encoding="utf-8")


def test_an_update_without_a_change_writes_the_same_bytes() -> None:
    assert translations.written(translations.stored()) == translations.PO_FILE.read_bytes()


def test_an_unknown_command_is_refused() -> None:
    assert translations.main(["fly"]) == 2
