"""Libraries of earlier and later versions."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from cubb_desktop.domain.annotating import BlindRound, Participant, Reply, Thread
from cubb_desktop.domain.errors import DiskFull, LibraryDamaged, LibraryNewer
from cubb_desktop.domain.finders import FinderId
from cubb_desktop.domain.ids import ReplyId
from cubb_desktop.domain.reading import freeze
from cubb_desktop.library import annotations as marks
from cubb_desktop.library import (
    blind_rounds,
    cipher,
    codebook,
    consents,
    decisions,
    examples,
    frozen_lines,
    migrate,
    recordings,
    search,
    tables,
    transcripts,
)
from cubb_desktop.library.decisions import Decision
from cubb_desktop.library.session import DATABASE, Library
from cubb_desktop.library.tables import REVISION, metadata
from tests import builders
from tests.builders import ACTOR, AUDIT_KEY, KEY, SALT
from tests.children import in_child, without_disk

MAKE = migrate.engine_maker(KEY, SALT)
CANARY = "kanariefugl"
BEFORE_EXAMPLES = str(ScriptDirectory(str(migrate.SCRIPTS)).get_revision("0008").down_revision)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """The folder of a closed library with an agreement, a recording and a transcript."""
    library = Library.create(tmp_path, KEY, SALT, AUDIT_KEY)
    recording = builders.stored_recording(library, title=CANARY)
    made = builders.transcript(recording.id)
    with library.change(ACTOR, "transcript.finished", made.id) as change:
        transcripts.start_draft(change, made)
        transcripts.replace_with(change, made)
    library.close()
    return tmp_path


def opened(folder: Path) -> Library:
    return Library.open(folder, KEY, SALT, AUDIT_KEY)


def revision_of(path: Path) -> str | None:
    with MAKE(path).connect() as connection:
        return migrate.revision(connection)


def stamp(path: Path, revision: str) -> None:
    with MAKE(path).connect() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
        connection.commit()


def test_the_scripts_make_the_tables_the_program_expects(library: Library) -> None:
    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
        return not (kind == "table" and str(name).startswith("turn_texts"))

    with library.read() as reading:
        context = MigrationContext.configure(
            reading.connection, opts={"include_object": ours, "compare_type": False, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_newest_script_is_the_revision_the_program_names() -> None:
    assert ScriptDirectory(str(migrate.SCRIPTS)).get_heads() == [REVISION]


def test_an_older_library_is_brought_up_with_all_its_data(filled: Path) -> None:
    path = filled / DATABASE
    migrate.take_down(path, MAKE, "0001")
    assert revision_of(path) == "0001"
    with MAKE(path).connect() as connection:
        assert not sa.inspect(connection).has_table("turn_texts")
        before = migrate.counts(connection)
    library = opened(filled)
    with library.read() as reading:
        after = migrate.counts(reading.connection)
        assert {name: after[name] for name in before} == before
        assert after["participants"] == before["recordings"]
        [recording] = recordings.all(reading)
        agreement = consents.get(reading, recording.consent_id)
        assert recording.delete_after == min(agreement.until, recording.recorded_at.date().replace(year=2029))
        assert [person.consent_id for person in recordings.get_participants(reading, recording.id)] == [agreement.id]
        transcript = transcripts.latest(reading, recording.id)
        assert transcript is not None
        assert [hit.turn_id for hit in search.search(reading, "KØRE vil")] == [transcript.turns[1].id]
        assert library.verify_audit(reading) is None
    assert library.verify() == []
    library.close()


def test_examples_come_with_their_tables_and_leave_the_rest_when_undone(filled: Path) -> None:
    library = opened(filled)
    with library.change(ACTOR, "example.added") as change:
        [recording] = recordings.all(change)
        codebook.put(change, builders.concept())
        examples.add(change, builders.example(recording.id, word_ids=("a", "b")))
        before = migrate.counts(change.connection)
    library.close()
    migrate.take_down(filled / DATABASE, MAKE, BEFORE_EXAMPLES)
    with MAKE(filled / DATABASE).connect() as connection:
        assert not sa.inspect(connection).has_table("concept_examples")
        assert not sa.inspect(connection).has_table("concept_example_words")
    library = opened(filled)
    with library.read() as reading:
        emptied = {"concept_examples": 0, "concept_example_words": 0}
        after = migrate.counts(reading.connection)
        assert {**after, "audit": 0} == {**before, **emptied, "audit": 0}
        assert examples.all(reading) == []


def test_what_people_made_together_goes_down_and_up_again(filled: Path) -> None:
    path, library = filled / DATABASE, opened(filled)
    with library.read() as reading:
        [recording] = recordings.all(reading)
    mark = builders.annotation(recording.id)
    with library.change(ACTOR, "annotation.added", mark.id) as change:
        codebook.put(change, builders.concept())
        marks.add(change, mark)
        marks.add_reply(change, Reply(ReplyId("svar"), mark.id, "hvad så?", "Anders", builders.MORNING), recording.id)
        for author, accepted in ((ACTOR, False), ("Anders", True), ("Bodil", False)):
            decided = Decision("silence:1", FinderId.SILENCE, accepted, {}, None, author)
            change.connection.execute(
                tables.decisions.insert().values(
                    **asdict(decided), recording_id=recording.id, created_at=builders.MORNING
                )
            )
        blind_rounds.add(change, BlindRound(recording.id, (Participant("Anders"),), ACTOR, builders.MORNING))
    library.close()
    migrate.take_down(path, MAKE, "0006")
    with MAKE(path).connect() as connection:
        assert not sa.inspect(connection).has_table("annotation_replies")
        assert not sa.inspect(connection).has_table("blind_rounds")
        [kept] = connection.execute(sa.text("SELECT author, accepted FROM decisions")).all()
        assert tuple(kept) == ("Anders", 1)  # of several the one that is a mark
    library = opened(filled)
    with library.read() as reading:
        assert marks.threads(reading, recording.id, seen_by=ACTOR) == [Thread(mark)]
        assert decisions.all(reading, recording.id, seen_by=ACTOR)["silence:1"].author == "Anders"
        assert blind_rounds.get(reading, recording.id) is None
    assert library.verify() == []


def test_frozen_lines_come_and_go_with_their_script(filled: Path) -> None:
    library = opened(filled)
    with library.change(ACTOR, "lines.frozen") as change:
        [recording] = recordings.all(change)
        transcript = transcripts.latest(change, recording.id)
        assert transcript is not None
        frozen_lines.add(change, recording.id, freeze(transcript, ACTOR, builders.MORNING))
    library.close()
    path = filled / DATABASE
    migrate.take_down(path, MAKE, "0006")
    with MAKE(path).connect() as connection:
        assert not sa.inspect(connection).has_table("frozen_lines")
        assert not sa.inspect(connection).has_table("frozen_transcripts")
    library = opened(filled)
    with library.read() as reading:
        assert frozen_lines.get(reading, recording.id) is None
        assert transcripts.latest(reading, recording.id) == transcript
    library.close()


def test_every_script_can_be_undone_and_done_again(filled: Path) -> None:
    path = filled / DATABASE
    migrate.take_down(path, MAKE, "base")
    with MAKE(path).connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {"alembic_version"}
    migrate.create(path, MAKE)
    library = opened(filled)
    assert library.verify() == []
    with library.read() as reading:
        assert recordings.all(reading) == []
    library.close()


def test_without_the_choice_of_a_version_the_newest_is_seen_again(filled: Path) -> None:
    library = opened(filled)
    with library.read() as reading:
        [recording] = recordings.all(reading)
    with library.change(ACTOR, "transcript.finished", recording.id) as change:
        builders.store_transcript(change, builders.transcript(recording.id, engine=builders.engine(language="en")))
        transcripts.choose(change, recording.id, 1)
    library.close()
    migrate.take_down(filled / DATABASE, MAKE, "0006")
    library = opened(filled)
    with library.read() as reading:
        assert [(one.current, one.chosen_by) for one in transcripts.versions(reading, recording.id)] == [
            (False, ""), (True, "")
        ]  # fmt: skip
    library.close()


def test_an_older_library_is_copied_aside_sealed_before_it_is_changed(filled: Path) -> None:
    path = filled / DATABASE
    migrate.take_down(path, MAKE, "0001")
    migrate.remove_copies(path)
    opened(filled).close()
    [copy] = migrate.copies(path)
    assert "before-0001" in copy.name
    assert revision_of(copy) == "0001"
    assert CANARY.encode() not in copy.read_bytes()
    with MAKE(copy).connect() as connection:
        assert connection.execute(sa.text("SELECT title FROM recordings")).scalar() == CANARY


def test_the_copy_does_not_outlive_what_it_holds(filled: Path) -> None:
    path = filled / DATABASE
    migrate.take_down(path, MAKE, "0001")
    library = opened(filled)
    assert migrate.copies(path)
    with library.read() as reading:
        [recording] = recordings.all(reading)
    with library.change(ACTOR, "recording.removed", recording.id) as change:
        recordings.remove(change, recording.id)
    assert migrate.copies(path) == []
    library.close()


def test_an_old_copy_is_removed_when_the_library_is_opened(filled: Path) -> None:
    path = filled / DATABASE
    old, young = (migrate.copy_aside(path, MAKE, "0001") for _ in range(2))
    age = old.stat().st_mtime - migrate.KEPT_SECONDS - 60
    os.utime(old, (age, age))
    opened(filled).close()
    assert migrate.copies(path) == [young]


def test_a_library_of_a_newer_version_is_refused_and_untouched(filled: Path) -> None:
    path = filled / DATABASE
    stamp(path, "9999")
    before = path.read_bytes()
    with pytest.raises(LibraryNewer):
        opened(filled)
    assert path.read_bytes() == before
    assert migrate.copies(path) == []


def test_a_database_without_a_revision_is_damaged(tmp_path: Path) -> None:
    cipher.connect(tmp_path / DATABASE, KEY, SALT).execute("CREATE TABLE something(id)").connection.close()
    with pytest.raises(LibraryDamaged):
        opened(tmp_path)


def test_a_migration_that_loses_rows_is_undone(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled / DATABASE
    migrate.take_down(path, MAKE, "0001")

    def losing(connection: sa.Connection, _target: str) -> None:
        connection.execute(sa.text("DELETE FROM speakers WHERE 0"))
        connection.execute(sa.text("DELETE FROM consent_purposes"))

    with monkeypatch.context() as patched:
        patched.setattr(migrate, "_upgrade", losing)
        with pytest.raises(RuntimeError, match="consent_purposes"):
            opened(filled)
    assert revision_of(path) == "0001"
    library = opened(filled)
    with library.read() as reading:
        assert consents.all(reading)[0].purposes
    library.close()


def test_a_full_disk_during_a_migration_leaves_the_old_library(filled: Path) -> None:
    path = filled / DATABASE
    migrate.take_down(path, MAKE, "0001")
    migrate.remove_copies(path)
    assert in_child(lambda: opened(filled), without_disk(40_000)) == DiskFull.__name__
    assert revision_of(path) == "0001"
    library = opened(filled)
    assert library.verify() == []
    library.close()
