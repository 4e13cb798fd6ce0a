"""Sound files to bring in, what is in the library, and work that dies on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from cubb_desktop.audio.chunks import SoundState
from cubb_desktop.audio.files import write_wav
from cubb_desktop.audio.flac import Samples
from cubb_desktop.domain.recording import Recording
from cubb_desktop.services import recordings
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.audio import sounds
from tests.children import in_child


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


def dying(folder: Path, work: Callable[[Workspace], object]) -> str:
    """Do work in a child that is killed when it is done, with the library open."""

    def live_and_die() -> None:
        work(open_workspace(folder, builders.PASSPHRASE, actor="test"))
        os.kill(os.getpid(), signal.SIGKILL)

    return in_child(live_and_die)
