"""Texts in which people are mentioned: shown with the names highlighted, written with the names completed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, QStringListModel, Qt, Signal, Slot
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QCompleter, QListView, QPlainTextEdit, QSizePolicy, QWidget

from cubb_desktop.domain.annotating import mentions_in
from cubb_desktop.gui.theme import Theme
from cubb_desktop.i18n import _

_BEGUN = re.compile(r"(?<!\w)@([^\n@]{0,60})$")  # a name that is being written
_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class _Highlighter(QSyntaxHighlighter):
    """Gives the names in a document the look of a mention."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        self._names: tuple[str, ...] = ()

    def set_names(self, names: Sequence[str]) -> None:
        if tuple(names) != self._names:
            self._names = tuple(names)
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        look = QTextCharFormat()
        look.setForeground(self._theme.color("accent-ink"))
        look.setBackground(self._theme.color("accent-soft"))
        for mention in mentions_in(text, self._names):
            self.setFormat(mention.start, mention.end - mention.start, look)


class MentionText(QWidget):
    """A text as it was written, with the people it mentions highlighted."""

    def __init__(self, theme: Theme, text: str, names: Sequence[str]) -> None:
        super().__init__()
        self._theme = theme
        self._document = QTextDocument(self)
        self._document.setDocumentMargin(0)
        self._document.setDefaultFont(theme.font())
        self._document.setPlainText(text)
        self._names = _Highlighter(self._document, theme)
        self._names.set_names(names)
        self._names.rehighlight()
        self.setAccessibleName(text)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def text(self) -> str:
        """The text without its look."""
        return self._document.toPlainText()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        self._document.setTextWidth(max(1, width))
        return round(self._document.size().height())

    def sizeHint(self) -> QSize:
        width = max(self.width(), self._theme.px(120))
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._document.defaultFont().pixelSize())

    def paintEvent(self, event: QPaintEvent) -> None:
        self._document.setTextWidth(max(1, self.width()))
        painter = QPainter(self)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = self.palette()
        self._document.documentLayout().draw(painter, context)
        painter.end()


class MentionField(QPlainTextEdit):
    """A field for a few lines; after an @ it offers the names of colleagues. Ctrl+Enter says that it is written."""

    submitted = Signal()
    left = Signal()  # Escape, with nothing to choose

    def __init__(self, theme: Theme, name: str, placeholder: str, *, lines: int = 2, leaves: bool = False) -> None:
        """With `leaves`, Escape is the field's own and says `left`; else it is the page's."""
        super().__init__()
        self._leaves = leaves
        self._names: tuple[str, ...] = ()
        self.setAccessibleName(name)
        self.setAccessibleDescription(_("Skriv @ og et navn for at nævne en kollega"))
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setFixedHeight(theme.px(24 + 23 * lines))
        self._highlighter = _Highlighter(self.document(), theme)
        self._model = QStringListModel(self)
        self._completer = QCompleter(self._model, self)
        self._completer.setWidget(self)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.activated.connect(self._on_chosen)
        self._popup = QListView()
        self._completer.setPopup(self._popup)
        self._popup.setAccessibleName(_("Kolleger"))

    def set_names(self, names: Sequence[str]) -> None:
        """Offer and highlight these people."""
        self._names = tuple(names)
        self._model.setStringList(list(names))
        self._highlighter.set_names(names)

    def is_offering(self) -> bool:
        """Whether names are offered right now."""
        return self._popup.isVisible()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.is_offering() and event.key() in {*_ENTER, Qt.Key.Key_Tab, Qt.Key.Key_Escape}:
            event.ignore()  # the list of names takes it
        elif event.key() in _ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.submitted.emit()
        elif event.key() == Qt.Key.Key_Escape and self._leaves:
            self.left.emit()
        else:
            super().keyPressEvent(event)
            self._offer()

    def event(self, event: QEvent) -> bool:
        overrides = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if overrides and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self._leaves:
            event.accept()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self._popup.hide()
        super().focusOutEvent(event)

    def _begun(self) -> str | None:
        """Return the part of a name that stands before the cursor, None where none is being written."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        found = _BEGUN.search(before)
        return None if found is None else found.group(1)

    def _offer(self) -> None:
        begun = self._begun()
        fitting = [name for name in self._names if begun is not None and name.casefold().startswith(begun.casefold())]
        if begun is None or not fitting or fitting == [begun]:
            self._popup.hide()
            return
        self._completer.setCompletionPrefix(begun)
        self._popup.setCurrentIndex(self._completer.completionModel().index(0, 0))
        rect = self.cursorRect()
        rect.setWidth(self._popup.sizeHintForColumn(0) + self._popup.verticalScrollBar().sizeHint().width() + 16)
        self._completer.complete(rect)

    @Slot(str)
    def _on_chosen(self, name: str) -> None:
        cursor = self.textCursor()
        begun = self._begun() or ""
        cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(begun))
        cursor.insertText(f"{name} ")
        self.setTextCursor(cursor)
