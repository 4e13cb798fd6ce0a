"""Corrections in a real library: kept over restarts, found by searching, undone, refused to who comes second."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from cubb_desktop.domain import corrections
from cubb_desktop.domain.editing import Act, Edit
from cubb_desktop.domain.errors import (
    ConsentWithdrawn,
    EditedElsewhere,
    EditImpossible,
    NothingToRedo,
    NothingToUndo,
    TranscriptGrowing,
    TranscriptNotFound,
)
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.transcript import Origin, Transcript
from cubb_desktop.library import annotations as marks
from cubb_desktop.library import codebook
from cubb_desktop.library import transcripts as library_transcripts
from cubb_desktop.services import annotations as people_marks
from cubb_desktop.services import concepts, consents, transcripts
from cubb_desktop.services.backup import backup_library
from cubb_desktop.services.corrections import Editing
from cubb_desktop.services.recordings import delete_recording, get_recording
from cubb_desktop.services.restore import restore_library
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.domain.test_corrections import any_edit
from tests.library_states import add_recording


@pytest.fixture
def recording_id(workspace: Workspace, consent_id: ConsentId) -> RecordingId:
    made = builders.stored_recording(workspace.library, consent_id=consent_id)
    with workspace.library.change(builders.ACTOR, "transcript.finished", made.id) as change:
        builders.store_transcript(change, builders.transcript(made.id))
    return made.id


def shown(ws: Workspace, recording_id: RecordingId) -> Transcript:
    return transcripts.read_transcript(ws, recording_id)


def do(editing: Editing, edit: Edit | None) -> None:
    assert edit is not None
    editing.do(edit).save()


def retype(editing: Editing, place: int, typed: str) -> None:
    do(editing, corrections.retype(editing.text, editing.text.turns[place].id, typed, editing.hand()))


def found(ws: Workspace, query: str) -> list[str]:
    return [hit.snippet for hit in transcripts.search(ws, query)]


def test_an_edit_is_what_everybody_reads_from_then_on(workspace: Workspace, recording_id: RecordingId) -> None:
    editing = Editing(workspace, recording_id)
    retype(editing, 0, "hvad tænker du så om jobbet?")
    read = shown(workspace, recording_id)
    assert read == editing.transcript
    assert read.turns[0].text == "hvad tænker du så om jobbet?"
    assert (read.turns[0].origin, read.turns[0].by) == (Origin.CORRECTED, builders.ACTOR)
    assert found(workspace, "jobbet") == ["hvad tænker du så om jobbet?"]
    assert found(workspace, "selv") == []


def test_the_machines_text_is_beneath_it_untouched(workspace: Workspace, recording_id: RecordingId) -> None:
    before = shown(workspace, recording_id)
    retype(Editing(workspace, recording_id), 0, "noget andet")
    with workspace.library.read() as reading:
        assert library_transcripts.machine(reading, recording_id) == before


def test_undo_and_redo_go_on_after_a_restart(workspace: Workspace, recording_id: RecordingId) -> None:
    before = shown(workspace, recording_id)
    editing = Editing(workspace, recording_id)
    retype(editing, 0, "først")
    do(
        editing,
        corrections.split(editing.text, editing.text.turns[1].id, editing.text.turns[1].words[2].id, editing.hand()),
    )
    after = editing.transcript
    again = Editing(workspace, recording_id)
    assert again.transcript == after
    assert (again.to_undo, again.to_redo) == (Act.SPLIT, None)
    again.undo().save()
    again.undo().save()
    assert shown(workspace, recording_id) == before
    with pytest.raises(NothingToUndo):
        again.undo()
    third = Editing(workspace, recording_id)
    assert (third.to_undo, third.to_redo) == (None, Act.WORDS)
    third.redo().save()
    third.redo().save()
    assert shown(workspace, recording_id) == after
    with pytest.raises(NothingToRedo):
        third.redo()


def test_what_was_undone_is_dropped_by_the_next_edit(workspace: Workspace, recording_id: RecordingId) -> None:
    editing = Editing(workspace, recording_id)
    retype(editing, 0, "først")
    editing.undo().save()
    retype(editing, 1, "siden")
    for one in (editing, Editing(workspace, recording_id)):
        assert (one.to_undo, one.to_redo) == (Act.WORDS, None)
    retype(Editing(workspace, recording_id), 2, "til sidst")
    assert [turn.text for turn in shown(workspace, recording_id).turns][1:3] == ["siden", "til sidst"]


def test_acts_may_be_stored_after_more_were_done(workspace: Workspace, recording_id: RecordingId) -> None:
    editing = Editing(workspace, recording_id)
    first = corrections.retype(editing.text, editing.text.turns[0].id, "en", editing.hand())
    assert first is not None
    waiting = [editing.do(first), editing.undo(), editing.redo()]
    second = corrections.join(editing.text, editing.text.turns[0].id, editing.hand())
    waiting.append(editing.do(second))
    for saving in waiting:
        saving.save()
    assert shown(workspace, recording_id) == editing.transcript
    assert Editing(workspace, recording_id).transcript == editing.transcript


def test_who_comes_second_is_told_and_overwrites_nothing(workspace: Workspace, recording_id: RecordingId) -> None:
    one, two = Editing(workspace, recording_id), Editing(workspace, recording_id)
    retype(one, 0, "den ene")
    with pytest.raises(EditedElsewhere):
        retype(two, 0, "den anden")
    assert shown(workspace, recording_id).turns[0].text == "den ene"
    with pytest.raises(EditedElsewhere):
        two.undo().save()


def test_turns_that_came_of_an_edit_are_found_and_leave_the_search_with_it(
    workspace: Workspace, recording_id: RecordingId
) -> None:
    editing = Editing(workspace, recording_id)
    turn = editing.text.turns[1]
    do(editing, corrections.split(editing.text, turn.id, turn.words[3].id, editing.hand()))
    [hit] = transcripts.search(workspace, "køre")
    assert (hit.snippet, hit.start_ms) == ("ud at køre", turn.words[3].start_ms)
    assert found(workspace, "gerne") == ["jeg vil gerne"]
    editing.undo().save()
    assert found(workspace, "køre") == ["jeg vil gerne ud at køre"]


def test_a_mark_on_words_that_were_corrected_stays_on_them(workspace: Workspace, recording_id: RecordingId) -> None:
    editing = Editing(workspace, recording_id)
    retype(editing, 1, "jeg vil faktisk gerne ud at køre taxa")
    turn = editing.text.turns[1]
    made = people_marks.annotate(
        workspace, recording_id, turn.start_ms, turn.end_ms, concepts.list_concepts(workspace)[0].id
    )
    assert set(made.word_ids) >= {word.id for word in turn.words if word.end_ms > word.start_ms}
    retype(editing, 1, "jeg vil gerne ud at køre taxa")
    with workspace.library.read() as reading:
        [kept] = marks.all(reading, recording_id, seen_by=workspace.actor)
    still = {word.id for word in editing.text.turns[1].words}
    assert len(still - set(kept.word_ids)) <= 1
    assert editing.text.words_gone(kept.word_ids) <= set(kept.word_ids) - still


def test_a_withdrawn_agreement_ends_the_editing(workspace: Workspace, recording_id: RecordingId) -> None:
    editing = Editing(workspace, recording_id)
    retype(editing, 0, "hemmeligt ord")
    consents.withdraw_consent(workspace, get_recording(workspace, recording_id).consent_id)
    with pytest.raises(ConsentWithdrawn):
        retype(editing, 0, "mere")
    with pytest.raises(ConsentWithdrawn):
        Editing(workspace, recording_id)


def test_deleting_a_conversation_deletes_its_edits(workspace: Workspace, recording_id: RecordingId) -> None:
    editing = Editing(workspace, recording_id)
    retype(editing, 0, "hemmeligt ord")
    turn = editing.text.turns[1]
    do(editing, corrections.split(editing.text, turn.id, turn.words[3].id, editing.hand()))
    delete_recording(workspace, recording_id)
    with workspace.library.read() as reading:
        for table in ("edits", "edit_parts", "made_turns", "turn_texts"):
            count = reading.connection.execute(sa.select(sa.func.count()).select_from(sa.table(table)))
            assert count.scalar() == 0, table


def test_a_draft_and_nothing_at_all_are_not_edited(workspace: Workspace, consent_id: ConsentId) -> None:
    made = builders.stored_recording(workspace.library, consent_id=consent_id)
    with pytest.raises(TranscriptNotFound):
        Editing(workspace, made.id)
    with workspace.library.change(builders.ACTOR, "transcription.started", made.id) as change:
        library_transcripts.start_draft(change, builders.transcript(made.id))
    with pytest.raises(TranscriptGrowing):
        Editing(workspace, made.id)


def test_another_run_of_the_machine_is_another_text_beside_it(workspace: Workspace, recording_id: RecordingId) -> None:
    retype(Editing(workspace, recording_id), 0, "rettet")
    with workspace.library.change(builders.ACTOR, "transcript.finished", recording_id) as change:
        builders.store_transcript(change, builders.transcript(recording_id, engine=builders.engine(language="en")))
    assert shown(workspace, recording_id).number == 1
    assert shown(workspace, recording_id).turns[0].text == "rettet"
    assert Editing(workspace, recording_id).to_undo is Act.WORDS


def test_a_backup_brings_edits_and_what_is_found_back(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path
) -> None:
    with workspace.library.change(builders.ACTOR, "concept.put") as change:
        codebook.put(change, builders.concept())
    recording_id = add_recording(workspace, random.Random(1), consent_id).id
    with workspace.library.change(builders.ACTOR, "transcript.finished", recording_id) as change:
        builders.store_transcript(change, builders.transcript(recording_id, engine=builders.engine(language="en")))
    editing = Editing(workspace, recording_id)
    retype(editing, 0, "et særligt ord")
    turn = editing.text.turns[1]
    do(editing, corrections.split(editing.text, turn.id, turn.words[3].id, editing.hand()))
    retype(editing, 2, "")
    backup_library(workspace, tmp_path / "kopi")
    restore_library(tmp_path / "kopi", tmp_path / "igen", passphrase=builders.PASSPHRASE, actor=builders.ACTOR)
    with open_workspace(tmp_path / "igen", builders.PASSPHRASE, actor=builders.ACTOR) as restored:
        assert Editing(restored, recording_id).transcript == editing.transcript
        assert found(restored, "særligt") == ["et særligt ord"]
        assert found(restored, "køre") == ["ud at køre"]
        assert found(restored, "ja") == []


def any_work(editing: Editing, rng: random.Random, act: Callable[[], None]) -> None:
    for _ in range(12):
        chance = rng.random()
        if chance < 0.2 and editing.to_undo:
            editing.undo().save()
        elif chance < 0.35 and editing.to_redo:
            editing.redo().save()
        elif editing.text.turns:
            try:
                edit = any_edit(rng, editing.text, editing.hand())
            except EditImpossible:
                continue
            if edit is not None:
                editing.do(edit).save()
        act()


@pytest.mark.parametrize("seed", range(3))
def test_any_work_reads_the_same_from_the_library_and_can_be_undone(
    workspace: Workspace, recording_id: RecordingId, seed: int
) -> None:
    before = shown(workspace, recording_id)
    editing = Editing(workspace, recording_id)

    def check() -> None:
        assert shown(workspace, recording_id) == editing.transcript
        again = Editing(workspace, recording_id)
        assert (again.transcript, again.to_undo, again.to_redo) == (
            editing.transcript,
            editing.to_undo,
            editing.to_redo,
        )
        in_search = set(found(workspace, "ja"))
        said = {turn.text for turn in editing.text.turns if "ja" in turn.text.lower().replace("?", "").split()}
        assert {text for text in said if len(text.split()) <= 16} <= in_search

    any_work(editing, random.Random(seed), check)
    while editing.to_undo:
        editing.undo().save()
    assert shown(workspace, recording_id) == before


@pytest.mark.parametrize("seed", range(4))
def test_the_beginning_of_an_edited_text_is_what_the_whole_begins_with(
    workspace: Workspace, consent_id: ConsentId, seed: int
) -> None:
    made = builders.stored_recording(workspace.library, consent_id=consent_id, duration_ms=400_000)
    with workspace.library.change(builders.ACTOR, "transcript.finished", made.id) as change:
        builders.store_transcript(change, builders.long_transcript(made.id, words=600, per_turn=4))
    editing, rng = Editing(workspace, made.id), random.Random(seed)
    for _ in range(25):
        with suppress(EditImpossible):
            edit = any_edit(rng, editing.text, editing.hand())
            if edit is not None:
                editing.do(edit).save()
    whole = shown(workspace, made.id)
    with workspace.library.read() as reading:
        beginning = library_transcripts.head(reading, made.id, 60)
        assert library_transcripts.head(reading, made.id, 150) is None
        assert library_transcripts.head(reading, RecordingId(builders.new_id()), 60) is None
    assert beginning is not None
    until_ms = builders.long_transcript(made.id, words=600, per_turn=4).turns[60].start_ms
    assert [turn for turn in whole.turns if turn.start_ms < until_ms] == [
        turn for turn in beginning.turns if turn.start_ms < until_ms
    ]
    assert beginning.silences == whole.silences[: len(beginning.silences)]
    assert 0 < len(beginning.turns) < 70
    assert beginning.speakers == whole.speakers
