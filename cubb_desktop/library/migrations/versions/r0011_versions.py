"""Which of a conversation's transcripts people see, where somebody has chosen."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE chosen_transcripts ("
        "recording_id TEXT NOT NULL, transcript_id TEXT NOT NULL, "
        "author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL, "
        "CONSTRAINT pk_chosen_transcripts PRIMARY KEY (recording_id), "
        "CONSTRAINT fk_chosen_transcripts_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) "
        "ON DELETE CASCADE, "
        "CONSTRAINT fk_chosen_transcripts_transcript_id FOREIGN KEY(transcript_id) REFERENCES transcripts (id) "
        "ON DELETE CASCADE)"
    )
    op.execute("CREATE INDEX ix_chosen_transcripts_transcript_id ON chosen_transcripts (transcript_id)")


def downgrade() -> None:
    op.execute("DROP TABLE chosen_transcripts")
