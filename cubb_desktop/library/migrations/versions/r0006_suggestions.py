"""What people decided about suggested places: that one became a mark, or that it is none."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE decisions ("
        "recording_id TEXT NOT NULL, place TEXT NOT NULL, finder TEXT NOT NULL, accepted BOOLEAN NOT NULL, "
        "thresholds JSON NOT NULL, annotation_id TEXT, author TEXT NOT NULL, created_at TEXT NOT NULL, "
        "version INTEGER DEFAULT '1' NOT NULL, "
        "CONSTRAINT pk_decisions PRIMARY KEY (recording_id, place), "
        "CONSTRAINT fk_decisions_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE, "
        "CONSTRAINT fk_decisions_annotation_id FOREIGN KEY(annotation_id) REFERENCES annotations (id) "
        "ON DELETE CASCADE)"
    )
    op.execute("CREATE INDEX ix_decisions_annotation_id ON decisions (annotation_id)")


def downgrade() -> None:
    op.execute("DROP TABLE decisions")
