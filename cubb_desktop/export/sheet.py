"""The information sheet for a citizen as a PDF of two pages: what it means, and what is said yes or no to.

fpdf2 draws it, with HarfBuzz joining and turning the letters of languages that are written from the right.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, cast

from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.wording import Wording
from cubb_desktop.settings import resources_folder

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 17.0  # mm
_SIZES = (12.5, 12.0, 11.5, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5)  # the largest that fits is taken
_LEADING = 0.3528 * 1.4  # mm of line for a point of type
_INK, _SOFT, _ACCENT, _LINE = (31, 42, 48), (92, 107, 115), (23, 97, 107), (160, 168, 172)
_FONTS = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
_FAMILY = "sheet"
_BOX = 9.0  # both answers' boxes are this wide and high
_STEADY_DATE = datetime(2026, 11, 23, tzinfo=UTC)  # the text's version says how old it is

Style = Literal["", "B"]


def sheet_of(wording: Wording) -> bytes:
    """Return the sheet as PDF; the same text gives the same bytes. Raises ValueError when it does not fit its pages."""
    sheet = _Sheet(wording)
    try:
        sheet.front()
        sheet.back()
        return bytes(sheet.pdf.output())
    finally:
        sheet.close()


class _Sheet:
    """Draws one sheet; `start` and `end` are where a line begins and ends, whichever way it runs."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording
        self.rtl = wording.right_to_left
        self.pdf = pdf = FPDF(format="A4")
        pdf.set_auto_page_break(auto=False)
        pdf.set_margin(0)
        pdf.c_margin = 0
        for style, file in _FONTS.items():
            pdf.add_font(_FAMILY, style, str(resources_folder() / "fonts" / file))
        pdf.set_font(_FAMILY, "", 12)
        pdf.set_text_shaping(use_shaping_engine=True, direction="rtl" if self.rtl else "ltr")
        pdf.set_lang(wording.language)
        pdf.set_title(wording.words["title"])
        pdf.set_creation_date(_STEADY_DATE)
        pdf.set_draw_color(*_LINE)

    def close(self) -> None:
        """Let the files of the letters go."""
        for font in self.pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.close()

    # --- pieces ------------------------------------------------------------------------------------------------------

    def _x(self, from_start: float, width: float) -> float:
        """Return the left edge of something `width` wide that begins `from_start` mm into the line."""
        left = MARGIN + from_start
        return WIDTH - left - width if self.rtl else left

    def _font(self, size: float, style: Style = "", colour: tuple[int, int, int] = _INK) -> None:
        self.pdf.set_font(_FAMILY, style, size)
        self.pdf.set_text_color(*colour)

    def _text(self, text: str, y: float, from_start: float = 0.0, width: float | None = None) -> float:
        """Write a paragraph in the font that is set and return where the next thing may stand."""
        room = WIDTH - 2 * MARGIN - from_start if width is None else width
        self.pdf.set_xy(self._x(from_start, room), y)
        self.pdf.multi_cell(
            room,
            self.pdf.font_size_pt * _LEADING,
            text,
            align="R" if self.rtl else "L",
            new_x=XPos.LEFT,
            new_y=YPos.NEXT,
        )
        return self.pdf.get_y()

    def _height(self, text: str, width: float) -> float:
        """Return how high a paragraph is in the font that is set."""
        leading = self.pdf.font_size_pt * _LEADING
        lines = self.pdf.multi_cell(width, leading, text, dry_run=True, output=MethodReturnValue.LINES)
        return len(cast("list[str]", lines)) * leading

    def _rule(self, y: float, from_start: float = 0.0, width: float | None = None) -> None:
        room = WIDTH - 2 * MARGIN - from_start if width is None else width
        left = self._x(from_start, room)
        self.pdf.line(left, y, left + room, y)

    def _foot(self, words: str = "") -> None:
        self._font(8, colour=_SOFT)
        self.pdf.set_text_shaping(use_shaping_engine=True, direction="ltr")
        self.pdf.set_xy(MARGIN, HEIGHT - 12)
        mark = f"{self.wording.version} · {self.wording.language} · {self.wording.sha256[:12]} · {self.pdf.page_no()}/2"
        self.pdf.cell(WIDTH - 2 * MARGIN, 5, mark, align="L" if self.rtl else "R")
        self.pdf.set_text_shaping(use_shaping_engine=True, direction="rtl" if self.rtl else "ltr")
        if words:
            self._font(10, "B", _ACCENT)
            self._text(words, HEIGHT - 12.5)

    # --- the front ---------------------------------------------------------------------------------------------------

    def front(self) -> None:
        """What it means, each thing with its pictogram, as large as the page allows."""
        self.pdf.add_page()
        words = self.wording.words
        self._font(24, "B", _ACCENT)
        y = self._text(words["title"], MARGIN)
        self._font(13)
        y = self._text(words["intro"], y + 1.5) + 5
        room = HEIGHT - 17 - y
        size = next((size for size in _SIZES if sum(self._section_heights(size)) <= room), None)
        if size is None:
            raise ValueError("the text does not fit on its page")
        heights = self._section_heights(size)
        spare = min(3.5, (room - sum(heights)) / len(heights))
        for section, height in zip(self.wording.sections, heights, strict=True):
            file = resources_folder() / "consent" / "pictograms" / f"{section.pictogram}.svg"
            self.pdf.image(str(file), self._x(0, 12), y + 0.5, 12, 12)
            self._font(size + 1.5, "B")
            below = self._text(section.heading, y, _INDENT)
            self._font(size)
            self._text(section.text, below, _INDENT)
            y += height + spare
        self._foot(words["over"])

    def _section_heights(self, size: float) -> list[float]:
        room = WIDTH - 2 * MARGIN - _INDENT
        heights = []
        for section in self.wording.sections:
            self._font(size + 1.5, "B")
            heading = self._height(section.heading, room)
            self._font(size)
            heights.append(max(13.5, heading + self._height(section.text, room)) + 2.0)
        return heights

    # --- the back ----------------------------------------------------------------------------------------------------

    def back(self) -> None:
        """What is said yes or no to, with boxes of one size, and who signed when."""
        self.pdf.add_page()
        words = self.wording.words
        self._font(20, "B", _ACCENT)
        y = self._text(words["ask"], MARGIN)
        self._font(12)
        y = self._text(words["ask_more"], y + 1) + 4
        for question in self.wording.questions:
            self._rule(y)
            y = self._question(question.name, question.text, y + 3.5)
            if question.purpose is Purpose.FEEDBACK:
                y = self._blank(words["named"], y + 1) + 2
        self._rule(y)
        y = self._blank(words["until"], y + 7)
        self._font(11)
        y = self._choices(
            words["aid"], [words[name] for name in ("aid_none", "aid_read_aloud", "aid_interpreter")], y + 6
        )
        half = (WIDTH - 2 * MARGIN - 8) / 2
        y += 20
        for label, start, width in ((words["sign"], 0.0, half), (words["date"], half + 8, half)):
            self._signed(label, y, start, width)
        y += 22
        for label, start, width in ((words["taken_by"], 0.0, half), (words["date"], half + 8, half)):
            self._signed(label, y, start, width)
        if y + 6 > HEIGHT - 15:
            raise ValueError("the questions do not fit on their page")
        self._foot()

    def _question(self, name: str, text: str, y: float) -> float:
        room = WIDTH - 2 * MARGIN - _ANSWERS
        self._font(13, "B")
        below = self._text(name, y, 0, room)
        self._font(11.5)
        below = self._text(text, below, 0, room)
        words = self.wording.words
        for place, answer in enumerate((words["yes"], words["no"])):
            start = room + 6 + place * (_ANSWERS - 6) / 2
            self.pdf.rect(self._x(start, _BOX), y, _BOX, _BOX)
            self._font(13, "B")
            self._text(answer, y + 1.2, start + _BOX + 2, 14)
        return max(below, y + _BOX) + 3.5

    def _blank(self, label: str, y: float) -> float:
        """A label with a line to write on behind it."""
        self._font(11)
        width = self.pdf.get_string_width(label) + 3
        below = self._text(label, y, 0, width)
        self._rule(below - 0.8, width, WIDTH - 2 * MARGIN - width)
        return below + 2

    def _choices(self, label: str, choices: list[str], y: float) -> float:
        width = self.pdf.get_string_width(label) + 4
        self._text(label, y, 0, width)
        start = width
        for choice in choices:
            self.pdf.rect(self._x(start, 4), y + 0.6, 4, 4)
            room = self.pdf.get_string_width(choice) + 2
            self._text(choice, y, start + 5.5, room)
            start += 5.5 + room + 4
        return y + self.pdf.font_size_pt * _LEADING

    def _signed(self, label: str, y: float, start: float, width: float) -> None:
        self._rule(y, start, width)
        self._font(9.5, colour=_SOFT)
        self._text(label, y + 1, start, width)


_INDENT = 18.0
_ANSWERS = 58.0
