"""Passages of conversations that show what a concept is, and what it is not."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE concept_examples ("
        "id TEXT NOT NULL, recording_id TEXT NOT NULL, concept_id TEXT NOT NULL, kind TEXT NOT NULL, "
        "start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, note TEXT NOT NULL, "
        "author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL, "
        "CONSTRAINT pk_concept_examples PRIMARY KEY (id), "
        "CONSTRAINT fk_concept_examples_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) "
        "ON DELETE CASCADE, "
        "CONSTRAINT fk_concept_examples_concept_id FOREIGN KEY(concept_id) REFERENCES concepts (id), "
        "CONSTRAINT ck_concept_examples_kind CHECK (kind IN ('example', 'counter-example')))"
    )
    op.execute("CREATE INDEX ix_concept_examples_recording_id ON concept_examples (recording_id)")
    op.execute("CREATE INDEX ix_concept_examples_concept_id ON concept_examples (concept_id)")
    op.execute(
        "CREATE TABLE concept_example_words ("
        "example_id TEXT NOT NULL, position INTEGER NOT NULL, word_id TEXT NOT NULL, "
        "CONSTRAINT pk_concept_example_words PRIMARY KEY (example_id, position), "
        "CONSTRAINT fk_concept_example_words_example_id FOREIGN KEY(example_id) REFERENCES concept_examples (id) "
        "ON DELETE CASCADE)"
    )


def downgrade() -> None:
    op.execute("DROP TABLE concept_example_words")
    op.execute("DROP TABLE concept_examples")
