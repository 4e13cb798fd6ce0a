"""The Word document of a passage, against the golden one."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

from docx import Document
from docx.oxml.ns import qn

from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.reading import read
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.export.documents import LINE_STYLE, MONOSPACE, Heading, Signs, docx_of, text_of
from tests import builders

GOLDEN = Path(__file__).parents[1] / "golden" / "excerpt.docx.txt"
HEADING = Heading(
    title="Om ærlighed & <æøå>",
    details="23. november 2026 · 0:00 – 0:08 · demo",
    notes=("Maskinel udskrift.", "Lavet med demomodeller."),
    signs=Signs(
        silence="(1.2) = stilhed",
        overlap="[ ] = samtidig",
        unheard="(?) = ikke forstået",
        punctuation="tegn",
        latched="= = uden mellemrum",
    ),
    page="Side",
    language="da",
)


def _talk(**fields: object) -> Transcript:
    return builders.transcript(RecordingId("00000000-0000-4000-8000-000000000001"), **fields)  # type: ignore[arg-type]


def _document(talk: Transcript) -> bytes:
    return docx_of(talk, read(talk), HEADING, builders.MORNING)


def _lines(content: bytes) -> str:
    return "\n".join(paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs) + "\n"


def test_the_document_reads_as_the_golden_one() -> None:
    assert _lines(_document(_talk())) == GOLDEN.read_text(encoding="utf-8")


def test_brackets_stand_under_each_other_in_print() -> None:
    lines = [line for line in _lines(_document(_talk())).splitlines() if "[" in line and line.strip()[0].isdigit()]
    assert len(lines) == 2
    assert lines[0].index("[") == lines[1].index("[")


def test_lines_are_set_in_a_face_of_equal_widths_in_every_script() -> None:
    document = Document(io.BytesIO(_document(_talk())))
    lines = [p for p in document.paragraphs if p.style is not None and p.style.name == LINE_STYLE]
    assert len(lines) == 7
    fonts = document.styles[LINE_STYLE].element.get_or_add_rPr().get_or_add_rFonts()
    assert {fonts.get(qn(f"w:{script}")) for script in ("ascii", "hAnsi", "cs", "eastAsia")} == {MONOSPACE}
    assert all(run.font.name is None for line in lines for run in line.runs)


def test_characters_that_no_document_may_hold_are_left_out() -> None:
    talk = _talk(turns=(builders.turn("ja\x01 \x0bnej", 0, builders.WORKER.id),))
    content = docx_of(talk, read(talk), replace(HEADING, title="a\x00b"), builders.MORNING)
    assert "ja nej" in _lines(content)
    assert _lines(content).startswith("ab\n")


def test_pages_are_numbered_and_the_language_is_danish() -> None:
    with zipfile.ZipFile(io.BytesIO(_document(_talk()))) as parts:
        footer = next(parts.read(name).decode() for name in parts.namelist() if "footer" in name)
        styles = parts.read("word/styles.xml").decode()
    assert 'w:instr="PAGE"' in footer
    assert 'w:instr="NUMPAGES"' in footer
    assert 'w:val="da-DK"' in styles


def test_only_signs_that_occur_are_explained() -> None:
    text = _lines(_document(_talk(overlaps=(), unheard=())))
    assert "stilhed" in text
    assert "samtidig" not in text
    assert "ikke forstået" not in text


def test_nobody_is_named_in_the_properties_and_the_date_is_the_given_one() -> None:
    about = Document(io.BytesIO(_document(_talk()))).core_properties
    assert (about.author, about.last_modified_by, about.comments) == ("", "", "")
    assert about.created is not None
    assert about.created.replace(tzinfo=None) == builders.MORNING.replace(tzinfo=None)


def test_plain_text_has_a_line_per_turn_with_the_speakers_name() -> None:
    assert text_of(_talk()).splitlines()[1] == "Taler 2: jeg vil gerne ud at køre"
