"""The English catalogue: every text of the code is in it, and what gettext reads is what people wrote."""

from __future__ import annotations

import gettext
import io
import string
from pathlib import Path

import pytest
import translations
from babel.messages.catalog import Catalog

pytestmark = pytest.mark.translations


# When the English is written: take away the mark; from then on a new text needs its English at once.
@pytest.mark.xfail(strict=False, reason="the English is written when the Danish texts stand")
def test_every_text_of_the_code_has_its_english() -> None:
    assert translations.untranslated(translations.extract(), translations.stored()) == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    assert translations.MO_FILE.read_bytes() == translations.compiled(translations.stored()), (
        "run: python packaging/translations.py update"
    )


def test_a_translation_keeps_the_placeholders_of_its_text() -> None:
    def placeholders(text: str) -> set[str]:
        return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}

    wrong = [
        source
        for message in translations.stored()
        for source, text in zip(_texts(message.id), _texts(message.string), strict=False)
        if text and not placeholders(text) <= placeholders(source)
    ]
    assert wrong == []


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
