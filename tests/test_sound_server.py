"""The sound bench: what is played into the null sink is what PortAudio records, sample for sample."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.sound_server import LEAD_IN_S, SoundServer

RATE_HZ = 48_000
RECORD = """
import sys, numpy, sounddevice
taken = sounddevice.rec(int(sys.argv[2]), samplerate=48000, channels=1, dtype='int16', device='pulse', blocking=True)
numpy.save(sys.argv[1], taken[:, 0])
"""


@pytest.mark.sound
def test_what_is_played_is_what_a_child_process_records(sound_server: SoundServer, tmp_path: Path) -> None:
    noise = (np.random.default_rng(1).standard_normal(RATE_HZ) * 8000).clip(-32000, 32000).astype(np.int16)
    lead_in = np.zeros(int(LEAD_IN_S * RATE_HZ), np.int16)
    soundfile.write(tmp_path / "noise.wav", np.concatenate([lead_in, noise]), RATE_HZ)
    taken = tmp_path / "taken.npy"
    with subprocess.Popen([sys.executable, "-c", RECORD, str(taken), str(2 * RATE_HZ)]) as recorder:
        sound_server.wait_for_recorder()
        sound_server.play(tmp_path / "noise.wav")
        assert recorder.wait(30) == 0
    heard = np.load(taken)
    start = int(np.argmax(np.abs(heard) > 0))
    start -= int(np.argmax(np.abs(noise) > 0))
    assert np.array_equal(heard[start : start + len(noise)], noise)


@pytest.mark.sound
def test_the_microphone_can_be_taken_away_and_brought_back(sound_server: SoundServer) -> None:
    assert sound_server._has_sink()
    sound_server.unplug()
    assert not sound_server._has_sink()
    sound_server.plug_in()
    assert sound_server._has_sink()
