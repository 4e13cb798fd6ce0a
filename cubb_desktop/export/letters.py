"""A letter of a page or two, as a Word document to sign and send or as plain text; the words are already chosen."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import datetime

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Rows:
    """A table: its headings and its rows, as many cells in each."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, in one language ("da" or "en"): a heading, then paragraphs and tables."""

    heading: str
    parts: tuple[str | Rows, ...]
    language: str


def text_letter(letter: Letter) -> bytes:
    """Return a letter as plain text in UTF-8; a table's row becomes a paragraph of "heading: cell" lines."""
    blocks = [f"{letter.heading}\n{'=' * len(letter.heading)}"]
    for part in letter.parts:
        if isinstance(part, str):
            blocks.append(part)
        else:
            for row in part.rows:
                named = zip(part.headings, row, strict=True)
                blocks.append("\n".join(f"  {heading}: {cell}" for heading, cell in named))
    return ("\n\n".join(blocks) + "\n").encode()


def docx_letter(letter: Letter, made_at: datetime) -> bytes:
    """Return a letter as a .docx file; `made_at` is its only date. Personal properties stay empty."""
    document = Document()
    _page(document, letter.language)
    document.add_heading(_printable(letter.heading), level=1)
    for part in letter.parts:
        if isinstance(part, str):
            document.add_paragraph(_printable(part))
        else:
            _table(document, part)
    about = document.core_properties
    about.author = about.last_modified_by = about.comments = ""
    about.title, about.language = _printable(letter.heading), letter.language
    about.created = about.modified = made_at.replace(tzinfo=None, microsecond=0)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _page(document: WordDocument, language: str) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    marked = OxmlElement("w:lang")
    marked.set(qn("w:val"), "da-DK" if language == "da" else "en-GB")
    normal.element.get_or_add_rPr().append(marked)


def _table(document: WordDocument, content: Rows) -> None:
    table = document.add_table(rows=0, cols=len(content.headings))
    table.style = "Table Grid"
    for number, row in enumerate((content.headings, *content.rows)):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            run = cell.paragraphs[0].add_run(_printable(text))
            run.font.size, run.bold = Pt(9), number == 0
    document.add_paragraph()


def _printable(text: str) -> str:
    """Leave out the few characters that no XML document may hold."""
    return _UNPRINTABLE.sub("", text)
