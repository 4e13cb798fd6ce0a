"""A conversation is recorded from a microphone under an agreement, or leaves nothing."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from cubb_desktop.audio.recorder import Event, Failed, Level
from cubb_desktop.domain.errors import (
    ConsentMissing,
    MicrophoneNotFound,
    NotYetStored,
)
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.recording import RecordingState, Source
from cubb_desktop.services import recordings
from cubb_desktop.services.new_recordings import OwnerLock
from cubb_desktop.services.recording_live import begin_recording
from cubb_desktop.services.workspace import Workspace
from tests.services.sealed import assert_nothing_left, read_all
from tests.sound_server import SoundServer


@pytest.mark.sound
def test_a_conversation_is_recorded(workspace: Workspace, consent_id: ConsentId, sound_server: SoundServer) -> None:
    live = begin_recording(workspace, consent_id, "Samtale")
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
    begin_recording(workspace, consent_id).abandon()
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

    live = begin_recording(workspace, consent_id, on_event=on_event)
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
        begin_recording(workspace, consent_id, device="findes ikke")
    assert_nothing_left(workspace)


def test_without_an_agreement_nothing_is_recorded(workspace: Workspace) -> None:
    with pytest.raises(ConsentMissing):
        begin_recording(workspace, None)
    assert_nothing_left(workspace)
