"""A passage as a Word document to print and bring: numbered lines, silences, and plainly how the text was made."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from cubb_desktop.domain.notation import front
from cubb_desktop.domain.plain import plain_text
from cubb_desktop.domain.reading import Row, RowKind, Sheet, short_labels
from cubb_desktop.domain.transcript import Transcript

MONOSPACE = "Courier New"  # on every Windows and Mac, and replaced by a face of the same widths elsewhere
LINE_STYLE = "CUBB linje"
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_GREY = RGBColor(0x5C, 0x6B, 0x73)


@dataclass(frozen=True, slots=True)
class Signs:
    """What the signs between the words mean, in the reader's language; only those that occur are explained."""

    silence: str
    overlap: str
    unheard: str
    punctuation: str
    latched: str


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over the lines, already in the reader's language; `notes` say how the text was made."""

    title: str
    details: str
    notes: tuple[str, ...]
    signs: Signs
    page: str
    language: str


def docx_of(transcript: Transcript, sheet: Sheet, heading: Heading, made_at: datetime) -> bytes:
    """The transcript's lines, set in `sheet`, as a .docx file; `made_at` is its only date.

    Personal properties stay empty.
    """
    document = Document()
    _page(document, heading)
    document.add_heading(_printable(heading.title), level=1)
    _quiet(document.add_paragraph(heading.details))
    for note in heading.notes:
        _quiet(document.add_paragraph(note))
    _who(document, transcript)
    rows = sheet.rows
    for sign in _signs(rows, heading.signs):
        _quiet(document.add_paragraph(sign))
    labels = short_labels(transcript.speakers)
    style = _line_style(document)
    for row in rows:
        _line(document, style, row, front(row, labels))
    _properties(document, heading, made_at)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _signs(rows: Sequence[Row], signs: Signs) -> list[str]:
    kinds = {row.kind for row in rows}
    signs_between = {piece.text for row in rows for piece in row.pieces if piece.word is None}
    used = {
        signs.silence: RowKind.SILENCE in kinds,
        signs.overlap: "[" in signs_between,
        signs.latched: "=" in signs_between,
        signs.unheard: RowKind.UNHEARD in kinds,
        signs.punctuation: RowKind.TURN in kinds,
    }
    shown = [sign for sign, occurs in used.items() if occurs]
    return ["   ".join(shown)] if shown else []


def _page(document: WordDocument, heading: Heading) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.0)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    marked = OxmlElement("w:lang")
    marked.set(qn("w:val"), "da-DK" if heading.language == "da" else "en-GB")
    normal.element.get_or_add_rPr().append(marked)
    _page_number(section.footer.paragraphs[0], heading.page)


def _page_number(paragraph: Paragraph, word: str) -> None:
    """Add "page 2 / 7"; Word counts when it opens the document."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for before, counted in ((f"{word} ", "PAGE"), (" / ", "NUMPAGES")):
        paragraph.add_run(before)
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), counted)
        paragraph._p.append(field)


def _quiet(paragraph: Paragraph) -> None:
    paragraph.paragraph_format.space_after = Pt(4)
    for run in paragraph.runs:
        run.font.size, run.font.color.rgb = Pt(9.5), _GREY


def _who(document: WordDocument, transcript: Transcript) -> None:
    labels = short_labels(transcript.speakers)
    names = [f"{labels[speaker.id]} = {speaker.label}" for speaker in transcript.speakers]
    if names:
        _quiet(document.add_paragraph(_printable("   ".join(names))))


def _line_style(document: WordDocument) -> ParagraphStyle:
    """One style for all lines, so that whoever gets the document can change them all at once."""
    style = cast("ParagraphStyle", document.styles.add_style(LINE_STYLE, WD_STYLE_TYPE.PARAGRAPH))
    style.base_style = document.styles["Normal"]
    style.font.name, style.font.size, style.font.no_proof = MONOSPACE, Pt(9.5), True
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), MONOSPACE)
    style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = 1.25
    style.paragraph_format.keep_together = True
    return style


def _line(document: WordDocument, style: ParagraphStyle, row: Row, before: tuple[str, str]) -> None:
    paragraph = document.add_paragraph()
    paragraph._p.style = style.style_id  # the public way searches all styles again for every line
    paragraph.add_run(f"{before[0]}  ").font.color.rgb = _GREY
    paragraph.add_run(f"{_printable(before[1])}  ").bold = True
    text = paragraph.add_run(_printable(row.text))
    if row.kind is not RowKind.TURN:
        text.font.color.rgb = _GREY


def _printable(text: str) -> str:
    """Leave out the few characters that no XML document may hold."""
    return _UNPRINTABLE.sub("", text)


def _properties(document: WordDocument, heading: Heading, made_at: datetime) -> None:
    about = document.core_properties
    about.author = about.last_modified_by = about.comments = ""
    about.title, about.language = _printable(heading.title), heading.language
    about.created = about.modified = made_at.replace(tzinfo=None, microsecond=0)


def text_of(transcript: Transcript, labels: dict[str, str] | None = None) -> str:
    """The turns as plain text, one per line, without line numbers and signs: for reading, not for analysis."""
    names = {speaker.id: speaker.label for speaker in transcript.speakers} | (labels or {})
    lines: Sequence[str] = [
        f"{names[turn.speaker]}: {plain_text(turn)}" if turn.speaker is not None else plain_text(turn)
        for turn in transcript.turns
    ]
    return "\n".join(lines)
