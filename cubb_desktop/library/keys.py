"""The key store: each recording's key in one place only, so that destroying it destroys the recording everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from cubb_desktop.domain.errors import AudioMissing, LibraryExists
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.library import cipher
from cubb_desktop.library.heads import Heads

DATABASE = "keys.db"

Wrap = Callable[[str, bytes], bytes]

_metadata = sa.MetaData()
_keys = sa.Table(
    "recording_keys",
    _metadata,
    sa.Column("recording_id", sa.Text, primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)


class KeyStore:
    """The open `keys.db`; each key is also wrapped for its recording by the vault's `wrap` and `unwrap`."""

    def __init__(self, folder: Path, engine: sa.Engine, wrap: Wrap, unwrap: Wrap) -> None:
        """Use `create` or `open`."""
        self._folder = folder
        self._engine = engine
        self._wrap = wrap
        self._unwrap = unwrap
        self.heads = Heads(folder, engine)

    @classmethod
    def create(cls, folder: Path, key: bytes, salt: bytes, wrap: Wrap, unwrap: Wrap) -> Self:
        """Make `keys.db` in `folder`; `key` has 32 bytes, `salt` 16."""
        path = folder / DATABASE
        if path.exists():
            raise LibraryExists
        cipher.make_file(path)
        engine = cipher.engine(path, key, salt, pooled=False)
        with cipher.faults_told(folder, writing=True), engine.begin() as connection:
            _metadata.create_all(connection)
        return cls.open(folder, key, salt, wrap, unwrap)

    @classmethod
    def open(cls, folder: Path, key: bytes, salt: bytes, wrap: Wrap, unwrap: Wrap) -> Self:
        """Open `keys.db` in `folder`; raises `LibraryDamaged` when it is missing."""
        path = folder / DATABASE
        cipher.require_file(path)
        return cls(folder, cipher.engine(path, key, salt), wrap, unwrap)

    def close(self) -> None:
        self._engine.dispose()

    def put(self, recording_id: RecordingId, key: bytes) -> None:
        """Keep a new recording's key; it is on disk when this returns."""
        row = _keys.insert().values(recording_id=recording_id, wrapped=self._wrap(recording_id, key))
        with cipher.faults_told(self._folder, writing=True), self._engine.connect() as connection:
            cipher.begin_immediate(connection)
            connection.execute(row)
            connection.commit()

    def get(self, recording_id: RecordingId) -> bytes:
        """Return a recording's key, or raise `AudioMissing` when it was destroyed or never kept."""
        query = sa.select(_keys.c.wrapped).where(_keys.c.recording_id == recording_id)
        with cipher.faults_told(self._folder), self._engine.connect() as connection:
            wrapped = connection.execute(query).scalar()
        if wrapped is None:
            raise AudioMissing
        return self._unwrap(recording_id, wrapped)

    def ids(self) -> frozenset[RecordingId]:
        """Return the recordings that have a key."""
        with cipher.faults_told(self._folder), self._engine.connect() as connection:
            return frozenset(RecordingId(row[0]) for row in connection.execute(sa.select(_keys.c.recording_id)))

    def destroy(self, recording_id: RecordingId) -> bool:
        """Overwrite a recording's key in the file and in its log; return whether there was one."""
        with cipher.faults_told(self._folder, writing=True), self._engine.connect() as connection:
            cipher.begin_immediate(connection)
            gone = connection.execute(_keys.delete().where(_keys.c.recording_id == recording_id)).rowcount
            connection.commit()
            cipher.empty_log(connection)
        return bool(gone)
