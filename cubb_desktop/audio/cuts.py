"""Forgetting the end of a recording that is still running: exactly to the frame, and safe against every crash.

What is to be done is first written down, sealed, in a file of its own (`cut.cbm`): where the last kept segment ends,
the very bytes that end it there, and which segments go. Only then is it done, and whoever finds that file does it again
(`complete_cuts`), with the same result.

The segment that the cut falls into is cut off at a chunk and ended with a last chunk that holds the rest. A nonce is
an index and whether it is the last, so that is safe unless that very chunk was the last one already. Then the chunk
before it becomes the last, and the rest goes into a small segment of its own; a segment's end only ever moves forward
to chunks that have not been the last.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from cubb_desktop.audio.chunks import RESERVE, SUFFIX, SoundReader, recording_folder, segment_files
from cubb_desktop.audio.container import Header, Segment, sealed_segment
from cubb_desktop.audio.journal import keep_marks_before
from cubb_desktop.audio.sealed_files import FRESH, SEALED_SUFFIX, Sealing, open_entries, put_file, write_all
from cubb_desktop.domain.errors import AudioMissing, MarksDamaged, from_os_error
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.vault import sync_folder

INTENT = "cut" + SEALED_SUFFIX
_MAGIC = b"CUBBCUT1"


@dataclass(frozen=True, slots=True)
class _Cut:
    """What is to be done: keep the segments up to `last_kept`, end one of them earlier, put a small one after it."""

    last_kept: int
    end_ms: int
    ended: int | None = None
    offset: int = 0
    end: bytes = b""
    put: int | None = None
    content: bytes = b""

    def pack(self) -> bytes:
        return json.dumps(asdict(self) | {"end": self.end.hex(), "content": self.content.hex()}).encode()

    @classmethod
    def parse(cls, entry: bytes) -> Self:
        said = json.loads(entry)
        return cls(**said | {"end": bytes.fromhex(said["end"]), "content": bytes.fromhex(said["content"])})


def intend_cut(audio_folder: Path, recording_id: RecordingId, key: bytes, keep_frames: int) -> None:
    """Write down that all sound after the first `keep_frames` frames shall go, and the marks in it.

    When this returns nothing can keep them; `do_cut` takes them away. A segment may still be open to be written, but
    nothing more may be written to it. Raises `DiskFull` or `FolderReadOnly`: then nothing has changed.
    """
    try:
        with SoundReader.open(audio_folder, recording_id, key) as reader:
            if keep_frames >= reader.frames:
                return
            end_ms = keep_frames * 1000 // reader.rate_hz
            planned = _planned(*reader.place(keep_frames), key, end_ms)
    except AudioMissing:
        return
    sealing = Sealing(_MAGIC, recording_id, key)
    content = sealing.header + sealing.entry(planned.pack())
    put_file(recording_folder(audio_folder, recording_id) / INTENT, content)


def do_cut(audio_folder: Path, recording_id: RecordingId, key: bytes) -> bool:
    """Do what is written down; return whether there was something. Nobody may have a segment or the marks open.

    Raises `DiskFull`, `FolderReadOnly`: the next call goes on.
    """
    folder = recording_folder(audio_folder, recording_id)
    try:
        intent = open_entries((folder / INTENT).read_bytes(), _MAGIC, recording_id, key)
    except (FileNotFoundError, MarksDamaged):
        return False
    try:
        for entry in intent:
            _do(audio_folder, recording_id, key, _Cut.parse(entry))
        (folder / INTENT).unlink()
        sync_folder(folder)
    except OSError as error:
        raise from_os_error(error) or error from None
    return True


def complete_cuts(audio_folder: Path, recording_id: RecordingId, key: bytes) -> bool:
    """Do what a crash left of a cut and take away what else it left beside the sound; return whether there was a cut.

    For a recording that nobody is writing. Raises `DiskFull`, `FolderReadOnly`: the next call goes on.
    """
    folder = recording_folder(audio_folder, recording_id)
    try:
        for stray in [*folder.glob(f"*{FRESH}"), *folder.glob(RESERVE)]:
            stray.unlink()
    except OSError as error:
        raise from_os_error(error) or error from None
    return do_cut(audio_folder, recording_id, key)


def _planned(segment: Segment, frames: int, key: bytes, end_ms: int) -> _Cut:
    """Return how to keep only the first `frames` frames, fewer than there are, of a segment and what is before it."""
    header = segment.header
    number = header.segment
    if not frames:
        return _Cut(number - 1, end_ms)
    index, rest = divmod(frames, header.frames_per_chunk)
    final = segment.chunks[max(segment.chunks)]
    if not (final.last and final.index == index):
        return _Cut(number, end_ms, number, *segment.shortened(index, rest))
    tail = number + 1 if index else number
    put, content = (tail, _small(header, tail, segment, index, rest, key)) if rest else (None, b"")
    kept = tail if rest else number
    if not index:
        return _Cut(kept, end_ms, put=put, content=content)
    ended = segment.shortened(index - 1, header.frames_per_chunk)
    return _Cut(kept, end_ms, number, *ended, put, content)


def _small(like: Header, number: int, segment: Segment, index: int, frames: int, key: bytes) -> bytes:
    """Return a whole segment that holds the first frames of another's chunk."""
    header = Header(like.recording_id, number, secrets.token_bytes(32), like.format, like.frames_per_chunk)
    return sealed_segment(header, key, *segment.first_frames(index, frames))


def _do(audio_folder: Path, recording_id: RecordingId, key: bytes, planned: _Cut) -> None:
    folder = recording_folder(audio_folder, recording_id)
    for number, path in segment_files(audio_folder, recording_id).items():
        if number > planned.last_kept:
            path.unlink()
    if planned.ended is not None:
        _end(folder / f"{planned.ended:06d}{SUFFIX}", planned.offset, planned.end)
    if planned.put is not None:
        put_file(folder / f"{planned.put:06d}{SUFFIX}", planned.content)
    with suppress(MarksDamaged):  # those stay as they are: nobody can read them anyway
        keep_marks_before(audio_folder, recording_id, key, planned.end_ms)
    sync_folder(folder)


def _end(path: Path, offset: int, end: bytes) -> None:
    """Let a segment end with these bytes."""
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        write_all(descriptor, end)
        os.ftruncate(descriptor, offset + len(end))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
