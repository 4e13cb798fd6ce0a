"""Where the chunks of a recording's closed segments lie, so that hours of sound open without a look at each of them.

It is written when a recording ends and can be lost without harm: a segment that does not end with the very seal that is
noted here is followed chunk by chunk, as after a crash. A chunk is still authenticated before it is heard.

    file     `index.cbm`, sealed (see `sealed_files`); one entry for each segment
    entry    segment u32 | frames of the last chunk u32 | chunks u32 | seal of the last chunk 16
             | sealed length u32 for each chunk | flags u8 for each chunk
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

from cubb_desktop.audio.container import TAG_BYTES, Trail
from cubb_desktop.audio.sealed_files import SEALED_SUFFIX, Sealing, open_entries, put_file
from cubb_desktop.domain.errors import CubbError, MarksDamaged
from cubb_desktop.domain.ids import RecordingId

INDEX = "index" + SEALED_SUFFIX
_MAGIC = b"CUBBIDX1"
_FRONT = struct.Struct(f"<III{TAG_BYTES}s")


def write_index(folder: Path, recording_id: RecordingId, key: bytes, trails: Iterable[Trail]) -> None:
    """Note where the chunks of closed segments lie; a disk that refuses only makes the next opening slower."""
    sealing = Sealing(_MAGIC, recording_id, key)
    entries = b"".join(sealing.entry(_packed(trail)) for trail in trails)
    if entries:
        with suppress(CubbError, OSError):
            put_file(folder / INDEX, sealing.header + entries)


def read_index(folder: Path, recording_id: RecordingId, key: bytes) -> dict[int, Trail]:
    """Return what is noted, by segment; nothing where there is no index or it is not whole."""
    try:
        entries = open_entries((folder / INDEX).read_bytes(), _MAGIC, recording_id, key)
    except (OSError, MarksDamaged):
        return {}
    return {trail.segment: trail for trail in map(_unpacked, entries)}


def _packed(trail: Trail) -> bytes:
    front = _FRONT.pack(trail.segment, trail.last_frames, len(trail.flags), trail.seal)
    return front + np.asarray(trail.sealed_bytes, "<u4").tobytes() + trail.flags


def _unpacked(entry: bytes) -> Trail:
    segment, last_frames, chunks, seal = _FRONT.unpack_from(entry)
    sealed_bytes = np.frombuffer(entry, "<u4", chunks, _FRONT.size)
    return Trail(segment, seal, last_frames, sealed_bytes.tolist(), entry[_FRONT.size + 4 * chunks :])
