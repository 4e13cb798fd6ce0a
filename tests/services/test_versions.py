"""Versions of one conversation's text: the machine runs again beside the human's, and a person chooses."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import sqlalchemy as sa

from cubb_desktop.domain import corrections
from cubb_desktop.domain.errors import ConsentWithdrawn, DifferenceNotFound, VersionNotFound
from cubb_desktop.domain.ids import ConceptId, ConsentId, RecordingId
from cubb_desktop.domain.transcript import Origin
from cubb_desktop.library import codebook
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import consents, transcripts, versions
from cubb_desktop.services.backup import backup_library
from cubb_desktop.services.corrections import Editing
from cubb_desktop.services.recordings import delete_recording, get_recording
from cubb_desktop.services.restore import restore_library
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.library_states import add_recording


@pytest.fixture
def recording_id(workspace: Workspace, consent_id: ConsentId) -> RecordingId:
    """A recording with one machine transcript."""
    made = builders.stored_recording(workspace.library, consent_id=consent_id)
    run_machine(workspace, made.id, "hvad tænker du om praktik", model="lille")
    return made.id


def run_machine(ws: Workspace, recording_id: RecordingId, said: str, model: str) -> None:
    """Store what another model makes of the same sound, as the worker does."""
    made = builders.transcript(
        recording_id,
        (builders.turn(said, 0, builders.WORKER.id), builders.turn("jeg vil gerne", 6_000, builders.CITIZEN.id)),
        engine=builders.engine(recogniser=model, recogniser_fingerprint=model),
        overlaps=(),
    )
    with ws.library.change("worker", "transcript.finished", recording_id) as change:
        builders.store_transcript(change, made)


def correct(ws: Workspace, recording_id: RecordingId, typed: str) -> Editing:
    editing = Editing(ws, recording_id)
    edit = corrections.retype(editing.text, editing.text.turns[0].id, typed, editing.hand())
    assert edit is not None
    editing.do(edit).save()
    return editing


def said(ws: Workspace, recording_id: RecordingId) -> str:
    return transcripts.read_transcript(ws, recording_id).turns[0].text


def current(ws: Workspace, recording_id: RecordingId) -> int:
    [number] = [one.number for one in versions.list_versions(ws, recording_id) if one.current]
    assert transcripts.read_transcript(ws, recording_id).number == number
    return number


def found(ws: Workspace, query: str) -> int:
    return len(transcripts.search(ws, query))


def test_what_nobody_has_worked_on_gives_way_to_the_newest(workspace: Workspace, recording_id: RecordingId) -> None:
    run_machine(workspace, recording_id, "hvad mener du om praktik", "stor")
    assert current(workspace, recording_id) == 2
    assert (found(workspace, "mener"), found(workspace, "tænker")) == (1, 0)


def test_what_a_person_has_worked_on_stays_until_a_person_chooses(
    workspace: Workspace, recording_id: RecordingId
) -> None:
    editing = correct(workspace, recording_id, "hvad tror du om praktik")
    run_machine(workspace, recording_id, "hvad mener du om praktik", "stor")
    assert current(workspace, recording_id) == 1
    assert (found(workspace, "tror"), found(workspace, "mener")) == (1, 0)
    editing.undo().save()  # also when it is taken back: it can be done again
    assert current(workspace, recording_id) == 1
    Editing(workspace, recording_id).redo().save()
    versions.choose_version(workspace, recording_id, 2)
    assert current(workspace, recording_id) == 2
    assert (found(workspace, "tror"), found(workspace, "mener")) == (0, 1)
    one, two = versions.list_versions(workspace, recording_id)
    assert (one.corrected, one.chosen_by, two.corrected, two.chosen_by) == (True, "", False, builders.ACTOR)
    assert two.chosen_at is not None
    assert versions.get_version(workspace, recording_id, 1).turns[0].text == "hvad tror du om praktik"
    versions.choose_version(workspace, recording_id, 1)
    assert said(workspace, recording_id) == "hvad tror du om praktik"
    assert Editing(workspace, recording_id).to_undo is not None


def test_a_choice_outlives_a_further_run_and_editing(workspace: Workspace, recording_id: RecordingId) -> None:
    run_machine(workspace, recording_id, "hvad mener du om praktik", "stor")
    versions.choose_version(workspace, recording_id, 1)
    run_machine(workspace, recording_id, "hvad synes du om praktik", "tredje")
    assert current(workspace, recording_id) == 1
    versions.choose_version(workspace, recording_id, 3)
    correct(workspace, recording_id, "hvad synes I om praktik")
    assert current(workspace, recording_id) == 3


def test_marks_are_made_in_the_words_that_are_seen(workspace: Workspace, recording_id: RecordingId) -> None:
    correct(workspace, recording_id, "hvad tror du om praktik")
    run_machine(workspace, recording_id, "hvad mener du om praktik", "stor")
    words = {word.id for word in transcripts.read_transcript(workspace, recording_id).words()}
    with workspace.library.change(builders.ACTOR, "concept.put") as change:
        codebook.put(change, builders.concept())
    mark = marks.annotate(workspace, recording_id, 0, 1_500, ConceptId("gribning"), "")
    assert len(mark.word_ids) == 5
    assert set(mark.word_ids) <= words


def test_versions_differ_in_places_that_can_be_taken_and_undone(
    workspace: Workspace, recording_id: RecordingId
) -> None:
    correct(workspace, recording_id, "hvad tror du om praktik")
    run_machine(workspace, recording_id, "hvad mener du om praktikken nu", "stor")
    places = versions.compare(workspace, recording_id, 2)
    assert [(one.said_before, one.said_after) for one in places] == [("tror", "mener"), ("praktik", "praktikken nu")]
    assert versions.compare(workspace, recording_id, 1, 1) == []
    taken = versions.take(workspace, recording_id, 2, 2)
    assert taken.said_after == "praktikken nu"
    turn = transcripts.read_transcript(workspace, recording_id).turns[0]
    assert (turn.text, turn.origin, turn.by) == ("hvad tror du om praktikken nu", Origin.CORRECTED, builders.ACTOR)
    assert [one.said_before for one in versions.compare(workspace, recording_id, 2)] == ["tror"]
    assert versions.get_version(workspace, recording_id, 2).turns[0].text == "hvad mener du om praktikken nu"
    Editing(workspace, recording_id).undo().save()
    assert said(workspace, recording_id) == "hvad tror du om praktik"
    for place in (0, 3):
        with pytest.raises(DifferenceNotFound):
            versions.take(workspace, recording_id, 2, place)


def test_a_version_that_is_not_there_is_said(workspace: Workspace, recording_id: RecordingId) -> None:
    for act in (versions.get_version, versions.choose_version, versions.compare):
        with pytest.raises(VersionNotFound):
            act(workspace, recording_id, 7)
    with workspace.library.change("worker", "transcription.started", recording_id) as change:
        from cubb_desktop.library import transcripts as stored

        stored.start_draft(change, builders.transcript(recording_id, engine=builders.engine(language="en")))
    assert [one.number for one in versions.list_versions(workspace, recording_id)] == [1]
    with pytest.raises(VersionNotFound):
        versions.choose_version(workspace, recording_id, 2)


def test_a_withdrawn_agreement_closes_all_versions(workspace: Workspace, recording_id: RecordingId) -> None:
    run_machine(workspace, recording_id, "hvad mener du", "stor")
    consents.withdraw_consent(workspace, get_recording(workspace, recording_id).consent_id)
    with pytest.raises(ConsentWithdrawn):
        versions.list_versions(workspace, recording_id)
    for act in (versions.get_version, versions.choose_version, versions.compare):
        with pytest.raises(ConsentWithdrawn):
            act(workspace, recording_id, 1)


def test_deleting_a_conversation_deletes_the_choice(workspace: Workspace, recording_id: RecordingId) -> None:
    versions.choose_version(workspace, recording_id, 1)
    delete_recording(workspace, recording_id)
    with workspace.library.read() as reading:
        count = sa.select(sa.func.count()).select_from(sa.table("chosen_transcripts"))
        assert reading.connection.execute(count).scalar() == 0


def test_a_backup_brings_versions_and_the_choice_back(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path
) -> None:
    with workspace.library.change(builders.ACTOR, "concept.put") as change:
        codebook.put(change, builders.concept())
    recording_id = add_recording(workspace, random.Random(1), consent_id).id
    run_machine(workspace, recording_id, "hvad tænker du", "lille")
    run_machine(workspace, recording_id, "hvad mener du", "stor")
    before = versions.list_versions(workspace, recording_id)
    versions.choose_version(workspace, recording_id, before[-2].number)
    before = versions.list_versions(workspace, recording_id)
    backup_library(workspace, tmp_path / "kopi")
    restore_library(tmp_path / "kopi", tmp_path / "igen", passphrase=builders.PASSPHRASE, actor=builders.ACTOR)
    with open_workspace(tmp_path / "igen", builders.PASSPHRASE, actor=builders.ACTOR) as restored:
        assert versions.list_versions(restored, recording_id) == before
        assert (found(restored, "tænker"), found(restored, "mener")) == (1, 0)


def test_who_put_a_turn_right_stands_in_the_document_but_not_in_what_leaves(
    workspace: Workspace, recording_id: RecordingId
) -> None:
    correct(workspace, recording_id, "hvad tror du")
    transcript = transcripts.read_transcript(workspace, recording_id)
    first, second = transcripts.transcript_document(transcript, vouched=True)["turns"]
    assert (first["origin"], first["by"], second["origin"], second["by"]) == (
        "corrected", builders.ACTOR, "machine", None
    )  # fmt: skip
    assert first["at"].startswith("20")
    assert "by" not in transcripts.transcript_document(transcript)["turns"][0]
