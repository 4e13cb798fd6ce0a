"""The collections: a list at the left; at the right what one wants to find out, and the cases, to hear and to note."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.collection import Collection, Passage
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import CollectionId, PassageId, RecordingId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.case_list import CaseList, case_place
from cubb_desktop.gui.widgets.collecting import CHANGED, CollectionForm
from cubb_desktop.gui.widgets.controls import Button, field
from cubb_desktop.gui.widgets.dialogs import Confirm
from cubb_desktop.gui.widgets.layouts import Columns, scrolling
from cubb_desktop.gui.widgets.messages import EmptyState
from cubb_desktop.gui.widgets.passage_player import PassagePlayer, Piece
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import _
from cubb_desktop.services import collected
from cubb_desktop.services.collected import Case, Shelf

_NOTE_WAIT_MS = 800


class CollectionsPanel(QWidget):
    """Reads in the background; every change is written at once."""

    open_requested = Signal(object, object, str)  # RecordingId, place in ms, words
    shown = Signal()

    def __init__(self, context: PageContext, player: PassagePlayer) -> None:
        super().__init__()
        self._context, self._player = context, player
        self._shelf: Shelf | None = None
        self._wanted: CollectionId | None = None
        self._wanted_case: PassageId | None = None
        self._noting: Passage | None = None  # whose note is in the field
        self._reading = self._stale = self._noted = False
        self._save_note = QTimer(self, singleShot=True, interval=_NOTE_WAIT_MS)
        self._save_note.timeout.connect(self.keep_note)
        self._build()
        player.sounding.connect(self._on_sounding)
        context.background.changed.connect(self._on_changed)
        self.reload()

    # --- layout ------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme = self._context.theme
        self.list = QListWidget()
        self.list.setAccessibleName(_("Samlinger"))
        self.list.setProperty("role", "book")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setWordWrap(True)
        self.list.setMinimumWidth(theme.px(180))
        self.list.setMinimumHeight(theme.px(90))
        self.list.setMaximumWidth(theme.px(280))
        self.list.currentItemChanged.connect(self._on_chosen)
        self.empty = EmptyState(
            theme, "patterns", _("Her samler I steder fra flere samtaler, hvor det samme sker."), _("Ny samling"),
            _("Læg steder i den fra søgningen (C) eller fra en samtale (højreklik på linjen)."),
        )  # fmt: skip
        self.empty.chosen.connect(self.begin)
        columns = Columns(theme, 620)
        columns.add(self.list, 2)
        columns.add(self._reading_side(), 5)
        self.stack = QStackedWidget()
        for widget in (QWidget(), scrolling(columns), scrolling(self.empty)):
            self.stack.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.px(14), 0, 0)
        column.addWidget(self.stack)

    def _reading_side(self) -> QWidget:
        theme = self._context.theme
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        self.name = PlainLabel("", "heading", wrap=True)
        self.question = PlainLabel("", "soft", wrap=True)
        self.play_all = Button(_("Afspil alle"), tooltip=_("Hør stederne efter hinanden"))
        self.play_all.clicked.connect(self._on_play_all)
        self.change = Button(_("Ret…"), "quiet", name=_("Ret samlingen"))
        self.change.clicked.connect(self._on_change)
        self.remove = Button(_("Slet…"), "quiet", name=_("Slet samlingen"))
        self.remove.clicked.connect(self._on_remove)
        head = QHBoxLayout()
        head.setSpacing(theme.px(8))
        head.addWidget(self.name, 1)
        for button in (self.play_all, self.change, self.remove):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.cases = CaseList(theme)
        self.cases.setMinimumHeight(theme.px(170))
        self.cases.chosen.connect(self._show_case)
        self.cases.play_asked.connect(self._on_play)
        self.cases.open_asked.connect(self._on_open)
        self.cases.remove_asked.connect(self._on_take_out)
        self.cases.deviant_asked.connect(lambda case: self._set_deviant(case, not case.passage.deviant))
        self.cases.moved.connect(self._on_moved)
        self.no_cases = PlainLabel(
            _("Ingen steder endnu. Søg, og tryk C på en linje, eller højreklik på en linje i en samtale."),
            "soft", wrap=True,
        )  # fmt: skip
        column.addLayout(head)
        column.addWidget(self.question)
        column.addWidget(self.no_cases)
        column.addWidget(self.cases, 1)
        column.addWidget(self._case_side())
        return side

    def _case_side(self) -> QWidget:
        """What can be said about the case that is chosen."""
        theme = self._context.theme
        self.about = QWidget()
        column = QVBoxLayout(self.about)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        self.deviant = QCheckBox(_("Afvigende tilfælde"))
        self.deviant.setToolTip(_("Et sted, der går imod mønsteret, viser bedst, hvad mønsteret er"))
        self.deviant.clicked.connect(self._on_deviant)
        row.addWidget(self.deviant, 1)
        acts: tuple[tuple[str, str, str, Callable[[Case], object]], ...] = (
            (_("Hør"), _("Hør stedet"), _("Mellemrum"), self._on_play),
            (_("Op"), _("Flyt op"), "Alt+↑", lambda case: self.cases.move_by(case, -1)),
            (_("Ned"), _("Flyt ned"), "Alt+↓", lambda case: self.cases.move_by(case, 1)),
            (_("Åbn"), _("Åbn samtalen"), "Enter", self._on_open),
            (_("Tag ud"), _("Tag stedet ud af samlingen"), "Delete", self._on_take_out),
        )
        self.acts = [self._act(row, *act) for act in acts]
        column.addLayout(row)
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.note.setPlaceholderText(_("Hvad lægger du mærke til her?"))
        self.note.setFixedHeight(theme.px(74))
        self.note.textChanged.connect(self._on_note_typed)
        column.addLayout(field(_("Note"), self.note))
        return self.about

    def _act(self, row: QHBoxLayout, text: str, name: str, key: str, act: Callable[[Case], object]) -> Button:
        button = Button(text, "quiet", name=name, tooltip=f"{name} · {key}")

        def on_clicked() -> None:
            case = self.cases.case()
            if case is not None:
                act(case)

        button.clicked.connect(on_clicked)
        row.addWidget(button)
        return button

    # --- reading -----------------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        shown = {case.passage.recording_id for case in self._shelf.cases} if self._shelf is not None else set()
        if changes.collections or changes.consents or shown & (changes.recordings | changes.transcripts):
            self._stale = True
            if self.isVisible():
                self.reload()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.reload()

    def reload(self) -> None:
        """Read collections and cases again; a change that comes meanwhile is read afterwards."""
        self._stale = True
        if self._reading:
            return
        self._reading, self._stale = True, False
        workspace, wanted = self._context.workspace(), self._wanted

        def work() -> tuple[list[Collection], Shelf | None]:
            found = collected.list_collections(workspace)
            chosen = next((one.id for one in found if one.id == wanted), found[0].id if found else None)
            return found, collected.shelf(workspace, chosen) if chosen is not None else None

        self._context.background.run_read(work, self._on_read, self._on_unread)

    @Slot(object)
    def _on_read(self, found: tuple[list[Collection], Shelf | None]) -> None:
        self._reading = False
        if self._stale:  # it may hold what has been deleted meanwhile
            self.reload()
            return
        collections, self._shelf = found
        self.list.blockSignals(True)  # filling it is nobody's choice
        self.list.clear()
        for collection in collections:
            item = QListWidgetItem(collection.name)
            item.setData(Qt.ItemDataRole.UserRole, collection.id)
            self.list.addItem(item)
            if self._shelf is not None and collection.id == self._shelf.collection.id:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self._show()
        self.shown.emit()

    @Slot(object)
    def _on_unread(self, error: CubbError) -> None:
        self._reading = False
        self._context.notices.fault(error)

    def _show(self) -> None:
        shelf = self._shelf
        self.stack.setCurrentIndex(1 if shelf is not None else 2)
        if shelf is None:
            return
        self._wanted = shelf.collection.id
        self.name.setText(shelf.collection.name)
        self.question.setText(shelf.collection.question)
        self.question.setVisible(bool(shelf.collection.question))
        wanted, self._wanted_case = self._wanted_case, None
        self.cases.show_cases(shelf.cases, wanted=wanted)
        self.cases.setVisible(bool(shelf.cases))
        self.no_cases.setVisible(not shelf.cases)
        self.play_all.setEnabled(any(case.refused is None for case in shelf.cases))
        self._show_case()

    @Slot()
    def _show_case(self) -> None:
        case = self.cases.case()
        self.about.setVisible(case is not None)
        if case is None:
            self.keep_note()
            self._noting = None
            return
        allowed = case.refused is None
        for control in (self.deviant, self.note, self.acts[0], self.acts[3]):
            control.setEnabled(allowed)
        self.deviant.setChecked(case.passage.deviant)
        if self._noting is None or self._noting.id != case.passage.id:
            self.keep_note()
            self._put_note(case)
        elif not self._noted and not self.note.hasFocus():
            self._put_note(case)

    def _put_note(self, case: Case) -> None:
        self._noting = case.passage
        self.note.blockSignals(True)
        self.note.setPlainText(case.passage.note if case.refused is None else "")
        self.note.blockSignals(False)

    # --- collections -------------------------------------------------------------------------------------------------

    def _write(self, work: Callable[[], object], done: Callable[..., object] | None = None) -> None:
        self._context.background.run_write(work, done, self._context.notices.fault, changes=CHANGED)

    @Slot()
    def _on_chosen(self) -> None:
        item: QListWidgetItem | None = self.list.currentItem()
        if item is not None and item.data(Qt.ItemDataRole.UserRole) != self._wanted:
            self._wanted = CollectionId(item.data(Qt.ItemDataRole.UserRole))
            self.reload()

    @Slot()
    def begin(self) -> None:
        """Ask for a new collection."""
        form = CollectionForm(self.window(), self._context.theme)
        form.saved.connect(self._on_begun)
        form.open()

    def _on_begun(self, name: str, question: str) -> None:
        workspace = self._context.workspace()
        self._write(lambda: collected.add_collection(workspace, name, question), self._on_made)

    def _on_made(self, collection: Collection) -> None:
        self._wanted = collection.id
        self.reload()

    @Slot()
    def _on_change(self) -> None:
        if self._shelf is None:
            return
        known, workspace = self._shelf.collection, self._context.workspace()
        form = CollectionForm(self.window(), self._context.theme, known)
        form.saved.connect(
            lambda name, question: self._write(lambda: collected.word_collection(workspace, known.id, name, question))
        )
        form.open()

    @Slot()
    def _on_remove(self) -> None:
        """Delete a collection: with a question where notes and order would be lost, else with a way back."""
        if self._shelf is None:
            return
        known = self._shelf.collection
        if not self._shelf.cases:
            self._remove(known)
            return
        question = Confirm(
            self.window(),
            self._context.theme,
            _("Slet samlingen »{name}«?").format(name=known.name),
            _("Rækkefølgen, noterne og de afvigende tilfælde i den går tabt."),
            _("Slet samlingen"),
            kept=_("Samtalerne og deres mærker bliver."),
        )
        question.accepted.connect(lambda: self._remove(known, undo=False))
        question.open()

    def _remove(self, collection: Collection, *, undo: bool = True) -> None:
        workspace, notices = self._context.workspace(), self._context.notices
        self._player.stop()

        def restore() -> None:
            self._write(lambda: collected.restore_collection(workspace, collection), self._on_restored(collection))

        def tell(_done: object) -> None:
            if undo:
                notices.tell(_("Samlingen er slettet."), _("Fortryd"), restore)
            else:
                notices.tell(_("Samlingen er slettet."))

        self._write(lambda: collected.remove_collection(workspace, collection.id), tell)

    def _on_restored(self, collection: Collection) -> Callable[[object], object]:
        return lambda _done: self._on_made(collection)

    # --- cases -------------------------------------------------------------------------------------------------------

    def _on_open(self, case: Case) -> None:
        if case.refused is None:
            self.open_requested.emit(case.passage.recording_id, case.passage.start_ms, "")

    def _on_moved(self, passage_id: str, position: int) -> None:
        workspace = self._context.workspace()
        self._wanted_case = PassageId(passage_id)
        self._write(lambda: collected.move_passage(workspace, PassageId(passage_id), position))

    def _on_take_out(self, case: Case) -> None:
        workspace, notices = self._context.workspace(), self._context.notices

        def tell(gone: tuple[Passage, int]) -> None:
            def restore() -> None:
                self._wanted_case = gone[0].id
                self._write(lambda: collected.restore_passage(workspace, *gone))

            notices.tell(_("Stedet er taget ud af samlingen."), _("Fortryd"), restore)

        self._drop_note()
        self._write(lambda: collected.remove_passage(workspace, case.passage.id), tell)

    @Slot(bool)
    def _on_deviant(self, deviant: bool) -> None:
        case = self.cases.case()
        if case is not None:
            self._set_deviant(case, deviant)

    def _set_deviant(self, case: Case, deviant: bool) -> None:
        workspace = self._context.workspace()
        if case.refused is None:
            self._write(lambda: collected.set_passage(workspace, case.passage.id, deviant=deviant))

    @Slot()
    def _on_note_typed(self) -> None:
        self._noted = True
        self._save_note.start()

    @Slot()
    def keep_note(self) -> None:
        """Write what was noted, if something was."""
        if not self._noted:
            return
        self._noted = False
        self._save_note.stop()
        noting, text, workspace = self._noting, self.note.toPlainText(), self._context.workspace()
        if noting is not None and text.strip() != noting.note:
            self._write(lambda: collected.set_passage(workspace, noting.id, note=text))

    def _drop_note(self) -> None:
        self._save_note.stop()
        self._noting, self._noted = None, False

    # --- hearing -----------------------------------------------------------------------------------------------------

    def _pieces(self) -> list[Piece]:
        return [
            Piece(
                case.passage.id, case.passage.recording_id, case.passage.start_ms, case.passage.end_ms, case_place(case)
            )
            for case in self.cases.cases()
            if case.refused is None
        ]

    @Slot()
    def _on_play_all(self) -> None:
        self._player.play(self._pieces())

    def _on_play(self, case: Case) -> None:
        """Play one case; while it sounds, pause it."""
        piece = self._player.piece
        if piece is not None and piece.key == case.passage.id and self._player.playing:
            self._player.pause()
            return
        self._player.play([one for one in self._pieces() if one.key == case.passage.id])

    @Slot(object)
    def _on_sounding(self, piece: Piece | None) -> None:
        self.cases.show_sounding(PassageId(piece.key) if piece is not None else None)

    def forget(self, going: frozenset[RecordingId]) -> None:
        """Let nothing stay on the screen of what is about to be deleted; what is left is read when it is gone."""
        if self._shelf is not None and any(case.passage.recording_id in going for case in self._shelf.cases):
            self._drop_note()
            self._stale = True
            kept = tuple(case for case in self._shelf.cases if case.passage.recording_id not in going)
            self._shelf = Shelf(self._shelf.collection, kept)
            self._show()
