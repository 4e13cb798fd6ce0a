"""SQLCipher connections as the library needs them, and their errors in the program's words; the door to sqlcipher3."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, Pool, QueuePool
from sqlcipher3 import dbapi2

from cubb_desktop.domain.errors import (
    CubbError,
    DiskFull,
    FolderReadOnly,
    LibraryBusy,
    LibraryDamaged,
    from_os_error,
)

BUSY_TIMEOUT_MS = 5_000
MEMORY_SECURITY = "ON"  # what SQLCipher holds is locked in memory and wiped; costs a third of the speed
BUSY_TRIES = 6  # each waits for BUSY_TIMEOUT_MS
EMPTY_LOG_TRIES = 3  # each waits for BUSY_TIMEOUT_MS

# SQLite's result codes (sqlite.org/rescode.html); the lowest byte is the family
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26
_PROBE_BYTES = 65_536

_FAULTS: dict[int, type[CubbError]] = {
    _BUSY: LibraryBusy,
    _LOCKED: LibraryBusy,
    _READONLY: FolderReadOnly,
    _IOERR: LibraryDamaged,
    _CORRUPT: LibraryDamaged,
    _FULL: DiskFull,
    _CANTOPEN: FolderReadOnly,
    _NOTADB: LibraryDamaged,
}


def require_file(path: Path) -> None:
    """Raise `LibraryDamaged`, or what the system says, where a database's file is missing or empty."""
    try:
        if path.stat().st_size == 0:
            raise LibraryDamaged
    except OSError as error:
        raise from_os_error(error) or LibraryDamaged from None


def make_file(path: Path) -> None:
    """Make an empty file at `path` for the owner's eyes only; SQLite gives its companions the same rights."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        fault = from_os_error(error)
        if fault is None:
            raise
        raise fault from None


def connect(path: Path, key: bytes, salt: bytes, *, foreign_keys: bool = True) -> dbapi2.Connection:
    """Open the SQLCipher file at `path` (made when missing) with a raw `key` (32 bytes) and `salt` (16 bytes).

    The salt is kept outside the file: damage to the file's first bytes then costs nothing. `synchronous` comes before
    `journal_mode`, because the switch to WAL itself uses a rollback journal that must reach the disk.
    """
    connection = dbapi2.connect(
        str(path), check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None
    )
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA cipher_memory_security = {MEMORY_SECURITY}")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}{salt.hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA journal_mode = WAL")
        for pragma in (
            "fullfsync = ON",
            "checkpoint_fullfsync = ON",
            f"foreign_keys = {'ON' if foreign_keys else 'OFF'}",
            "secure_delete = ON",
            "trusted_schema = OFF",
            "cell_size_check = ON",
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except dbapi2.Error:
        connection.close()
        raise
    return connection


def engine(path: Path, key: bytes, salt: bytes, *, pooled: bool = True, foreign_keys: bool = True) -> sa.Engine:
    """Return an engine on the file at `path`; its exceptions never show the values that were bound."""
    pool: type[Pool] = QueuePool if pooled else NullPool
    sizes = {"pool_size": 4, "max_overflow": 8} if pooled else {}
    return sa.create_engine(
        "sqlite+pysqlite://",
        creator=lambda: connect(path, key, salt, foreign_keys=foreign_keys),
        module=dbapi2,
        poolclass=pool,
        hide_parameters=True,
        **sizes,
    )


def begin_immediate(connection: sa.Connection) -> None:
    """Take the write lock, waiting for other processes; raises what the database says after `BUSY_TRIES` waits."""
    for attempt in range(1, BUSY_TRIES + 1):
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except DBAPIError as error:
            if attempt == BUSY_TRIES or not is_busy(error):
                raise
        else:
            return


def empty_log(connection: sa.Connection) -> bool:
    """Move what the write-ahead log holds into the file and cut the log to nothing, so that it forgets; whether it did.

    A reader in another process may be in the way for a moment; the next try, or the last to close, then does it.
    """
    for _attempt in range(EMPTY_LOG_TRIES):
        blocked = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        connection.rollback()
        if not blocked:
            return True
    return False


def fault_of(error: BaseException) -> CubbError | None:
    """Return what a database error means for the person, or None when it is a bug."""
    fault = _FAULTS.get(_code(error))
    return fault() if fault else None


@contextmanager
def faults_told(folder: Path, *, writing: bool = False) -> Iterator[None]:
    """Turn the database's errors that are the world's fault into `CubbError`s; bugs pass unchanged.

    An "I/O error" may be a quota or a limit that is used up as well as a dying disk; what was done in `folder` decides.
    """
    try:
        yield
    except (DBAPIError, dbapi2.Error) as error:
        fault = fault_of(error)
        if _code(error) == _IOERR and (writing or not _has_room(folder)):
            fault = DiskFull()
        if fault is None:
            raise
        raise fault from None


def _code(error: BaseException) -> int:
    original = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(original, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(original, dbapi2.Error) and isinstance(code, int) else 0


def _has_room(folder: Path) -> bool:
    """Whether a little can be written in `folder`; zeroes, gone at once."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return not isinstance(from_os_error(error), DiskFull)
    return True


def is_busy(error: DBAPIError) -> bool:
    """Whether another process holds the lock that was asked for, so that trying again makes sense."""
    return isinstance(fault_of(error), LibraryBusy)
