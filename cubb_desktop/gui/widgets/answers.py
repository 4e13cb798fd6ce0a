"""The questions a citizen answers: one row per purpose, with a Yes and a No of one size and one look."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.wording import Question, Wording
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Rule
from cubb_desktop.gui.widgets.text import PlainLabel, plain_button_text


class AnswerRow(QWidget):
    """One purpose in the citizen's words, and the two answers; nothing is chosen beforehand."""

    answered = Signal()

    def __init__(self, theme: Theme, question: Question, yes: str, no: str) -> None:
        super().__init__()
        self.purpose = question.purpose
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.px(4), 0, theme.px(4))
        row.setSpacing(theme.px(8))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(PlainLabel(question.name, "strong", wrap=True))
        words.addWidget(PlainLabel(question.text, "sub", wrap=True))
        row.addLayout(words, 1)
        self.yes, self.no = self._answer(question, yes), self._answer(question, no)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        width = max(theme.px(72), self.yes.sizeHint().width(), self.no.sizeHint().width())
        for button in (self.yes, self.no):
            button.setFixedSize(width, max(theme.px(44), button.sizeHint().height()))
            self._group.addButton(button)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._group.buttonClicked.connect(lambda _: self.answered.emit())

    def _answer(self, question: Question, text: str) -> QPushButton:
        button = QPushButton(plain_button_text(text))
        button.setCheckable(True)
        button.setAutoDefault(False)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.setAccessibleName(f"{question.name}: {text}")
        return button

    def answer(self) -> bool | None:
        """What was said, None while nothing was."""
        return True if self.yes.isChecked() else False if self.no.isChecked() else None

    def set_answer(self, answer: bool | None) -> None:
        """Show an answer that was given before."""
        if answer is not None:
            (self.yes if answer else self.no).setChecked(True)


class Answers(QWidget):
    """All the questions of a wording, written in its direction."""

    answered = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.rows: dict[Purpose, AnswerRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_wording(self, wording: Wording) -> None:
        """Ask in the words of a wording; what was answered already stays."""
        before = {purpose: row.answer() for purpose, row in self.rows.items()}
        self._clear()
        direction = Qt.LayoutDirection.RightToLeft if wording.right_to_left else Qt.LayoutDirection.LeftToRight
        self.setLayoutDirection(direction)
        heading = PlainLabel(wording.words["ask"], "strong", wrap=True)
        self._column.addWidget(heading)
        self._column.addWidget(PlainLabel(wording.words["ask_more"], "sub", wrap=True))
        for question in wording.questions:
            self._column.addSpacing(self._theme.px(4))
            self._column.addWidget(Rule())
            row = AnswerRow(self._theme, question, wording.words["yes"], wording.words["no"])
            row.set_answer(before.get(question.purpose))
            row.answered.connect(self.answered)
            self.rows[question.purpose] = row
            self._column.addWidget(row)

    def said(self, answer: bool | None) -> list[Purpose]:
        """The purposes with one answer."""
        return [purpose for purpose, row in self.rows.items() if row.answer() is answer]

    def set_answers(self, yes: Sequence[Purpose], no: Sequence[Purpose]) -> None:
        """Show answers that were given before."""
        for purpose, row in self.rows.items():
            row.set_answer(True if purpose in yes else False if purpose in no else None)

    def _clear(self) -> None:
        self.rows = {}
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
