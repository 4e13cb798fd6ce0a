"""Run by Alembic: the scripts work on the connection and in the transaction that `library.migrate` hands in."""

from __future__ import annotations

from alembic import context

from cubb_desktop.library.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
