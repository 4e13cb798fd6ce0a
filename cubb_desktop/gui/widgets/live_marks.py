"""What is noticed while it is recorded: the worker's bookmarks, and apart from them a sitting-in colleague's notes.

A mark is set at once and gets its word afterwards, so that nobody has to write fast; a note is timed by its first
letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QTabWidget, QVBoxLayout, QWidget

from cubb_desktop.domain.ids import MarkId
from cubb_desktop.domain.recording import MarkKind
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import field
from cubb_desktop.gui.widgets.layouts import bring_into_sight
from cubb_desktop.i18n import _, format_clock_ms

_LONGEST = 500


class Marking(Protocol):
    """What sets marks: a recorder."""

    def mark(self, kind: MarkKind, text: str, author: str) -> MarkId: ...
    def reword(self, mark_id: MarkId, text: str) -> None: ...
    def forget_mark(self, mark_id: MarkId) -> None: ...


@dataclass(slots=True)
class _Shown:
    id: MarkId
    at_ms: int
    text: str = ""


class WordField(QLineEdit):
    """One line; Escape leaves it as it was."""

    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)


class MarkList(QWidget):
    """One person's marks, the newest first, and the field that words the one that was set last."""

    left = Signal()  # the keyboard is no longer needed here

    def __init__(self, theme: Theme, kind: MarkKind, author: str, label: str, hint: str) -> None:
        super().__init__()
        self.kind, self.author = kind, author
        self._marking: Marking | None = None
        self._position_ms = 0
        self._current: _Shown | None = None
        self._marks: list[_Shown] = []
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.px(12), theme.px(12), theme.px(12), theme.px(12))
        rows.setSpacing(theme.px(10))
        self.word = WordField()
        self.word.setMaxLength(_LONGEST)
        self.word.returnPressed.connect(self._on_return)
        self.word.given_up.connect(self._on_given_up)
        self.word.textEdited.connect(self._on_edited)
        rows.addLayout(field(label, self.word, hint))
        self.list = QListWidget()
        self.list.setProperty("role", "book")
        self.list.setAccessibleName(label)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self.list.setMinimumHeight(theme.px(90))
        rows.addWidget(self.list, 1)

    def begin(self, marking: Marking) -> None:
        """Set marks on what is being recorded now."""
        self._marking = marking
        self._marks.clear()
        self._current = None
        self._show()

    def set_position(self, position_ms: int) -> None:
        """Say how far the recording is."""
        self._position_ms = position_ms

    def place(self, mark_id: MarkId, at_ms: int) -> None:
        """Take the place that the recorder gave a mark."""
        for mark in self._marks:
            if mark.id == mark_id and mark.at_ms != at_ms:
                mark.at_ms = at_ms
                self._show()

    def cut(self, end_ms: int) -> None:
        """Forget the marks from `end_ms` on, as the recorder has."""
        self._marks = [mark for mark in self._marks if mark.at_ms < end_ms]
        if self._current is not None and self._current not in self._marks:
            self._current = None
            self.word.clear()
        self._show()

    def after(self, start_ms: int) -> int:
        """Return how many marks stand at `start_ms` or later."""
        return sum(1 for mark in self._marks if mark.at_ms >= start_ms)

    def set_now(self) -> None:
        """Set a mark here and offer to give it a word."""
        if self._marking is None:
            return
        self._keep_word()
        self._set()
        self.write()

    def write(self) -> None:
        """Give the keyboard to the field."""
        self.word.setFocus()
        bring_into_sight(self.word)

    def _set(self) -> None:
        if self._marking is not None:
            self._current = _Shown(self._marking.mark(self.kind, "", self.author), self._position_ms)
            self._marks.append(self._current)
            self._show()

    def _keep_word(self) -> None:
        current, text = self._current, self.word.text().strip()
        if current is not None and self._marking is not None and text != current.text:
            current.text = text
            self._marking.reword(current.id, text)
        self._current = None
        self.word.clear()
        self._show()

    @Slot(str)
    def _on_edited(self, text: str) -> None:
        """A text that belongs to no mark yet begins one: now is when it was noticed."""
        if self._current is None and text.strip():
            self._set()

    @Slot()
    def _on_return(self) -> None:
        self._keep_word()
        self.left.emit()

    @Slot()
    def _on_given_up(self) -> None:
        """Leave a bookmark without its word; a note without text is none."""
        current, self._current = self._current, None
        if current is not None and self.kind is MarkKind.NOTE and self._marking is not None:
            self._marks.remove(current)
            self._marking.forget_mark(current.id)
        self.word.clear()
        self._show()
        self.left.emit()

    def _show(self) -> None:
        self.list.clear()
        for mark in reversed(self._marks):
            word = mark.text or ("…" if mark is self._current else _("uden ord"))
            self.list.addItem(f"{format_clock_ms(mark.at_ms)}   {word}")


class LiveMarks(QWidget):
    """The worker's marks, and a tab for each colleague who sits in: what they note is theirs until afterwards."""

    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setAccessibleName(_("Mærker og noter"))
        rows.addWidget(self.tabs)
        self.own: MarkList | None = None
        self.notes: list[MarkList] = []

    def prepare(self, author: str, colleagues: Sequence[str]) -> None:
        """Have a list for the worker and one for each of the `colleagues` who sit in, by name."""
        while self.tabs.count():
            old = self.tabs.widget(0)
            self.tabs.removeTab(0)
            if old is not None:
                old.deleteLater()
        self.own = MarkList(
            self._theme,
            MarkKind.BOOKMARK,
            author,
            _("Et ord til mærket (kan undværes)"),
            _("B sætter et mærke med det samme. Enter gemmer ordet."),
        )
        self.tabs.addTab(self.own, _("Dine mærker"))
        self.notes = [
            MarkList(
                self._theme,
                MarkKind.NOTE,
                name,
                _("Note fra {name}").format(name=name),
                _("Tiden er fra det første bogstav. Enter gemmer, Esc fortryder."),
            )
            for name in colleagues
        ]
        for one in self.notes:
            self.tabs.addTab(one, _("Noter fra {name}").format(name=one.author))
        for one in self._all():
            one.left.connect(self.left)
        self.tabs.tabBar().setVisible(bool(self.notes))

    def begin(self, marking: Marking) -> None:
        """Start with no marks."""
        for one in self._all():
            one.begin(marking)

    def set_position(self, position_ms: int) -> None:
        """Say how far the recording is."""
        for one in self._all():
            one.set_position(position_ms)

    def place(self, mark_id: MarkId, at_ms: int) -> None:
        """Take the place that the recorder gave a mark."""
        for one in self._all():
            one.place(mark_id, at_ms)

    def cut(self, end_ms: int) -> None:
        """Forget the marks from `end_ms` on."""
        for one in self._all():
            one.cut(end_ms)

    def after(self, start_ms: int) -> int:
        """Return how many marks and notes stand at `start_ms` or later."""
        return sum(one.after(start_ms) for one in self._all())

    def bookmark(self) -> None:
        """Set one of the worker's marks at once."""
        if self.own is not None:
            self.tabs.setCurrentWidget(self.own)
            self.own.set_now()

    def note(self) -> None:
        """Give the keyboard to the colleague who sits in."""
        if self.notes:
            self.tabs.setCurrentWidget(self.notes[0])
            self.notes[0].write()

    def _all(self) -> list[MarkList]:
        return [*([self.own] if self.own is not None else []), *self.notes]
