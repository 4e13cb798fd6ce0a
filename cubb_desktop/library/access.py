"""What the aggregates work through: a consistent view of the library, and a change in the making."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import sqlalchemy as sa

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.ids import RecordingId

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time, aware and in UTC."""
    return datetime.now(UTC)


class Reading:
    """One snapshot of the library; everything read through it belongs together."""

    def __init__(self, connection: sa.Connection, clock: Clock = utc_now) -> None:
        self.connection = connection
        self._clock = clock

    def now(self) -> datetime:
        return self._clock()


class Change(Reading):
    """One transaction under way: who acts, and what has been touched so far."""

    def __init__(self, connection: sa.Connection, clock: Clock, actor: str) -> None:
        super().__init__(connection, clock)
        self.actor = actor
        self.object_id: str | None = None
        self.outcome = "done"  # how it went, in the audit log: a code, never a text
        self.forgets = False  # something a person asked to forget was removed: older copies of the database must go too
        self.changes = Changes()

    def touched(
        self,
        *,
        consents: bool = False,
        recordings: Iterable[RecordingId] = (),
        transcripts: Iterable[RecordingId] = (),
        jobs: bool = False,
        annotations: Iterable[RecordingId] = (),
        excerpts: bool = False,
        slots: bool = False,
        concepts: bool = False,
        exports: bool = False,
        collections: bool = False,
    ) -> None:
        """Note what this change has touched; see `Changes`."""
        self.changes |= Changes(
            consents=consents,
            recordings=frozenset(recordings),
            transcripts=frozenset(transcripts),
            jobs=jobs,
            annotations=frozenset(annotations),
            excerpts=excerpts,
            slots=slots,
            concepts=concepts,
            exports=exports,
            collections=collections,
        )
