"""What people change in a transcript, as edits laid over the machine's text, and the turns that came of it."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE edits (
    "key" INTEGER NOT NULL, transcript_key INTEGER NOT NULL, number INTEGER NOT NULL, act TEXT NOT NULL,
    state TEXT NOT NULL, author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_edits PRIMARY KEY ("key"),
    CONSTRAINT fk_edits_transcript_key FOREIGN KEY(transcript_key) REFERENCES transcripts ("key") ON DELETE CASCADE,
    CONSTRAINT uq_edits_transcript_key_number UNIQUE (transcript_key, number),
    CONSTRAINT ck_edits_state CHECK (state IN ('done', 'undone', 'dropped'))
);
CREATE INDEX ix_edits_transcript_key ON edits (transcript_key);
CREATE TABLE edit_parts (
    edit_key INTEGER NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL, element TEXT NOT NULL, content JSON,
    CONSTRAINT pk_edit_parts PRIMARY KEY (edit_key, position),
    CONSTRAINT fk_edit_parts_edit_key FOREIGN KEY(edit_key) REFERENCES edits ("key") ON DELETE CASCADE
);
CREATE TABLE made_turns (
    "key" INTEGER NOT NULL, transcript_key INTEGER NOT NULL, id TEXT NOT NULL, start_ms INTEGER NOT NULL,
    CONSTRAINT pk_made_turns PRIMARY KEY ("key"),
    CONSTRAINT fk_made_turns_transcript_key
        FOREIGN KEY(transcript_key) REFERENCES transcripts ("key") ON DELETE CASCADE,
    CONSTRAINT uq_made_turns_id UNIQUE (id)
);
CREATE INDEX ix_made_turns_transcript_key ON made_turns (transcript_key);
"""


def upgrade() -> None:
    for statement in _statements():
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER made_turns_leave_search AFTER DELETE ON made_turns "
        "BEGIN DELETE FROM turn_texts WHERE rowid = -OLD.key; END"
    )
    op.execute(
        "CREATE TRIGGER edit_parts_stay BEFORE UPDATE ON edit_parts "
        "BEGIN SELECT RAISE(ABORT, 'what was edited stays'); END"
    )


def downgrade() -> None:
    for statement in reversed(_statements()):
        kind, name = statement.split()[1:3]
        if kind == "TABLE":
            op.execute(f"DROP TABLE {name}")
    # The search finds the machine's words again.
    op.execute("DELETE FROM turn_texts")
    op.execute(
        "INSERT INTO turn_texts(rowid, text) "
        "SELECT turns.key, coalesce((SELECT group_concat(text, ' ') FROM "
        "(SELECT text FROM words WHERE words.transcript_key = turns.transcript_key AND words.turn_key = turns.key "
        "ORDER BY position)), '') FROM turns JOIN transcripts ON transcripts.key = turns.transcript_key "
        "WHERE transcripts.final"
    )


def _statements() -> list[str]:
    return [part.strip() for part in _TABLES.split(";") if part.strip()]
