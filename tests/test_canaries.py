"""What is said, written and played stays inside: after all that a person does, and after all that goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cubb_desktop.cli.output import bug_sentence
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import ImportCancelled
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.pack import ExportFormat
from cubb_desktop.domain.recording import Recording, Role
from cubb_desktop.library.tables import metadata
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import audit, concepts, consents, packs, recordings, transcripts
from cubb_desktop.services.workspace import Workspace
from tests import builders
from tests.canaries import CPR, MARKED, NOTE, SPOKEN, CanaryGuard, marked
from tests.services import test_audit_lines as acts
from tests.services.test_audit_lines import Stage

LEAVES = ("kilde*", "ud/*")
RATE = 16_000


@pytest.fixture
def talked(workspace: Workspace, tmp_path: Path) -> Recording:
    """A conversation whose sound carries the marked pattern and whose text, title and agreement carry the canaries."""
    until = workspace.today() + timedelta(days=30)
    consent = consents.add_consent(workspace, SPOKEN, [Purpose.OWN_LEARNING], until, form=f"skabet, {SPOKEN}")
    sound = marked(np.zeros(8 * RATE, np.int16))
    soundfile.write(tmp_path / f"kilde {SPOKEN}.wav", sound, RATE, subtype="PCM_16")
    recording = recordings.import_file(workspace, tmp_path / f"kilde {SPOKEN}.wav", consent.id, SPOKEN)
    said = (builders.turn(NOTE, 0, builders.WORKER.id), builders.turn(f"nej {SPOKEN}", 5_000, builders.CITIZEN.id))
    with workspace.library.change(builders.ACTOR, "transcript.finished", recording.id) as change:
        builders.store_transcript(change, builders.transcript(recording.id, said, duration_ms=8_000))
    return recording


@pytest.mark.whole(*LEAVES)
def test_a_whole_piece_of_work_leaves_nothing_open_but_what_was_saved(
    workspace: Workspace, talked: Recording, tmp_path: Path
) -> None:
    out = tmp_path / "ud"
    out.mkdir()
    concept = concepts.list_concepts(workspace)[0].id
    marks.annotate(workspace, talked.id, 0, 1_000, concept, NOTE)
    transcripts.set_speaker(workspace, talked.id, builders.CITIZEN.id, SPOKEN, Role.CITIZEN)
    excerpt = packs.add_excerpt(workspace, talked.id, 0, 2_000, NOTE)
    assert transcripts.search(workspace, SPOKEN)
    assert transcripts.search(workspace, CPR)
    for kind in ExportFormat:
        packs.export(workspace, excerpt.id, kind, out / f"uddrag.{kind.value}")
    audit.extract(workspace, talked.id, out / "log.csv")
    assert recordings.peaks(workspace, talked.id)
    with recordings.open_sound(workspace, talked.id) as reader:
        heard = reader.read(0, RATE)[:, 0]
    assert np.array_equal(heard[: len(MARKED)], MARKED)
    assert workspace.library.verify() == []
    assert where_it_lies_open(tmp_path) == {f"kilde {SPOKEN}.wav", "uddrag.wav", "uddrag.json"}  # docx packs its text
    recordings.delete_recording(workspace, talked.id)


def where_it_lies_open(folder: Path) -> set[str]:
    """Return the names of the files that hold canaries when nothing is left out: so the guard knows them."""
    guard = CanaryGuard(folder)
    guard.whole = True
    return {Path(hit.partition(": ")[0]).name for hit in guard.found()}


@pytest.mark.whole(*LEAVES)
def test_what_is_cut_off_in_the_middle_leaves_nothing_open(
    workspace: Workspace, talked: Recording, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An import and an export that break off leave no part of a file behind."""

    def broken(*_: object) -> Iterator[bytes]:
        yield NOTE.encode()
        raise KeyboardInterrupt

    monkeypatch.setitem(packs._MAKERS, ExportFormat.JSON, broken)
    with pytest.raises(KeyboardInterrupt):
        packs.export(workspace, talked.id, ExportFormat.JSON, tmp_path / "brudt.json")
    source = next(tmp_path.glob("kilde*"))
    asked = iter([False, True])
    with pytest.raises(ImportCancelled):
        recordings.import_file(workspace, source, talked.consent_id, SPOKEN, cancelled=lambda: next(asked, True))


# --- when things go wrong --------------------------------------------------------------------------------------------

_SAID_IN_ACTS = ("fortroligt", "B-17", "B-18", "arbejde", "Om lageret", "En anden titel", "Et til", "Borger", "Aalborg",
                 "aktindsigt", "Sanne", "Et uddrag", "kilde.wav")  # fmt: skip


def told_by(error: BaseException) -> str:
    """Return all that an error and those behind it would show in a report, without the program's own lines."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        parts += [str(cause), repr(cause), repr(cause.args), *getattr(cause, "__notes__", [])]
        cause = cause.__cause__ or cause.__context__
    return "\n".join([*parts, bug_sentence(error)])


def break_writing(ws: Workspace) -> None:
    """Let the database refuse every row, as a broken one may."""
    with ws.library._engine.begin() as connection:
        for table in metadata.tables:
            for act in ("INSERT", "UPDATE", "DELETE"):
                refuse = "BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END"
                connection.exec_driver_sql(f"CREATE TRIGGER broken_{table}_{act} BEFORE {act} ON {table} {refuse}")


def break_reading(ws: Workspace) -> None:
    """Give every table another name, so that no query of the program works."""
    with ws.library._engine.begin() as connection:
        for table in metadata.tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO gone_{table}")


@pytest.mark.parametrize("breaking", [break_writing, break_reading])
def test_no_fault_of_any_service_tells_what_it_was_about(
    stage: Stage,
    breaking: Callable[[Workspace], None],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    breaking(stage.ws)
    failed = 0
    for name, (_action, act) in acts.ACTS.items():
        try:
            made = act(stage)
        except Exception as error:
            failed += 1
            told = told_by(error)
            assert not [word for word in _SAID_IN_ACTS if word in told], (name, told)
        else:
            getattr(made, "close", lambda: None)()
    assert failed >= len(acts.ACTS) - 4
    said = "".join(capfd.readouterr()) + "\n".join(record.getMessage() for record in caplog.records)
    assert not [word for word in _SAID_IN_ACTS if word in said]


stage = acts.stage  # the fixture


def test_the_databases_never_show_what_was_bound(workspace: Workspace) -> None:
    for engine in (workspace.library._engine, workspace.keys._engine):
        assert engine.hide_parameters
    with pytest.raises(Exception, match="FOREIGN KEY") as failed:
        builders.stored_recording(workspace.library, title=NOTE, consent_id=ConsentId(SPOKEN))
    assert SPOKEN not in told_by(failed.value)
    assert CPR not in told_by(failed.value)
