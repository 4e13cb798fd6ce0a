"""The index of chunks: hours open by it alone, and where it does not fit nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from cubb_desktop.audio.chunk_index import INDEX, read_index, write_index
from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat, SoundReader, SoundState, recording_folder
from cubb_desktop.audio.container import CHUNK_HEADER_BYTES, HEADER_BYTES, ChunkFlags, Segment
from cubb_desktop.domain.ids import RecordingId
from tests.audio import sounds
from tests.audio.sounds import KEY, RATE_HZ

SAMPLES = sounds.noise(2.6)


@pytest.fixture
def recording(tmp_path: Path) -> RecordingId:
    """Two segments with an index; the first holds a flagged chunk and ends within one."""
    recording_id, trails = sounds.new_id(), []
    for segment, part in enumerate(np.split(SAMPLES, [RATE_HZ + 100])):
        with SegmentWriter.create(tmp_path, recording_id, segment, KEY, SoundFormat(RATE_HZ, 1)) as writer:
            writer.append(part[:3_000])
            writer.append(part[3_000:], ChunkFlags.LOST)
        assert writer.trail is not None
        trails.append(writer.trail)
    write_index(recording_folder(tmp_path, recording_id), recording_id, KEY, trails)
    return recording_id


@contextmanager
def counting_scans() -> Iterator[mock.Mock]:
    with mock.patch.object(Segment, "_scan", autospec=True, side_effect=Segment._scan) as scan:
        yield scan


def index_of(folder: Path, recording: RecordingId) -> Path:
    return recording_folder(folder, recording) / INDEX


def test_with_an_index_no_chunk_is_looked_for(tmp_path: Path, recording: RecordingId) -> None:
    with counting_scans() as scan, SoundReader.open(tmp_path, recording, KEY) as reader:
        by_index = [segment.chunks for segment in reader._segments]
        assert np.array_equal(reader.read(0, reader.frames), SAMPLES)
        assert reader.state is SoundState.COMPLETE
    assert not scan.called
    index_of(tmp_path, recording).unlink()
    with counting_scans() as scan, SoundReader.open(tmp_path, recording, KEY) as reader:
        assert [segment.chunks for segment in reader._segments] == by_index
    assert scan.call_count == 2


@pytest.mark.parametrize("kind", ["torn", "flipped", "empty", "of another", "nonsense", "another key"])
def test_a_wrong_index_is_as_good_as_none(tmp_path: Path, recording: RecordingId, kind: str) -> None:
    path = index_of(tmp_path, recording)
    content = path.read_bytes()
    other = sounds.new_id()
    write_index(tmp_path, other, KEY, read_index(path.parent, recording, KEY).values())
    of_another = (tmp_path / INDEX).read_bytes()
    write_index(tmp_path, recording, bytes(32), read_index(path.parent, recording, KEY).values())
    wrong = {
        "torn": content[: HEADER_BYTES + CHUNK_HEADER_BYTES + 5],
        "flipped": content[:-40] + bytes([content[-40] ^ 1]) + content[-39:],
        "empty": b"",
        "of another": of_another,
        "nonsense": bytes(range(256)),
        "another key": (tmp_path / INDEX).read_bytes(),
    }
    path.write_bytes(wrong[kind])
    with SoundReader.open(tmp_path, recording, KEY) as reader:
        assert reader.state is SoundState.COMPLETE
        assert np.array_equal(reader.read(0, reader.frames), SAMPLES)


def test_a_segment_that_is_another_by_now_is_followed_chunk_by_chunk(tmp_path: Path, recording: RecordingId) -> None:
    path = sounds.segment_path(tmp_path, recording, 1)
    path.write_bytes(path.read_bytes()[:-1])
    with counting_scans() as scan, SoundReader.open(tmp_path, recording, KEY) as reader:
        assert reader.state is SoundState.INTERRUPTED
    assert scan.call_count == 1


@pytest.mark.parametrize("place", [HEADER_BYTES + 8, HEADER_BYTES + CHUNK_HEADER_BYTES + 8], ids=["front", "sound"])
def test_what_is_damaged_under_an_index_is_silence_and_told_of(
    tmp_path: Path, recording: RecordingId, place: int
) -> None:
    path = sounds.segment_path(tmp_path, recording)
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)
    size = RATE_HZ // 4
    with SoundReader.open(tmp_path, recording, KEY) as reader:
        heard = reader.read(0, reader.frames)
        assert reader.state is SoundState.DAMAGED
        assert next((gap.start_frame, gap.frames) for gap in reader.gaps) == (0, size)
    assert not heard[:size].any()
    assert np.array_equal(heard[size:], SAMPLES[size:])


def test_a_disk_that_refuses_the_index_costs_nothing_else(tmp_path: Path, recording: RecordingId) -> None:
    trails = read_index(recording_folder(tmp_path, recording), recording, KEY).values()
    write_index(tmp_path / "no such folder", recording, KEY, trails)
    assert not (tmp_path / "no such folder").exists()


def test_a_writer_that_was_not_closed_has_no_trail(tmp_path: Path) -> None:
    writer = SegmentWriter.create(tmp_path, sounds.new_id(), 0, KEY, SoundFormat(RATE_HZ, 1))
    writer.append(sounds.noise(1))
    assert writer.trail is None
    writer.abandon()


def test_without_a_closed_segment_no_index_is_written(tmp_path: Path, recording: RecordingId) -> None:
    place = index_of(tmp_path, recording)
    place.unlink()
    write_index(place.parent, recording, KEY, [])
    assert not place.exists()
