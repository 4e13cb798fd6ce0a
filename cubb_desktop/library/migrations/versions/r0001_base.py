"""The tables of the first libraries; what the machine wrote and what the audit log says can't be changed."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE audit (
    number INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, device TEXT NOT NULL, action TEXT NOT NULL,
    object_id TEXT, outcome TEXT NOT NULL, mac BLOB NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (number)
);
CREATE TABLE concepts (
    id TEXT NOT NULL, position INTEGER NOT NULL, topic TEXT NOT NULL, name_da TEXT NOT NULL, name_en TEXT NOT NULL,
    definition_da TEXT NOT NULL, definition_en TEXT NOT NULL, listen_for_da TEXT NOT NULL,
    listen_for_en TEXT NOT NULL, ask_yourself_da TEXT NOT NULL, ask_yourself_en TEXT NOT NULL, source TEXT NOT NULL,
    starter BOOLEAN NOT NULL, author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_concepts PRIMARY KEY (id)
);
CREATE TABLE consents (
    id TEXT NOT NULL, citizen TEXT NOT NULL, until DATE NOT NULL, given_at TEXT NOT NULL, form TEXT,
    withdrawn_at TEXT, author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_consents PRIMARY KEY (id)
);
CREATE TABLE exports (
    id TEXT NOT NULL, recording_id TEXT NOT NULL, excerpt_id TEXT, consent_id TEXT NOT NULL, purpose TEXT NOT NULL,
    format TEXT NOT NULL, file_name TEXT NOT NULL, sha256 TEXT NOT NULL, exported_at TEXT NOT NULL,
    author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_exports PRIMARY KEY (id)
);
CREATE TABLE speeds (
    phase TEXT NOT NULL, fingerprint TEXT NOT NULL, seconds_per_second FLOAT NOT NULL, runs INTEGER NOT NULL,
    learned_at TEXT NOT NULL,
    CONSTRAINT pk_speeds PRIMARY KEY (phase, fingerprint)
);
CREATE TABLE consent_purposes (
    consent_id TEXT NOT NULL, purpose TEXT NOT NULL, state TEXT NOT NULL, decided_at TEXT NOT NULL,
    author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_consent_purposes PRIMARY KEY (consent_id, purpose),
    CONSTRAINT ck_consent_purposes_state CHECK (state IN ('informed', 'agreed', 'refused', 'withdrawn')),
    CONSTRAINT fk_consent_purposes_consent_id FOREIGN KEY(consent_id) REFERENCES consents (id) ON DELETE CASCADE
);
CREATE TABLE recordings (
    id TEXT NOT NULL, consent_id TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL, source TEXT NOT NULL,
    recorded_at TEXT NOT NULL, duration_ms INTEGER NOT NULL, rate_hz INTEGER NOT NULL, channels INTEGER NOT NULL,
    source_sha256 TEXT, author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_recordings PRIMARY KEY (id),
    CONSTRAINT fk_recordings_consent_id FOREIGN KEY(consent_id) REFERENCES consents (id)
);
CREATE INDEX ix_recordings_consent_id ON recordings (consent_id);
CREATE INDEX ix_recordings_recorded_at ON recordings (recorded_at);
CREATE TABLE annotations (
    id TEXT NOT NULL, recording_id TEXT NOT NULL, concept_id TEXT NOT NULL, start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL, note TEXT NOT NULL, author TEXT NOT NULL, created_at TEXT NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_annotations PRIMARY KEY (id),
    CONSTRAINT fk_annotations_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE,
    CONSTRAINT fk_annotations_concept_id FOREIGN KEY(concept_id) REFERENCES concepts (id)
);
CREATE INDEX ix_annotations_concept_id ON annotations (concept_id);
CREATE INDEX ix_annotations_recording_id ON annotations (recording_id);
CREATE TABLE excerpts (
    id TEXT NOT NULL, recording_id TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
    title TEXT NOT NULL, author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_excerpts PRIMARY KEY (id),
    CONSTRAINT fk_excerpts_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE
);
CREATE INDEX ix_excerpts_recording_id ON excerpts (recording_id);
CREATE TABLE jobs (
    id TEXT NOT NULL, kind TEXT NOT NULL, recording_id TEXT NOT NULL, state TEXT NOT NULL, options JSON NOT NULL,
    attempts INTEGER NOT NULL, started_at TEXT, finished_at TEXT, heartbeat_at TEXT, claimed_by TEXT,
    cancel_requested BOOLEAN NOT NULL, share FLOAT, phase TEXT, seconds_left FLOAT,
    text_ready BOOLEAN DEFAULT '0' NOT NULL, failure TEXT, failure_params JSON NOT NULL, author TEXT NOT NULL,
    created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_jobs PRIMARY KEY (id),
    CONSTRAINT fk_jobs_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE
);
CREATE INDEX ix_jobs_recording_id ON jobs (recording_id);
CREATE TABLE slots (
    id TEXT NOT NULL, starts_at TEXT NOT NULL, starts_zone TEXT NOT NULL, ends_at TEXT NOT NULL,
    worker TEXT NOT NULL, partner TEXT NOT NULL, place TEXT NOT NULL, recording_id TEXT, sequence INTEGER NOT NULL,
    author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_slots PRIMARY KEY (id),
    CONSTRAINT fk_slots_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE SET NULL
);
CREATE INDEX ix_slots_recording_id ON slots (recording_id);
CREATE TABLE speaker_names (
    recording_id TEXT NOT NULL, speaker_id TEXT NOT NULL, label TEXT NOT NULL, role TEXT NOT NULL,
    author TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_speaker_names PRIMARY KEY (recording_id, speaker_id),
    CONSTRAINT fk_speaker_names_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE
);
CREATE TABLE transcripts (
    "key" INTEGER NOT NULL, id TEXT NOT NULL, recording_id TEXT NOT NULL, number INTEGER NOT NULL,
    result_key TEXT NOT NULL, final BOOLEAN NOT NULL, has_speakers BOOLEAN NOT NULL, duration_ms INTEGER NOT NULL,
    engine JSON NOT NULL, silence_method TEXT NOT NULL, silence_least_ms INTEGER NOT NULL,
    silence_threshold_db FLOAT NOT NULL, author TEXT NOT NULL, created_at TEXT NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    CONSTRAINT pk_transcripts PRIMARY KEY ("key"),
    CONSTRAINT uq_transcripts_id UNIQUE (id),
    CONSTRAINT uq_transcripts_recording_id_result_key UNIQUE (recording_id, result_key),
    CONSTRAINT uq_transcripts_recording_id_number UNIQUE (recording_id, number),
    CONSTRAINT fk_transcripts_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE
);
CREATE INDEX ix_transcripts_recording_id ON transcripts (recording_id);
CREATE TABLE waveforms (
    recording_id TEXT NOT NULL, peaks BLOB NOT NULL,
    CONSTRAINT pk_waveforms PRIMARY KEY (recording_id),
    CONSTRAINT fk_waveforms_recording_id FOREIGN KEY(recording_id) REFERENCES recordings (id) ON DELETE CASCADE
);
CREATE TABLE annotation_words (
    annotation_id TEXT NOT NULL, position INTEGER NOT NULL, word_id TEXT NOT NULL,
    CONSTRAINT pk_annotation_words PRIMARY KEY (annotation_id, position),
    CONSTRAINT fk_annotation_words_annotation_id
        FOREIGN KEY(annotation_id) REFERENCES annotations (id) ON DELETE CASCADE
);
CREATE TABLE flagged (
    transcript_key INTEGER NOT NULL, position INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
    CONSTRAINT pk_flagged PRIMARY KEY (transcript_key, position),
    CONSTRAINT fk_flagged_transcript_key FOREIGN KEY(transcript_key) REFERENCES transcripts ("key") ON DELETE CASCADE
);
CREATE TABLE overlaps (
    transcript_key INTEGER NOT NULL, position INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
    first_turn_id TEXT NOT NULL, second_turn_id TEXT NOT NULL,
    CONSTRAINT pk_overlaps PRIMARY KEY (transcript_key, position),
    CONSTRAINT fk_overlaps_transcript_key FOREIGN KEY(transcript_key) REFERENCES transcripts ("key") ON DELETE CASCADE
);
CREATE TABLE silences (
    transcript_key INTEGER NOT NULL, position INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
    CONSTRAINT pk_silences PRIMARY KEY (transcript_key, position),
    CONSTRAINT fk_silences_transcript_key FOREIGN KEY(transcript_key) REFERENCES transcripts ("key") ON DELETE CASCADE
);
CREATE TABLE speakers (
    transcript_key INTEGER NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, label TEXT NOT NULL,
    role TEXT NOT NULL, pseudonym TEXT,
    CONSTRAINT pk_speakers PRIMARY KEY (transcript_key, position),
    CONSTRAINT fk_speakers_transcript_key FOREIGN KEY(transcript_key) REFERENCES transcripts ("key") ON DELETE CASCADE
);
CREATE TABLE turns (
    "key" INTEGER NOT NULL, id TEXT NOT NULL, transcript_key INTEGER NOT NULL, position INTEGER NOT NULL,
    speaker_id TEXT, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
    CONSTRAINT pk_turns PRIMARY KEY ("key"),
    CONSTRAINT uq_turns_id UNIQUE (id),
    CONSTRAINT fk_turns_transcript_key FOREIGN KEY(transcript_key) REFERENCES transcripts ("key") ON DELETE CASCADE
);
CREATE INDEX ix_turns_transcript_key ON turns (transcript_key);
CREATE TABLE unheard (
    transcript_key INTEGER NOT NULL, position INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,
    CONSTRAINT pk_unheard PRIMARY KEY (transcript_key, position),
    CONSTRAINT fk_unheard_transcript_key FOREIGN KEY(transcript_key) REFERENCES transcripts ("key") ON DELETE CASCADE
);
CREATE TABLE words (
    transcript_key INTEGER NOT NULL, position INTEGER NOT NULL, turn_key INTEGER NOT NULL, id TEXT NOT NULL,
    text TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, confidence FLOAT NOT NULL,
    speaker_id TEXT,
    CONSTRAINT pk_words PRIMARY KEY (transcript_key, position),
    CONSTRAINT uq_words_id UNIQUE (id),
    CONSTRAINT fk_words_transcript_key FOREIGN KEY(transcript_key) REFERENCES transcripts ("key") ON DELETE CASCADE
) WITHOUT ROWID;
"""

# A finished machine transcript stays as it is; only with its recording (or as a whole) it can go.
_MACHINE_ROWS = ("words", "turns", "speakers", "silences", "overlaps", "unheard", "flagged")
# (No trigger watches inserts: one per row made writing an hour's words twelve times slower.)
_FINISHED = "(SELECT final FROM transcripts WHERE key = OLD.transcript_key)"


def upgrade() -> None:
    for statement in _statements():
        op.execute(statement)
    for table in _MACHINE_ROWS:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_stay_{act.lower()} BEFORE {act} ON {table} WHEN {_FINISHED} "
                "BEGIN SELECT RAISE(ABORT, 'a finished transcript stays'); END"
            )
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_stays_{act.lower()} BEFORE {act} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END"
        )


def downgrade() -> None:
    for statement in reversed(_statements()):
        kind, name = statement.split()[1:3]
        if kind == "TABLE":
            op.execute(f"DROP TABLE {name}")


def _statements() -> list[str]:
    return [part.strip() for part in _TABLES.split(";") if part.strip()]
