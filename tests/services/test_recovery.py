"""What a crash left unfinished is found: recordings are kept, half imports removed, half deletions completed."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat
from cubb_desktop.domain.errors import (
    NotYetStored,
)
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.recording import RecordingState, Source
from cubb_desktop.library import recordings as stored
from cubb_desktop.services import new_recordings, recordings, recovery
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
