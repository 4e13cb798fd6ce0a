"""Conversations come in whole or not at all, are recorded under an agreement, and can be forgotten."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat, SoundState
from cubb_desktop.audio.files import write_wav
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.recorder import Event, Failed, Level
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import (
    AudioMissing,
    ConsentExpired,
    ConsentMissing,
    ConsentNotFound,
    ConsentWithdrawn,
    CubbError,
    ImportCancelled,
    InvalidInput,
    MicrophoneNotFound,
    NotYetStored,
    RecordingNotFound,
    SourceEmpty,
    SourceNotFound,
    SourceNotSound,
)
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.recording import Recording, RecordingState, Source
from cubb_desktop.library import recordings as stored
from cubb_desktop.services import recordings
from cubb_desktop.services.consents import add_consent, get_consent, withdraw_consent
from cubb_desktop.services.recordings import ImportNote, OwnerLock, import_file, import_sound, note_sentence
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.audio import sounds
from tests.children import in_child, without_disk
from tests.sound_server import SoundServer


@pytest.fixture
def consent_id(workspace: Workspace) -> ConsentId:
    return add_consent(workspace, "B-17", [Purpose.OWN_LEARNING], date(2036, 12, 31)).id


def wav(folder: Path, samples: Samples | None = None, name: str = "Samtale æøå.wav") -> Path:
    path = folder / name
    path.write_bytes(write_wav(sounds.noise(3, channels=2) if samples is None else samples, sounds.RATE_HZ))
    return path


def read_all(ws: Workspace, recording: Recording) -> Samples:
    with recordings.open_sound(ws, recording.id) as reader:
        assert reader.state is SoundState.COMPLETE
        return reader.read(0, reader.frames)


def assert_nothing_left(ws: Workspace) -> None:
    assert recordings.list_recordings(ws) == []
    assert ws.keys.ids() == frozenset()
    assert list(ws.audio_folder.rglob("*")) == []


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
    workspace: Workspace, consent_id: ConsentId, tmp_path: Path
) -> None:
    path = wav(tmp_path)
    with pytest.raises(ConsentMissing):
        import_file(workspace, path, None)
    with pytest.raises(ConsentNotFound):
        import_file(workspace, path, ConsentId("findes ikke"))
    today = workspace.clock
    workspace.clock = lambda: today() + timedelta(days=365 * 20)
    with pytest.raises(ConsentExpired):
        import_file(workspace, path, consent_id)
    workspace.clock = today
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
        import_file(workspace, wav(tmp_path, sounds.noise(10)), consent_id, cancelled=cancelled)
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


def dying(folder: Path, work: Callable[[Workspace], object]) -> str:
    """Do work in a child that is killed when it is done, with the library open."""

    def live_and_die() -> None:
        work(open_workspace(folder, builders.PASSPHRASE, actor="test"))
        os.kill(os.getpid(), signal.SIGKILL)

    return in_child(live_and_die)


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
            assert recordings.reconcile(ws).removed == (left.id,)
            assert_nothing_left(ws)
            assert recordings.reconcile(ws) == recordings.Reconciled()


def half_recording(ws: Workspace, consent_id: ConsentId, frames: int) -> RecordingId:
    """What begins as a recording does and is never finished."""
    recording = recordings._new_recording(ws, get_consent(ws, consent_id), "Samtale", Source.MICROPHONE)
    _lock, key = recordings._begin(ws, recording)
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
        assert recordings.reconcile(ws).interrupted == (before.id,)
        kept = recordings.get_recording(ws, before.id)
        assert (kept.state, kept.duration_ms, kept.rate_hz) == (RecordingState.INTERRUPTED, 2_500, 8_000)
        assert files == {path: path.read_bytes() for path in ws.audio_folder.rglob("*.cba")}
        with recordings.open_sound(ws, kept.id) as reader:
            assert np.array_equal(reader.read(0, reader.frames), sounds.noise(20_100 / 8_000)[:20_000])
        assert recordings.keep_recording(ws, kept.id).state is RecordingState.STORED
        assert recordings.keep_recording(ws, kept.id).state is RecordingState.STORED


def test_a_recording_that_never_held_sound_is_not_offered(workspace: Workspace, consent_id: ConsentId) -> None:
    folder = workspace.folder
    workspace.close()
    assert dying(folder, lambda ws: half_recording(ws, consent_id, 500)) == "the child died"
    with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
        assert len(recordings.reconcile(ws).removed) == 1
        assert_nothing_left(ws)


def test_sound_that_can_not_be_read_is_kept_all_the_same(workspace: Workspace, consent_id: ConsentId) -> None:
    folder = workspace.folder
    workspace.close()
    assert dying(folder, lambda ws: half_recording(ws, consent_id, 20_000)) == "the child died"
    with open_workspace(folder, builders.PASSPHRASE, actor="test") as ws:
        (path,) = ws.audio_folder.rglob("*.cba")
        path.write_bytes(bytes(80) + path.read_bytes()[80:])
        (kept,) = recordings.reconcile(ws).interrupted
        assert recordings.get_recording(ws, kept).duration_ms == 0
        assert path.exists()


def test_what_a_living_process_is_at_is_left_alone(workspace: Workspace, consent_id: ConsentId) -> None:
    recording_id = half_recording(workspace, consent_id, 8_000)
    found: list[recordings.Reconciled] = []
    other = threading.Thread(target=lambda: found.append(recordings.reconcile(workspace)))
    other.start()
    other.join()
    assert found == [recordings.Reconciled()]
    with pytest.raises(NotYetStored):
        recordings.delete_recording(workspace, recording_id)
    with pytest.raises(NotYetStored):
        recordings.open_sound(workspace, recording_id)


def test_a_key_that_never_got_a_recording_is_destroyed(workspace: Workspace) -> None:
    workspace.keys.put(sounds.new_id(), bytes(32))
    recordings.reconcile(workspace)
    assert workspace.keys.ids() == frozenset()


# --- forgetting ------------------------------------------------------------------------------------------------------


def test_deleting_takes_key_rows_and_sound(workspace: Workspace, consent_id: ConsentId, tmp_path: Path) -> None:
    made = import_file(workspace, wav(tmp_path), consent_id)
    changes = recordings.delete_recording(workspace, made.id)
    assert changes.recordings == {made.id}
    assert_nothing_left(workspace)
    with pytest.raises(RecordingNotFound):
        recordings.delete_recording(workspace, made.id)


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
    assert recordings.reconcile(workspace).erased == (made.id,)
    assert_nothing_left(workspace)


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


@pytest.mark.sound
def test_a_conversation_is_recorded(workspace: Workspace, consent_id: ConsentId, sound_server: SoundServer) -> None:
    live = recordings.begin_recording(workspace, consent_id, "Samtale")
    assert recordings.get_recording(workspace, live.recording.id).state is RecordingState.RECORDING
    with pytest.raises(NotYetStored):
        recordings.delete_recording(workspace, live.recording.id)
    kept = live.finish()
    assert (kept.state, kept.source, kept.rate_hz) == (RecordingState.STORED, Source.MICROPHONE, 48_000)
    assert live.failure is None
    assert len(read_all(workspace, kept)) * 1000 // 48_000 == kept.duration_ms >= 250
    assert recordings.peaks(workspace, kept.id).duration_ms == pytest.approx(kept.duration_ms, abs=20)
    lock = OwnerLock(workspace, kept.id).acquire()
    lock.release()


@pytest.mark.sound
def test_an_abandoned_recording_is_forgotten(
    workspace: Workspace, consent_id: ConsentId, sound_server: SoundServer
) -> None:
    recordings.begin_recording(workspace, consent_id).abandon()
    assert_nothing_left(workspace)


@pytest.mark.sound
def test_a_recording_whose_recorder_was_killed_is_kept_as_interrupted(
    workspace: Workspace, consent_id: ConsentId, sound_server: SoundServer
) -> None:
    ended, stored_enough = threading.Event(), threading.Event()

    def on_event(event: Event) -> None:
        if isinstance(event, Level) and event.position_ms >= 500:
            stored_enough.set()
        if isinstance(event, Failed):
            ended.set()

    live = recordings.begin_recording(workspace, consent_id, on_event=on_event)
    assert stored_enough.wait(20)
    assert live.recorder.pid is not None
    os.kill(live.recorder.pid, signal.SIGKILL)
    assert ended.wait(20)
    kept = live.finish()
    assert live.failure is not None
    assert live.failure.code == "CaptureFailed"
    assert kept.state is RecordingState.INTERRUPTED
    assert kept.duration_ms >= 500


def test_without_a_microphone_nothing_is_left(workspace: Workspace, consent_id: ConsentId) -> None:
    with pytest.raises(MicrophoneNotFound):
        recordings.begin_recording(workspace, consent_id, device="findes ikke")
    assert_nothing_left(workspace)


def test_without_an_agreement_nothing_is_recorded(workspace: Workspace) -> None:
    with pytest.raises(ConsentMissing):
        recordings.begin_recording(workspace, None)
    assert_nothing_left(workspace)


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
