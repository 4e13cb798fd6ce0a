"""Marks on passages with concepts from the book: made, changed and taken away by their author, talked about by all.

What is read here is what the one who acts may see: in a round in which each works alone first (`blind_rounds`), others'
marks and replies do not exist.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from cubb_desktop.domain.annotating import Thread, same_person
from cubb_desktop.domain.annotating_errors import NotYours, RepliesHidden
from cubb_desktop.domain.codebook import Annotation, Concept, MarkStatus
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import ConceptRetired, InvalidInput, OutsideRecording, PassageReversed
from cubb_desktop.domain.ids import AnnotationId, ConceptId, RecordingId, WordId
from cubb_desktop.i18n import _
from cubb_desktop.library import annotations as marks
from cubb_desktop.library import decisions, recordings, transcripts
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.decisions import Decision
from cubb_desktop.services.concepts import get_concept, keep
from cubb_desktop.services.gate import gate, gate_in
from cubb_desktop.services.workspace import Workspace

LONGEST_NOTE = 4000


@dataclass(frozen=True, slots=True)
class Extent:
    """What a mark lies on: two times in ms, and the words (None for those that sound between them)."""

    start_ms: int
    end_ms: int
    word_ids: tuple[WordId, ...] | None = None


@dataclass(frozen=True, slots=True)
class RemovedMark:
    """A mark that was taken away, with all that went with it: what `restore_annotation` puts back."""

    thread: Thread
    decisions: tuple[Decision, ...] = ()


def annotate(
    ws: Workspace,
    recording_id: RecordingId,
    start_ms: int,
    end_ms: int,
    concept_id: ConceptId,
    note: str = "",
    word_ids: tuple[WordId, ...] | None = None,
) -> Annotation:
    """Mark a passage with a concept; it is anchored to its time and to the words given, else those that sound in it.

    Raises RecordingNotFound, NotAllowed, OutsideRecording or PassageReversed, ConceptNotFound, ConceptRetired,
    InvalidInput (a note too long).
    """
    annotation, concept = new_annotation(ws, recording_id, start_ms, end_ms, concept_id, note, word_ids)
    with ws.library.change(ws.actor, "annotation.added", annotation.id) as change:
        store_annotation(change, annotation, concept)
    return annotation


def new_annotation(
    ws: Workspace,
    recording_id: RecordingId,
    start_ms: int,
    end_ms: int,
    concept_id: ConceptId,
    note: str = "",
    word_ids: tuple[WordId, ...] | None = None,
) -> tuple[Annotation, Concept]:
    """Return a mark that is not stored yet and its concept; as `annotate`.

    It lies on the words given, else on those that sound in the passage.
    """
    note = checked_text(_("Note"), note)
    check_passage(ws, recording_id, start_ms, end_ms, Use.ANNOTATE)
    concept = get_concept(ws, concept_id)
    if concept.retired:
        raise ConceptRetired
    annotation = Annotation(
        id=AnnotationId(str(uuid.uuid4())),
        recording_id=recording_id,
        concept_id=concept.id,
        start_ms=start_ms,
        end_ms=end_ms,
        word_ids=_words_in(ws, recording_id, start_ms, end_ms) if word_ids is None else word_ids,
        note=note,
        author=ws.actor,
        created_at=ws.clock(),
    )
    return annotation, concept


def store_annotation(change: Change, annotation: Annotation, concept: Concept) -> None:
    """Store a mark, and its concept if that is used for the first time; the agreements are looked at once more."""
    gate_in(change, annotation.recording_id, Use.ANNOTATE)
    keep(change, concept)
    marks.add(change, annotation)


def list_annotations(ws: Workspace, recording_id: RecordingId) -> list[Annotation]:
    """A recording's annotations in order of time; raises RecordingNotFound, ConsentWithdrawn."""
    return [thread.mark for thread in list_threads(ws, recording_id)]


def list_threads(ws: Workspace, recording_id: RecordingId) -> list[Thread]:
    """A recording's annotations with their replies, in order of time; raises RecordingNotFound, ConsentWithdrawn."""
    with ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        return marks.threads(reading, recording_id, seen_by=ws.actor)


def get_thread(ws: Workspace, annotation_id: AnnotationId) -> Thread:
    """One annotation with its replies; raises MarkNotFound, ConsentWithdrawn."""
    with ws.library.read() as reading:
        thread = marks.get(reading, annotation_id, seen_by=ws.actor)
        gate_in(reading, thread.mark.recording_id, Use.OPEN)
        return thread


# --- changing --------------------------------------------------------------------------------------------------------


def edit_annotation(
    ws: Workspace,
    annotation_id: AnnotationId,
    *,
    concept_id: ConceptId | None = None,
    note: str | None = None,
    extent: Extent | None = None,
) -> Annotation:
    """Change one's own mark: another concept, note or extent; what is None stays. Returns it as it is now.

    Raises MarkNotFound, NotYours, and what `annotate` raises; a concept that is retired may stay.
    """
    before = get_thread(ws, annotation_id).mark
    after = before if note is None else replace(before, note=checked_text(_("Note"), note))
    if extent is not None:
        start_ms, end_ms = extent.start_ms, extent.end_ms
        check_passage(ws, before.recording_id, start_ms, end_ms, Use.ANNOTATE)
        inside = extent.word_ids
        words = _words_in(ws, before.recording_id, start_ms, end_ms) if inside is None else inside
        after = replace(after, start_ms=start_ms, end_ms=end_ms, word_ids=words)
    concept = get_concept(ws, before.concept_id if concept_id is None else concept_id)
    if concept.retired and concept.id != before.concept_id:
        raise ConceptRetired
    with ws.library.change(ws.actor, "annotation.edited", annotation_id) as change:
        known = own_in(change, annotation_id, ws.actor)
        keep(change, concept)
        after = replace(after, concept_id=concept.id, status=known.mark.status, version=known.mark.version)
        marks.update(change, after)
    return replace(after, version=after.version + 1)


def set_status(ws: Workspace, annotation_id: AnnotationId, status: MarkStatus) -> None:
    """Say whether a mark has been talked about; anybody who sees it may. Raises MarkNotFound, NotAllowed."""
    with ws.library.change(ws.actor, "annotation.status", annotation_id) as change:
        thread = seen_in(change, annotation_id, ws.actor)
        marks.update(change, replace(thread.mark, status=status))


def remove_annotation(ws: Workspace, annotation_id: AnnotationId) -> RemovedMark:
    """Take one's own mark away with its replies, and return all of it.

    Raises MarkNotFound, NotYours, RepliesHidden.
    """
    with ws.library.change(ws.actor, "annotation.removed", annotation_id) as change:
        thread = marks.get(change, annotation_id, seen_by=ws.actor)
        if not same_person(thread.mark.author, ws.actor):
            raise NotYours
        if marks.whole_thread(change, annotation_id) != thread:
            raise RepliesHidden
        decided = tuple(decisions.of_mark(change, annotation_id))
        marks.remove(change, annotation_id)
    return RemovedMark(thread, decided)


def restore_annotation(ws: Workspace, removed: RemovedMark) -> None:
    """Put back a mark that was just removed, as it was; raises RecordingNotFound, NotAllowed, NotYours."""
    mark = removed.thread.mark
    with ws.library.change(ws.actor, "annotation.restored", mark.id) as change:
        gate_in(change, mark.recording_id, Use.ANNOTATE)
        if not same_person(mark.author, ws.actor):
            raise NotYours
        marks.add(change, mark)
        for reply in removed.thread.replies:
            marks.add_reply(change, reply, mark.recording_id)
        for decision in removed.decisions:
            decisions.put(change, mark.recording_id, decision)


# --- asking ----------------------------------------------------------------------------------------------------------


def seen_in(reading: Reading, annotation_id: AnnotationId, actor: str) -> Thread:
    """Return a mark that somebody sees and may work on; raises MarkNotFound, NotAllowed."""
    thread = marks.get(reading, annotation_id, seen_by=actor)
    gate_in(reading, thread.mark.recording_id, Use.ANNOTATE)
    return thread


def own_in(reading: Reading, annotation_id: AnnotationId, actor: str) -> Thread:
    """Return a mark that is somebody's own; raises MarkNotFound, NotAllowed, NotYours."""
    thread = seen_in(reading, annotation_id, actor)
    if not same_person(thread.mark.author, actor):
        raise NotYours
    return thread


def checked_text(field: str, text: str) -> str:
    """Return what somebody wrote as it is stored; raises InvalidInput where it is too long."""
    text = text.strip()
    if len(text) > LONGEST_NOTE:
        raise InvalidInput(field=field, problem=_("Brug højst {most} tegn.").format(most=LONGEST_NOTE))
    return text


def check_passage(ws: Workspace, recording_id: RecordingId, start_ms: int, end_ms: int, use: Use) -> None:
    """Raise OutsideRecording unless the passage has a length and lies inside; NotAllowed where `use` is refused."""
    gate(ws, recording_id, use)
    with ws.library.read() as reading:
        recording = recordings.get(reading, recording_id)
    if end_ms <= start_ms:
        raise PassageReversed
    if start_ms < 0 or end_ms > recording.duration_ms:
        raise OutsideRecording


def _words_in(ws: Workspace, recording_id: RecordingId, start_ms: int, end_ms: int) -> tuple[WordId, ...]:
    with ws.library.read() as reading:
        return transcripts.word_ids_between(reading, recording_id, start_ms, end_ms)
