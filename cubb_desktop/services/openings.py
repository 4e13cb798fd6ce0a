"""What the log says of looking and listening: one line per opening of a conversation, however often it is read from.

An opening goes on while the same conversation is the last one that was read from, at most half an hour ago.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from cubb_desktop.domain.errors import NotAllowed
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.library.session import Library

LASTS = timedelta(minutes=30)

OPENED, PLAYED, SEARCHED = "recording.opened", "recording.played", "transcripts.searched"
QUOTED = "recording.quoted"


class Openings:
    """What has been logged of the opening that is going on, and of the search; any thread may ask. Never stored."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recording_id: RecordingId | None = None
        self._logged: set[tuple[str, str]] = set()
        self._read_at: datetime | None = None
        self._query = ""
        self._searched_at: datetime | None = None
        self._quoted_at: dict[RecordingId, datetime] = {}

    @contextmanager
    def once(self, recording_id: RecordingId, line: tuple[str, str], now: datetime) -> Iterator[bool]:
        """Say whether `line` (action, outcome) is new in this opening; it counts as logged if the block ends well."""
        with self._lock:
            if recording_id != self._recording_id or not _goes_on(self._read_at, now):
                self._recording_id, self._logged = recording_id, set()
            self._read_at = now
            yield line not in self._logged
            self._logged.add(line)

    @contextmanager
    def search(self, query: str, now: datetime) -> Iterator[bool]:
        """Say whether a search is new: one that writes on, or takes back, the words of the last one is the same."""
        with self._lock:
            same = query.startswith(self._query) or self._query.startswith(query)
            yield not (same and _goes_on(self._searched_at, now))
            self._query, self._searched_at = query, now

    @contextmanager
    def quote(self, recording_id: RecordingId, now: datetime) -> Iterator[bool]:
        """Say whether it is new that a conversation is quoted; the book quotes many, each has its own half hour."""
        with self._lock:
            yield not _goes_on(self._quoted_at.get(recording_id), now)
            self._quoted_at[recording_id] = now


class Workspace(Protocol):
    """What is needed here of an open library; `workspace` itself holds an `Openings`."""

    library: Library
    openings: Openings
    actor: str
    clock: Callable[[], datetime]


def _goes_on(last: datetime | None, now: datetime) -> bool:
    return last is not None and last <= now <= last + LASTS


def opened(ws: Workspace, recording_id: RecordingId) -> None:
    """Log that a conversation is opened, unless this opening is logged; nothing is shown when that fails."""
    _log(ws, recording_id, OPENED, "done")


def played(ws: Workspace, recording_id: RecordingId) -> None:
    """Log that a conversation is listened to: the first time in an opening."""
    _log(ws, recording_id, PLAYED, "done")


def searched(ws: Workspace, query: str) -> None:
    """Log that somebody searches in what was said; never for which words. Writing on is the same search."""
    with ws.openings.search(query.strip().casefold(), ws.clock()) as new:
        if new:
            ws.library.note(ws.actor, SEARCHED)


def quoted(ws: Workspace, recording_id: RecordingId) -> None:
    """Log that words of a conversation are read outside it, in the concept book."""
    with ws.openings.quote(recording_id, ws.clock()) as new:
        if new:
            ws.library.note(ws.actor, QUOTED, recording_id)


@contextmanager
def refusals_logged(ws: Workspace, recording_id: RecordingId, action: str = OPENED) -> Iterator[None]:
    """Log it when the block is refused by an agreement; the refusal goes on to the caller."""
    try:
        yield
    except NotAllowed:
        _log(ws, recording_id, action, "refused")
        raise


def _log(ws: Workspace, recording_id: RecordingId, action: str, outcome: str) -> None:
    with ws.openings.once(recording_id, (action, outcome), ws.clock()) as new:
        if new:
            ws.library.note(ws.actor, action, recording_id, outcome)
