"""A recording's marks on disk: journalled while it is recorded, and sealed like its sound.

A sealed file (see `sealed_files`) whose entries are one mark each, as JSON; an empty last one closes it. A mark is
appended and is on disk when that returns. What rewords, forgets or drops marks writes the file anew under another salt
and puts it in the place of the old one, so that the old words are gone and no nonce is used twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from cubb_desktop.audio.chunks import recording_folder
from cubb_desktop.audio.sealed_files import SEALED_SUFFIX, Sealing, open_entries, put_file, write_all
from cubb_desktop.domain.errors import CubbError, from_os_error
from cubb_desktop.domain.ids import MarkId, RecordingId
from cubb_desktop.domain.recording import Mark, MarkKind
from cubb_desktop.vault import sync_folder

MARKS = "marks" + SEALED_SUFFIX
_MAGIC = b"CUBBMRK1"


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
