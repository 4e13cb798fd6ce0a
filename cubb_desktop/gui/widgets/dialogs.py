"""Small windows over the page: a frame for forms, and the question before something is lost."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLayout, QLineEdit, QVBoxLayout, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, Kind, field
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _


class Form(QDialog):
    """A dialog with a heading, rows, a place for what is wrong, and two buttons; it goes away when it is closed."""

    def __init__(self, parent: QWidget, theme: Theme, heading: str, accept: str, *, kind: Kind = "primary") -> None:
        super().__init__(parent)
        self.theme = theme
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(heading)
        self.setAccessibleName(heading)
        self.setMinimumWidth(min(theme.px(460), parent.window().width() - theme.px(20)))
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(theme.px(24), theme.px(20), theme.px(24), theme.px(20))
        self.rows.setSpacing(theme.px(14))
        self.rows.setSizeConstraint(QLayout.SizeConstraint.SetMinimumSize)
        self.rows.addWidget(PlainLabel(heading, "heading", wrap=True))
        self.problem = PlainLabel("", "fault", wrap=True)
        self.problem.hide()
        self.accept_button = Button(accept, kind)
        self.accept_button.setDefault(kind == "primary")
        self.accept_button.clicked.connect(self.submit)
        self.cancel_button = Button(_("Fortryd"), "quiet")
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self.reject)

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
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.accept_button)
        self.rows.addLayout(buttons)

    def submit(self) -> None:
        """What the accepting button does; a form that must check or save first does that instead."""
        self.accept()

    def say(self, problem: str) -> None:
        """Show what is wrong, or nothing."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))


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
