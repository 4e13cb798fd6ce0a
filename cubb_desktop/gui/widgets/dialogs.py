"""Small windows over the page: a frame for forms, and the question before something is lost."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLayout, QLineEdit, QVBoxLayout, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, Kind, field
from cubb_desktop.gui.widgets.layouts import scrolling
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _

_TITLE_BAR = 32  # at 100 %, until the real one is known


class Form(QDialog):
    """A dialog with a heading, rows, a place for what is wrong, and two buttons; it goes away when it is closed."""

    def __init__(self, parent: QWidget, theme: Theme, heading: str, accept: str, *, kind: Kind = "primary") -> None:
        super().__init__(parent)
        self.theme = theme
        self._over = parent.window()
        while (under := self._over.parentWidget()) is not None:  # a dialog over a dialog still has the whole window
            self._over = under.window()
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(heading)
        self.setAccessibleName(heading)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, theme.px(18))
        self._outer.setSpacing(0)
        content = QWidget()
        content.setProperty("role", "page")
        self.rows = QVBoxLayout(content)
        self._scroller = scrolling(content)
        content.installEventFilter(self)
        self._outer.addWidget(self._scroller, 1)
        self.widen(460)
        self.rows.setContentsMargins(theme.px(24), theme.px(20), theme.px(24), theme.px(20))
        self.rows.setSpacing(theme.px(14))
        self.rows.addWidget(PlainLabel(heading, "heading", wrap=True))
        self.problem = PlainLabel("", "fault", wrap=True)
        self.problem.hide()
        self.accept_button = Button(accept, kind)
        self.accept_button.setDefault(kind == "primary")
        self.accept_button.clicked.connect(self.submit)
        self.cancel_button = Button(_("Annullér"), "quiet")
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self.reject)

    def widen(self, width: float) -> None:
        """Be at least `width` wide (at 100 %), or as wide as the window allows."""
        room = min(self._over.width(), self._over.screen().availableGeometry().width()) - self.theme.px(40)
        self.setMinimumWidth(min(self.theme.px(width), room))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._open_out()
        QTimer.singleShot(0, self, self._open_out)  # once more, when the texts have the style sheet's sizes

    def _open_out(self) -> None:
        """Stand in the middle of the window."""
        self._fit()
        frame = self.frameGeometry()
        frame.moveCenter(self._over.frameGeometry().center())
        self.move(frame.topLeft())
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest and self.isVisible():
            QTimer.singleShot(0, self, self._grow)  # a row has come or got longer
        return super().eventFilter(watched, event)

    def _grow(self) -> None:
        if self._height() > self.height():
            self._fit()

    def _fit(self) -> None:
        """Be as high as the rows need, and wholly on the screen."""
        self.resize(max(self.minimumWidth(), self.width()), self._height())
        screen, frame = self._over.screen().availableGeometry(), self.frameGeometry()
        frame.moveLeft(max(screen.left(), min(frame.left(), screen.right() + 1 - frame.width())))
        frame.moveTop(max(screen.top(), min(frame.top(), screen.bottom() + 1 - frame.height())))
        self.move(frame.topLeft())

    def _height(self) -> int:
        """The height that the rows need, but no more than there is: then they scroll and the buttons stay."""
        width = max(self.minimumWidth(), self.width())
        by_width = self.rows.hasHeightForWidth()
        needed = self.rows.totalHeightForWidth(width) if by_width else self.rows.totalSizeHint().height()
        buttons = self.accept_button.sizeHint().height() + self._outer.contentsMargins().bottom()
        title = self.frameGeometry().height() - self.height()
        screen = self._over.screen().availableGeometry().height() - max(title, self.theme.px(_TITLE_BAR))
        return min(needed + buttons, self._over.height() - self.theme.px(16), screen)

    def add(self, item: QWidget | QLayout) -> None:
        """Add a row."""
        if isinstance(item, QLayout):
            self.rows.addLayout(item)
        else:
            self.rows.addWidget(item)

    def finish_rows(self) -> None:
        """Add the buttons; call it after the last row."""
        self.rows.addWidget(self.problem)
        buttons = QHBoxLayout()
        buttons.setSpacing(self.theme.px(10))
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.accept_button)
        buttons.setContentsMargins(self.theme.px(24), 0, self.theme.px(24), 0)
        self._outer.addLayout(buttons)

    def submit(self) -> None:
        """What the accepting button does; a form that must check or save first does that instead."""
        self.accept()

    def say(self, problem: str) -> None:
        """Show what is wrong, or nothing."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.rows.activate()
        self._fit()
        if problem:
            self._scroller.ensureWidgetVisible(self.problem)


class Confirm(Form):
    """Asks before something is lost, says what, and starts with the finger on the harmless button."""

    def __init__(self, parent: QWidget, theme: Theme, heading: str, lost: str, accept: str, *, kept: str = "") -> None:
        super().__init__(parent, theme, heading, accept, kind="danger")
        self.add(PlainLabel(lost, wrap=True))
        if kept:
            self.add(PlainLabel(kept, "soft", wrap=True))
        self.finish_rows()
        self.accept_button.setAutoDefault(False)
        self.cancel_button.setDefault(True)
        self.cancel_button.setFocus()


class AskText(Form):
    """Asks for one line of text."""

    def __init__(self, parent: QWidget, theme: Theme, heading: str, label: str, text: str, accept: str) -> None:
        super().__init__(parent, theme, heading, accept)
        self.line = QLineEdit(text)
        self.line.setMaxLength(200)
        self.line.selectAll()
        self.add(field(label, self.line))
        self.finish_rows()
        self.line.setFocus()

    def submit(self) -> None:
        if self.line.text().strip():
            self.accept()
        else:
            self.say(_("Skriv en tekst først."))

    def text(self) -> str:
        """What was written."""
        return self.line.text().strip()
