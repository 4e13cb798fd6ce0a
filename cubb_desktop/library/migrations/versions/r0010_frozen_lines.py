"""Line numbers that are kept once a transcript has been used in a meeting."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE frozen_transcripts ("
        "recording_id TEXT NOT NULL, transcript_id TEXT NOT NULL, author TEXT NOT NULL, created_at TEXT NOT NULL, "
        "version INTEGER DEFAULT '1' NOT NULL, "
        "CONSTRAINT pk_frozen_transcripts PRIMARY KEY (recording_id), "
        "CONSTRAINT fk_frozen_transcripts_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) "
        "ON DELETE CASCADE)"
    )
    op.execute(
        "CREATE TABLE frozen_lines ("
        "recording_id TEXT NOT NULL, number INTEGER NOT NULL, start_ms INTEGER NOT NULL, words JSON NOT NULL, "
        "silence INTEGER, "
        "CONSTRAINT pk_frozen_lines PRIMARY KEY (recording_id, number), "
        "CONSTRAINT fk_frozen_lines_recording_id FOREIGN KEY(recording_id) REFERENCES frozen_transcripts "
        "(recording_id) ON DELETE CASCADE)"
    )


def downgrade() -> None:
    op.execute("DROP TABLE frozen_lines")
    op.execute("DROP TABLE frozen_transcripts")
