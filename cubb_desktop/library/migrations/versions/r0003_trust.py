"""Who agreed and how, who was present, what was marked, until when a recording stays, and what was forgotten."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS = {
    "consents": (
        "role TEXT DEFAULT 'citizen' NOT NULL",
        "manner TEXT DEFAULT 'unspecified' NOT NULL",
        "wording TEXT",
        "wording_language TEXT",
        "reading_aid TEXT DEFAULT 'none' NOT NULL",
    ),
    "consent_purposes": ("named JSON DEFAULT '[]' NOT NULL",),
    "recordings": (
        "kind TEXT DEFAULT 'citizen-meeting' NOT NULL",
        "delete_after DATE DEFAULT '1970-01-01' NOT NULL",
        "journalised_on DATE",
        "hold_reason TEXT",
        "spoken_ms INTEGER DEFAULT '0' NOT NULL",
    ),
    "exports": ("recipient TEXT", "recalled_at TEXT"),
}

_TABLES = """
CREATE TABLE consent_evidence (
    id TEXT NOT NULL, consent_id TEXT NOT NULL, kind TEXT NOT NULL, media_type TEXT NOT NULL, content BLOB NOT NULL,
    sha256 TEXT NOT NULL, author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_consent_evidence PRIMARY KEY (id),
    CONSTRAINT fk_consent_evidence_consent_id FOREIGN KEY(consent_id) REFERENCES consents (id) ON DELETE CASCADE
);
CREATE INDEX ix_consent_evidence_consent_id ON consent_evidence (consent_id);
CREATE TABLE participants (
    recording_id TEXT NOT NULL, position INTEGER NOT NULL, role TEXT NOT NULL, label TEXT NOT NULL, consent_id TEXT,
    CONSTRAINT pk_participants PRIMARY KEY (recording_id, position),
    CONSTRAINT fk_participants_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE,
    CONSTRAINT fk_participants_consent_id FOREIGN KEY(consent_id) REFERENCES consents (id)
);
CREATE INDEX ix_participants_consent_id ON participants (consent_id);
CREATE TABLE marks (
    id TEXT NOT NULL, recording_id TEXT NOT NULL, kind TEXT NOT NULL, at_ms INTEGER NOT NULL, text TEXT NOT NULL,
    author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_marks PRIMARY KEY (id),
    CONSTRAINT fk_marks_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE
);
CREATE INDEX ix_marks_recording_id ON marks (recording_id);
CREATE TABLE policies (
    name TEXT NOT NULL, value JSON NOT NULL, author TEXT NOT NULL, created_at TEXT NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_policies PRIMARY KEY (name)
);
CREATE TABLE tombstones (
    id TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL,
    CONSTRAINT pk_tombstones PRIMARY KEY (id)
);
CREATE TABLE audit_samples (
    month TEXT NOT NULL, numbers JSON NOT NULL, signed_by TEXT, signed_at TEXT, remark TEXT NOT NULL,
    author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_audit_samples PRIMARY KEY (month)
);
CREATE TABLE audit_checkpoints (
    number INTEGER NOT NULL, mac BLOB NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, seal BLOB NOT NULL,
    CONSTRAINT pk_audit_checkpoints PRIMARY KEY (number)
);
"""

# Old lines of the log go only where a checkpoint says so; what a leader has signed stays as it was.
_AUDIT_TRIGGERS = {
    "audit_stays_delete": (
        "DELETE ON audit WHEN OLD.number > (SELECT coalesce(max(number), 0) FROM audit_checkpoints)",
        "the audit log is never changed",
    ),
    "audit_checkpoints_stay_update": ("UPDATE ON audit_checkpoints", "the audit log is never changed"),
    "audit_checkpoints_stay_delete": ("DELETE ON audit_checkpoints", "the audit log is never changed"),
    "audit_samples_stay_update": (
        "UPDATE ON audit_samples "
        "WHEN OLD.signed_at IS NOT NULL OR NEW.numbers != OLD.numbers OR NEW.month != OLD.month",
        "a sample stays as it was drawn and signed",
    ),
    "audit_samples_stay_delete": ("DELETE ON audit_samples", "a sample stays as it was drawn and signed"),
}


def upgrade() -> None:
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    for statement in _statements():
        op.execute(statement)
    op.execute(
        "UPDATE recordings SET delete_after = min("
        "(SELECT until FROM consents WHERE consents.id = recordings.consent_id), "
        "date(recorded_at, '+3 years'))"
    )
    op.execute(
        "INSERT INTO participants (recording_id, position, role, label, consent_id) "
        "SELECT recordings.id, 0, 'citizen', consents.citizen, consents.id "
        "FROM recordings JOIN consents ON consents.id = recordings.consent_id"
    )
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER tombstones_stay_{act.lower()} BEFORE {act} ON tombstones "
            "BEGIN SELECT RAISE(ABORT, 'what was forgotten stays forgotten'); END"
        )
    op.execute("DROP TRIGGER audit_stays_delete")
    for name, (when, why) in _AUDIT_TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{why}'); END")


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_stays_delete")
    op.execute(
        "CREATE TRIGGER audit_stays_delete BEFORE DELETE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END"
    )
    for statement in reversed(_statements()):
        kind, name = statement.split()[1:3]
        if kind == "TABLE":
            op.execute(f"DROP TABLE {name}")
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column.split()[0]}")


def _statements() -> list[str]:
    return [part.strip() for part in _TABLES.split(";") if part.strip()]
