"""One open library: changes (a transaction with its line in the audit log), readings, what other processes changed."""

from __future__ import annotations

import platform
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from cubb_desktop.domain.errors import AuditBroken, CubbError, LibraryBusy, LibraryExists
from cubb_desktop.library import audit, checks, cipher, migrate
from cubb_desktop.library.access import Change, Clock, Reading, utc_now
from cubb_desktop.library.audit import START, Fault, Head, Verdict
from cubb_desktop.library.checks import Problem
from cubb_desktop.library.heads import Heads

DATABASE = "library.db"
HEAD_EVERY = 100  # lines of the audit log


class Library:
    """The open database of a library; any thread may use it, and other processes may have it open at the same time."""

    def __init__(self, folder: Path, engine: sa.Engine, audit_key: bytes, clock: Clock = utc_now) -> None:
        """Use `create` or `open`."""
        self.folder = folder
        self._engine = engine
        self._audit_key = audit_key
        self._clock = clock
        self._device = platform.node()
        self._writing = threading.Lock()
        self._writer: int | None = None
        self._watching = threading.Lock()
        self._watcher: sa.Connection | None = None
        self._heads: Heads | None = None
        self._head: Head | None = None  # of the newest line of this process, until it is kept outside

    @classmethod
    def create(cls, folder: Path, key: bytes, salt: bytes, audit_key: bytes, *, clock: Clock = utc_now) -> Self:
        """Make `library.db` in `folder`; `key` and `audit_key` have 32 bytes, `salt` 16."""
        path = folder / DATABASE
        if path.exists():
            raise LibraryExists
        cipher.make_file(path)
        migrate.create(path, migrate.engine_maker(key, salt))
        return cls.open(folder, key, salt, audit_key, clock=clock)

    @classmethod
    def open(cls, folder: Path, key: bytes, salt: bytes, audit_key: bytes, *, clock: Clock = utc_now) -> Self:
        """Open `library.db` in `folder`, migrating it if it is older.

        Raises `LibraryNewer`, `LibraryDamaged`, `LibraryBusy`, `FolderReadOnly`, `DiskFull`.
        """
        path = folder / DATABASE
        cipher.require_file(path)
        with cipher.faults_told(folder):
            migrate.bring_up(path, migrate.engine_maker(key, salt))
        if migrate.copies(path):
            migrate.remove_copies(path, older_than_s=migrate.KEPT_SECONDS)
        return cls(folder, cipher.engine(path, key, salt), audit_key, clock)

    def keep_heads(self, heads: Heads) -> None:
        """Keep the head of the audit log in `heads` from now on: every 100 lines and on closing.

        Lines that are missing at the end are noticed now, before others take their numbers.
        """
        self._heads = heads
        with suppress(CubbError):  # whatever is wrong is told by the first thing the person does
            kept = heads.get()
            with self.read() as reading:
                newest = audit.newest(reading)
            if kept is not None and newest.number < kept.number:
                heads.mark_cut(newest.number + 1)

    def close(self) -> None:
        """Keep the log's head and close every connection; what was committed stays."""
        self._keep_head()
        with self._watching:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None
        self._engine.dispose()

    @contextmanager
    def change(self, actor: str, action: str | None, object_id: str | None = None) -> Iterator[Change]:
        """Open one transaction; on leaving, it is committed together with its line in the audit log, or nothing is.

        `action` names what happens (`consent.added`) and `object_id` to what; `change.object_id` may set it later.
        Action None leaves no line and is for a machine's housekeeping (a heartbeat, progress).
        Raises `LibraryBusy` when others hold the library for long, `DiskFull`, `FolderReadOnly`, `LibraryDamaged`.
        """
        if self._writer == threading.get_ident():
            raise RuntimeError("a change is already open in this thread")
        with self._writing, cipher.faults_told(self.folder, writing=True), self._engine.connect() as connection:
            self._writer = threading.get_ident()
            try:
                with ExitStack() as unless_committed:
                    unless_committed.callback(_roll_back, connection)
                    cipher.begin_immediate(connection)
                    change = Change(connection, self._clock, actor)
                    change.object_id = object_id
                    yield change
                    head = self._log(change, action) if action is not None else None
                    connection.commit()
                    unless_committed.pop_all()
            finally:
                self._writer = None
        self._head = head or self._head
        if head is not None and head.number % HEAD_EVERY == 0:
            self._keep_head()
        if change.forgets:
            self._forget()

    def note(self, actor: str, action: str, object_id: str | None = None, outcome: str = "done") -> None:
        """Add a line to the audit log for something that changes nothing else; errors as in `change`."""
        with self.change(actor, action, object_id) as change:
            change.outcome = outcome

    def _log(self, change: Change, action: str) -> Head:
        return audit.append(
            change,
            self._audit_key,
            actor=change.actor,
            device=self._device,
            action=action,
            object_id=change.object_id,
            outcome=change.outcome,
        )

    def _keep_head(self) -> None:
        """Keep the newest head outside, but never over one that the log does not hold any more: that is evidence.

        What was committed stays committed: a disk that is full is told by the next thing the person does.
        """
        head, heads = self._head, self._heads
        if head is None or heads is None:
            return
        with suppress(CubbError):
            kept = heads.get()
            with self.read() as reading:
                whole = kept is not None and audit.holds(reading, kept)
            if whole:
                heads.put(head)
                self._head = None

    def _forget(self) -> None:
        """Remove what older states of the database are left: the write-ahead log and the copies migrations made."""
        migrate.remove_copies(self.folder / DATABASE)
        with cipher.faults_told(self.folder, writing=True), self._engine.connect() as connection:
            cipher.empty_log(connection)

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """Open one consistent view of the library."""
        with cipher.faults_told(self.folder), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield Reading(connection, self._clock)
            finally:
                with suppress(DBAPIError):
                    connection.rollback()

    def data_version(self) -> int:
        """Return a number that is another one after any process, this one included, has committed."""
        with self._watching, cipher.faults_told(self.folder):
            if self._watcher is None:
                self._watcher = self._engine.connect()
                self._watcher.detach()  # its own connection, out of the pool: it sees the others' commits
            version: int = self._watcher.exec_driver_sql("PRAGMA data_version").scalar_one()
            self._watcher.rollback()
            return version

    def check_log(self) -> Verdict:
        """Check the audit log's whole chain and hold it against the head that is kept outside."""
        kept = self._heads.get() if self._heads is not None else START  # before the view: the log is never behind it
        with self.read() as reading:
            verdict = audit.check(reading, self._audit_key, kept)
        cut = self._heads.cut() if self._heads is not None else None
        if cut is not None and (verdict.broken is None or cut < verdict.broken):
            return replace(verdict, broken=cut, fault=Fault.CUT_OFF)
        return verdict

    def anchor_anew(self, actor: str, action: str = "library.restored", object_id: str | None = None) -> None:
        """Add a line that says so and keep the head anew: a restored library's log is rightly shorter than it was."""
        with self.change(actor, action, object_id):
            pass
        if self._heads is not None and self._head is not None:
            self._heads.put(self._head, anew=True)

    def prune_log(self, actor: str, before: datetime) -> int:
        """Remove the lines of the audit log from before a time, leaving a checkpoint; return how many went.

        The line whose head is kept outside stays, and so do those after it. Raises `AuditBroken`: a log that was
        tampered with is evidence and is never shortened.
        """
        self._keep_head()
        kept = self._heads.get() if self._heads is not None else None
        with self.read() as reading:
            last = audit.last_before(reading, before)
            last = last if kept is None else min(last, kept.number - 1)
            if not audit.numbered(reading, [last]):
                return 0
        verdict = self.check_log()
        if verdict.broken is not None:
            raise AuditBroken(number=verdict.broken)
        with self.change(actor, "audit.pruned") as change:
            return audit.prune(change, self._audit_key, last)

    def verify_audit(self, reading: Reading) -> int | None:
        """Return the number of the first line that breaks the chain in this view, None when it is whole."""
        return audit.first_broken(reading, self._audit_key)

    def verify(self) -> list[Problem]:
        """Check the whole file: seals of the pages, structure, references, search index, audit log."""
        problems: list[Problem] = []
        try:
            with self._writing, cipher.faults_told(self.folder), self._engine.connect() as connection:
                problems += checks.database_problems(connection)
            broken = self.check_log().broken
        except LibraryBusy:
            raise
        except CubbError as error:
            return [*problems, Problem("database", error.code)]
        if broken is not None:
            problems.append(Problem("audit", str(broken)))
        return problems


def _roll_back(connection: sa.Connection) -> None:
    with suppress(DBAPIError):  # after a full disk the database has rolled back by itself
        connection.rollback()
