"""Examples of concepts: anchored to words, shown only as far as the agreements go, gone with their conversation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cubb_desktop.domain.codebook import ConceptExample, ExampleKind
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import (
    ConceptNotFound,
    ConceptRetired,
    ConsentWithdrawn,
    ExampleNotFound,
    InvalidInput,
    OutsideRecording,
    PassageReversed,
    RecordingNotFound,
)
from cubb_desktop.domain.ids import ConceptId, ExampleId, RecordingId
from cubb_desktop.library import trails, transcripts
from cubb_desktop.services import concepts, erasure
from cubb_desktop.services.audit import list_log
from cubb_desktop.services.backup import backup_library
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.examples import add_example, list_examples, remove_example, restore_example
from cubb_desktop.services.keeping import hold
from cubb_desktop.services.restore import restore_library
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.services.forgettable import NAME, citizen, plain_database

GRIBNING, OVERLAP = ConceptId("gribning"), ConceptId("overlap")


@pytest.fixture
def talk(workspace: Workspace) -> RecordingId:
    """A conversation with a text."""
    recording = builders.stored_recording(workspace.library, title="Om praktik", duration_ms=60_000)
    with workspace.library.change(builders.ACTOR, "transcript.made", recording.id) as change:
        builders.store_transcript(change, builders.transcript(recording.id))
    return recording.id


def lines(ws: Workspace, action: str) -> int:
    return sum(told.line.action == action for told in list_log(ws))


def test_an_example_is_anchored_to_its_words_and_shown_with_them(workspace: Workspace, talk: RecordingId) -> None:
    counter = add_example(workspace, OVERLAP, talk, 2_500, 5_000, ExampleKind.COUNTER_EXAMPLE)
    made = add_example(workspace, OVERLAP, talk, 0, 3_100, note=" hør her ")
    assert len(made.word_ids) == 8
    first, second = list_examples(workspace, OVERLAP)
    assert (first.example, first.title, first.note) == (made, "Om praktik", "hør her")
    assert first.quote == "hvad tænker du selv om arbejde? – jeg vil"
    assert (second.example, second.quote) == (counter, "jeg vil gerne ud at køre – ja")
    assert list_examples(workspace, GRIBNING) == []
    assert not concepts.get_concept(workspace, OVERLAP).in_use  # an example takes nothing into use


def test_after_a_new_text_the_words_are_those_of_the_same_time(workspace: Workspace, talk: RecordingId) -> None:
    add_example(workspace, GRIBNING, talk, 0, 1_800)
    again = builders.transcript(talk, (builders.turn("hvad synes du om det", 0, builders.WORKER.id),))
    with workspace.library.change(builders.ACTOR, "transcript.made", talk) as change:
        draft = transcripts.start_draft(change, again, key="en anden model")
        transcripts.replace_with(change, replace(again, id=draft.id, number=draft.number, silences=()))
    assert list_examples(workspace, GRIBNING)[0].quote == "hvad synes du om det"


def test_without_a_text_there_is_no_quote(workspace: Workspace) -> None:
    recording = builders.stored_recording(workspace.library, duration_ms=60_000)
    add_example(workspace, GRIBNING, recording.id, 0, 900)
    assert list_examples(workspace)[0].quote == ""


def test_what_can_be_no_example_is_refused(workspace: Workspace, talk: RecordingId) -> None:
    concepts.retire(workspace, OVERLAP)
    for concept, recording, start, end, note, error in (
        (ConceptId("findes ikke"), talk, 0, 900, "", ConceptNotFound),
        (OVERLAP, talk, 0, 900, "", ConceptRetired),
        (GRIBNING, RecordingId("findes ikke"), 0, 900, "", RecordingNotFound),
        (GRIBNING, talk, 900, 900, "", PassageReversed),
        (GRIBNING, talk, 0, 60_001, "", OutsideRecording),
        (GRIBNING, talk, 0, 900, "x" * 4_001, InvalidInput),
    ):
        with pytest.raises(error):
            add_example(workspace, concept, recording, start, end, note=note)
    assert list_examples(workspace) == []
    with pytest.raises(ConceptNotFound):
        list_examples(workspace, ConceptId("findes ikke"))


def test_what_is_removed_can_be_put_back_as_it_was(workspace: Workspace, talk: RecordingId) -> None:
    made = add_example(workspace, GRIBNING, talk, 0, 1_800, note="hør her")
    remove_example(workspace, made.id)
    assert list_examples(workspace) == []
    with pytest.raises(ExampleNotFound):
        remove_example(workspace, made.id)
    restore_example(workspace, made)
    assert [one.example for one in list_examples(workspace)] == [made]
    assert (lines(workspace, "example.removed"), lines(workspace, "example.restored")) == (1, 1)


def test_reading_examples_is_logged_once_in_a_while_per_conversation(workspace: Workspace, talk: RecordingId) -> None:
    made = add_example(workspace, GRIBNING, talk, 0, 1_800)
    for _time in range(3):
        list_examples(workspace, GRIBNING)
    assert (lines(workspace, "example.added"), lines(workspace, "recording.quoted")) == (1, 1)
    with workspace.library.read() as reading:
        assert made.id in trails.objects_of(reading, talk)


def test_merged_concepts_share_their_examples_until_they_are_taken_apart(
    workspace: Workspace, talk: RecordingId
) -> None:
    moved, stays = add_example(workspace, OVERLAP, talk, 0, 900), add_example(workspace, GRIBNING, talk, 0, 900)
    merged = concepts.merge(workspace, OVERLAP, GRIBNING)
    assert {one.example.id for one in list_examples(workspace, GRIBNING)} == {moved.id, stays.id}
    concepts.undo_merge(workspace, merged)
    assert [one.example.id for one in list_examples(workspace, OVERLAP)] == [moved.id]
    assert [one.example.id for one in list_examples(workspace, GRIBNING)] == [stays.id]
    assert not concepts.get_concept(workspace, OVERLAP).retired
    assert lines(workspace, "concept.unmerged") == 1


# --- forgetting, backups ---------------------------------------------------------------------------------------------


def test_an_example_goes_with_its_conversation(workspace: Workspace, tmp_path: Path) -> None:
    person = citizen(workspace, tmp_path)
    assert list_examples(workspace)
    assert erasure.preview(workspace, person.consent_id).examples == 1
    assert NAME.encode() in plain_database(workspace)
    erasure.withdraw(workspace, person.consent_id)
    assert list_examples(workspace) == []
    assert NAME.encode() not in plain_database(workspace)


def test_an_example_of_what_is_held_back_shows_no_word(workspace: Workspace, tmp_path: Path) -> None:
    person = citizen(workspace, tmp_path)
    hold(workspace, person.recording_id, "aktindsigt")
    withdraw_consent(workspace, person.consent_id)
    [shown] = list_examples(workspace)
    assert (shown.quote, shown.note) == ("", "")
    assert isinstance(shown.refusal, ConsentWithdrawn)
    with pytest.raises(ConsentWithdrawn):
        restore_example(workspace, shown.example)


def test_a_backup_carries_examples(workspace: Workspace, tmp_path: Path) -> None:
    person = citizen(workspace, tmp_path, Purpose.OWN_LEARNING)
    before: list[ConceptExample] = [one.example for one in list_examples(workspace)]
    backup_library(workspace, tmp_path / "kopi")
    restore_library(tmp_path / "kopi", tmp_path / "nyt", passphrase=builders.PASSPHRASE, actor="anders")
    with open_workspace(tmp_path / "nyt", builders.PASSPHRASE, actor="anders") as restored:
        assert [one.example for one in list_examples(restored)] == before
        assert before[0].recording_id == person.recording_id
        remove_example(restored, ExampleId(before[0].id))
