"""The transcript to be read as one reads a text: whole turns in a proportional face, names in full, no signs."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from cubb_desktop.domain.lines import Piece
from cubb_desktop.domain.plain import LONG_SILENCE_MS, plain_word
from cubb_desktop.domain.reading import LOW_CONFIDENCE, Row, RowKind, Sheet
from cubb_desktop.domain.transcript import Transcript, Turn
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.review_layout import Strip
from cubb_desktop.gui.widgets.review_lines import LEFT, LinePainter, Looks
from cubb_desktop.gui.widgets.transcript_view import TranscriptView
from cubb_desktop.i18n import _

_WIDEST = 720  # a longer line is hard to find back from; at 100 %
_SLACK = 4  # px beside a word that still point at it
_SILENT = "· · ·"


class Measure:
    """How wide words are in the faces of reading text, each asked for once; a column is a pixel."""

    def __init__(self, theme: Theme) -> None:
        self._plain = QFontMetricsF(theme.font(16))
        self._strong = QFontMetricsF(theme.font(16, strong=True))
        self._known: dict[str, int] = {}
        self.space = max(1, round(self._plain.horizontalAdvance(" ")))

    def word(self, text: str) -> int:
        """Return the width of a word."""
        width = self._known.get(text)
        if width is None:
            width = self._known[text] = max(1, round(self._plain.horizontalAdvance(text)))
        return width

    def name(self, text: str) -> int:
        """Return the width of a speaker's name."""
        return max(1, round(self._strong.horizontalAdvance(text)))


def prose(sheet: Sheet, transcript: Transcript, measure: Measure) -> Sheet:
    """Return whole turns as rows of one line each, to be folded; short silences are left out."""
    turns = {turn.id: turn for turn in transcript.turns}
    names = {speaker.id: speaker.label for speaker in transcript.speakers}
    rows: list[Row] = []
    for row in sheet.rows:
        made = None
        if row.kind is RowKind.TURN and row.begins and row.turn_id is not None:
            turn = turns[row.turn_id]
            made = _whole(row, turn, names.get(turn.speaker, "") if turn.speaker is not None else "", measure)
        elif row.kind is RowKind.UNHEARD:
            made = row
        elif row.kind is RowKind.SILENCE and row.length_ms >= LONG_SILENCE_MS:
            made = replace(row, pieces=(Piece(0, _SILENT, None, measure.word(_SILENT)),))
        if made is not None:
            rows.append(replace(made, place=len(rows), opens=False))
    return Sheet(rows)


def _whole(row: Row, turn: Turn, name: str, measure: Measure) -> Row | None:
    pieces: list[Piece] = []
    column = 0
    if name:
        pieces.append(Piece(0, f"{name}:", None, measure.name(f"{name}:")))
        column = pieces[0].end + measure.space
    words = [(word, text) for word in turn.words if (text := plain_word(word))]
    for word, text in words:
        width = measure.word(text)
        pieces.append(Piece(column, text, word, width))
        column += width + measure.space
    end_ms = max((word.end_ms for word, _text in words), default=0)
    return replace(row, pieces=tuple(pieces), end_ms=end_ms) if words else None


class ProsePainter(LinePainter):
    """Paints reading text: no numbers, names in the speaker's colour."""

    indent = 0
    slack = _SLACK

    def renew(self) -> None:
        super().renew()
        self._font = self._theme.font(16)
        self._name_font = self._theme.font(16, strong=True)
        self.advance = 1.0
        self.text_left = self._theme.px(LEFT)

    def columns(self, width: int) -> int:
        return min(super().columns(width), self._theme.px(_WIDEST))

    def _paint_front(self, painter: QPainter, row: Row, top: int, looks: Looks, *, current: bool) -> None:
        """Leave the margin empty: numbers and labels belong to the notation."""

    def _paint_pieces(self, painter: QPainter, sheet: Sheet, strip: Strip, top: int, looks: Looks) -> None:
        row = sheet.rows[strip.row]
        stops = {sheet.stops[n].piece: n for n in sheet.stops_in(strip.row)}
        self._paint_grounds(painter, row, strip, top, looks, stops)
        for n in range(strip.first, strip.last):
            piece = row.pieces[n]
            rect = self._piece_rect(piece, strip.shift, top)
            guess = piece.word is not None and piece.word.confidence < LOW_CONFIDENCE
            named = piece.word is None and row.speaker is not None and row.kind is RowKind.TURN
            painter.setFont(self._name_font if named else self._font)
            emphasised = strip.row == looks.current_row or stops.get(n, -1) in looks.chosen
            ink = self._ink(row, guess=guess, emphasised=emphasised)
            speaker = looks.tokens.get(row.speaker, "soft") if row.speaker is not None else "soft"
            painter.setPen(self._color[speaker] if named else ink)
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, piece.text)
            if guess:
                self._underline(painter, QRectF(rect))


class ProseView(TranscriptView):
    """Shows reading text; it is heard, chosen and pointed at as the numbered lines are."""

    painter_of = ProsePainter

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._measure = Measure(theme)
        self._shown: tuple[Sheet, Transcript] | None = None
        self.setAccessibleName(_("Udskrift som læsetekst"))

    def show_talk(self, sheet: Sheet, transcript: Transcript) -> None:
        """Show the text of these lines, unless it is on the screen already."""
        if self._shown is None or self._shown[0] is not sheet or self._shown[1] is not transcript:
            self._shown = sheet, transcript
            self.show_sheet(prose(sheet, transcript, self._measure), transcript.speakers)

    def _named(self, strip: int) -> tuple[int, int]:
        """Return the time of a strip's first word: a turn may take more than the screen."""
        shown = self._fold.strip(strip)
        stops = (self.sheet.stops[n] for n in self.sheet.stops_in(shown.row))
        first = next((stop.start_ms for stop in stops if stop.piece >= shown.first), None)
        return super()._named(strip) if first is None else (first, strip)

    def set_position(self, position_ms: int, *, stay: bool = False) -> None:
        """Mark what sounds; go along also inside a turn that is longer than the screen."""
        super().set_position(position_ms, stay=stay)
        heard = self._looks.heard
        if heard is not None and self._following and not self.row_visible(heard[0]):
            top = self._strip_top(self._fold.strip_of(*heard))
            self.verticalScrollBar().setValue(top - self.viewport().height() // 3)

    def row_visible(self, row: int) -> bool:
        """Whether a turn's line that sounds is on screen, else its first."""
        if not 0 <= row < len(self.sheet.rows):
            return False
        heard = self._looks.heard
        strip = self._fold.strip_of(*heard) if heard is not None and heard[0] == row else self._fold.strips_of(row)[0]
        top = self._strip_top(strip) - self.verticalScrollBar().value()
        return 0 <= top <= self.viewport().height() - self._lines.line

    def clear(self) -> None:
        self._shown = None
        super().clear()

    def _on_theme_changed(self) -> None:
        self._measure = Measure(self._theme)
        shown, self._shown = self._shown, None
        super()._on_theme_changed()
        if shown is not None:
            self.show_talk(*shown)

    def line_text(self, row: int) -> str:
        """Return a turn as it is read aloud, without number and signs."""
        line = self.sheet.rows[row]
        if line.kind is not RowKind.TURN:
            return super().line_text(row)
        names = {speaker.id: speaker.label for speaker in self._speakers}
        name = names.get(line.speaker, "") if line.speaker is not None else ""
        said = " ".join(piece.text for piece in line.pieces if piece.word is not None)
        return f"{name}: {said}" if name else said

    def selected_text(self) -> str:
        """The chosen words; with the speakers' names where more than one turn is chosen."""
        chosen = self._chosen()
        if not chosen:
            return ""
        names = {speaker.id: speaker.label for speaker in self._speakers}
        texts: dict[int, list[str]] = {}
        for n in chosen:
            stop = self.sheet.stops[n]
            texts.setdefault(stop.row, []).append(self.sheet.rows[stop.row].pieces[stop.piece].text)
        if len(texts) == 1:
            return " ".join(next(iter(texts.values())))
        parts = []
        for place, said in texts.items():
            speaker = self.sheet.rows[place].speaker
            name = names.get(speaker, "") if speaker is not None else ""
            parts.append(f"{name}: {' '.join(said)}" if name else " ".join(said))
        return "\n".join(parts)
