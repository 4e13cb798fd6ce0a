"""A line that is being typed anew, over the line itself, with the signs of the notation within reach."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.text import PlainLabel, set_tooltip
from cubb_desktop.i18n import N_, _

_LEAST_WIDTH, _INSET = 420, 16  # at 100 %
_BORDER = 2  # px, as in the style sheet


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of the Jefferson notation: what stands before and after what is chosen, and what it says."""

    before: str
    after: str
    name: str

    @property
    def shown(self) -> str:
        """What its button bears."""
        return f"{self.before}{' ' if self.after else ''}{self.after}"


# As in Hepburn & Bolden (2017) and the Danish usage of samtalegrammatik.dk.
SIGNS = (
    Sign("(.)", "", N_("en ganske kort pause")),
    Sign("[", "]", N_("på samme tid som en anden")),
    Sign("=", "", N_("uden mellemrum")),
    Sign("-", "", N_("afbrudt lyd")),
    Sign(":", "", N_("trukket lyd")),
    Sign("°", "°", N_("stille")),
    Sign(">", "<", N_("hurtigere")),
    Sign("<", ">", N_("langsommere")),
    Sign("£", "£", N_("smilende")),
    Sign(".hh", "", N_("indånding")),
    Sign("hh", "", N_("udånding")),
    Sign("((ler))", "", N_("latter og andet, der høres")),
)


class LineEditor(QFrame):
    """Asks for the words of a line; says what was typed, where to go on, or that nothing is to change."""

    typed = Signal(str, int)  # the words; 0 to stay, 1 or -1 to go on with the next or the last line
    split_requested = Signal(str, int)  # the words, and before which of them the turn is to be split
    join_requested = Signal()
    cancelled = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("role", "editor")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAutoFillBackground(True)
        self.field = QLineEdit()
        self.field.setAccessibleName(_("Linjens ord"))
        self.field.installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(2), theme.px(2), theme.px(10), theme.px(6))
        column.setSpacing(theme.px(4))
        column.addWidget(self.field)
        column.addLayout(self._signs())
        self.hint = PlainLabel(_("Enter gemmer · Esc afspiller · Ctrl+Enter deler turen · Shift+Esc fortryder"))
        self.hint.setProperty("role", "label")
        self.hint.setContentsMargins(theme.px(_INSET - 4), 0, 0, 0)
        column.addWidget(self.hint)
        theme.changed.connect(self._renew)
        self._renew()
        self.hide()

    @Slot()
    def _renew(self) -> None:
        self.field.setFont(self._theme.mono_font(14.5))
        for button in self.signs:
            button.setFont(self._theme.mono_font(12))

    def _signs(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(self._theme.px(_INSET - 10), 0, 0, 0)
        row.setSpacing(self._theme.px(2))
        self.signs: list[QToolButton] = []
        for sign in SIGNS:
            button = QToolButton()
            button.setText(sign.shown)
            button.setAccessibleName(_(sign.name))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is typed goes on in the field
            set_tooltip(button, _(sign.name))
            button.clicked.connect(lambda _checked=False, sign=sign: self.put(sign))
            row.addWidget(button)
            self.signs.append(button)
        row.addStretch(1)
        return row

    def begin(self, words: str, cursor: int, place: QRect, room: QRect) -> None:
        """Show `words` to be typed anew at `place`, as far as there is `room` around it."""
        self.field.setText(words)
        self.field.setReadOnly(False)
        self.field.setPlaceholderText("" if words else _("Skriv, hvad du hører. Tom betyder, at det ikke er tale."))
        self.field.setCursorPosition(cursor)
        self.put_at(place, room)
        self.show()
        self.raise_()
        self.field.setFocus()

    def put_at(self, place: QRect, room: QRect) -> None:
        """Stand over a line; below the line there are the signs, above it where the room ends."""
        height, field = self.sizeHint().height(), self.field.sizeHint().height()
        width = min(max(place.width(), self._theme.px(_LEAST_WIDTH)), room.right() - place.left())
        inset = self._theme.px(_INSET)
        top = place.center().y() - field // 2 - self._theme.px(2) - _BORDER
        top = max(room.top(), min(top, room.bottom() - height))
        self.setGeometry(place.left() - inset, top, width + inset, height)

    def put(self, sign: Sign) -> None:
        """Put a sign in, around what is chosen if it has two halves."""
        chosen = self.field.selectedText()
        self.field.insert(f"{sign.before}{chosen}{sign.after}")
        if sign.after and not chosen:
            self.field.setCursorPosition(self.field.cursorPosition() - len(sign.after))
        self.field.setFocus()

    @property
    def words_before_cursor(self) -> int:
        """How many words have begun before the cursor."""
        return len(self.field.text()[: self.field.cursorPosition()].split())

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut and self._left(event):
            self.typed.emit(self.field.text(), 0)  # what was typed is kept, wherever the person goes next
            return False
        return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._take(event)

    def _left(self, event: QFocusEvent) -> bool:
        staying = {Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason}
        return self.isVisible() and not self.field.isReadOnly() and event.reason() not in staying

    def _take(self, event: QKeyEvent) -> bool:
        key, control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        at_start = self.field.cursorPosition() == 0 and not self.field.hasSelectedText()
        if self.field.isReadOnly():
            return True
        if key == Qt.Key.Key_Escape and shift:  # without Shift it plays and pauses, also while one types
            self.cancelled.emit()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and control:
            self.split_requested.emit(self.field.text(), self.words_before_cursor)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.typed.emit(self.field.text(), 0)
        elif key in steps:
            self.typed.emit(self.field.text(), steps[Qt.Key(key)])
        elif key == Qt.Key.Key_Backspace and at_start:
            self.join_requested.emit()
        else:
            return False
        return True
