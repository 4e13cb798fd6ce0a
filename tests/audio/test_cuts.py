"""Forgetting the last minutes: exact to the frame, bit for bit what is kept, gone what is not, whatever happens."""

from __future__ import annotations

import errno
import os
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cubb_desktop.audio import capture, container, cuts, device, journal
from cubb_desktop.audio.chunks import (
    CHUNK_MS,
    SegmentWriter,
    SoundFormat,
    SoundReader,
    SoundState,
    recording_folder,
    segment_files,
)
from cubb_desktop.audio.container import ChunkFlags
from cubb_desktop.audio.cuts import complete_cuts, do_cut, intend_cut
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.journal import MarkJournal, read_marks
from cubb_desktop.domain.errors import AudioMissing, DiskFull, FolderReadOnly
from cubb_desktop.domain.ids import MarkId, RecordingId
from cubb_desktop.domain.recording import Mark, MarkKind
from cubb_desktop.vault import SegmentCipher
from tests.audio import sounds
from tests.audio.sounds import KEY, RATE_HZ
from tests.children import in_child, without_disk

CHUNK = RATE_HZ * CHUNK_MS // 1000
LENGTHS = (2 * CHUNK + 700, 3 * CHUNK, 300, 2 * CHUNK + 1)  # frames of four segments
WHOLE = sounds.noise(sum(LENGTHS) / RATE_HZ)


@pytest.fixture(autouse=True)
def _no_nonce_twice(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No key seals two different things under one nonce, in whatever a test does."""
    sealed: dict[tuple[bytes, int, bool], tuple[bytes, bytes]] = {}
    keys: dict[int, bytes] = {}
    made, seal = SegmentCipher.__init__, SegmentCipher.seal
    kept: list[SegmentCipher] = []  # so that no id comes twice

    def make(self: SegmentCipher, recording_key: bytes, salt: bytes, header: bytes) -> None:
        made(self, recording_key, salt, header)
        keys[id(self)] = recording_key + salt + header
        kept.append(self)

    def checked(self: SegmentCipher, index: int, last: bool, plaintext: bytes, aad: bytes) -> bytes:
        nonce = keys[id(self)], index, last
        assert sealed.setdefault(nonce, (plaintext, aad)) == (plaintext, aad), "a nonce was used twice"
        return seal(self, index, last, plaintext, aad)

    monkeypatch.setattr(SegmentCipher, "__init__", make)
    monkeypatch.setattr(SegmentCipher, "seal", checked)
    yield
    assert sealed


def stored(folder: Path) -> RecordingId:
    """Four segments, whose sound together is `WHOLE`."""
    recording, start = sounds.new_id(), 0
    for number, length in enumerate(LENGTHS):
        sounds.store(folder, WHOLE[start : start + length], segment=number, recording=recording)
        start += length
    return recording


def cut(folder: Path, recording: RecordingId, frames: int) -> None:
    intend_cut(folder, recording, KEY, frames)
    do_cut(folder, recording, KEY)


def heard(folder: Path, recording: RecordingId) -> tuple[Samples, SoundState]:
    with SoundReader.open(folder, recording, KEY) as reader:
        return reader.read(0, reader.frames), reader.state


def positions() -> list[int]:
    """Every edge of every chunk and segment, the frames beside it, and some in between."""
    edges, start = {0}, 0
    for length in LENGTHS:
        edges |= {*range(start, start + length, CHUNK), start + length}
        start += length
    found = {at + shift for at in edges for shift in (-1, 0, 1)} | set(range(17, len(WHOLE), 997))
    return sorted(at for at in found if 0 <= at <= len(WHOLE))


def test_every_cut_is_exact_to_the_frame_and_keeps_the_rest_bit_for_bit(tmp_path: Path) -> None:
    for frames in positions():
        recording = stored(tmp_path)
        cut(tmp_path, recording, frames)
        if frames == 0:
            assert not segment_files(tmp_path, recording)
            continue
        samples, state = heard(tmp_path, recording)
        assert state is SoundState.COMPLETE, frames
        assert np.array_equal(samples, WHOLE[:frames]), frames
        left = {path.name for path in recording_folder(tmp_path, recording).iterdir()}
        assert left == {path.name for path in segment_files(tmp_path, recording).values()}


def test_cut_after_cut_after_cut(tmp_path: Path) -> None:
    drawn = random.Random(8)
    for _ in range(20):
        recording, frames = stored(tmp_path), len(WHOLE)
        while frames:
            frames = max(0, frames - drawn.choice([1, 2, 99, 700, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK]))
            cut(tmp_path, recording, frames)
            if frames:
                samples, state = heard(tmp_path, recording)
                assert state is SoundState.COMPLETE
                assert np.array_equal(samples, WHOLE[:frames])
        with pytest.raises(AudioMissing):
            heard(tmp_path, recording)


def test_a_segment_that_is_still_open_can_be_cut(tmp_path: Path) -> None:
    for frames in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK - 1, 3 * CHUNK):
        recording = sounds.new_id()
        writer = SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1))
        writer.append(WHOLE[: 3 * CHUNK + 50])
        intend_cut(tmp_path, recording, KEY, frames)
        writer.abandon()
        assert do_cut(tmp_path, recording, KEY) is (frames < 3 * CHUNK)
        if frames:
            samples, state = heard(tmp_path, recording)
            assert np.array_equal(samples, WHOLE[:frames])
            assert state is (SoundState.COMPLETE if frames < 3 * CHUNK else SoundState.INTERRUPTED)


def test_nothing_to_cut_changes_nothing(tmp_path: Path) -> None:
    recording = stored(tmp_path)
    before = {path: path.read_bytes() for path in segment_files(tmp_path, recording).values()}
    cut(tmp_path, recording, len(WHOLE))
    cut(tmp_path, recording, len(WHOLE) + 5)
    assert not complete_cuts(tmp_path, recording, KEY)
    assert before == {path: path.read_bytes() for path in segment_files(tmp_path, recording).values()}
    intend_cut(tmp_path, sounds.new_id(), KEY, 0)


def test_what_was_known_to_be_lost_stays_known(tmp_path: Path) -> None:
    recording = sounds.new_id()
    with SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1)) as writer:
        writer.append(WHOLE[:CHUNK])
        writer.append(np.zeros((CHUNK, 1), np.int16), ChunkFlags.LOST)
        writer.append(WHOLE[:CHUNK])
    cut(tmp_path, recording, CHUNK + 40)
    with SoundReader.open(tmp_path, recording, KEY) as reader:
        assert [(gap.start_frame, gap.frames) for gap in reader.gaps] == [(CHUNK, 40)]


@pytest.mark.parametrize("frames", [CHUNK + 40, 2 * CHUNK + 40])
def test_a_damaged_chunk_at_the_cut_becomes_lost_sound_of_its_length(tmp_path: Path, frames: int) -> None:
    """Index 1 is damaged: the cut falls into it, or into the last chunk after it, so that it has to become the last."""
    recording = sounds.store(tmp_path, WHOLE[: 2 * CHUNK + 700])
    path = sounds.segment_path(tmp_path, recording)
    content = bytearray(path.read_bytes())
    second = content.index(container.SYNC, content.index(container.SYNC) + 1)
    content[second + 30] ^= 1
    path.write_bytes(content)
    cut(tmp_path, recording, frames)
    samples, state = heard(tmp_path, recording)
    expected = WHOLE[:frames].copy()
    expected[CHUNK : 2 * CHUNK] = 0
    assert state is SoundState.COMPLETE
    assert np.array_equal(samples, expected)


# --- marks -----------------------------------------------------------------------------------------------------------


def test_marks_in_what_is_dropped_go_with_it(tmp_path: Path) -> None:
    recording = stored(tmp_path)
    made = MarkJournal(tmp_path, recording, KEY)
    marks = [Mark(MarkId(str(uuid.uuid4())), MarkKind.NOTE, at_ms, "ord", "Bo") for at_ms in (0, 400, 499, 500, 900)]
    for mark in marks:
        made.add(mark)
    made.close()
    cut(tmp_path, recording, RATE_HZ // 2)
    assert read_marks(tmp_path, recording, KEY) == marks[:3]


def test_a_journal_that_was_tampered_with_does_not_keep_the_sound(tmp_path: Path) -> None:
    recording = stored(tmp_path)
    (recording_folder(tmp_path, recording) / journal.MARKS).write_bytes(b"rubbish")
    cut(tmp_path, recording, 10)
    assert len(heard(tmp_path, recording)[0]) == 10


# --- crashes ---------------------------------------------------------------------------------------------------------


class Died(BaseException):
    """The process ended here."""


DEEDS = ("write", "ftruncate", "fsync", "fdatasync", "replace", "unlink", "open")


def test_a_cut_that_is_broken_off_anywhere_is_all_or_nothing_and_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = LENGTHS[0] + 2 * CHUNK + 3
    deed = finished = 0
    while not finished:
        recording = stored(tmp_path)
        left = [deed]

        def dying(name: str, left: list[int] = left) -> Any:
            real = getattr(os, name)

            def act(*arguments: Any, **options: Any) -> Any:
                left[0] -= 1
                if left[0] < 0:
                    raise Died
                return real(*arguments, **options)

            return act

        with monkeypatch.context() as patched:
            for name in DEEDS:
                patched.setattr(os, name, dying(name))
            try:
                cut(tmp_path, recording, frames)
                finished = deed
            except Died:
                pass
        intended = (recording_folder(tmp_path, recording) / cuts.INTENT).exists()
        assert complete_cuts(tmp_path, recording, KEY) is intended
        samples, state = heard(tmp_path, recording)
        assert state is SoundState.COMPLETE
        assert len(samples) in ({frames} if intended or finished else {frames, len(WHOLE)}), deed
        assert np.array_equal(samples, WHOLE[: len(samples)])
        names = {path.name for path in recording_folder(tmp_path, recording).iterdir()}
        assert names == {path.name for path in segment_files(tmp_path, recording).values()}
        deed += 1
    assert finished > 15


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path) -> None:
    recording = stored(tmp_path)
    assert in_child(lambda: cut(tmp_path, recording, CHUNK), without_disk(100)) == "DiskFull"
    assert np.array_equal(heard(tmp_path, recording)[0], WHOLE)
    assert not complete_cuts(tmp_path, recording, KEY)


def test_a_disk_that_refuses_in_the_middle_is_told_and_the_next_start_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = stored(tmp_path)
    intend_cut(tmp_path, recording, KEY, CHUNK + 5)

    def refuse(code: int) -> Any:
        def act(*_: Any, **__: Any) -> None:
            raise OSError(code, "no")

        return act

    for code, expected in ((errno.EROFS, FolderReadOnly), (errno.ENOSPC, DiskFull), (errno.EIO, OSError)):
        with monkeypatch.context() as patched:
            patched.setattr(os, "unlink", refuse(code))
            with pytest.raises(expected):
                do_cut(tmp_path, recording, KEY)
            (recording_folder(tmp_path, recording) / "marks.new").write_bytes(b"")
            with pytest.raises(expected):
                complete_cuts(tmp_path, recording, KEY)
    assert complete_cuts(tmp_path, recording, KEY)
    assert np.array_equal(heard(tmp_path, recording)[0], WHOLE[: CHUNK + 5])


def test_an_intent_that_is_not_ours_does_nothing(tmp_path: Path) -> None:
    recording, other = stored(tmp_path), stored(tmp_path)
    intend_cut(tmp_path, other, KEY, 3)
    foreign = (recording_folder(tmp_path, other) / cuts.INTENT).read_bytes()
    for content in (foreign, b"", bytes(200)):
        (recording_folder(tmp_path, recording) / cuts.INTENT).write_bytes(content)
        assert not complete_cuts(tmp_path, recording, KEY)
        assert np.array_equal(heard(tmp_path, recording)[0], WHOLE)


# --- while it runs ---------------------------------------------------------------------------------------------------


class Card:
    """A microphone that gives what a test puts into the capture's ring."""

    device = device.Device("Test: card", "card", RATE_HZ, 1)
    rate_hz, channels, active = RATE_HZ, 1, True

    def close(self, *, at_once: bool = False) -> None:
        pass


class Conversation:
    """A capture in this process, fed by hand, and what ought to be kept of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.recording = folder, sounds.new_id()
        self.told: list[dict[str, Any]] = []
        self.capture = capture.Capture(self.told.append)
        self.said = 0
        self.kept = WHOLE[:0]
        self.marks: dict[str, int] = {}
        self.capture.handle({"do": "listen"})
        place = {"audio_folder": str(folder), "recording": self.recording, "key": KEY.hex(), "segment": 0}
        self.capture.handle({"do": "record", **place})

    @property
    def running(self) -> bool:
        return self.capture._mic is not None

    def say(self, frames: int) -> None:
        if self.running:
            assert self.capture._mic is not None
            samples = np.take(WHOLE, np.arange(self.said, self.said + frames), axis=0, mode="wrap")
            self.capture._mic.ring.put(samples.tobytes(), frames, False)
            self.said += frames
            self.kept = np.concatenate([self.kept, samples])

    def forget(self, ms: int) -> None:
        self.capture.handle({"do": "forget_last", "ms": ms})
        dropped = min(len(self.kept), ms * RATE_HZ // 1000)
        self.kept = self.kept[: len(self.kept) - dropped]
        end_ms = len(self.kept) * 1000 // RATE_HZ
        event = {"event": "cut", "position_ms": end_ms, "dropped_ms": dropped * 1000 // RATE_HZ}
        assert self.told[-1] == event
        if dropped:
            self.marks = {id: at_ms for id, at_ms in self.marks.items() if at_ms < end_ms}

    def mark(self) -> None:
        id = str(uuid.uuid4())
        self.capture.handle({"do": "mark", "id": id, "kind": "note", "text": "ord", "author": "Bo"})
        self.marks[id] = len(self.kept) * 1000 // RATE_HZ
        assert self.told[-1] == {"event": "marked", "id": id, "kind": "note", "position_ms": self.marks[id]}

    def check(self) -> None:
        assert {mark.id: mark.at_ms for mark in read_marks(self.folder, self.recording, KEY)} == self.marks
        summary = self.capture.summary()
        assert (summary["frames"], summary["lost_frames"]) == (len(self.kept), 0)
        assert summary["segments"] == len(segment_files(self.folder, self.recording))
        if not len(self.kept):
            return
        samples, state = heard(self.folder, self.recording)
        assert state is SoundState.COMPLETE
        assert np.array_equal(samples, self.kept)


def test_whatever_is_done_in_whatever_order_what_is_kept_is_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "open_input", lambda *_, **__: Card())
    monkeypatch.setattr(device, "refresh", lambda: None)
    for seed in range(60):
        drawn = random.Random(seed)
        conversation = Conversation(tmp_path)
        for _ in range(drawn.randrange(3, 25)):
            conversation.say(drawn.choice([1, 100, 1_999, CHUNK, 2_001, 7_000]))
            match drawn.randrange(8):
                case 0:
                    conversation.capture.handle({"do": "pause"})
                case 1:
                    conversation.capture.handle({"do": "resume"})
                case 2:
                    conversation.capture.handle({"do": "next_segment"})
                case 3 | 4:
                    conversation.forget(drawn.choice([0, 1, 20, 249, 250, 251, 1_000, 3_000]))
                case 5:
                    conversation.mark()
                case _:
                    conversation.capture.pump()
        assert conversation.capture.handle({"do": "stop"}) is False
        conversation.check()
