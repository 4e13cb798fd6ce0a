"""Annotating together: the status of a mark, replies, rounds in which each works alone first, decisions per person."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_DECISIONS = "recording_id, place, finder, accepted, thresholds, annotation_id, author, created_at, version"


def _rebuild_decisions(key: str) -> None:
    """Give the table another key; of rows that have the same, an acceptance stays, else the newest."""
    op.execute(
        "CREATE TABLE new_decisions ("
        "recording_id TEXT NOT NULL, place TEXT NOT NULL, finder TEXT NOT NULL, accepted BOOLEAN NOT NULL, "
        "thresholds JSON NOT NULL, annotation_id TEXT, author TEXT NOT NULL, created_at TEXT NOT NULL, "
        "version INTEGER DEFAULT '1' NOT NULL, "
        f"CONSTRAINT pk_decisions PRIMARY KEY ({key}), "
        "CONSTRAINT fk_decisions_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE, "
        "CONSTRAINT fk_decisions_annotation_id FOREIGN KEY(annotation_id) REFERENCES annotations (id) "
        "ON DELETE CASCADE)"
    )
    op.execute(
        f"INSERT OR REPLACE INTO new_decisions ({_DECISIONS}) "  # noqa: S608 - names of our own columns
        f"SELECT {_DECISIONS} FROM decisions ORDER BY accepted, created_at"
    )
    op.execute("DROP TABLE decisions")
    op.execute("ALTER TABLE new_decisions RENAME TO decisions")
    op.execute("CREATE INDEX ix_decisions_annotation_id ON decisions (annotation_id)")


def upgrade() -> None:
    op.execute("ALTER TABLE annotations ADD COLUMN status TEXT DEFAULT 'open' NOT NULL")
    op.execute(
        "CREATE TABLE annotation_replies ("
        "id TEXT NOT NULL, annotation_id TEXT NOT NULL, text TEXT NOT NULL, author TEXT NOT NULL, "
        "created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL, "
        "CONSTRAINT pk_annotation_replies PRIMARY KEY (id), "
        "CONSTRAINT fk_annotation_replies_annotation_id FOREIGN KEY(annotation_id) REFERENCES annotations (id) "
        "ON DELETE CASCADE)"
    )
    op.execute("CREATE INDEX ix_annotation_replies_annotation_id ON annotation_replies (annotation_id)")
    op.execute(
        "CREATE TABLE blind_rounds ("
        "recording_id TEXT NOT NULL, opened_at TEXT, opened_by TEXT, author TEXT NOT NULL, created_at TEXT NOT NULL, "
        "version INTEGER DEFAULT '1' NOT NULL, "
        "CONSTRAINT pk_blind_rounds PRIMARY KEY (recording_id), "
        "CONSTRAINT fk_blind_rounds_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) "
        "ON DELETE CASCADE)"
    )
    op.execute(
        "CREATE TABLE blind_people ("
        "recording_id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, ready_at TEXT, "
        "CONSTRAINT pk_blind_people PRIMARY KEY (recording_id, position), "
        "CONSTRAINT fk_blind_people_recording_id FOREIGN KEY(recording_id) REFERENCES blind_rounds (recording_id) "
        "ON DELETE CASCADE)"
    )
    _rebuild_decisions("recording_id, place, author")


def downgrade() -> None:
    _rebuild_decisions("recording_id, place")
    for table in ("blind_people", "blind_rounds", "annotation_replies"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE annotations DROP COLUMN status")
