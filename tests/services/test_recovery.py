"""What a crash left unfinished is found: recordings are kept, half imports removed, half deletions completed."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cubb_desktop.audio import cuts
from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat
from cubb_desktop.audio.journal import MarkJournal
from cubb_desktop.domain.errors import (
    NotYetStored,
)
from cubb_desktop.domain.ids import ConsentId, MarkId, RecordingId
from cubb_desktop.domain.recording import Mark, MarkKind, RecordingState, Source
from cubb_desktop.library import recordings as stored
from cubb_desktop.services import new_recordings, noticed, recordings, recovery
from cubb_desktop.services.consents import get_consent
from cubb_desktop.services.recordings import import_file
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.audio import sounds
from tests.services.sealed import assert_nothing_left, dying, wav


def half_recording(ws: Workspace, consent_id: ConsentId, frames: int) -> RecordingId:
    """What begins as a recording does and is never finished."""
    agreed = [get_consent(ws, consent_id)]
    recording = new_recordings.new_recording(ws, agreed, "Samtale", Source.MICROPHONE)
    _lock, key = new_recordings.begin(ws, recording, [new_recordings.participant_of(agreed[0])])
    writer = SegmentWriter.create(ws.audio_folder, recording.id, 0, key, SoundFormat(8_000, 1))
    writer.append(sounds.noise(frames / 8_000))
    return recording.id


def half_sealed(ws: Workspace, consent_id: ConsentId, frames: int) -> RecordingId:
    """The same, but its only segment is closed, as it is when something is forgotten in a pause."""
    agreed = [get_consent(ws, consent_id)]
    recording = new_recordings.new_recording(ws, agreed, "Samtale", Source.MICROPHONE)
    _lock, key = new_recordings.begin(ws, recording, [new_recordings.participant_of(agreed[0])])
    with SegmentWriter.create(ws.audio_folder, recording.id, 0, key, SoundFormat(8_000, 1)) as writer:
        writer.append(sounds.noise(frames / 8_000))
    return recording.id


def test_a_killed_recording_is_kept_with_its_verified_length(workspace: Workspace, consent_id: ConsentId) -> None:
    folder = workspace.folder
    workspace.close()
    assert dying(folder, lambda ws: half_recording(ws, consent_id, 20_100)) == "the child died"
    with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
        (before,) = recordings.list_recordings(ws)
        files = {path: path.read_bytes() for path in ws.audio_folder.rglob("*.cba")}
        assert recovery.reconcile(ws).interrupted == (before.id,)
        kept = recordings.get_recording(ws, before.id)
        assert (kept.state, kept.duration_ms, kept.rate_hz) == (RecordingState.INTERRUPTED, 2_500, 8_000)
        assert files == {path: path.read_bytes() for path in ws.audio_folder.rglob("*.cba")}
        with recordings.open_sound(ws, kept.id) as reader:
            assert np.array_equal(reader.read(0, reader.frames), sounds.noise(20_100 / 8_000)[:20_000])
        assert recovery.keep_recording(ws, kept.id).state is RecordingState.STORED
        assert recovery.keep_recording(ws, kept.id).state is RecordingState.STORED


def files_of(ws: Workspace) -> dict[str, bytes]:
    found = (path for path in ws.audio_folder.rglob("*") if path.is_file() and path.name != "owner.lock")
    return {path.name: path.read_bytes() for path in found}


def test_until_somebody_chooses_no_file_is_touched_and_the_marks_are_there(
    workspace: Workspace, consent_id: ConsentId
) -> None:
    folder = workspace.folder
    workspace.close()

    def marked(ws: Workspace) -> None:
        recording_id = half_recording(ws, consent_id, 20_100)
        key = ws.keys.get(recording_id)
        journal = MarkJournal(ws.audio_folder, recording_id, key)
        journal.add(Mark(MarkId(sounds.new_id()), MarkKind.BOOKMARK, 1_200, "gribning?", "Mette"))
        journal.add(Mark(MarkId(sounds.new_id()), MarkKind.NOTE, 2_700, "efter lyden", "Anders"))

    assert dying(folder, marked) == "the child died"
    with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
        before = files_of(ws)
        (found,) = recovery.reconcile(ws).interrupted
        assert recovery.list_unfinished(ws) == [recordings.get_recording(ws, found)]
        assert [(mark.at_ms, mark.text) for mark in noticed.marks_of(ws, found)] == [
            (1_200, "gribning?"),
            (2_500, "efter lyden"),  # never beyond the sound
        ]
        with recordings.open_sound(ws, found) as reader:  # heard first
            reader.read(0, reader.frames)
        assert files_of(ws) == before
        assert noticed.missing_sound(ws, found) == []
        recovery.keep_recording(ws, found)
        assert recovery.list_unfinished(ws) == []


def test_a_cut_that_the_crash_cut_off_is_completed_before_anything_is_heard(
    workspace: Workspace, consent_id: ConsentId
) -> None:
    folder = workspace.folder
    workspace.close()

    def intend_and_die(ws: Workspace) -> None:
        recording = half_sealed(ws, consent_id, 24_000)
        cuts.intend_cut(ws.audio_folder, recording, ws.keys.get(recording), 8_000)

    assert dying(folder, intend_and_die) == "the child died"
    with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
        (found,) = recovery.reconcile(ws).interrupted
        assert recordings.get_recording(ws, found).duration_ms == 1_000


def test_a_journal_that_was_tampered_with_does_not_hide_the_recording(
    workspace: Workspace, consent_id: ConsentId
) -> None:
    folder = workspace.folder
    workspace.close()
    assert dying(folder, lambda ws: half_recording(ws, consent_id, 20_000)) == "the child died"
    with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
        (sound,) = ws.audio_folder.rglob("*.cba")
        sound.with_name("marks.cbm").write_bytes(bytes(200))
        sound.with_name("cut.cbm").write_bytes(bytes(200))
        (found,) = recovery.reconcile(ws).interrupted
        assert noticed.marks_of(ws, found) == []


def test_a_recording_that_never_held_sound_is_not_offered(workspace: Workspace, consent_id: ConsentId) -> None:
    folder = workspace.folder
    workspace.close()
    assert dying(folder, lambda ws: half_recording(ws, consent_id, 500)) == "the child died"
    with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
        assert len(recovery.reconcile(ws).removed) == 1
        assert_nothing_left(ws)


def test_sound_that_can_not_be_read_is_kept_all_the_same(workspace: Workspace, consent_id: ConsentId) -> None:
    folder = workspace.folder
    workspace.close()
    assert dying(folder, lambda ws: half_recording(ws, consent_id, 20_000)) == "the child died"
    with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
        (path,) = ws.audio_folder.rglob("*.cba")
        path.write_bytes(bytes(80) + path.read_bytes()[80:])
        (kept,) = recovery.reconcile(ws).interrupted
        assert recordings.get_recording(ws, kept).duration_ms == 0
        assert path.exists()


def test_what_a_living_process_is_at_is_left_alone(workspace: Workspace, consent_id: ConsentId) -> None:
    recording_id = half_recording(workspace, consent_id, 8_000)
    found: list[recovery.Reconciled] = []
    other = threading.Thread(target=lambda: found.append(recovery.reconcile(workspace)))
    other.start()
    other.join()
    assert found == [recovery.Reconciled(busy=(recording_id,))]
    with pytest.raises(NotYetStored):
        recordings.delete_recording(workspace, recording_id)
    with pytest.raises(NotYetStored):
        recordings.open_sound(workspace, recording_id)


def test_what_was_finished_since_it_was_listed_stays_finished(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = import_file(workspace, wav(tmp_path), consent_id)
    before = replace(made, state=RecordingState.RECORDING, source=Source.MICROPHONE)
    with monkeypatch.context() as patch:
        patch.setattr(recovery, "list_recordings", lambda *_: [before])
        assert recovery.reconcile(workspace).interrupted == ()
    assert recordings.get_recording(workspace, made.id) == made


def test_a_key_that_never_got_a_recording_is_destroyed(workspace: Workspace) -> None:
    workspace.keys.put(sounds.new_id(), bytes(32))
    recovery.reconcile(workspace)
    assert workspace.keys.ids() == frozenset()


def test_a_half_deletion_is_completed(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = import_file(workspace, wav(tmp_path), consent_id)

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stored, "remove", power_cut)
        with pytest.raises(KeyboardInterrupt):
            recordings.delete_recording(workspace, made.id)
    assert workspace.keys.ids() == frozenset()
    assert recordings.get_recording(workspace, made.id)
    assert recovery.reconcile(workspace).erased == (made.id,)
    assert_nothing_left(workspace)
