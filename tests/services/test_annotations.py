"""Marks with concepts: anchored to words and time, by a person, and undone as they were."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import (
    ConceptNotFound,
    ConsentWithdrawn,
    InvalidInput,
    OutsideRecording,
    PassageReversed,
)
from cubb_desktop.domain.ids import ConceptId, RecordingId
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.library import codebook, recordings, transcripts
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import concepts
from cubb_desktop.services.consents import add_consent, withdraw_consent
from cubb_desktop.services.workspace import Workspace
from tests import builders

PAUSE = ConceptId("pause")


@pytest.fixture
def recording_id(workspace: Workspace) -> RecordingId:
    """A minute of talk with a short transcript."""
    until = workspace.today() + timedelta(days=9)
    consent = add_consent(workspace, "B-2", [Purpose.OWN_LEARNING], until)
    recording = builders.recording(consent_id=consent.id)
    with workspace.library.change("Mette", "recording.added", recording.id) as change:
        recordings.add(change, recording)
        builders.store_transcript(change, builders.transcript(recording.id))
    return recording.id


def test_the_starter_book_is_complete_in_both_languages() -> None:
    book = [concept for concept in concepts.bundled_concepts() if concept.starter]
    assert [concept.id for concept in book] == [
        "instrumentel-taletur", "pronominer", "borgerens-navn", "gribning", "ugrebet-ytring",
        "arbejdsmarkedsperspektiv", "latter", "pause",
    ]  # fmt: skip
    for concept in book:
        texts = [concept.name_da, concept.name_en, concept.definition_da, concept.definition_en]
        texts += [concept.listen_for_da, concept.listen_for_en, concept.ask_yourself_da, concept.ask_yourself_en]
        assert all(texts)
        assert concept.source


def test_a_mark_is_anchored_to_the_words_that_sound_in_it(workspace: Workspace, recording_id: RecordingId) -> None:
    mark = marks.annotate(workspace, recording_id, 2_400, 3_050, PAUSE, "  her bliver der stille ")
    transcript = transcripts_of(workspace, recording_id)
    texts = {word.id: word.text for word in transcript.words()}
    assert [texts[word_id] for word_id in mark.word_ids] == ["jeg", "vil"]
    assert mark.note == "her bliver der stille"
    assert marks.list_annotations(workspace, recording_id) == [mark]


def test_a_removed_mark_comes_back_as_it_was(workspace: Workspace, recording_id: RecordingId) -> None:
    mark = marks.annotate(workspace, recording_id, 0, 900, PAUSE)
    removed = marks.remove_annotation(workspace, mark.id)
    assert marks.list_annotations(workspace, recording_id) == []
    marks.restore_annotation(workspace, removed)
    assert marks.list_annotations(workspace, recording_id) == [mark]


def test_what_can_not_be_marked_is_refused(workspace: Workspace, recording_id: RecordingId) -> None:
    with pytest.raises(ConceptNotFound):
        marks.annotate(workspace, recording_id, 0, 900, ConceptId("karakter"))
    for start, end, fault in (
        (-1, 900, OutsideRecording),
        (0, 60_001, OutsideRecording),
        (900, 900, PassageReversed),
        (1_900, 900, PassageReversed),
    ):
        with pytest.raises(OutsideRecording) as told:
            marks.annotate(workspace, recording_id, start, end, PAUSE)
        assert told.type is fault
    with pytest.raises(InvalidInput):
        marks.annotate(workspace, recording_id, 0, 900, PAUSE, "x" * 4_001)


def test_nothing_is_marked_after_the_agreement_was_withdrawn(workspace: Workspace, recording_id: RecordingId) -> None:
    with workspace.library.read() as reading:
        consent_id = recordings.get(reading, recording_id).consent_id
    withdraw_consent(workspace, consent_id)
    with pytest.raises(ConsentWithdrawn):
        marks.annotate(workspace, recording_id, 0, 900, PAUSE)


def test_the_librarys_own_wording_wins_and_its_own_concepts_follow(workspace: Workspace) -> None:
    with workspace.library.change("Mette", "concept.changed") as change:
        codebook.put(change, builders.concept(definition_da="Vores egne ord."))
        codebook.put(change, builders.concept(id=ConceptId("vores-eget")))
    assert concepts.get_concept(workspace, ConceptId("gribning")).definition_da == "Vores egne ord."
    assert [concept.id for concept in concepts.list_concepts(workspace)][-1] == "vores-eget"


def transcripts_of(workspace: Workspace, recording_id: RecordingId) -> Transcript:
    """The recording's transcript."""
    with workspace.library.read() as reading:
        found = transcripts.latest(reading, recording_id)
    assert found is not None
    return found
