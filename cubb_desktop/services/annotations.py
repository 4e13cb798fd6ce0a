"""Marks on passages with concepts from the book."""

from __future__ import annotations

import uuid

from cubb_desktop.domain.codebook import Annotation, Concept
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import ConceptRetired, InvalidInput, OutsideRecording, PassageReversed
from cubb_desktop.domain.ids import AnnotationId, ConceptId, RecordingId, WordId
from cubb_desktop.i18n import _
from cubb_desktop.library import annotations as marks
from cubb_desktop.library import recordings, transcripts
from cubb_desktop.library.access import Change
from cubb_desktop.services.concepts import get_concept, keep
from cubb_desktop.services.gate import gate, gate_in
from cubb_desktop.services.workspace import Workspace

LONGEST_NOTE = 4000


def annotate(
    ws: Workspace, recording_id: RecordingId, start_ms: int, end_ms: int, concept_id: ConceptId, note: str = ""
) -> Annotation:
    """Mark a passage with a concept; it is anchored to the words that sound in it and to its time.

    Raises RecordingNotFound, NotAllowed, OutsideRecording or PassageReversed, ConceptNotFound, ConceptRetired,
    InvalidInput (a note too long).
    """
    annotation, concept = new_annotation(ws, recording_id, start_ms, end_ms, concept_id, note)
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
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(field=_("Note"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_NOTE))
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
    with ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        return marks.all(reading, recording_id)


def remove_annotation(ws: Workspace, annotation_id: AnnotationId) -> None:
    """Take one annotation away; raises NotFound."""
    with ws.library.change(ws.actor, "annotation.removed", annotation_id) as change:
        marks.remove(change, annotation_id)


def restore_annotation(ws: Workspace, annotation: Annotation) -> None:
    """Put back an annotation that was just removed, as it was; raises RecordingNotFound, NotAllowed."""
    with ws.library.change(ws.actor, "annotation.restored", annotation.id) as change:
        gate_in(change, annotation.recording_id, Use.ANNOTATE)
        marks.add(change, annotation)


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
