"""The list of the concept book: by group, with a check for what is in use, searched and narrowed down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cubb_desktop.domain.codebook import Concept
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.concept_texts import SHOWN, Choice, concept_text, group_text
from cubb_desktop.gui.widgets.controls import Button
from cubb_desktop.gui.widgets.controls import Choice as DropDown
from cubb_desktop.gui.widgets.search_field import SearchField
from cubb_desktop.gui.widgets.text import PlainLabel, plain_tooltip
from cubb_desktop.i18n import _

WIDTHS = 230, 330  # least and most, at 100 %
_CHECK = 62  # what a name's check, and the room around both, take of its line, at 100 %


class _Wrapping(QStyledItemDelegate):
    """Gives a long name its second line; the usual one forgets that the check takes room too."""

    def __init__(self, book: QListWidget, beside: int) -> None:
        super().__init__(book)
        self._book, self._beside = book, beside

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        narrow = QStyleOptionViewItem(option)
        narrow.rect = QRect(0, 0, self._book.viewport().width() - self._beside, option.rect.height())
        return super().sizeHint(narrow, index)


class BookList(QListWidget):
    """The concepts themselves; Space checks, F2 and Delete ask for more."""

    revise_requested = Signal()
    retire_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setItemDelegate(_Wrapping(self, theme.px(_CHECK)))
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setAccessibleName(_("Begreber"))
        self.setProperty("role", "book")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrap(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F2:
            self.revise_requested.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.retire_requested.emit()
        else:
            super().keyPressEvent(event)


class ConceptList(QWidget):
    """The list under the fields that narrow it down; what is chosen stays chosen while it is shown."""

    chosen = Signal(object)  # Concept, or None
    switched = Signal(object, bool)  # Concept, whether it is to be in use
    menu_requested = Signal(QPoint)  # where on the screen

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._concepts: Sequence[Concept] = ()
        self._wanted: ConceptId | None = None
        self._parts = [Choice()]
        self.setMinimumWidth(theme.px(WIDTHS[0]))
        self.setMaximumWidth(theme.px(WIDTHS[1]))
        self.search = SearchField(theme, _("Søg i bogen"), _("Søg i begrebernes ord og grupper"))
        self.part = DropDown()
        self.part.setAccessibleName(_("Vis"))
        self.list = BookList(theme)
        self.nothing = self._nothing()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.list)
        self.stack.addWidget(self.nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        for widget in (self.search, self.part, self.stack):
            column.addWidget(widget)
        self._fill_parts([])
        self.search.searched.connect(self._on_narrowed)
        self.part.currentIndexChanged.connect(self._on_narrowed)
        self.list.currentItemChanged.connect(self._on_item_chosen)
        self.list.itemChanged.connect(self._on_checked)
        self.list.customContextMenuRequested.connect(self._on_menu)

    def _nothing(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(self._theme.px(12), self._theme.px(16), self._theme.px(12), 0)
        column.addWidget(PlainLabel(_("Intet begreb passer."), wrap=True))
        self.whole = Button(_("Vis hele bogen"))
        self.whole.clicked.connect(self.show_whole)
        column.addWidget(self.whole, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return page

    # --- what it shows -----------------------------------------------------------------------------------------------

    def show_book(self, concepts: Sequence[Concept]) -> None:
        """Show the book as it is now."""
        groups = list(dict.fromkeys(concept.group for concept in concepts))
        if groups != list(dict.fromkeys(concept.group for concept in self._concepts)):
            self._fill_parts(groups)
        self._concepts = concepts
        self._fill()
        self._tell()

    def choose(self, concept_id: ConceptId) -> None:
        """Choose a concept, now or when the book that has it is shown."""
        self._wanted = concept_id
        self._fill()
        self._tell()

    def current(self) -> Concept | None:
        """The concept that is chosen."""
        item: QListWidgetItem | None = self.list.currentItem()
        found = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, Concept) else None

    @Slot()
    def show_whole(self) -> None:
        """Narrow down no longer."""
        self._widen()
        self._on_narrowed()
        self.list.setFocus()

    def _widen(self) -> None:
        self.search.clear()
        self.part.blockSignals(True)  # the list is written anew right after this
        self.part.setCurrentIndex(0)
        self.part.blockSignals(False)

    def _ids(self, choice: Choice) -> set[ConceptId | None]:
        return {concept.id for concept in self._concepts if choice.shows(concept)}

    def choice(self) -> Choice:
        """What the list is narrowed down to."""
        return replace(self._parts[max(0, self.part.currentIndex())], words=self.search.text())

    def _fill_parts(self, groups: Sequence[str]) -> None:
        before = self.choice()
        names = [*map(_, SHOWN.values()), *map(group_text, groups)]
        self._parts = [*map(Choice, SHOWN), *(Choice(group=group) for group in groups)]
        at = next((at for at, part in enumerate(self._parts) if replace(part, words=before.words) == before), 0)
        self.part.blockSignals(True)  # the choice stays where it is still there
        self.part.clear()
        self.part.addItems(names)
        self.part.setCurrentIndex(at)
        self.part.blockSignals(False)

    def _fill(self) -> None:
        """Write the list anew; for a concept that was asked for, it is widened until that is shown."""
        current = self.current()
        wanted = self._wanted or (current.id if current is not None else None)
        there = self._wanted in self._ids(Choice())
        if there and self._wanted not in self._ids(self.choice()):
            self._widen()
        choice = self.choice()
        shown = [concept for concept in self._concepts if choice.shows(concept)]
        if there:
            self._wanted = None
        self.list.blockSignals(True)  # filling it is nobody's choice
        self.list.clear()
        groups: dict[str, list[Concept]] = {}
        for concept in shown:
            groups.setdefault(concept.group, []).append(concept)
        for group, members in groups.items():
            self._add_heading(group)
            for concept in members:
                item = self._add(concept)
                if concept.id == wanted:
                    self.list.setCurrentItem(item)
        if self.current() is None and shown:
            self.list.setCurrentRow(1)
        self.list.blockSignals(False)
        self.stack.setCurrentIndex(0 if shown or not self._concepts else 1)

    def _add_heading(self, group: str) -> None:
        heading = QListWidgetItem(group_text(group))
        heading.setFlags(Qt.ItemFlag.NoItemFlags)
        heading.setForeground(self._theme.color("soft"))
        heading.setFont(self._theme.font(12.5))
        self.list.addItem(heading)

    def _add(self, concept: Concept) -> QListWidgetItem:
        name = concept_text(concept, "name")
        item = QListWidgetItem(name)
        item.setToolTip(plain_tooltip(name))  # one long word may be cut off at 200 %
        item.setData(Qt.ItemDataRole.UserRole, concept)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if concept.in_use else Qt.CheckState.Unchecked)
        self.list.addItem(item)
        return item

    # --- what is done with it ----------------------------------------------------------------------------------------

    @Slot()
    def _on_narrowed(self) -> None:
        before = self.current()
        self._fill()
        if self.current() != before:
            self._tell()

    @Slot()
    def _on_item_chosen(self) -> None:
        self._wanted = None  # a person has chosen meanwhile
        self._tell()

    def _tell(self) -> None:
        self.chosen.emit(self.current())

    @Slot(QListWidgetItem)
    def _on_checked(self, item: QListWidgetItem) -> None:
        concept, on = item.data(Qt.ItemDataRole.UserRole), item.checkState() is Qt.CheckState.Checked
        if isinstance(concept, Concept) and concept.in_use is not on:
            self.switched.emit(concept, on)

    @Slot(QPoint)
    def _on_menu(self, place: QPoint) -> None:
        if self.current() is not None:
            self.menu_requested.emit(self.list.viewport().mapToGlobal(place))
