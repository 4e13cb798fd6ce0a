"""The citizen's texts: never changed once used, complete in each language, plain, and whole on their two pages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pypdfium2
import pytest

from cubb_desktop.domain.consent import ASKED
from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.domain.policy import LegalBasis, Policy
from cubb_desktop.domain.wording import Wording
from cubb_desktop.services.wordings import (
    current_version,
    information_sheet,
    languages,
    sheet_pictures,
    versions,
    wording,
    wording_folder,
)

# A text that somebody has agreed to is never changed: make a new version in a folder of its own instead.
DIGESTS = {
    ("2026-11", "ar"): "b15429dc39193e72303746520e8a4ae54322aff61a584522d48419676117ffaf",
    ("2026-11", "da"): "1169c049baf9b3373ba0a810886b116714efc264658390dd10ff9fe586198655",
    ("2026-11", "en"): "9608c4eaf332e20db7731b1c790a077040e2ce21b71de847c16e18c12c548725",
}
LONG = Policy(
    municipality="Vesthimmerlands Kommune",
    controller="Vesthimmerlands Kommune, Forvaltningen for Beskæftigelse og Borgerservice",
    contact="databeskyttelsesrådgiveren på dpo@vesthimmerland.dk eller telefon 99 66 70 00",
    legal_basis=LegalBasis.PUBLIC_TASK,
    law="Lov om en aktiv beskæftigelsesindsats § 1 og lov om organisering og understøttelse af indsatsen § 12",
    signed_by="DPO",
    signed_on=date(2026, 11, 1),
)


def test_no_text_that_was_used_is_changed() -> None:
    found = {(version, one): wording(one, version).sha256 for version in versions() for one in languages(version)}
    assert found == DIGESTS


def test_the_newest_is_the_current_one_and_danish_comes_first() -> None:
    assert current_version() == versions()[-1] == "2026-11"
    assert languages() == ["da", "ar", "en"]
    assert wording("ar").right_to_left
    assert not wording("da").right_to_left
    for language, version in (("xx", None), ("da", "2020-01"), ("da", "../../theme")):
        with pytest.raises(InvalidInput):
            wording(language, version)


@pytest.mark.parametrize("language", languages())
def test_every_language_says_the_same_things(language: str) -> None:
    danish, found = wording("da"), wording(language)
    assert (found.version, found.language) == (danish.version, language)
    assert found.words.keys() == danish.words.keys()
    assert [section.pictogram for section in found.sections] == [section.pictogram for section in danish.sections]
    assert [question.purpose for question in found.questions] == list(ASKED)
    for section, same in zip(found.sections, danish.sections, strict=True):
        assert set(re.findall(r"\{\w+\}", section.text)) == set(re.findall(r"\{\w+\}", same.text))
        assert (wording_folder() / "pictograms" / f"{section.pictogram}.svg").is_file()


def test_the_danish_is_plain() -> None:
    """LIX: words per sentence and the share of words of more than six letters; under 25 is a book for children."""
    text = " ".join(_everything(wording("da")))
    words = re.findall(r"\w+", text)
    sentences = len(re.findall(r"[.?!:](?:\s|$)", text))
    lix = len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)
    assert lix < 25
    assert max(len(re.findall(r"\w+", part)) for part in re.split(r"[.?!:]\s", text)) <= 22
    assert " man " not in text


def _everything(text: Wording) -> list[str]:
    sections = [f"{section.heading} {section.text}" for section in text.sections]
    return [text.words["intro"], *sections, *(f"{one.name}. {one.text}" for one in text.questions)]


@pytest.mark.parametrize("policy", [Policy(), LONG], ids=["open", "long"])
@pytest.mark.parametrize("language", languages())
def test_the_sheet_is_two_whole_pages(language: str, policy: Policy, caplog: pytest.LogCaptureFixture) -> None:
    pages = sheet_ink(information_sheet(policy, language))
    assert len(pages) == 2
    for ink in pages:
        rows, columns = np.nonzero(ink)
        high, wide = ink.shape
        assert columns.min() > wide * 0.07  # nothing is cut at the edges
        assert columns.max() < wide * 0.93
        assert rows.min() > high * 0.04
        assert rows.max() < high * 0.98
    assert not [record for record in caplog.records if record.name.startswith("fpdf")]  # every letter has a picture


def sheet_ink(content: bytes) -> list[np.ndarray]:
    with pypdfium2.PdfDocument(content) as document:
        return [document[n].render(scale=1, grayscale=True).to_numpy().squeeze() < 200 for n in range(len(document))]


def test_what_is_written_from_the_right_stands_at_the_right() -> None:
    """Of the lines of text, not of the rules and the foot: where they begin and where they end."""
    left, right = (_edges(sheet_ink(information_sheet(Policy(), language))[0]) for language in ("da", "ar"))
    assert np.ptp(left[0]) < np.ptp(left[1])  # Danish begins at one place and ends where the words do
    assert np.ptp(right[1]) < np.ptp(right[0])


def _edges(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    wide = ink.shape[1]
    body = ink[: int(ink.shape[0] * 0.93), int(wide * 0.18) : int(wide * 0.82)]  # beside the pictograms
    lines = [row for row in body if row.any()]
    return (
        np.array([row.argmax() for row in lines]),
        np.array([row.size - row[::-1].argmax() for row in lines]),
    )


def test_arabic_letters_are_joined() -> None:
    """The text that is drawn is the shaper's glyphs: the same letter has other forms at the beginning and the end."""
    from fpdf import FPDF

    from cubb_desktop.settings import resources_folder

    pdf = FPDF()
    pdf.add_page()
    pdf.add_font("a", "", str(resources_folder() / "fonts" / "DejaVuSans.ttf"))
    pdf.set_font("a", "", 12)
    apart = pdf.get_string_width("نعم")
    pdf.set_text_shaping(use_shaping_engine=True, direction="rtl")
    joined = pdf.get_string_width("نعم")
    for font in pdf.fonts.values():
        font.close()  # type: ignore[union-attr]
    assert joined < apart


def test_the_same_text_gives_the_same_sheet_and_it_names_its_version() -> None:
    content = information_sheet(Policy(), "da")
    assert content == information_sheet(Policy(), "da")
    with pypdfium2.PdfDocument(content) as document:
        text = document[0].get_textpage().get_text_bounded()
        assert document.get_metadata_value("Title") == "Må vi optage samtalen?"
        assert document.get_metadata_value("Author") == ""
    assert f"2026-11 · da · {wording('da').sha256[:12]}" in text


def test_a_text_that_does_not_fit_is_a_bug_and_no_cut_off_sheet() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        information_sheet(replace(LONG, law="paragraf " * 400), "da")


def test_the_sheet_can_be_printed_from_memory() -> None:
    pages = sheet_pictures(Policy(), "da", 72)
    assert len(pages) == 2
    assert all(page.startswith(b"\x89PNG") for page in pages)
