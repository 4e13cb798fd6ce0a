"""The slim bar above the text: what is sought, how many places there are, and what is to stand there instead."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, IconButton
from cubb_desktop.gui.widgets.text import PlainLabel, set_tooltip
from cubb_desktop.i18n import _

_FIELD, _WIDE, _MOST_LETTERS = 280, 760, 200  # lengths at 100 %


class FindBar(QFrame):
    """Asks; Enter and Shift+Enter go through the places, Escape closes."""

    changed = Signal()  # what is sought, or how
    stepped = Signal(int)
    replace_requested = Signal()
    replace_all_requested = Signal()
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setProperty("role", "header")
        self.setAccessibleName(_("Find og erstat"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.px(24), theme.px(5), theme.px(16), theme.px(5))
        rows.setSpacing(theme.px(5))
        rows.addLayout(self._first_row(theme))
        self.second = QWidget()
        self.second.setLayout(self._second_row(theme))
        rows.addWidget(self.second)
        self.hide()

    def _first_row(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        self.field = self._line(_("Find i udskriften"))
        self.field.textChanged.connect(self.changed)
        self.count = PlainLabel("", "sub")
        self.count.setMinimumWidth(theme.px(84))
        self.before = IconButton(theme, "back", _("Stedet før · Shift+Enter"), size=14)
        self.next = IconButton(theme, "forward", _("Næste sted · Enter"), size=14)
        self.before.clicked.connect(lambda: self.stepped.emit(-1))
        self.next.clicked.connect(lambda: self.stepped.emit(1))
        self.match_case = self._check(_("Store/små"), _("Store og små bogstaver skal passe"))
        self.whole_words = self._check(_("Hele ord"), _("Kun hele ord"))
        self.close_button = IconButton(theme, "close", _("Luk søgningen · Esc"), size=14)
        self.close_button.clicked.connect(self.closed)
        row.addWidget(self.field, 3)
        for widget in (self.count, self.before, self.next, self.match_case, self.whole_words):
            row.addWidget(widget)
        row.addStretch(2)
        row.addWidget(self.close_button)
        return row

    def _second_row(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(8))
        self.instead = self._line(_("Erstat med"))
        self.replace = Button(_("Erstat"), tooltip=_("Erstat dette sted · Enter"))
        self.replace.clicked.connect(self.replace_requested)
        self.replace_all = Button(_("Erstat alle"), tooltip=_("Erstat alle steder på én gang · Ctrl+Enter"))
        self.replace_all.clicked.connect(self.replace_all_requested)
        row.addWidget(self.instead, 3)
        row.addWidget(self.replace)
        row.addWidget(self.replace_all)
        row.addStretch(2)
        return row

    def _line(self, name: str) -> QLineEdit:
        line = QLineEdit()
        line.setPlaceholderText(name)
        line.setAccessibleName(name)
        line.setMaxLength(_MOST_LETTERS)
        line.setMinimumWidth(self._theme.px(84))
        line.setMaximumWidth(self._theme.px(_FIELD))
        line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        return line

    def _check(self, text: str, name: str) -> QCheckBox:
        check = QCheckBox(text)
        check.setAccessibleName(name)
        set_tooltip(check, name)
        check.toggled.connect(self.changed)
        return check

    def begin(self, words: str, *, replacing: bool) -> None:
        """Open with what is to be sought, "" for what was sought last; `replacing` opens the second field too."""
        self.second.setVisible(replacing or (self.isVisible() and not self.second.isHidden()))
        self.show()
        if words:
            self.field.setText(words)
        self.field.selectAll()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._fit()

    def show_count(self, current: int | None, count: int) -> None:
        """Say "3 af 12", that there is none, or nothing where nothing is sought."""
        if not self.field.text().strip():
            text = ""
        elif not count:
            text = _("Ingen steder")
        else:
            text = _("{number} af {count}").format(number=(current or 0) + 1, count=count)
        self.count.setText(text)
        self.count.setAccessibleName(text)
        self.field.setAccessibleDescription(text)
        for button in (self.before, self.next):
            button.setEnabled(count > 0)

    def allow_replacing(self, *, allowed: bool) -> None:
        """Let places be replaced, or not."""
        for widget in (self.instead, self.replace, self.replace_all):
            widget.setEnabled(allowed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave the choices out where it is narrow; they are in force as they were left."""
        wide = self.width() >= self._theme.px(_WIDE)
        for check in (self.match_case, self.whole_words):
            check.setVisible(wide or check.isChecked())

    def event(self, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()  # closes here; elsewhere on the page it plays
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the keys that neither field has a use for."""
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier and not self.second.isHidden():
            self.replace_all.click()
        elif enter and self.instead.hasFocus():
            self.replace.click()
        elif enter and self.field.hasFocus():
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)
