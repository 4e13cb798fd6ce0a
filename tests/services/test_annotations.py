"""Marks with concepts: anchored to words and time, by a person, and undone as they were."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cubb_desktop.domain.annotating import Thread
from cubb_desktop.domain.annotating_errors import NotYours
from cubb_desktop.domain.codebook import MarkStatus
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import (
    ConceptNotFound,
    ConceptRetired,
    ConsentWithdrawn,
    InvalidInput,
    OutsideRecording,
    PassageReversed,
)
from cubb_desktop.domain.finders import FinderId
from cubb_desktop.domain.ids import ConceptId, RecordingId, ReplyId
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.library import codebook, recordings, transcripts
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import candidates, concepts, feedback, replies
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


def test_ones_own_mark_is_changed_and_the_rest_stays(workspace: Workspace, recording_id: RecordingId) -> None:
    mark = marks.annotate(workspace, recording_id, 0, 900, PAUSE, "stille")
    marks.set_status(workspace, mark.id, MarkStatus.DISCUSSED)
    marks.edit_annotation(workspace, mark.id, note=" meget stille ")
    [noted] = marks.list_annotations(workspace, recording_id)
    assert (noted.note, noted.concept_id, noted.word_ids, noted.start_ms) == (
        "meget stille", PAUSE, mark.word_ids, mark.start_ms,
    )  # fmt: skip
    marks.edit_annotation(workspace, mark.id, concept_id=ConceptId("latter"), extent=marks.Extent(2_400, 3_050))
    [moved] = marks.list_annotations(workspace, recording_id)
    assert (moved.concept_id, moved.note, moved.status) == ("latter", "meget stille", MarkStatus.DISCUSSED)
    assert len(moved.word_ids) == 2
    assert (moved.author, moved.created_at, moved.version) == (mark.author, mark.created_at, 4)
    chosen = moved.word_ids[1:]
    assert (
        marks.edit_annotation(workspace, mark.id, extent=marks.Extent(2_400, 3_050, chosen))
        == marks.get_thread(workspace, mark.id).mark
    )
    assert marks.get_thread(workspace, mark.id).mark.word_ids == chosen


def test_a_change_is_refused_like_a_new_mark(workspace: Workspace, recording_id: RecordingId) -> None:
    mark = marks.annotate(workspace, recording_id, 0, 900, PAUSE)
    concepts.retire(workspace, ConceptId("latter"))
    for fields, fault in (
        ({"concept_id": ConceptId("karakter")}, ConceptNotFound),
        ({"concept_id": ConceptId("latter")}, ConceptRetired),
        ({"note": "x" * 4_001}, InvalidInput),
        ({"extent": marks.Extent(0, 60_001)}, OutsideRecording),
    ):
        with pytest.raises(fault):
            marks.edit_annotation(workspace, mark.id, **fields)
    assert marks.list_annotations(workspace, recording_id) == [mark]
    concepts.retire(workspace, PAUSE)
    assert marks.edit_annotation(workspace, mark.id, note="den må blive").concept_id == PAUSE


def test_only_the_author_changes_or_removes_and_all_reply(workspace: Workspace, recording_id: RecordingId) -> None:
    mark = marks.annotate(workspace, recording_id, 0, 900, PAUSE)
    answer = replies.reply(workspace, mark.id, " hvad hørte du, @Anders? ")
    workspace.actor = "Anders"
    theirs = replies.reply(workspace, mark.id, "en pause")
    for act in (
        lambda: marks.edit_annotation(workspace, mark.id, note="x"),
        lambda: marks.remove_annotation(workspace, mark.id),
        lambda: marks.restore_annotation(workspace, marks.RemovedMark(Thread(mark))),
        lambda: replies.edit_reply(workspace, answer.id, "x"),
        lambda: replies.remove_reply(workspace, answer.id),
        lambda: replies.restore_reply(workspace, answer),
    ):
        with pytest.raises(NotYours):
            act()
    marks.set_status(workspace, mark.id, MarkStatus.DISCUSSED)
    thread = marks.get_thread(workspace, mark.id)
    assert thread.replies == (answer, theirs)
    assert thread.mark.status is MarkStatus.DISCUSSED
    assert answer.text == "hvad hørte du, @Anders?"
    for text in (" ", "x" * 4_001):
        with pytest.raises(InvalidInput):
            replies.reply(workspace, mark.id, text)


def test_a_reply_is_reworded_removed_and_put_back(workspace: Workspace, recording_id: RecordingId) -> None:
    mark = marks.annotate(workspace, recording_id, 0, 900, PAUSE)
    answer = replies.reply(workspace, mark.id, "en pause")
    replies.edit_reply(workspace, answer.id, "en lang pause")
    [known] = marks.get_thread(workspace, mark.id).replies
    assert (known.text, known.version, known.created_at) == ("en lang pause", 2, answer.created_at)
    assert replies.remove_reply(workspace, answer.id) == known
    assert marks.get_thread(workspace, mark.id).replies == ()
    replies.restore_reply(workspace, known)
    assert marks.get_thread(workspace, mark.id).replies == (known,)
    assert replies.find_reply(workspace, answer.id) == known
    assert replies.find_reply(workspace, ReplyId(mark.id)) is None


def test_a_removed_mark_comes_back_with_its_replies_and_the_decision_behind_it(
    workspace: Workspace, recording_id: RecordingId
) -> None:
    suggested = candidates.suggestions(workspace, recording_id, [FinderId.SILENCE])[0]
    mark = candidates.accept(workspace, recording_id, suggested)
    replies.reply(workspace, mark.id, "ja")
    marks.set_status(workspace, mark.id, MarkStatus.DISCUSSED)
    before = marks.list_threads(workspace, recording_id)
    removed = marks.remove_annotation(workspace, mark.id)
    assert candidates.suggestions(workspace, recording_id, [FinderId.SILENCE])[0].decision is None
    marks.restore_annotation(workspace, removed)
    assert marks.list_threads(workspace, recording_id) == before
    decided = candidates.suggestions(workspace, recording_id, [FinderId.SILENCE])[0].decision
    assert decided is not None
    assert decided.annotation_id == mark.id


def test_colleagues_are_known_from_everywhere_and_citizens_from_nowhere(
    workspace: Workspace, recording_id: RecordingId
) -> None:
    feedback.book_slot(workspace, workspace.clock() + timedelta(days=1), 30, "Mette", "Sidsel  Dam")
    add_consent(workspace, "B-9", [Purpose.FEEDBACK], workspace.today() + timedelta(days=9), named=["Orla"])
    workspace.actor = "Anders"
    marks.annotate(workspace, recording_id, 0, 900, PAUSE)
    workspace.actor = "sidsel dam"
    assert replies.known_people(workspace) == ["sidsel dam", "Anders", "Mette", "Orla"]


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
