"""Search: an index over the text of each turn, filled from the words that are there, that forgets with its turn."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('CREATE VIRTUAL TABLE turn_texts USING fts5(text, tokenize = "unicode61 remove_diacritics 0")')
    op.execute("INSERT INTO turn_texts(turn_texts, rank) VALUES('secure-delete', 1)")
    op.execute(
        "INSERT INTO turn_texts(rowid, text) "
        "SELECT turns.key, coalesce((SELECT group_concat(text, ' ') FROM "
        "(SELECT text FROM words WHERE words.transcript_key = turns.transcript_key AND words.turn_key = turns.key "
        "ORDER BY position)), '') FROM turns JOIN transcripts ON transcripts.key = turns.transcript_key "
        "WHERE transcripts.final"
    )
    op.execute(
        "CREATE TRIGGER turns_leave_search AFTER DELETE ON turns "
        "BEGIN DELETE FROM turn_texts WHERE rowid = OLD.key; END"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER turns_leave_search")
    op.execute("DROP TABLE turn_texts")
