"""Examples and counter-examples of the concepts: passages of one's own conversations, to be heard in the concept book.

The agreements are asked each time one is shown, and `open_sound` asks them each time one is heard.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from cubb_desktop.domain.codebook import ConceptExample, ExampleKind
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import ConceptRetired, InvalidInput, NotAllowed
from cubb_desktop.domain.ids import ConceptId, ExampleId, RecordingId, WordId
from cubb_desktop.domain.passage import cut
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.i18n import _
from cubb_desktop.library import examples, recordings, transcripts
from cubb_desktop.library.access import Reading
from cubb_desktop.services.annotations import LONGEST_NOTE, check_passage
from cubb_desktop.services.concepts import get_concept, keep
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.openings import quoted
from cubb_desktop.services.workspace import Workspace

BETWEEN_TURNS = " – "


@dataclass(frozen=True, slots=True)
class ShownExample:
    """An example as the book shows it: where it comes from and its words, or why the conversation may not be opened.

    `quote` and the note are empty where there is a `refusal`, and `quote` where the conversation has no text.
    """

    example: ConceptExample
    title: str
    quote: str
    note: str
    refusal: NotAllowed | None = None


def add_example(
    ws: Workspace,
    concept_id: ConceptId,
    recording_id: RecordingId,
    start_ms: int,
    end_ms: int,
    kind: ExampleKind = ExampleKind.EXAMPLE,
    note: str = "",
) -> ConceptExample:
    """Let a passage show what a concept is, or is not; it is anchored to the words that sound in it and to its time.

    Raises RecordingNotFound, NotAllowed, OutsideRecording or PassageReversed, ConceptNotFound, ConceptRetired,
    InvalidInput (a note too long).
    """
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(field=_("Note"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_NOTE))
    check_passage(ws, recording_id, start_ms, end_ms, Use.ANNOTATE)
    concept = get_concept(ws, concept_id)
    if concept.retired:
        raise ConceptRetired
    with ws.library.change(ws.actor, "example.added") as change:
        gate_in(change, recording_id, Use.ANNOTATE)
        example = ConceptExample(
            id=ExampleId(str(uuid.uuid4())),
            concept_id=concept.id,
            recording_id=recording_id,
            kind=kind,
            start_ms=start_ms,
            end_ms=end_ms,
            word_ids=transcripts.word_ids_between(change, recording_id, start_ms, end_ms),
            note=note,
            author=ws.actor,
            created_at=ws.clock(),
        )
        change.object_id = example.id
        keep(change, concept)
        examples.add(change, example)
    return example


def list_examples(ws: Workspace, concept_id: ConceptId | None = None) -> list[ShownExample]:
    """Return a concept's examples (None: those of the whole book), the counter-examples last.

    That a conversation's words are shown here is logged. Raises ConceptNotFound.
    """
    if concept_id is not None:
        get_concept(ws, concept_id)
    with ws.library.read() as reading:
        found = examples.all(reading, concept_id)
        refusals = {one.recording_id: _refusal(reading, one.recording_id) for one in found}
        texts = {id_: transcripts.latest(reading, id_) for id_, refusal in refusals.items() if refusal is None}
        shown = [_shown(reading, one, refusals[one.recording_id], texts.get(one.recording_id)) for one in found]
    for recording_id in texts:
        quoted(ws, recording_id)
    return shown


def remove_example(ws: Workspace, example_id: ExampleId) -> None:
    """Let a passage be an example no longer; raises ExampleNotFound."""
    with ws.library.change(ws.actor, "example.removed", example_id) as change:
        examples.remove(change, example_id)


def restore_example(ws: Workspace, example: ConceptExample) -> None:
    """Put back an example that was just removed, as it was; raises RecordingNotFound, NotAllowed."""
    with ws.library.change(ws.actor, "example.restored", example.id) as change:
        gate_in(change, example.recording_id, Use.ANNOTATE)
        examples.add(change, example)


def example_document(one: ShownExample) -> dict[str, object]:
    """Return an example as the command line's JSON has it."""
    example = one.example
    return {
        "id": example.id,
        "concept": example.concept_id,
        "kind": example.kind.value,
        "recording": example.recording_id,
        "title": one.title,
        "start_ms": example.start_ms,
        "end_ms": example.end_ms,
        "words": list(example.word_ids),
        "quote": one.quote,
        "note": one.note,
        "author": example.author,
        "refused": one.refusal.code if one.refusal is not None else None,
    }


def _refusal(reading: Reading, recording_id: RecordingId) -> NotAllowed | None:
    try:
        gate_in(reading, recording_id, Use.OPEN)
    except NotAllowed as refusal:
        return refusal
    return None


def _shown(
    reading: Reading, example: ConceptExample, refusal: NotAllowed | None, text: Transcript | None
) -> ShownExample:
    title = recordings.get(reading, example.recording_id).title
    if refusal is not None:
        return ShownExample(example, title, "", "", refusal)
    return ShownExample(example, title, _quote(text, example) if text is not None else "", example.note)


def _quote(text: Transcript, example: ConceptExample) -> str:
    """Return the words an example lies on; those that sound in it where a newer text has other words."""
    anchored = _turns(text, set(example.word_ids))
    passage = cut(text, example.start_ms, example.end_ms)
    return anchored or _turns(passage, {word.id for word in passage.words()})


def _turns(text: Transcript, wanted: Collection[WordId]) -> str:
    spoken = (" ".join(word.text for word in turn.words if word.id in wanted) for turn in text.turns)
    return BETWEEN_TURNS.join(words for words in spoken if words)
