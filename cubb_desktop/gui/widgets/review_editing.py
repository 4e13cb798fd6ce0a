"""Correcting in the window: a line is typed anew in place, every act is stored at once and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QMenu

from cubb_desktop.domain import corrections
from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.editing import ACT_LABELS, Act, Edit
from cubb_desktop.domain.errors import CubbError, EditImpossible, NothingToRedo, NothingToUndo
from cubb_desktop.domain.ids import RecordingId, SpeakerId, TurnId, WordId
from cubb_desktop.domain.reading import Row, RowKind, typed_row
from cubb_desktop.domain.transcript import Origin, Turn
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.line_editor import LineEditor
from cubb_desktop.gui.widgets.review_source import Conversation
from cubb_desktop.gui.widgets.transcript_view import TranscriptView
from cubb_desktop.i18n import _, sentence

if TYPE_CHECKING:
    from cubb_desktop.services.corrections import Editing, Saving
    from cubb_desktop.services.workspace import Workspace

Make = Callable[["Editing"], Edit | None]


@dataclass(frozen=True, slots=True)
class Line:
    """What is being typed anew: words of a turn, or an unheard stretch (no words)."""

    turn_id: TurnId | None
    words: tuple[WordId, ...]
    start_ms: int
    shown: str
    opens: bool


class ReviewEditing(QObject):
    """Edits the conversation that the page shows; what it has read of the edits it keeps until something else wrote."""

    refused = Signal()  # an act could not be stored: what is shown may be older than what the library holds

    def __init__(
        self, context: PageContext, view: TranscriptView, conversation: Callable[[], Conversation | None]
    ) -> None:
        super().__init__(view)
        self._context, self._view, self._conversation = context, view, conversation
        self._editing: tuple[RecordingId, Editing] | None = None
        self._waiting: list[Callable[[Editing], None]] = []  # for what is being edited to be read
        self._line: Line | None = None
        self._next_ms: int | None = None  # the line to go on with when the text is shown again
        self.editor = LineEditor(context.theme, view.viewport())
        self.editor.typed.connect(self._on_typed)
        self.editor.split_requested.connect(self._on_split)
        self.editor.join_requested.connect(self._on_join)
        self.editor.cancelled.connect(self.end)
        view.sheet_shown.connect(self._on_sheet_shown)
        view.moved.connect(self._place)

    # --- a line ------------------------------------------------------------------------------------------------------

    @property
    def line(self) -> Line | None:
        """The line that is being typed anew."""
        return self._line

    def begin(self) -> None:
        """Type the line that is marked anew; on a silence, ask whose it is."""
        row = self._view.current_row()
        if row is None or not self.may:
            return
        if row.kind is RowKind.SILENCE:
            menu = self._menu()
            self.add_speakers(menu, row)
            menu.popup(self._view.viewport().mapToGlobal(self._view.row_rect(row).bottomLeft()))
            return
        words = tuple(piece.word for piece in row.pieces if piece.word is not None)
        shown = " ".join(word.text for word in words)
        self._line = Line(row.turn_id, tuple(word.id for word in words), row.start_ms, shown, row.opens)
        self.editor.begin(shown, self._cursor_in(row, shown), self._view.row_rect(row), self._view.viewport().rect())

    def _cursor_in(self, row: Row, shown: str) -> int:
        """Return where in the line's words the cursor stands: before the word the keyboard is at, else at the end."""
        place = self._view.cursor_word()
        before = 0
        for piece in row.pieces:
            if piece.word is None:
                continue
            if piece.word.id == place:
                return before
            before += len(piece.text) + 1
        return len(shown)

    @Slot()
    def end(self) -> None:
        """Leave the line as it was."""
        if self._line is not None:
            self._line = None
            self.editor.hide()
            self._view.setFocus()

    @Slot(str, int)
    def _on_typed(self, typed: str, step: int) -> None:
        line = self._line
        if line is None:
            return
        self._next_ms = self._view.start_beside(step) if step else None
        if line.turn_id is not None and typed.split() == line.shown.split():
            self._finish()
        else:
            self.editor.field.setReadOnly(True)
            self._do(lambda editing: self._retype(editing, line, typed))

    def _retype(self, editing: Editing, line: Line, typed: str) -> Edit | None:
        """Return the edit that makes a line of what was typed, which is put on the screen before it is stored."""
        edit = _typed(editing, line, typed)
        row, turn = self._view.row_of(line.words, line.start_ms), _turn(editing, line)
        made = next((part.content for part in edit.parts), None) if edit is not None else None
        if row is not None and turn is not None and isinstance(made, Turn):
            first = next(n for n, word in enumerate(turn.words) if word.id in line.words)
            words = made.words[first : first + len(typed.split())]
            if words:
                self._view.show_row(typed_row(row, words))
        return edit

    @Slot(str, int)
    def _on_split(self, typed: str, before: int) -> None:
        line = self._line
        if line is None or line.turn_id is None:
            return
        self._next_ms = None
        self.editor.field.setReadOnly(True)
        if typed.split() != line.shown.split():
            self._do(lambda editing: _typed(editing, line, typed))
        self._do(lambda editing: _split(editing, line, before))

    @Slot()
    def _on_join(self) -> None:
        line = self._line
        if line is not None and line.turn_id is not None and line.opens:
            self.editor.field.setReadOnly(True)
            self._do(lambda editing: _join(editing, line.turn_id))

    def _finish(self) -> None:
        """Close the editor, and open it on the next line if that was asked for."""
        going_on, self._next_ms = self._next_ms, None
        self._line = None
        self.editor.hide()
        self._view.setFocus()
        if going_on is not None:
            self._view.go_to_line(going_on)
            self.begin()

    @Slot()
    def _on_sheet_shown(self) -> None:
        if self._line is None:
            return
        if self.editor.field.isReadOnly():
            self._finish()
        else:
            self._place()

    @Slot()
    def _place(self) -> None:
        line = self._line
        row = self._view.row_of(line.words, line.start_ms) if line is not None else None
        if row is not None:
            self.editor.put_at(self._view.row_rect(row), self._view.viewport().rect())

    # --- acts --------------------------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last act back, and say which."""
        self._move(lambda editing: (editing.to_undo, editing.undo()), _("Fortrudt: {act}."))

    def redo(self) -> None:
        """Do again what was undone last, and say what."""
        self._move(lambda editing: (editing.to_redo, editing.redo()), _("Gjort igen: {act}."))

    def listened(self) -> None:
        """Say that the chosen lines, or the one that is marked, have been listened through."""
        turns = self._view.chosen_turns()
        if turns:
            self._do(lambda editing: corrections.vouch(editing.text, turns, Origin.LISTENED, editing.hand()))

    def give(self, speaker: SpeakerId | None) -> None:
        """Give the chosen words, else the line that is marked, to a speaker."""
        words = self._view.chosen_words()
        if words:
            first, last = words[0], words[-1]
            self._do(lambda editing: corrections.give(editing.text, first, last, speaker, editing.hand()))

    def give_silence(self, row: Row, speaker: SpeakerId | None) -> None:
        """Say whose a silence is, or that it is nobody's."""
        self._do(lambda editing: _silence(editing, row.start_ms, speaker))

    @Slot(str, int)
    def move_border(self, turn_id: str, to_ms: int) -> None:
        """Move the border between a turn and the next to a time."""
        self._do(lambda editing: corrections.move_border(editing.text, TurnId(turn_id), to_ms, editing.hand()))

    def join(self) -> None:
        """Join the turn of the line that is marked with the one before it."""
        row = self._view.current_row()
        if row is not None and row.turn_id is not None:
            self._do(lambda editing: _join(editing, row.turn_id))

    def add_to_menu(self, menu: QMenu) -> None:
        """Add what can be done here to a menu."""
        row = self._view.current_row()
        if row is None or not self.may:
            return
        menu.addSeparator()
        if row.kind is not RowKind.SILENCE:
            menu.addAction(_("Ret linjen") + "\tE").triggered.connect(self.begin)
        self.add_speakers(menu.addMenu(_("Stilheden er") if row.kind is RowKind.SILENCE else _("Giv til")), row)
        if row.kind is RowKind.TURN:
            menu.addAction(_("Saml med turen før")).triggered.connect(self.join)
            menu.addAction(_("Linjen er lyttet igennem") + "\tA").triggered.connect(self.listened)
        menu.addAction(_("Fortryd") + "\tCtrl+Z").triggered.connect(self.undo)
        menu.addAction(_("Gør igen") + "\tCtrl+Shift+Z").triggered.connect(self.redo)

    def add_speakers(self, menu: QMenu, row: Row) -> None:
        """Add the speakers to a menu; choosing one gives them the silence, or the chosen words."""
        conversation = self._conversation()
        if conversation is None or conversation.transcript is None:
            return
        silent = row.kind is RowKind.SILENCE
        known: list[tuple[str, SpeakerId | None]] = [(s.label, s.id) for s in conversation.transcript.speakers]
        for label, speaker in [*known, (_("ingen") if silent else _("ukendt"), None)]:
            action = menu.addAction(label.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(row.speaker == speaker)
            if silent:
                action.triggered.connect(lambda _on=False, speaker=speaker: self.give_silence(row, speaker))
            else:
                action.triggered.connect(lambda _on=False, speaker=speaker: self.give(speaker))

    # --- storing -----------------------------------------------------------------------------------------------------

    def apply(self, make: Make, stored: Callable[[Edit | None], object] = lambda _edit: None) -> None:
        """Do what `make` makes of the text; `stored` is told when it is kept, with None if there was nothing to do."""

        def go(editing: Editing) -> None:
            edit = make(editing)
            if edit is None:
                stored(None)
            else:
                self._store(editing.do(edit), lambda _done: stored(edit))

        self._with(go)

    def take_back(self, edit: Edit) -> None:
        """Undo an edit if it is the last still, as a notice about it offers."""

        def go(editing: Editing) -> None:
            if editing.last == edit:
                self.undo()
            else:
                self._context.notices.tell(_("Der er rettet mere siden. Fortryd med Ctrl+Z, ét skridt ad gangen."))

        self._with(go)

    @property
    def may(self) -> bool:
        """Whether the text that is shown can be corrected."""
        conversation = self._conversation()
        if conversation is None or conversation.reading is not None:
            return False
        return conversation.whole and conversation.final and not conversation.withdrawn

    def _menu(self) -> QMenu:
        menu = QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _do(self, make: Make) -> None:
        self._with(lambda editing: self._made(editing, make))

    def _made(self, editing: Editing, make: Make) -> None:
        edit = make(editing)
        if edit is None:
            self._finish()
        else:
            self._store(editing.do(edit))

    def _move(self, move: Callable[[Editing], tuple[Act | None, Saving]], text: str) -> None:
        def go(editing: Editing) -> None:
            act, saving = move(editing)
            self._store(saving)
            if act is not None:
                self._context.notices.tell(text.format(act=_(ACT_LABELS[act])))

        self.end()
        self._with(go)

    def _with(self, then: Callable[[Editing], None]) -> None:
        """Call `then` with what is being edited, read in the background the first time; a fault is told."""
        conversation = self._conversation()
        if conversation is None or not self.may:
            return
        recording_id, workspace = conversation.recording.id, self._context.workspace()
        if self._editing is not None and self._is_current(self._editing[0], self._editing[1], conversation):
            self._guarded(then, self._editing[1])
            return
        self._waiting.append(then)
        if len(self._waiting) > 1:
            return

        def go_on(editing: Editing) -> None:
            self._editing = recording_id, editing
            waiting, self._waiting = self._waiting, []
            for act in waiting:
                self._guarded(act, editing)

        self._context.background.run_read(lambda: _opened(workspace, recording_id), go_on, self._failed)

    def _is_current(self, recording_id: RecordingId, editing: Editing, conversation: Conversation) -> bool:
        transcript = conversation.transcript
        same_text = transcript is not None and transcript.id == editing.transcript_id
        return recording_id == conversation.recording.id and same_text

    def _guarded(self, then: Callable[[Editing], None], editing: Editing) -> None:
        try:
            then(editing)
        except EditImpossible as error:
            self._context.notices.fault(error)
            self.end()
        except (NothingToUndo, NothingToRedo) as error:
            self._context.notices.tell(sentence(error))

    def _store(self, saving: Saving, done: Callable[[None], object] | None = None) -> None:
        conversation = self._conversation()
        if conversation is not None:
            changes = Changes(transcripts=frozenset({conversation.recording.id}))
            self._context.background.run_write(saving.save, done, self._failed, changes=changes)

    @Slot(object)
    def _failed(self, error: CubbError) -> None:
        """Forget what could not be stored: the page shows what the library holds."""
        self._editing = None
        self._waiting.clear()
        self.end()
        conversation = self._conversation()
        if conversation is not None and conversation.sheet is not None and conversation.transcript is not None:
            self._view.show_sheet(conversation.sheet, conversation.transcript.speakers)  # what was typed stood there
        self._context.notices.fault(error)
        self.refused.emit()


# --- what the acts do to the text -------------------------------------------------------------------------------------


def _opened(workspace: Workspace, recording_id: RecordingId) -> Editing:
    from cubb_desktop.services.corrections import Editing as Opened

    return Opened(workspace, recording_id)


def _typed(editing: Editing, line: Line, typed: str) -> Edit | None:
    if line.turn_id is None:
        return corrections.write_unheard(editing.text, _place_of(editing, line.start_ms), typed, None, editing.hand())
    return corrections.retype_words(editing.text, line.turn_id, line.words, typed, editing.hand())


def _turn(editing: Editing, line: Line) -> Turn | None:
    return editing.text.turn(line.turn_id) if line.turn_id is not None else None


def _split(editing: Editing, line: Line, before: int) -> Edit | None:
    turn = _turn(editing, line)
    if turn is None:
        raise EditImpossible
    first = next((n for n, word in enumerate(turn.words) if word.id in line.words), 0)
    place = first + before
    if not 0 < place < len(turn.words):
        raise EditImpossible
    return corrections.split(editing.text, turn.id, turn.words[place].id, editing.hand())


def _join(editing: Editing, turn_id: TurnId | None) -> Edit:
    turn = editing.text.turn(turn_id) if turn_id is not None else None
    place = editing.text.place(turn) if turn is not None else 0
    if place == 0:
        raise EditImpossible
    return corrections.join(editing.text, editing.text.turns[place - 1].id, editing.hand())


def _silence(editing: Editing, start_ms: int, speaker: SpeakerId | None) -> Edit | None:
    places = [n for n, silence in enumerate(editing.text.silences) if silence.start_ms == start_ms]
    if not places:
        raise EditImpossible
    return corrections.assign_silence(editing.text, places[0], speaker)


def _place_of(editing: Editing, start_ms: int) -> int:
    for place, stretch in enumerate(editing.text.unheard):
        if stretch is not None and stretch.start_ms == start_ms:
            return place
    raise EditImpossible
