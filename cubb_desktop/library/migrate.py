"""Bring a library's tables to what this program expects; the database is copied aside first, a newer one is refused."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cubb_desktop.domain.errors import LibraryDamaged, LibraryNewer
from cubb_desktop.library import cipher
from cubb_desktop.library.tables import REVISION

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

SCRIPTS = Path(__file__).parent / "migrations"
KEPT_SECONDS = 14 * 24 * 3600
_COPY_MARK = ".before-"

EngineMaker = Callable[[Path], sa.Engine]


def engine_maker(key: bytes, salt: bytes) -> EngineMaker:
    """Return what opens a database file for a migration: no pool, and foreign keys off while tables are rebuilt."""
    return lambda path: cipher.engine(path, key, salt, pooled=False, foreign_keys=False)


def create(path: Path, make_engine: EngineMaker, *, target: str = REVISION) -> None:
    """Make the tables in a new database at `path`, as they were at revision `target`."""
    _in_transaction(path, make_engine, lambda connection: _upgrade(connection, target))


def bring_up(path: Path, make_engine: EngineMaker, *, target: str = REVISION) -> bool:
    """Migrate the database at `path` if it is older; return whether it was.

    Raises `LibraryNewer` for a revision this program does not know; the database is then untouched.
    """
    engine = make_engine(path)
    with engine.connect() as connection:
        found = revision(connection)
    if found == target:
        return False
    if found not in _known():
        raise LibraryNewer
    copy_aside(path, make_engine, found)

    def upgrade(connection: sa.Connection) -> None:
        if revision(connection) == found:  # another process may have been faster
            before = counts(connection)
            _upgrade(connection, target)
            _verify(connection, before)

    _in_transaction(path, make_engine, upgrade)
    return True


def take_down(path: Path, make_engine: EngineMaker, target: str) -> None:
    """Undo migrations down to revision `target`; for tests and for rescuing a library to an older program."""
    copy_aside(path, make_engine, REVISION)
    _in_transaction(path, make_engine, lambda connection: _downgrade(connection, target))


def revision(connection: sa.Connection) -> str | None:
    """Return the revision a database is at by a plain select; raises `LibraryDamaged` when it has no revision."""
    if not sa.inspect(connection).has_table("alembic_version"):
        raise LibraryDamaged
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def counts(connection: sa.Connection) -> dict[str, int]:
    """Return the number of rows of each table that people's work or the machine's results live in."""
    skipped = ("alembic_version", "turn_texts")
    names = [name for name in sa.inspect(connection).get_table_names() if not name.startswith(skipped)]
    count = sa.select(sa.func.count())
    return {name: connection.execute(count.select_from(sa.table(name))).scalar_one() for name in names}


def copy_aside(path: Path, make_engine: EngineMaker, found: str) -> Path:
    """Copy the database (encrypted with the same key) beside itself and check the copy; return its path."""
    copy = path.with_name(f"{path.name}{_COPY_MARK}{found}-{time.time_ns()}")
    with ExitStack() as unless_sound:
        unless_sound.callback(copy.unlink, missing_ok=True)
        with cipher.faults_told(path.parent, writing=True), make_engine(path).connect() as connection:
            cipher.make_file(copy)
            connection.exec_driver_sql("VACUUM INTO ?", (str(copy),))
        with cipher.faults_told(path.parent), make_engine(copy).connect() as connection:
            sound = connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            if not sound or connection.exec_driver_sql("PRAGMA cipher_integrity_check").first() is not None:
                raise LibraryDamaged
            connection.exec_driver_sql("PRAGMA journal_mode = DELETE")  # leave one file, not three
        unless_sound.pop_all()
    return copy


def copies(path: Path) -> list[Path]:
    """Return the copies that migrations left beside the database at `path`."""
    return sorted(path.parent.glob(f"{path.name}{_COPY_MARK}*"))


def remove_copies(path: Path, *, older_than_s: float = 0.0, now: float | None = None) -> None:
    """Remove the copies that migrations left, all or those older than `older_than_s` seconds."""
    moment = time.time() if now is None else now
    for copy in copies(path):
        try:
            if moment - copy.stat().st_mtime >= older_than_s:
                copy.unlink()
        except OSError as error:
            log.warning("a copy of an older database stays (errno %s)", error.errno)


def _in_transaction(path: Path, make_engine: EngineMaker, work: Callable[[sa.Connection], None]) -> None:
    with cipher.faults_told(path.parent, writing=True), make_engine(path).connect() as connection:
        cipher.begin_immediate(connection)
        work(connection)
        connection.commit()


def _verify(connection: sa.Connection, before: dict[str, int]) -> None:
    after = counts(connection)
    lost = {name for name, number in before.items() if after.get(name, number) != number}
    if lost or connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise RuntimeError(f"the migration would lose rows: {sorted(lost)}")


def _known() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()}


def _upgrade(connection: sa.Connection, target: str) -> None:
    from alembic import command

    command.upgrade(_config(connection), target)


def _downgrade(connection: sa.Connection, target: str) -> None:
    from alembic import command

    command.downgrade(_config(connection), target)


def _config(connection: sa.Connection) -> Config:
    from alembic.config import Config as Made

    config = Made()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
