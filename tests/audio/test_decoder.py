"""The parent's side of a decode child: whatever the child says or does becomes sound or one error, in bounded time."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cubb_desktop.audio import decoder
from cubb_desktop.audio.decoder import DecodeChild
from cubb_desktop.audio.files import SoundFile, decode
from cubb_desktop.audio.sources import Source
from cubb_desktop.domain.errors import (
    CubbError,
    DecoderUnavailable,
    ImportCancelled,
    SourceChanged,
    SourceStuck,
    SourceTooDemanding,
    SourceTooLarge,
    SourceUnreadable,
    SourceUnsafe,
)
from tests.audio import sounds
from tests.audio.acting_decoder import ACTS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the acting child sends itself signals")

ENDINGS: dict[str, type[CubbError]] = {
    "says nothing": DecoderUnavailable,
    "dies at the start": DecoderUnavailable,
    "nine channels": SourceTooLarge,
    "too fast": SourceTooLarge,
    "a day": SourceTooLarge,
    "wants the same for ever": SourceStuck,
    "reads no answer": SourceStuck,
    "hangs": SourceStuck,
    "drips": SourceStuck,
    "never ends": SourceTooLarge,
    "is killed": SourceTooDemanding,
    "runs out of time": SourceStuck,
    "out of memory": SourceTooDemanding,
}


def acting(monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    """Have `act` played instead of decoding."""
    command = [sys.executable, "-m", "tests.audio.acting_decoder", act]
    monkeypatch.setattr(decoder, "_command", lambda: command)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return sounds.write_file(tmp_path / "a.wav", sounds.noise(120, rate_hz=16_000), 16_000)


@pytest.mark.parametrize("act", sorted(set(ACTS) - {"all well"}))
def test_a_child_that_misbehaves_ends_in_one_error(path: Path, monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    acting(monkeypatch, act)
    monkeypatch.setattr(decoder, "STUCK_AFTER_S", 0.5)
    monkeypatch.setattr(decoder, "_START_TIMEOUT_S", 0.5 if act == "says nothing" else 20.0)
    monkeypatch.setattr(decoder, "_SLOWER_THAN_HEARD_S", 1.0 if act == "drips" else 20.0)
    monkeypatch.setattr(decoder, "_BYTES_PER_WAITED_SECOND", 1 << 30)
    monkeypatch.setattr(decoder, "LONGEST_HOURS", 0.1 if act == "never ends" else 12)
    with pytest.raises(ENDINGS.get(act, SourceUnsafe)):
        list(decode(path))


def test_a_child_that_keeps_to_the_rules_is_heard(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acting(monkeypatch, "all well")
    with SoundFile(path) as sound:
        assert sum(len(block) for block in sound.blocks()) == 800
        assert (sound.info.rate_hz, sound.info.channels) == (8_000, 2)
        assert sound.share_read == 7 / path.stat().st_size
        assert not sound.is_cut_short


def test_a_child_that_can_not_be_started_is_told(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(decoder, "_command", lambda: [str(tmp_path / "findes ikke")])
    with pytest.raises(DecoderUnavailable):
        SoundFile(path)


def test_cancelling_does_not_wait_for_a_child_that_hangs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acting(monkeypatch, "hangs")
    cancelled: list[bool] = []
    with SoundFile(path, lambda: bool(cancelled)) as sound:
        blocks = sound.blocks()
        next(blocks)
        cancelled.append(True)
        before = time.monotonic()
        with pytest.raises(ImportCancelled):
            list(blocks)
        assert time.monotonic() - before < 2


def test_leaving_in_the_middle_ends_the_child(path: Path) -> None:
    with SoundFile(path) as sound:
        assert len(next(sound.blocks()))


def test_no_passphrase_is_in_the_childs_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBB_PASSPHRASE", "fire tilfældige ord her")
    assert "fire tilfældige ord her" not in decoder._environment().values()


# --- the file itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["other bytes", "shorter"])
def test_a_file_that_changes_while_it_is_read_is_refused(path: Path, change: str) -> None:
    with SoundFile(path) as sound:
        blocks = sound.blocks()
        next(blocks)
        with path.open("r+b") as file:
            if change == "shorter":
                file.truncate(path.stat().st_size - 10)
            else:
                file.seek(-10, 2)
                file.write(b"xxxxxxxxxx")
        with pytest.raises(SourceChanged):
            list(blocks)


def test_a_file_that_grows_while_it_is_read_comes_in_as_it_was(path: Path) -> None:
    with SoundFile(path) as sound:
        with path.open("ab") as file:
            file.write(bytes(64_000))
        read = np.concatenate(list(sound.blocks()))
    assert np.array_equal(read, sounds.noise(120, rate_hz=16_000))


def test_a_drive_that_is_pulled_out_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Source(path) as source:
        assert source.take_digest(lambda: False)
        child = DecodeChild(lambda: False)
        monkeypatch.setattr("cubb_desktop.audio.sources.os.lseek", _fails)
        with pytest.raises(SourceUnreadable):
            child.begin(source)
        child.close()


def test_a_drive_that_does_not_answer_is_not_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    monkeypatch.setattr(decoder, "_DRIVE_TIMEOUT_S", 0.3)
    monkeypatch.setattr(decoder, "STUCK_AFTER_S", 0.1)  # that is not what it is
    monkeypatch.setattr(decoder, "_END_TIMEOUT_S", 0.3)
    monkeypatch.setattr(Source, "block", lambda *_: answers.wait() and b"")
    with pytest.raises(SourceUnreadable):
        SoundFile(path)
    answers.set()  # the thread lets go of it then, as the bench sees


def _fails(*_arguments: object) -> int:
    raise OSError(5, "Input/output error")
