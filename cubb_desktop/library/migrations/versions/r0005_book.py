"""The concept book as people keep it: what is in use, retired or merged, and how each concept was worded before."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COLUMNS = ("in_use BOOLEAN DEFAULT '1' NOT NULL", "retired BOOLEAN DEFAULT '0' NOT NULL", "merged_into TEXT")


def upgrade() -> None:
    for column in _COLUMNS:
        op.execute(f"ALTER TABLE concepts ADD COLUMN {column}")
    op.execute(
        "CREATE TABLE concept_versions ("
        "concept_id TEXT NOT NULL, version INTEGER NOT NULL, content JSON NOT NULL, "
        "author TEXT NOT NULL, created_at TEXT NOT NULL, "
        "CONSTRAINT pk_concept_versions PRIMARY KEY (concept_id, version), "
        "CONSTRAINT fk_concept_versions_concept_id FOREIGN KEY(concept_id) REFERENCES concepts (id) ON DELETE CASCADE)"
    )


def downgrade() -> None:
    op.execute("DROP TABLE concept_versions")
    for column in _COLUMNS:
        op.execute(f"ALTER TABLE concepts DROP COLUMN {column.split()[0]}")
