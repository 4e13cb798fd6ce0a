"""Collections of passages, and the words of the search index as a list, by which the forms of a word are found."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MADE = "author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL, "


def upgrade() -> None:
    op.execute(
        f"CREATE TABLE collections (id TEXT NOT NULL, name TEXT NOT NULL, question TEXT NOT NULL, {_MADE}"
        "CONSTRAINT pk_collections PRIMARY KEY (id))"
    )
    op.execute(
        "CREATE TABLE passages ("
        "id TEXT NOT NULL, collection_id TEXT NOT NULL, recording_id TEXT NOT NULL, position INTEGER NOT NULL, "
        f"start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, deviant BOOLEAN NOT NULL, note TEXT NOT NULL, {_MADE}"
        "CONSTRAINT pk_passages PRIMARY KEY (id), "
        "CONSTRAINT fk_passages_collection_id FOREIGN KEY(collection_id) REFERENCES collections (id), "
        "CONSTRAINT fk_passages_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE)"
    )
    for column in ("collection_id", "recording_id"):
        op.execute(f"CREATE INDEX ix_passages_{column} ON passages ({column})")
    op.execute(
        "CREATE TABLE passage_words (passage_id TEXT NOT NULL, position INTEGER NOT NULL, word_id TEXT NOT NULL, "
        "CONSTRAINT pk_passage_words PRIMARY KEY (passage_id, position), "
        "CONSTRAINT fk_passage_words_passage_id FOREIGN KEY(passage_id) REFERENCES passages (id) ON DELETE CASCADE)"
    )
    op.execute("CREATE VIRTUAL TABLE turn_texts_vocabulary USING fts5vocab(turn_texts, row)")


def downgrade() -> None:
    for table in ("turn_texts_vocabulary", "passage_words", "passages", "collections"):
        op.execute(f"DROP TABLE {table}")
