"""The head of the audit log, kept outside the database that holds the log: whoever cuts lines off its end is found out.

It lies in `keys.db`, which is sealed with another key. It needs no seal of its own: what is written there is the seal
of a line, which nobody without the log's key can make, and an old head put back says less but nothing false.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from cubb_desktop.library import cipher
from cubb_desktop.library.audit import START, Head

_metadata = sa.MetaData()
_head = sa.Table(
    "audit_head",
    _metadata,
    sa.Column("one", sa.Integer, sa.CheckConstraint("one = 1"), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("mac", sa.LargeBinary, nullable=False),
    sa.Column("cut", sa.Integer),  # the first line that was found missing at the end; later lines don't hide it
)


class Heads:
    """Reads and writes the head in the file of `engine`, which lies in `folder`."""

    def __init__(self, folder: Path, engine: sa.Engine) -> None:
        self._folder = folder
        self._engine = engine

    def get(self) -> Head | None:
        """Return the head that was kept last, None when it is gone; a store that never had one begins at the start."""
        with cipher.faults_told(self._folder), self._engine.connect() as connection:
            if not sa.inspect(connection).has_table(_head.name):
                return START
            row = connection.execute(sa.select(_head.c.number, _head.c.mac)).first()
        return None if row is None else Head(row.number, row.mac)

    def cut(self) -> int | None:
        """Return the first line that was once found missing at the log's end, None when none was."""
        with cipher.faults_told(self._folder), self._engine.connect() as connection:
            if not sa.inspect(connection).has_table(_head.name):
                return None
            return connection.execute(sa.select(_head.c.cut)).scalar()

    def mark_cut(self, number: int) -> None:
        """Remember that lines from `number` on are missing, unless an earlier one is remembered."""
        with cipher.faults_told(self._folder, writing=True), self._engine.connect() as connection:
            cipher.begin_immediate(connection)
            earliest = sa.func.min(sa.func.coalesce(_head.c.cut, number), number)
            connection.execute(_head.update().values(cut=earliest))
            connection.commit()

    def put(self, head: Head, *, anew: bool = False) -> None:
        """Keep `head` unless a later one is kept already; `anew` also goes back. It is on disk when this returns."""
        with cipher.faults_told(self._folder, writing=True), self._engine.connect() as connection:
            cipher.begin_immediate(connection)
            _metadata.create_all(connection)
            kept = connection.execute(sa.select(_head.c.number)).scalar()
            if anew or kept is None or kept < head.number:
                connection.execute(_head.delete())
                connection.execute(_head.insert().values(one=1, number=head.number, mac=head.mac))
            connection.commit()
