"""Collections: passages gathered over conversations, in an order, each with a note, deviant cases marked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from cubb_desktop.domain.collection import Collection, Passage
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import InvalidInput, NotAllowed, NotFound
from cubb_desktop.domain.ids import CollectionId, PassageId, RecordingId, WordId
from cubb_desktop.i18n import _
from cubb_desktop.library import collected, recordings, transcripts
from cubb_desktop.library.access import Reading
from cubb_desktop.services.annotations import LONGEST_NOTE, check_passage
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.openings import quoted
from cubb_desktop.services.workspace import Workspace

LONGEST_NAME = 200
LONGEST_QUESTION = 2_000
_QUOTED_WORDS = 40


@dataclass(frozen=True, slots=True)
class Case:
    """A passage as it is shown: where it is from, what is said in it, or why it may not be heard (`refused`)."""

    passage: Passage
    title: str
    recorded_at: datetime
    quote: str
    refused: NotAllowed | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection with its cases in order."""

    collection: Collection
    cases: tuple[Case, ...]


# --- collections -----------------------------------------------------------------------------------------------------


def list_collections(ws: Workspace) -> list[Collection]:
    """Every collection by name."""
    with ws.library.read() as reading:
        return collected.all(reading)


def get_collection(ws: Workspace, given: str) -> Collection:
    """One collection by its id or the beginning of it that no other has; raises CollectionNotFound."""
    with ws.library.read() as reading:
        alike = [one for one in collected.all(reading) if given and one.id.startswith(given)]
        return alike[0] if len(alike) == 1 else collected.get(reading, CollectionId(given))


def add_collection(ws: Workspace, name: str, question: str = "") -> Collection:
    """Begin a collection; raises InvalidInput (no name, or too long)."""
    name, question = _checked(name, question)
    made = Collection(CollectionId(str(uuid.uuid4())), name, question, ws.actor, ws.clock())
    with ws.library.change(ws.actor, "collection.added", made.id) as change:
        collected.add(change, made)
    return made


def word_collection(ws: Workspace, collection_id: CollectionId, name: str, question: str) -> Collection:
    """Give a collection a name and a question; raises CollectionNotFound, InvalidInput."""
    name, question = _checked(name, question)
    with ws.library.change(ws.actor, "collection.changed", collection_id) as change:
        return collected.word(change, collection_id, name, question)


def remove_collection(ws: Workspace, collection_id: CollectionId) -> Collection:
    """Delete a collection with its notes; the conversations stay. Raises CollectionNotFound."""
    with ws.library.change(ws.actor, "collection.removed", collection_id) as change:
        gone = collected.get(change, collection_id)
        collected.remove(change, collection_id)
    return gone


def restore_collection(ws: Workspace, collection: Collection) -> None:
    """Put back a collection that was empty when it was deleted."""
    with ws.library.change(ws.actor, "collection.restored", collection.id) as change:
        collected.add(change, collection)


def _checked(name: str, question: str) -> tuple[str, str]:
    name, question = " ".join(name.split()), question.strip()
    if not name:
        raise InvalidInput(field=_("Navn"), problem=_("Giv samlingen et navn."))
    for field, text, most in ((_("Navn"), name, LONGEST_NAME), (_("Spørgsmål"), question, LONGEST_QUESTION)):
        if len(text) > most:
            raise InvalidInput(field=field, problem=_("Brug højst {most} tegn.").format(most=most))
    return name, question


# --- passages --------------------------------------------------------------------------------------------------------


def shelf(ws: Workspace, collection_id: CollectionId) -> Shelf:
    """A collection with what is said in its passages, as far as the agreements allow; raises CollectionNotFound.

    That a conversation's words are shown here is logged.
    """
    with ws.library.read() as reading:
        collection = collected.get(reading, collection_id)
        found = collected.passages_of(reading, collection_id)
        cases = tuple(_case(reading, passage) for passage in found)
    for recording_id in {case.passage.recording_id for case in cases if case.refused is None}:
        quoted(ws, recording_id)
    return Shelf(collection, cases)


def _case(reading: Reading, passage: Passage) -> Case:
    recording = recordings.get(reading, passage.recording_id)
    try:
        gate_in(reading, recording.id, Use.OPEN)
    except NotAllowed as refused:
        return Case(replace(passage, note=""), recording.title, recording.recorded_at, "", refused)
    spoken = transcripts.words_between(reading, recording.id, passage.start_ms, passage.end_ms)
    quote = " ".join(text for _id, text in spoken[:_QUOTED_WORDS]) + " …" * (len(spoken) > _QUOTED_WORDS)
    return Case(passage, recording.title, recording.recorded_at, quote)


def add_passage(
    ws: Workspace,
    collection_id: CollectionId,
    recording_id: RecordingId,
    start_ms: int,
    end_ms: int,
    *,
    word_ids: tuple[WordId, ...] | None = None,
    note: str = "",
    deviant: bool = False,
) -> Passage:
    """Put a passage last in a collection; it lies on the words given, else on those that sound in it.

    Raises CollectionNotFound, RecordingNotFound, NotAllowed, OutsideRecording, InvalidInput.
    """
    note = _note(note)
    check_passage(ws, recording_id, start_ms, end_ms, Use.ANNOTATE)
    with ws.library.read() as reading:
        spoken = transcripts.word_ids_between(reading, recording_id, start_ms, end_ms)
    passage = Passage(
        id=PassageId(str(uuid.uuid4())),
        collection_id=collection_id,
        recording_id=recording_id,
        start_ms=start_ms,
        end_ms=end_ms,
        word_ids=spoken if word_ids is None else word_ids,
        deviant=deviant,
        note=note,
        author=ws.actor,
        created_at=ws.clock(),
    )
    with ws.library.change(ws.actor, "passage.added", passage.id) as change:
        gate_in(change, recording_id, Use.ANNOTATE)
        collected.get(change, collection_id)
        collected.add_passage(change, passage)
    return passage


def set_passage(
    ws: Workspace, passage_id: PassageId, *, deviant: bool | None = None, note: str | None = None
) -> Passage:
    """Say whether a passage is a deviant case, or what is noted about it; raises NotFound, NotAllowed, InvalidInput."""
    with ws.library.change(ws.actor, "passage.changed", passage_id) as change:
        now = collected.get_passage(change, passage_id)
        gate_in(change, now.recording_id, Use.ANNOTATE)
        collected.set_passage(
            change,
            passage_id,
            deviant=now.deviant if deviant is None else deviant,
            note=now.note if note is None else _note(note),
        )
        return collected.get_passage(change, passage_id)


def move_passage(ws: Workspace, passage_id: PassageId, position: int) -> None:
    """Let a passage stand at a position (from 0) in its collection; beyond the ends it is first or last."""
    with ws.library.change(ws.actor, "passage.changed", passage_id) as change:
        collection_id = collected.get_passage(change, passage_id).collection_id
        ids = [id_ for id_ in collected.passage_ids(change, collection_id) if id_ != passage_id]
        ids.insert(max(0, position), passage_id)
        collected.put_in_order(change, collection_id, ids)


def remove_passage(ws: Workspace, passage_id: PassageId) -> tuple[Passage, int]:
    """Take a passage out; returns it and where it stood, for `restore_passage`. Raises NotFound."""
    with ws.library.change(ws.actor, "passage.removed", passage_id) as change:
        passage = collected.get_passage(change, passage_id)
        position = collected.passage_ids(change, passage.collection_id).index(passage_id)
        collected.remove_passage(change, passage_id)
    return passage, position


def restore_passage(ws: Workspace, passage: Passage, position: int) -> None:
    """Put a passage back where it stood; raises CollectionNotFound, RecordingNotFound, NotAllowed."""
    with ws.library.change(ws.actor, "passage.restored", passage.id) as change:
        gate_in(change, passage.recording_id, Use.ANNOTATE)
        collected.get(change, passage.collection_id)
        collected.add_passage(change, passage, position)


def get_passage(ws: Workspace, given: str) -> Passage:
    """One passage by its id or the beginning of it that no other has; raises NotFound."""
    with ws.library.read() as reading:
        ids = [
            passage_id
            for collection in collected.all(reading)
            for passage_id in collected.passage_ids(reading, collection.id)
            if given and passage_id.startswith(given)
        ]
        if len(ids) != 1:
            raise NotFound
        return collected.get_passage(reading, ids[0])


def _note(note: str) -> str:
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(field=_("Note"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_NOTE))
    return note
