"""Correcting a transcript: the text in memory changes at once, each act is then stored with its line in the log.

What can be done is in `domain.corrections`. The two steps are apart so that a window paints first and stores in its
writing thread; acts are stored in the order they were done.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.corrections import Hand
from cubb_desktop.domain.editing import Act, Edit, EditedText
from cubb_desktop.domain.errors import (
    EditedElsewhere,
    NothingToRedo,
    NothingToUndo,
    TranscriptGrowing,
    TranscriptNotFound,
)
from cubb_desktop.domain.ids import RecordingId, TranscriptId, TurnId
from cubb_desktop.domain.transcript import Transcript, Turn
from cubb_desktop.library import revisions, transcripts
from cubb_desktop.library.access import Change
from cubb_desktop.library.revisions import State
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Saving:
    """One act that is to be stored: what it changed, and how."""

    turn_ids: tuple[TurnId, ...]
    save: Callable[[], None]


class Editing:
    """A transcript that is being corrected; one thread uses it, `Saving.save` may run in another."""

    def __init__(self, ws: Workspace, recording_id: RecordingId) -> None:
        """Read the newest finished transcript with what was done and undone before.

        Raises RecordingNotFound, NotAllowed, TranscriptNotFound, TranscriptGrowing.
        """
        self._ws, self._recording_id = ws, recording_id
        self._failed = False  # an act that could not be stored: what was done on top of it can't be either
        with ws.library.read() as reading:
            gate_in(reading, recording_id, Use.ANNOTATE)
            machine = transcripts.machine(reading, recording_id)
            if machine is None:
                raise TranscriptNotFound
            if not transcripts.is_final(reading, machine.id):
                raise TranscriptGrowing
            self._revision, stored = revisions.history(reading, machine.id)
        self.transcript_id: TranscriptId = machine.id
        self.text = EditedText(machine)
        self._done = [(one.number, one.edit) for one in stored if one.state is State.DONE]
        self._undone = [(one.number, one.edit) for one in reversed(stored) if one.state is State.UNDONE]
        self._next = max((one.number for one in stored), default=0) + 1
        for _number, edit in self._done:
            self.text.apply(edit)

    @property
    def transcript(self) -> Transcript:
        """The text as it stands."""
        return self.text.transcript

    @property
    def to_undo(self) -> Act | None:
        """What the next `undo` takes back, None when there is nothing."""
        return self._done[-1][1].act if self._done else None

    @property
    def to_redo(self) -> Act | None:
        """What the next `redo` does again, None when there is nothing."""
        return self._undone[-1][1].act if self._undone else None

    @property
    def last(self) -> Edit | None:
        """The edit that lies on top, None when nothing is done."""
        return self._done[-1][1] if self._done else None

    def hand(self) -> Hand:
        """Return whose hand edits, and when."""
        return Hand(self._ws.actor, self._ws.clock(), lambda: str(uuid.uuid4()))

    def do(self, edit: Edit) -> Saving:
        """Lay an edit on the text; what was undone can't be done again after it."""
        self.text.apply(edit)
        transcript_id, shown, seen = self.transcript_id, self._shown(edit), self._revision
        self._revision += 1 + len(self._undone)
        self._done.append((self._next, edit))
        self._next += 1
        self._undone.clear()
        return self._saving(
            edit, "transcript.corrected", lambda change: revisions.add(change, transcript_id, edit, shown, seen)
        )

    def undo(self) -> Saving:
        """Take the last act back; raises NothingToUndo."""
        if not self._done:
            raise NothingToUndo
        number, edit = self._done.pop()
        self.text.undo(edit)
        self._undone.append((number, edit))
        return self._moved(number, edit, State.UNDONE, "transcript.undone")

    def redo(self) -> Saving:
        """Do again what was undone last; raises NothingToRedo."""
        if not self._undone:
            raise NothingToRedo
        number, edit = self._undone.pop()
        self.text.apply(edit)
        self._done.append((number, edit))
        return self._moved(number, edit, State.DONE, "transcript.redone")

    def _moved(self, number: int, edit: Edit, state: State, action: str) -> Saving:
        transcript_id, shown, seen = self.transcript_id, self._shown(edit), self._revision
        self._revision += 1
        return self._saving(
            edit, action, lambda change: revisions.set_state(change, transcript_id, number, state, shown, seen)
        )

    def _shown(self, edit: Edit) -> dict[TurnId, Turn | None]:
        return {turn_id: self.text.turn(turn_id) for turn_id in edit.turn_ids}

    def _saving(self, edit: Edit, action: str, store: Callable[[Change], None]) -> Saving:
        def save() -> None:
            if self._failed:
                raise EditedElsewhere
            self._failed = True  # until it is stored
            with self._ws.library.change(self._ws.actor, action, self._recording_id) as change:
                gate_in(change, self._recording_id, Use.ANNOTATE)
                store(change)
            self._failed = False

        return Saving(edit.turn_ids, save)
