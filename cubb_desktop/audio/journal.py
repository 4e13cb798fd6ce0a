"""A recording's marks on disk: journalled while it is recorded, and sealed like its sound.

    file     header (80 bytes), entries
    header   "CUBBMRK1" | version u16 | cipher u8 | 0 | recording 16 | salt 32 | 16 zeros | crc32
    entry    as a chunk of `container` without frames; sealed bytes: one mark as JSON; an empty last one closes the file

A mark is appended and is on disk when that returns. What rewords, forgets or drops marks writes the file anew under
another salt and puts it in the place of the old one, so that the old words are gone and no nonce is used twice. Files
come into being whole: only the end of one can be torn, and what is wrong elsewhere was done to it.
"""

from __future__ import annotations

import json
import os
import secrets
import struct
import uuid
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from cubb_desktop.audio.chunks import recording_folder
from cubb_desktop.audio.container import (
    CHACHA20_POLY1305,
    CHUNK_HEADER_BYTES,
    SYNC,
    TAG_BYTES,
    VERSION,
    ChunkFlags,
    pack_chunk,
    parse_chunk,
)
from cubb_desktop.domain.errors import CubbError, MarksDamaged, from_os_error
from cubb_desktop.domain.ids import MarkId, RecordingId
from cubb_desktop.domain.recording import Mark, MarkKind
from cubb_desktop.vault import SealBroken, SegmentCipher, sync_folder

MARKS = "marks.cbm"
FRESH = ".new"  # ends the name of a file that is not in its place yet
_MAGIC = b"CUBBMRK1"
_HEADER = struct.Struct("<8sHBx16s32s16xI")
HEADER_BYTES = _HEADER.size


# --- sealed files ----------------------------------------------------------------------------------------------------


class Sealing:
    """The header of one sealed file, and the seal of its entries."""

    def __init__(self, magic: bytes, recording_id: RecordingId, key: bytes) -> None:
        """Begin a file under a salt of its own."""
        salt = secrets.token_bytes(32)
        body = _HEADER.pack(magic, VERSION, CHACHA20_POLY1305, uuid.UUID(recording_id).bytes, salt, 0)[:-4]
        self.header = body + struct.pack("<I", zlib.crc32(body))
        self._cipher = SegmentCipher(key, salt, self.header)
        self._index = 0

    def entry(self, content: bytes, *, last: bool = False) -> bytes:
        """Return the next entry's bytes."""
        front = pack_chunk(self._index, 0, len(content), last=last, flags=ChunkFlags.NONE)
        sealed = self._cipher.seal(self._index, last, content, front)
        self._index += 1
        return front + sealed


def open_entries(untrusted: bytes, magic: bytes, recording_id: RecordingId, key: bytes) -> list[bytes]:
    """Return what a sealed file's entries hold, without a torn end; raises `MarksDamaged` for all else."""
    header = untrusted[:HEADER_BYTES]
    cipher = SegmentCipher(key, _salt(header, magic, recording_id), header)
    found: list[bytes] = []
    offset = HEADER_BYTES
    while offset < len(untrusted):
        entry = _entry_at(untrusted, offset, cipher)
        if entry is None:
            if any(_entry_at(untrusted, place, cipher) for place in _syncs(untrusted, offset + 1)):
                raise MarksDamaged
            break
        index, last, content = entry
        offset += CHUNK_HEADER_BYTES + len(content) + TAG_BYTES
        if index != len(found) or (last and offset < len(untrusted)):
            raise MarksDamaged
        if not last:
            found.append(content)
    if not found:
        raise MarksDamaged  # no file begins without an entry
    return found


def put_file(path: Path, content: bytes) -> None:
    """Put a file in the place of what has its name; it is there whole, and on disk, or not at all.

    Raises `DiskFull`, `FolderReadOnly`, or the `OSError` it is.
    """
    fresh = path.with_suffix(FRESH)
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        try:
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(fresh, path)  # noqa: PTH105 - the calls that matter here are all of `os`
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise from_os_error(error) or error from None


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte, however many calls it takes."""
    place = 0
    while place < len(content):
        place += os.write(descriptor, memoryview(content)[place:])


def _salt(untrusted: bytes, magic: bytes, recording_id: RecordingId) -> bytes:
    if len(untrusted) != HEADER_BYTES or struct.pack("<I", zlib.crc32(untrusted[:-4])) != untrusted[-4:]:
        raise MarksDamaged
    *fixed, salt, _ = _HEADER.unpack(untrusted)
    if fixed != [magic, VERSION, CHACHA20_POLY1305, uuid.UUID(recording_id).bytes]:
        raise MarksDamaged
    return bytes(salt)


def _entry_at(untrusted: bytes, offset: int, cipher: SegmentCipher) -> tuple[int, bool, bytes] | None:
    """Return index, last and content of an entry that authenticates."""
    front = untrusted[offset : offset + CHUNK_HEADER_BYTES]
    chunk = parse_chunk(front, offset)
    if chunk is None:
        return None
    try:
        content = cipher.open(chunk.index, chunk.last, untrusted[offset + CHUNK_HEADER_BYTES : chunk.end], front)
    except SealBroken:
        return None
    return chunk.index, chunk.last, content


def _syncs(untrusted: bytes, offset: int) -> Iterable[int]:
    while (offset := untrusted.find(SYNC, offset)) >= 0:
        yield offset
        offset += 1


# --- marks -----------------------------------------------------------------------------------------------------------


def read_marks(audio_folder: Path, recording_id: RecordingId, key: bytes) -> list[Mark]:
    """Return a recording's marks in order of time; none where there is no journal.

    A torn end is what a crash leaves, and is left out; raises `MarksDamaged` when the journal was tampered with.
    """
    try:
        content = (recording_folder(audio_folder, recording_id) / MARKS).read_bytes()
    except FileNotFoundError:
        return []
    marks = [_unpacked(entry) for entry in open_entries(content, _MAGIC, recording_id, key)]
    return sorted(marks, key=lambda mark: mark.at_ms)


def keep_marks_before(audio_folder: Path, recording_id: RecordingId, key: bytes, end_ms: int) -> None:
    """Drop the marks from `end_ms` on, in a journal that nobody has open; nothing is left of their words."""
    marks = read_marks(audio_folder, recording_id, key)
    kept = [mark for mark in marks if mark.at_ms < end_ms]
    if len(kept) == len(marks):
        return
    journal = MarkJournal(audio_folder, recording_id, key, kept)
    journal.rewrite()
    journal.close()


class MarkJournal:
    """The journal of a recording that is running; for one thread. Faults of the disk are raised as their `CubbError`.

    After a fault the marks are as they were before the call.
    """

    def __init__(self, audio_folder: Path, recording_id: RecordingId, key: bytes, marks: Iterable[Mark] = ()) -> None:
        """`marks` are those that are there already; the file is first touched when one is changed."""
        self._path = recording_folder(audio_folder, recording_id) / MARKS
        self._recording_id = recording_id
        self._key = key
        self._marks = {mark.id: mark for mark in marks}
        self._sealing: Sealing | None = None
        self._descriptor = -1

    def add(self, mark: Mark) -> None:
        """Keep a mark; it is on disk when this returns."""
        self._marks[mark.id] = mark
        try:
            if self._sealing is None:
                self.rewrite()
            else:
                self._append(self._sealing.entry(_packed(mark)))
        except (CubbError, OSError):
            del self._marks[mark.id]
            raise

    def reword(self, mark_id: MarkId, text: str) -> None:
        """Give a mark another text; one that is not there does not mind."""
        known = self._marks.get(mark_id)
        if known is not None:
            self._change({**self._marks, mark_id: replace(known, text=text)})

    def forget(self, mark_id: MarkId) -> None:
        """Drop a mark; one that is not there does not mind."""
        self._change({other: mark for other, mark in self._marks.items() if other != mark_id})

    def cut(self, end_ms: int) -> None:
        """Drop the marks from `end_ms` on."""
        self._change({mark_id: mark for mark_id, mark in self._marks.items() if mark.at_ms < end_ms})

    def rewrite(self) -> None:
        """Write the whole journal anew; without marks there is none."""
        self.abandon()
        if not self._marks:
            with suppress(FileNotFoundError):
                self._path.unlink()
                sync_folder(self._path.parent)
            return
        sealing = Sealing(_MAGIC, self._recording_id, self._key)
        put_file(self._path, sealing.header + b"".join(sealing.entry(_packed(mark)) for mark in self._marks.values()))
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._descriptor, self._sealing = os.open(self._path, flags), sealing

    def close(self) -> None:
        """Say that nothing more will come, so that a missing end is noticed, and let go of the file."""
        try:
            if self._sealing is not None:
                self._append(self._sealing.entry(b"", last=True))
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the file as it is; the next change writes it anew."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._sealing = -1, None

    def _change(self, marks: dict[MarkId, Mark]) -> None:
        if marks == self._marks:
            return
        before, self._marks = self._marks, marks
        try:
            self.rewrite()
        except (CubbError, OSError):
            self._marks = before
            raise

    def _append(self, entry: bytes) -> None:
        try:
            write_all(self._descriptor, entry)
            getattr(os, "fdatasync", os.fsync)(self._descriptor)
        except OSError as error:
            self.abandon()  # what is torn is never written after
            raise from_os_error(error) or error from None


def _packed(mark: Mark) -> bytes:
    return json.dumps(asdict(mark), sort_keys=True).encode()


def _unpacked(entry: bytes) -> Mark:
    said = json.loads(entry)
    return Mark(MarkId(said["id"]), MarkKind(said["kind"]), said["at_ms"], said["text"], said["author"])
