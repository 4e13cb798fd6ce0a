"""Conversations come in whole or not at all, are recorded under an agreement, and can be forgotten."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cubb_desktop.audio.chunks import SoundState
from cubb_desktop.domain.errors import (
    AudioMissing,
    ConsentExpired,
    ConsentMissing,
    ConsentNotFound,
    ConsentWithdrawn,
    CubbError,
    ImportCancelled,
    InvalidInput,
    RecordingNotFound,
    SourceEmpty,
    SourceNotFound,
    SourceNotSound,
)
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.recording import RecordingState, Source
from cubb_desktop.library import recordings as stored
from cubb_desktop.services import recordings, recovery
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.recordings import ImportNote, import_file, import_sound, note_sentence
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.audio import sounds
from tests.children import in_child, without_disk
from tests.services.sealed import assert_nothing_left, dying, read_all, wav

# --- bringing in -----------------------------------------------------------------------------------------------------


def test_a_file_comes_in_sealed_with_its_digest(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    samples, path = sounds.noise(3, channels=2), wav(tmp_path)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    shares: list[float] = []
    made = import_file(workspace, path, consent_id, on_progress=shares.append)
    assert made == recordings.get_recording(workspace, made.id)
    assert (made.title, made.state, made.source) == ("Samtale æøå", RecordingState.STORED, Source.FILE)
    assert (made.duration_ms, made.rate_hz, made.channels) == (3_000, 8_000, 2)
    assert made.recorded_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert made.source_sha256 is not None
    assert len(made.source_sha256) == 64
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert np.array_equal(read_all(workspace, made), samples)


def test_the_waveform_is_there_at_once(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    made = import_file(workspace, wav(tmp_path, sounds.tone(2)), consent_id)
    with workspace.library.read() as reading:
        assert stored.get_peaks(reading, made.id)
    peaks = recordings.peaks(workspace, made.id)
    assert peaks.duration_ms == 2_000
    assert peaks.extremes[50].tolist() == pytest.approx([-12_000 / 256, 12_000 / 256], abs=1)


def test_a_lost_waveform_is_drawn_again(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    made = import_file(workspace, wav(tmp_path), consent_id)
    before = recordings.peaks(workspace, made.id)
    with workspace.library.change("test", None) as change:
        stored.put_peaks(change, made.id, b"noget andet")
    assert np.array_equal(recordings.peaks(workspace, made.id).extremes, before.extremes)
    with workspace.library.read() as reading:
        assert stored.get_peaks(reading, made.id) == before.to_bytes()


def test_a_title_can_be_given_and_is_one_tidy_line(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    path = wav(tmp_path)
    assert import_file(workspace, path, consent_id, "  Samtale\n\tom  praktik\x07 ").title == "Samtale om praktik"
    assert import_file(workspace, path, consent_id, "å" + "x" * 400).title == "å" + "x" * 199
    assert import_file(workspace, path, consent_id, "").title == "Samtale æøå"
    with pytest.raises(InvalidInput):
        import_file(workspace, path, consent_id, " \n ")


def test_without_a_valid_agreement_nothing_comes_in(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = wav(tmp_path)
    with pytest.raises(ConsentMissing):
        import_file(workspace, path, None)
    with pytest.raises(ConsentNotFound):
        import_file(workspace, path, ConsentId("findes ikke"))
    now = workspace.clock
    with monkeypatch.context() as later:
        later.setattr(workspace.library, "_clock", lambda: now() + timedelta(days=365 * 20))
        with pytest.raises(ConsentExpired):
            import_file(workspace, path, consent_id)
    withdraw_consent(workspace, consent_id)
    with pytest.raises(ConsentWithdrawn):
        import_file(workspace, path, consent_id)
    assert_nothing_left(workspace)


@pytest.mark.parametrize(
    ("content", "expected"), [(b"", SourceEmpty), (b"et brev " * 99, SourceNotSound), (None, SourceNotFound)]
)
def test_what_is_no_sound_leaves_nothing(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path, content: bytes | None, expected: type[CubbError]
) -> None:
    path = tmp_path / "fil.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(expected):
        import_file(workspace, path, consent_id)
    assert_nothing_left(workspace)


def test_a_file_of_no_length_is_empty(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    with pytest.raises(SourceEmpty):
        import_file(workspace, wav(tmp_path, sounds.noise(1)[:0]), consent_id)
    assert_nothing_left(workspace)


@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_cancelled_import_leaves_nothing(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path, after: int
) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > after

    with pytest.raises(ImportCancelled):
        import_file(workspace, wav(tmp_path, sounds.noise(100)), consent_id, cancelled=cancelled)
    assert_nothing_left(workspace)


def test_a_program_fault_in_the_middle_leaves_nothing(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path
) -> None:
    def broken(share: float) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        import_file(workspace, wav(tmp_path), consent_id, on_progress=broken)
    assert_nothing_left(workspace)


def test_a_full_disk_leaves_nothing(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    path = wav(tmp_path, sounds.noise(600))
    folder = workspace.folder
    workspace.close()

    def bring_in() -> None:
        with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
            import_file(ws, path, consent_id)

    room = (folder / "library.db").stat().st_size + 2_000_000
    assert in_child(bring_in, without_disk(room)) == "DiskFull"
    with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
        assert_nothing_left(ws)
        import_file(ws, path, consent_id)


def test_notes_tell_what_is_odd_about_a_file(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    whole = wav(tmp_path)
    assert import_sound(workspace, whole, consent_id).notes == ()
    assert import_sound(workspace, whole, consent_id).notes == (ImportNote.ALREADY_THERE,)
    silent = wav(tmp_path, np.zeros((24_000, 1), np.int16), "stille.wav")
    assert import_sound(workspace, silent, consent_id).notes == (ImportNote.SILENT,)
    cut = tmp_path / "afkortet.wav"
    cut.write_bytes(whole.read_bytes()[:40_000])
    assert import_sound(workspace, cut, consent_id).notes == (ImportNote.CUT_SHORT,)
    assert len({note_sentence(note) for note in ImportNote}) == len(ImportNote)


def test_a_file_that_was_cut_through_is_told_of_once(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "hel.flac", tmp_path / "afkortet.flac"
    soundfile.write(whole, sounds.noise(20), 24_000)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert import_sound(workspace, cut, consent_id).notes == (ImportNote.CUT_SHORT,)


def test_six_channels_and_noise_only_come_in_as_they_are(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path
) -> None:
    samples = sounds.noise(2, channels=6)
    made = import_sound(workspace, wav(tmp_path, samples), consent_id)
    assert made.notes == ()
    assert np.array_equal(read_all(workspace, made.recording), samples)


# --- crashes ---------------------------------------------------------------------------------------------------------


def test_a_killed_import_is_cleared_away_and_can_be_repeated(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path
) -> None:
    path, folder = wav(tmp_path, sounds.noise(30)), workspace.folder
    workspace.close()

    def killed_at(share_wanted: float) -> Callable[[Workspace], object]:
        def on_progress(share: float) -> None:
            if share >= share_wanted:
                os.kill(os.getpid(), signal.SIGKILL)

        return lambda ws: import_file(ws, path, consent_id, on_progress=on_progress)

    for share in (0.0, 0.5, 1.0):
        assert dying(folder, killed_at(share)) == "the child died"
        with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
            (left,) = recordings.list_recordings(ws)
            assert left.state is RecordingState.RECORDING
            assert recovery.reconcile(ws).removed == (left.id,)
            assert_nothing_left(ws)
            assert recovery.reconcile(ws) == recovery.Reconciled()


# --- forgetting ------------------------------------------------------------------------------------------------------


def test_deleting_takes_key_rows_and_sound(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    made = import_file(workspace, wav(tmp_path), consent_id)
    changes = recordings.delete_recording(workspace, made.id)
    assert changes.recordings == {made.id}
    assert_nothing_left(workspace)
    with pytest.raises(RecordingNotFound):
        recordings.delete_recording(workspace, made.id)


def test_without_its_key_a_recording_can_not_be_heard(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path
) -> None:
    made = import_file(workspace, wav(tmp_path), consent_id)
    workspace.keys.destroy(made.id)
    with pytest.raises(AudioMissing):
        recordings.open_sound(workspace, made.id)


# --- looking ---------------------------------------------------------------------------------------------------------


def test_conversations_are_listed_by_state_and_by_title(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path
) -> None:
    path = wav(tmp_path)
    first = import_file(workspace, path, consent_id, "Samtale om PRAKTIK på værkstedet")
    second = import_file(workspace, path, consent_id, "Opfølgning")

    def ids(**which: object) -> set[RecordingId]:
        return {recording.id for recording in recordings.list_recordings(workspace, **which)}  # type: ignore[arg-type]

    assert ids() == {first.id, second.id}
    assert ids(query="praktik værk") == {first.id}
    assert ids(query="ingen") == set()
    assert ids(state=RecordingState.STORED) == {first.id, second.id}
    assert ids(state=RecordingState.FAILED) == set()


def test_a_conversation_can_be_renamed(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    made = import_file(workspace, wav(tmp_path), consent_id)
    assert recordings.rename_recording(workspace, made.id, "Ny titel").title == "Ny titel"
    assert recordings.get_recording(workspace, made.id).title == "Ny titel"
    with pytest.raises(InvalidInput):
        recordings.rename_recording(workspace, made.id, " ")
    with pytest.raises(RecordingNotFound):
        recordings.rename_recording(workspace, sounds.new_id(), "Ny titel")


# --- the microphone --------------------------------------------------------------------------------------------------


def test_sound_under_a_withdrawn_agreement_is_not_opened_but_can_be_checked_and_deleted(
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path
) -> None:
    made = import_file(workspace, wav(tmp_path), consent_id)
    withdraw_consent(workspace, consent_id)
    with pytest.raises(ConsentWithdrawn):
        recordings.open_sound(workspace, made.id)
    with pytest.raises(ConsentWithdrawn):
        recordings.peaks(workspace, made.id)
    assert recordings.sound_state(workspace, made.id) is SoundState.COMPLETE
    recordings.delete_recording(workspace, made.id)
    assert recordings.list_recordings(workspace) == []
