"""The container of sealed sound: what goes in comes out, and damage never turns into wrong sound."""

from __future__ import annotations

import errno
import io
import os
import random
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cubb_desktop.audio import chunks, container
from cubb_desktop.audio.chunks import (
    RESERVE_BYTES,
    ChunkFlags,
    GapCause,
    Reserve,
    SegmentWriter,
    SoundFormat,
    SoundGap,
    SoundReader,
    SoundState,
    erase,
    is_being_written,
    recording_folder,
    segment_files,
)
from cubb_desktop.audio.flac import Samples
from cubb_desktop.domain.errors import AudioMissing, DiskFull, FolderReadOnly
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.vault import SegmentCipher
from tests.audio import sounds
from tests.audio.sounds import KEY, RATE_HZ
from tests.capture_damage import flip_bits, mutate, truncate_everywhere
from tests.children import DONE, in_child, without_disk

CHUNK = RATE_HZ // 4


def opened(folder: Path, recording: RecordingId, key: bytes = KEY) -> SoundReader:
    return SoundReader.open(folder, recording, key)


def all_of(reader: SoundReader) -> Samples:
    return reader.read(0, reader.frames)


# --- in and out ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 10 * CHUNK])
def test_what_is_written_is_read_again_bit_for_bit(tmp_path: Path, frames: int) -> None:
    samples = sounds.noise(3)[:frames]
    with opened(tmp_path, sounds.store(tmp_path, samples)) as reader:
        assert reader.frames == frames
        assert reader.state is SoundState.COMPLETE
        assert not reader.gaps
        assert np.array_equal(all_of(reader), samples)


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 44_100, 96_000, 192_000])
def test_every_rate_and_channel_is_kept(tmp_path: Path, rate_hz: int, channels: int) -> None:
    samples = sounds.noise(0.6, rate_hz=rate_hz, channels=channels)
    with opened(tmp_path, sounds.store(tmp_path, samples, rate_hz=rate_hz)) as reader:
        assert (reader.rate_hz, reader.channels, reader.duration_ms) == (rate_hz, channels, 600)
        assert np.array_equal(all_of(reader), samples)


def test_any_range_can_be_read(tmp_path: Path) -> None:
    samples = sounds.noise(3, channels=2)
    recording = sounds.store(tmp_path, samples[: 7 * CHUNK + 11])
    sounds.store(tmp_path, samples[7 * CHUNK + 11 :], segment=1, recording=recording)
    drawn = random.Random(3)
    with opened(tmp_path, recording) as reader:
        assert reader.seams == (7 * CHUNK + 11,)
        for _ in range(200):
            start, frames = drawn.randrange(-50, len(samples) + 50), drawn.randrange(0, 3 * CHUNK)
            expected = samples[max(0, start) :][: max(0, frames + min(0, start)) if start < 0 else frames]
            assert len(reader.read(max(0, start), frames)) == len(samples[max(0, start) :][:frames])
            if start >= 0:
                assert np.array_equal(reader.read(start, frames), expected)
        assert np.array_equal(np.concatenate(list(reader.blocks(999))), samples)


def test_mono_mixes_the_channels_and_resamples(tmp_path: Path) -> None:
    samples = sounds.tone(25, hz=300, rate_hz=44_100, channels=2)
    with opened(tmp_path, sounds.store(tmp_path, samples, rate_hz=44_100)) as reader:
        mono = reader.mono(16_000)
    assert mono.shape == (25 * 16_000,)
    assert mono.dtype == np.float32
    time = np.arange(len(mono)) / 16_000
    expected = (np.sin(2 * np.pi * 300 * time) + np.sin(2 * np.pi * 330 * time)) / 2 * 12_000 / 32_768
    assert np.corrcoef(mono, expected)[0, 1] > 0.9999
    assert np.abs(mono[800:-800] - expected[800:-800]).max() < 0.002


def test_nothing_on_disk_tells_what_was_said_or_that_it_is_sound(tmp_path: Path) -> None:
    recording = sounds.store(tmp_path, np.full((4 * CHUNK, 1), 0x4243, np.int16))
    content = sounds.segment_path(tmp_path, recording).read_bytes()
    for canary in (b"fLaC", b"RIFF", b"CBCBCBCB"):
        assert canary not in content


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    recording = sounds.store(tmp_path, sounds.noise(2))
    with opened(tmp_path, recording, bytes(32)) as reader:
        assert reader.state is SoundState.DAMAGED
        assert reader.frames == 0


def test_a_recording_without_segments_is_missing(tmp_path: Path) -> None:
    with pytest.raises(AudioMissing):
        opened(tmp_path, sounds.new_id())


def test_an_old_segment_is_never_written_again(tmp_path: Path) -> None:
    recording = sounds.store(tmp_path, sounds.noise(1))
    before = sounds.segment_path(tmp_path, recording).read_bytes()
    with pytest.raises(FileExistsError):
        SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1))
    assert sounds.segment_path(tmp_path, recording).read_bytes() == before


def test_no_two_segments_share_a_key(tmp_path: Path) -> None:
    same = sounds.noise(0.5)
    recording = sounds.store(tmp_path, same)
    sounds.store(tmp_path, same, segment=1, recording=recording)
    paths = segment_files(tmp_path, recording).values()
    first, second = (path.read_bytes()[container.HEADER_BYTES :] for path in paths)
    assert first[: container.CHUNK_HEADER_BYTES] == second[: container.CHUNK_HEADER_BYTES]
    assert first[container.CHUNK_HEADER_BYTES :] != second[container.CHUNK_HEADER_BYTES :]


# --- crashes ---------------------------------------------------------------------------------------------------------


def test_a_recording_in_progress_holds_every_whole_chunk(tmp_path: Path) -> None:
    samples, recording = sounds.noise(2), sounds.new_id()
    writer = SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1))
    writer.append(samples[: 5 * CHUNK + 100])
    assert writer.frames == 5 * CHUNK
    assert is_being_written(tmp_path, recording)
    with opened(tmp_path, recording) as reader:
        assert reader.state is SoundState.INTERRUPTED
        assert np.array_equal(all_of(reader), samples[: 5 * CHUNK])
    writer.abandon()
    assert not is_being_written(tmp_path, recording)


def test_truncation_at_every_offset_is_interrupted_and_keeps_every_whole_chunk(tmp_path: Path) -> None:
    outcome = truncate_everywhere(tmp_path, 0.8, rate_hz=200)
    assert outcome.faults == []
    assert outcome.tried > 500


def test_zeros_after_a_power_cut_are_no_damage(tmp_path: Path) -> None:
    recording = sounds.store(tmp_path, sounds.noise(1))
    path = sounds.segment_path(tmp_path, recording)
    with opened(tmp_path, recording) as reader:
        last = reader._segments[0].chunks[max(reader._segments[0].chunks)]
    path.write_bytes(path.read_bytes()[: last.offset] + bytes(4_096))
    with opened(tmp_path, recording) as reader:
        assert reader.state is SoundState.INTERRUPTED
        assert reader.frames == last.index * CHUNK


def test_a_segment_that_died_over_its_header_costs_nothing(tmp_path: Path) -> None:
    recording = sounds.store(tmp_path, sounds.noise(1))
    sounds.segment_path(tmp_path, recording, 1).write_bytes(b"CUBB")
    with opened(tmp_path, recording) as reader:
        assert reader.frames == RATE_HZ
        assert reader.state is not SoundState.DAMAGED


def test_a_missing_segment_in_between_is_told(tmp_path: Path) -> None:
    recording = sounds.store(tmp_path, sounds.noise(1))
    sounds.store(tmp_path, sounds.noise(1, seed=2), segment=2, recording=recording)
    with opened(tmp_path, recording) as reader:
        assert reader.state is SoundState.DAMAGED


def test_full_disk_ends_in_a_sentence_and_keeps_what_was_written(tmp_path: Path) -> None:
    samples = sounds.noise(30)
    for room in (2_000, 30_000, 100_003):
        recording = sounds.new_id()

        def record(recording: RecordingId = recording) -> None:
            writer = SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1))
            try:
                writer.append(samples)
            finally:
                writer.finish()

        assert in_child(record, without_disk(room)) == "DiskFull"
        with opened(tmp_path, recording) as reader:
            assert reader.state is not SoundState.DAMAGED
            assert np.array_equal(all_of(reader), samples[: reader.frames])
            assert reader.frames >= (room // 5_000 - 1) * CHUNK


def test_a_writer_that_dies_lets_go_of_its_segment(tmp_path: Path) -> None:
    recording = sounds.new_id()

    def die() -> None:
        SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1)).append(sounds.noise(1))

    assert in_child(die) == DONE
    assert not is_being_written(tmp_path, recording)
    with opened(tmp_path, recording) as reader:
        assert (reader.frames, reader.state) == (RATE_HZ, SoundState.INTERRUPTED)


# --- damage ----------------------------------------------------------------------------------------------------------


def test_one_wrong_bit_costs_at_most_one_chunk_and_moves_nothing(tmp_path: Path) -> None:
    outcome = flip_bits(tmp_path, 400)
    assert outcome.faults == []
    assert outcome.chunks_lost > 300


def test_every_bit_of_header_and_first_chunk_header_can_be_wrong(tmp_path: Path) -> None:
    samples = sounds.noise(1)
    recording = sounds.store(tmp_path, samples)
    path = sounds.segment_path(tmp_path, recording)
    whole = path.read_bytes()
    for bit in range(8 * (container.HEADER_BYTES + container.CHUNK_HEADER_BYTES)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with opened(tmp_path, recording) as reader:
            assert reader.state is SoundState.DAMAGED, bit
            lost = CHUNK if bit >= 8 * container.HEADER_BYTES else 0
            assert np.array_equal(all_of(reader)[lost:], samples[lost:])
            assert reader.gaps == ((SoundGap(0, CHUNK, GapCause.DAMAGED),) if lost else ())


def test_mutated_segments_never_give_wrong_sound(tmp_path: Path) -> None:
    assert mutate(tmp_path, 300).faults == []


def chunk_bytes(path: Path, folder: Path, recording: RecordingId) -> tuple[bytes, list[bytes]]:
    whole = path.read_bytes()
    with opened(folder, recording) as reader:
        found = [whole[chunk.offset : chunk.end] for chunk in reader._segments[0].chunks.values()]
    return whole[: container.HEADER_BYTES], found


def test_moved_doubled_dropped_and_foreign_chunks_are_told_and_put_in_their_place(tmp_path: Path) -> None:
    samples = sounds.noise(1.6)
    recording = sounds.store(tmp_path, samples)
    path = sounds.segment_path(tmp_path, recording)
    front, each = chunk_bytes(path, tmp_path, recording)
    _, foreign = chunk_bytes(
        sounds.segment_path(tmp_path, other := sounds.store(tmp_path, sounds.noise(1.6, seed=9))), tmp_path, other
    )
    swapped = [each[0], each[2], each[1], *each[3:]]
    doubled = [*each[:2], each[1], *each[2:]]
    spliced = [*each[:2], foreign[2], *each[3:]]
    dropped = [*each[:2], *each[3:]]
    ended = [*each, each[1]]
    for pieces, lost in ((swapped, None), (doubled, None), (ended, None), (spliced, 2), (dropped, 2)):
        path.write_bytes(front + b"".join(pieces))
        expected = samples.copy()
        if lost is not None:
            expected[lost * CHUNK : (lost + 1) * CHUNK] = 0
        with opened(tmp_path, recording) as reader:
            assert reader.state is SoundState.DAMAGED
            assert np.array_equal(all_of(reader), expected)
            assert [gap.start_frame for gap in reader.gaps] == ([] if lost is None else [lost * CHUNK])


def test_a_missing_last_chunk_is_interrupted(tmp_path: Path) -> None:
    recording = sounds.store(tmp_path, sounds.noise(1.1))
    path = sounds.segment_path(tmp_path, recording)
    front, each = chunk_bytes(path, tmp_path, recording)
    path.write_bytes(front + b"".join(each[:-1]))
    with opened(tmp_path, recording) as reader:
        assert (reader.state, reader.frames) == (SoundState.INTERRUPTED, 4 * CHUNK)


def test_a_segment_of_another_recording_is_not_taken_for_this_one(tmp_path: Path) -> None:
    one, other = (sounds.store(tmp_path, sounds.noise(1, seed=seed)) for seed in (1, 2))
    shutil.copy(sounds.segment_path(tmp_path, other), sounds.segment_path(tmp_path, one))
    with pytest.raises(AudioMissing):
        opened(tmp_path, one)


def test_lost_sound_is_flagged_where_it_was_lost(tmp_path: Path) -> None:
    recording = sounds.new_id()
    with SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1)) as writer:
        writer.append(sounds.noise(0.3))
        writer.append(np.zeros((CHUNK, 1), np.int16), ChunkFlags.LOST | ChunkFlags.OVERFLOW)
        writer.append(sounds.noise(1))
    with opened(tmp_path, recording) as reader:
        assert reader.state is SoundState.COMPLETE
        assert reader.gaps == (SoundGap(CHUNK, 2 * CHUNK, GapCause.LOST),)


# --- forgetting ------------------------------------------------------------------------------------------------------


def test_erasing_leaves_nothing_behind(tmp_path: Path) -> None:
    recording = sounds.store(tmp_path, sounds.noise(1))
    sounds.store(tmp_path, sounds.noise(1), segment=1, recording=recording)
    assert erase(tmp_path, recording)
    assert list(tmp_path.iterdir()) == []
    assert erase(tmp_path, recording)


def test_erasing_one_recording_leaves_its_neighbour(tmp_path: Path) -> None:
    one = sounds.new_id()
    other = RecordingId(one[:2] + sounds.new_id()[2:])
    for recording in (one, other):
        sounds.store(tmp_path, sounds.noise(0.3), recording=recording)
    assert erase(tmp_path, one)
    assert recording_folder(tmp_path, other).is_dir()


# --- faults of the disk and of the file, one by one ------------------------------------------------------------------


def refusing(code: int) -> Callable[..., Any]:
    """A call of `os` that fails."""

    def act(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    return act


@pytest.mark.parametrize(
    ("code", "expected"), [(errno.ENOSPC, DiskFull), (errno.EROFS, FolderReadOnly), (errno.EIO, OSError)]
)
def test_a_segment_that_cannot_begin_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, expected: type[Exception]
) -> None:
    recording = sounds.new_id()
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refusing(code))
        with pytest.raises(expected):
            SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1))
    assert not segment_files(tmp_path, recording)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        SegmentWriter.create(tmp_path / "file", recording, 0, KEY, SoundFormat(RATE_HZ, 1))


@pytest.mark.parametrize(("call", "frames"), [("write", 2 * CHUNK), ("fdatasync", 3 * CHUNK)])
@pytest.mark.parametrize("with_rest", [False, True])
def test_what_the_disk_refused_can_be_finished_when_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, frames: int, with_rest: bool
) -> None:
    recording, samples = sounds.new_id(), sounds.noise(2)
    writer = SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1))
    writer.append(samples[: 2 * CHUNK])
    with monkeypatch.context() as patched:
        patched.setattr(os, call, refusing(errno.ENOSPC))
        with pytest.raises(DiskFull):
            writer.append(samples[2 * CHUNK : 3 * CHUNK])
    assert writer.failed
    kept = 3 * CHUNK if with_rest else frames
    assert writer.finish(with_rest=with_rest) == kept
    with opened(tmp_path, recording) as reader:
        assert reader.state is SoundState.COMPLETE
        assert np.array_equal(all_of(reader), samples[:kept])


def test_a_fault_that_is_no_known_one_is_raised_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for call in ("write", "fdatasync"):
        recording = sounds.new_id()
        writer = SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1))
        with monkeypatch.context() as patched:
            patched.setattr(os, call, refusing(errno.EIO))
            with pytest.raises(OSError, match="Input/output"), writer:
                writer.append(sounds.noise(1))
        assert not is_being_written(tmp_path, recording)


def test_a_writer_may_be_closed_before_its_block_ends(tmp_path: Path) -> None:
    recording = sounds.new_id()
    with SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1)) as writer:
        assert writer.frames_per_chunk == CHUNK
        writer.append(sounds.noise(0.4))
        writer.drop_waiting(50)
        writer.mark(ChunkFlags.OVERFLOW)
        assert writer.finish() == round(0.4 * RATE_HZ) - 50
    writer.abandon()
    with opened(tmp_path, recording) as reader:
        assert reader._segments[0].chunks[1].flags is ChunkFlags.OVERFLOW


def test_an_import_is_written_in_large_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_GATHERED_BYTES", 5_000)
    monkeypatch.setattr(chunks, "_SYNCED_BYTES", 9_000)
    recording, samples = sounds.new_id(), sounds.noise(5)
    with SegmentWriter.create(tmp_path, recording, 0, KEY, SoundFormat(RATE_HZ, 1), sync_each_chunk=False) as writer:
        writer.append(samples)
    with opened(tmp_path, recording) as reader:
        assert np.array_equal(all_of(reader), samples)


def test_a_segment_of_another_rate_is_told(tmp_path: Path) -> None:
    recording = sounds.store(tmp_path, sounds.noise(1))
    sounds.store(tmp_path, sounds.noise(1), rate_hz=2 * RATE_HZ, segment=1, recording=recording)
    with opened(tmp_path, recording) as reader:
        assert (reader.state, reader.frames) == (SoundState.DAMAGED, RATE_HZ)


def test_a_header_of_a_kind_that_is_not_known_is_not_read(tmp_path: Path) -> None:
    recording = sounds.store(tmp_path, sounds.noise(1))
    path = sounds.segment_path(tmp_path, recording)
    whole = path.read_bytes()
    for place, value in ((8, 2), (10, 9), (11, 7), (64, 0), (68, 0)):  # version, cipher, codec, rate, channels
        body = bytearray(whole[: container.HEADER_BYTES - 4])
        body[place : place + (4 if place == 64 else 1)] = value.to_bytes(4 if place == 64 else 1, "little")
        path.write_bytes(bytes(body) + struct.pack("<I", zlib.crc32(body)) + whole[container.HEADER_BYTES :])
        with pytest.raises(AudioMissing):
            opened(tmp_path, recording)


def test_a_file_that_shrinks_while_it_is_read_gives_silence(tmp_path: Path) -> None:
    samples = sounds.noise(1)
    recording = sounds.store(tmp_path, samples)
    with opened(tmp_path, recording) as reader:
        os.truncate(sounds.segment_path(tmp_path, recording), container.HEADER_BYTES + 100)
        assert not all_of(reader).any()
        assert reader.state is SoundState.DAMAGED


def test_a_file_that_is_read_in_drops_is_read_whole(tmp_path: Path) -> None:
    samples = sounds.noise(1)
    recording = sounds.store(tmp_path, samples)
    with opened(tmp_path, recording) as reader:
        reader._segments[0]._file = Dripping(reader._segments[0]._file)  # type: ignore[assignment]
        assert reader.state is SoundState.COMPLETE
        assert np.array_equal(all_of(reader), samples)


class Dripping:
    """A file on a system that gives at most 1,000 bytes at a time."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self.seek, self.close = file.seek, file.close

    def read(self, length: int) -> bytes:
        return self._file.read(min(length, 1_000)) or b""


def test_a_key_that_sealed_something_else_than_sound_gives_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = sounds.store(tmp_path, sounds.noise(1))
    with opened(tmp_path, recording) as reader, monkeypatch.context() as patched:
        patched.setattr(SegmentCipher, "open", lambda *_: b"no FLAC at all")
        assert not all_of(reader).any()


# --- the reserve -----------------------------------------------------------------------------------------------------


def test_a_reserve_takes_no_room_where_there_is_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = sounds.new_id()
    reserve = Reserve(tmp_path, recording)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3 * RESERVE_BYTES))
        reserve.fill()
    assert not reserve.spend()
    reserve.fill()
    assert reserve.spend()
    assert is_being_written(tmp_path, recording)
    reserve.release()
    assert not reserve.spend()  # there is nothing any more
    assert not list(recording_folder(tmp_path, recording).iterdir())


@pytest.mark.parametrize(("code", "expected"), [(errno.ENOSPC, DiskFull), (errno.EIO, OSError)])
def test_a_reserve_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, expected: type[Exception]
) -> None:
    monkeypatch.setattr(os, "open", refusing(code))
    with pytest.raises(expected):
        Reserve(tmp_path, sounds.new_id())
