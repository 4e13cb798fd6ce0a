"""Collections: passages in an order, deviant cases, notes, and what an agreement takes out of them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from cubb_desktop.domain.collection import Collection
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import (
    CollectionNotFound,
    ConsentExpired,
    ConsentWithdrawn,
    InvalidInput,
    NotFound,
    OutsideRecording,
)
from cubb_desktop.domain.ids import CollectionId, ConsentId, PassageId, RecordingId
from cubb_desktop.library import collected as stored
from cubb_desktop.library import consents, migrate, objects
from cubb_desktop.library.session import DATABASE, Library
from cubb_desktop.services import collected, erasure, keeping
from cubb_desktop.services.audit_words import ACTS
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.workspace import Workspace
from tests import builders, library_states
from tests.builders import ACTOR, AUDIT_KEY, KEY, SALT
from tests.services.test_patterns import talk


@pytest.fixture
def collection(workspace: Workspace) -> Collection:
    return collected.add_collection(workspace, " Gribninger  efter tøven ", "Hvad sker der?")


@pytest.fixture
def recording_id(workspace: Workspace, consent_id: ConsentId) -> RecordingId:
    return talk(workspace, consent_id)


def notes(ws: Workspace, collection_id: CollectionId) -> list[str]:
    return [case.passage.note for case in collected.shelf(ws, collection_id).cases]


def put(ws: Workspace, into: Collection, recording_id: RecordingId, *said: str) -> list[PassageId]:
    return [collected.add_passage(ws, into.id, recording_id, 0, 1_000, note=note).id for note in said]


def test_a_collection_has_a_name_and_a_question(workspace: Workspace, collection: Collection) -> None:
    assert collection.name == "Gribninger efter tøven"
    other = collected.add_collection(workspace, "Andre")
    assert [one.id for one in collected.list_collections(workspace)] == [other.id, collection.id]
    changed = collected.word_collection(workspace, collection.id, "Tøven", "Hvem venter?")
    assert (changed.name, changed.question, changed.version) == ("Tøven", "Hvem venter?", 2)
    assert collected.get_collection(workspace, collection.id[:8]) == changed
    with pytest.raises(InvalidInput):
        collected.add_collection(workspace, "  ")
    with pytest.raises(InvalidInput):
        collected.word_collection(workspace, collection.id, "x" * 201, "")
    with pytest.raises(CollectionNotFound):
        collected.get_collection(workspace, "")


def test_a_passage_is_anchored_to_its_words_and_quoted(
    workspace: Workspace, collection: Collection, recording_id: RecordingId
) -> None:
    passage = collected.add_passage(workspace, collection.id, recording_id, 10_000, 10_900, deviant=True)
    [case] = collected.shelf(workspace, collection.id).cases
    assert (case.quote, case.refused, case.passage) == ("du arbejdede på", None, passage)
    assert len(passage.word_ids) == 3
    changed = collected.set_passage(workspace, passage.id, note=" ingen pause ")
    assert (changed.note, changed.deviant) == ("ingen pause", True)
    assert not collected.set_passage(workspace, passage.id, deviant=False).deviant
    with pytest.raises(OutsideRecording):
        collected.add_passage(workspace, collection.id, recording_id, 0, 99_999_999)
    with pytest.raises(InvalidInput):
        collected.set_passage(workspace, passage.id, note="x" * 4_001)
    with pytest.raises(CollectionNotFound):
        collected.add_passage(workspace, CollectionId("ingen"), recording_id, 0, 1_000)


def test_passages_are_moved_taken_out_and_put_back_where_they_were(
    workspace: Workspace, collection: Collection, recording_id: RecordingId
) -> None:
    first, second, _third = put(workspace, collection, recording_id, "a", "b", "c")
    collected.move_passage(workspace, first, 1)
    assert notes(workspace, collection.id) == ["b", "a", "c"]
    collected.move_passage(workspace, first, 99)
    assert notes(workspace, collection.id) == ["b", "c", "a"]
    collected.move_passage(workspace, first, -1)
    assert notes(workspace, collection.id) == ["a", "b", "c"]
    gone = collected.remove_passage(workspace, second)
    assert notes(workspace, collection.id) == ["a", "c"]
    collected.restore_passage(workspace, *gone)
    assert notes(workspace, collection.id) == ["a", "b", "c"]
    assert collected.get_passage(workspace, second[:10]) == gone[0]
    with pytest.raises(NotFound):
        collected.remove_passage(workspace, PassageId("ingen"))


def test_a_deleted_collection_leaves_the_conversations(
    workspace: Workspace, collection: Collection, recording_id: RecordingId
) -> None:
    put(workspace, collection, recording_id, "a")
    collected.remove_collection(workspace, collection.id)
    assert collected.list_collections(workspace) == []
    assert workspace.library.verify() == []
    collected.restore_collection(workspace, collection)
    assert collected.shelf(workspace, collection.id).cases == ()


def test_with_a_withdrawal_the_passage_is_gone_and_the_others_stay(
    workspace: Workspace, collection: Collection, recording_id: RecordingId
) -> None:
    other = add_consent(workspace, "B-18", [Purpose.OWN_LEARNING], date(2036, 12, 31))
    put(workspace, collection, recording_id, "bliver")
    put(workspace, collection, talk(workspace, other.id), "kanariefugl")
    erasure.withdraw(workspace, other.id)
    assert notes(workspace, collection.id) == ["bliver"]
    assert workspace.library.verify() == []


def test_what_is_held_back_says_in_a_sentence_why_it_is_not_shown(
    workspace: Workspace, consent_id: ConsentId, collection: Collection, recording_id: RecordingId
) -> None:
    [passage] = put(workspace, collection, recording_id, "kanariefugl")
    keeping.hold(workspace, recording_id, "en klagesag")
    erasure.withdraw(workspace, consent_id)
    [case] = collected.shelf(workspace, collection.id).cases
    assert isinstance(case.refused, ConsentWithdrawn)
    assert case.quote == ""
    with pytest.raises(ConsentWithdrawn):
        collected.set_passage(workspace, passage, note="mere")


def test_nothing_is_gathered_under_an_agreement_that_has_run_out(workspace: Workspace, collection: Collection) -> None:
    until = workspace.today() - timedelta(days=1)
    with workspace.library.change(ACTOR, "consent.added") as change:
        past = builders.consent(until=until)
        consents.add(change, past)
    with pytest.raises(ConsentExpired):
        collected.add_passage(workspace, collection.id, talk(workspace, past.id), 0, 1_000)


def test_the_log_says_what_was_done_and_nothing_of_what_was_said(
    workspace: Workspace, collection: Collection, recording_id: RecordingId
) -> None:
    [passage] = put(workspace, collection, recording_id, "a")
    collected.set_passage(workspace, passage, deviant=True)
    collected.restore_passage(workspace, *collected.remove_passage(workspace, passage))
    collected.word_collection(workspace, collection.id, "B", "")
    collected.remove_collection(workspace, collection.id)
    collected.restore_collection(workspace, collection)
    with workspace.library.read() as reading:
        rows = reading.connection.exec_driver_sql("SELECT action FROM audit").scalars().all()
    told = [action for action in rows if action.startswith(("collection.", "passage."))]
    assert len(told) == 8
    assert set(told) <= set(ACTS)


def test_the_tables_come_and_go_with_the_migration(tmp_path: Path) -> None:
    library = Library.create(tmp_path, KEY, SALT, AUDIT_KEY)
    recording = builders.stored_recording(library)
    with library.change(ACTOR, "passage.added") as change:
        made = builders.collection()
        stored.add(change, made)
        stored.add_passage(change, builders.passage(made.id, recording.id))
        builders.store_transcript(change, builders.transcript(recording.id))
    library.close()
    path, make = tmp_path / DATABASE, migrate.engine_maker(KEY, SALT)
    migrate.take_down(path, make, "0006")
    with make(path).connect() as connection:
        assert "passages" not in migrate.counts(connection)
        assert migrate.counts(connection)["recordings"] == 1
    again = Library.open(tmp_path, KEY, SALT, AUDIT_KEY)
    with again.change(ACTOR, "passage.added") as change:
        assert stored.all(change) == []
        stored.add(change, made)
        stored.add_passage(change, builders.passage(made.id, recording.id))
        said = change.connection.exec_driver_sql("SELECT count(*) FROM turn_texts_vocabulary").scalar_one()
        assert said > 5
    assert again.verify() == []
    again.close()


@pytest.mark.parametrize("seed", range(2))
def test_a_backup_brings_collections_back(tmp_path: Path, seed: int) -> None:
    ws = builders.new_workspace(tmp_path / "her")
    kept = library_states.populate(ws, random.Random(seed))
    [one] = collected.list_collections(ws)
    with ws.library.read() as reading:
        dumps = [objects.dump_rest(reading)]
        dumps += [objects.dump_consent(reading, id_) for id_ in objects.consent_ids(reading)]
        dumps += [objects.dump_recording(reading, recording.id) for recording in kept]
        passages = stored.passages_of(reading, one.id)
    assert len(passages) == len(kept)
    there = tmp_path / "der"
    there.mkdir()
    objects.load(there, KEY, SALT, dumps, objects.THIS_REVISION)
    library = Library.open(there, KEY, SALT, AUDIT_KEY)
    with library.read() as reading:
        assert stored.all(reading) == [one]
        assert stored.passages_of(reading, one.id) == passages
    library.close()
    ws.close()
