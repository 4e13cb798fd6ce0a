"""A connection is set up in the one order that survives a power cut, with SQLCipher's memory wiped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from cubb_desktop.library import cipher
from tests import builders

ORDER = [
    "PRAGMA cipher_log_level",
    "PRAGMA cipher_memory_security",
    "PRAGMA key",
    "SELECT count(*) FROM sqlite_master",
    "PRAGMA synchronous",
    "PRAGMA journal_mode",
    "PRAGMA fullfsync",
    "PRAGMA checkpoint_fullfsync",
    "PRAGMA foreign_keys",
    "PRAGMA secure_delete",
    "PRAGMA trusted_schema",
    "PRAGMA cell_size_check",
    "PRAGMA busy_timeout",
]
IN_FORCE = {
    "synchronous": 3,  # EXTRA
    "journal_mode": "wal",
    "fullfsync": 1,
    "checkpoint_fullfsync": 1,
    "foreign_keys": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "busy_timeout": cipher.BUSY_TIMEOUT_MS,
}


class Recording(dbapi2.Connection):  # type: ignore[misc]
    """A real connection that remembers what it was told."""

    told: list[str]

    def execute(self, statement: str, *parameters: Any) -> Any:
        self.told = [*getattr(self, "told", []), statement]
        return super().execute(statement, *parameters)


@pytest.fixture
def connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    real = dbapi2.connect
    monkeypatch.setattr(dbapi2, "connect", lambda *given, **named: real(*given, factory=Recording, **named))
    opened = cipher.connect(tmp_path / "en.db", builders.KEY, builders.SALT)
    yield opened
    opened.close()


def test_the_pragmas_come_in_the_order_that_was_decided(connection: Recording) -> None:
    told = [statement.split(" = ")[0] for statement in connection.told]
    assert told == ORDER


def test_every_pragma_is_in_force(connection: Recording) -> None:
    found = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in IN_FORCE}
    assert found == IN_FORCE


def test_key_and_salt_are_both_given_so_that_the_files_first_bytes_may_be_lost(
    connection: Recording, tmp_path: Path
) -> None:
    connection.execute("CREATE TABLE t (x)")
    connection.execute("INSERT INTO t VALUES (7)")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    path = tmp_path / "en.db"
    path.write_bytes(bytes(16) + path.read_bytes()[16:])
    again = cipher.connect(path, builders.KEY, builders.SALT)
    assert again.execute("SELECT x FROM t").fetchone() == (7,)
    again.close()


def test_errors_show_no_values(tmp_path: Path) -> None:
    cipher.make_file(tmp_path / "en.db")
    assert cipher.engine(tmp_path / "en.db", builders.KEY, builders.SALT).hide_parameters
