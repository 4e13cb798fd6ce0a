"""The library's tables. What a person makes carries its author, the time and a version; a machine's rows carry those of
their transcript. Ids are UUIDs as text; words, turns and the like also hang on small integer keys, for speed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

REVISION = "0011"  # what the program expects; the newest script in migrations/versions

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """A time in UTC as text of fixed width, so that its order is the order of time."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time in the library carries its zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _made() -> list[sa.Column[Any]]:
    return [
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    ]


def _of_recording(ondelete: str = "CASCADE") -> sa.Column[str]:
    target = sa.ForeignKey("recordings.id", ondelete=ondelete)
    return sa.Column("recording_id", sa.Text, target, nullable=False, index=True)


def _text(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, server_default=default)


def _integer(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _real(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcTime, nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


consents = sa.Table(
    "consents", metadata, _id(), _text("citizen"), sa.Column("until", sa.Date, nullable=False),
    _time("given_at"), _text("form", nullable=True),
    _time("withdrawn_at", nullable=True), *_made(),
    _text("role", default="citizen"), _text("manner", default="unspecified"), _text("wording", nullable=True),
    _text("wording_language", nullable=True), _text("reading_aid", default="none"),
)  # fmt: skip

consent_purposes = sa.Table(
    "consent_purposes", metadata,
    sa.Column("consent_id", sa.Text, sa.ForeignKey("consents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("purpose", sa.Text, primary_key=True),
    _text("state"), _time("decided_at"), *_made(),
    sa.Column("named", sa.JSON, nullable=False, server_default="[]"),
    sa.CheckConstraint("state IN ('informed', 'agreed', 'refused', 'withdrawn')", name="state"),
)  # fmt: skip

consent_evidence = sa.Table(  # a signature, a scanned paper: proof of an agreement
    "consent_evidence", metadata, _id(),
    sa.Column("consent_id", sa.Text, sa.ForeignKey("consents.id", ondelete="CASCADE"), nullable=False, index=True),
    _text("kind"), _text("media_type"), sa.Column("content", sa.LargeBinary, nullable=False), _text("sha256"), *_made(),
)  # fmt: skip

recordings = sa.Table(
    "recordings", metadata, _id(),
    sa.Column("consent_id", sa.Text, sa.ForeignKey("consents.id"), nullable=False, index=True),
    _text("title"), _text("state"), _text("source"), sa.Column("recorded_at", UtcTime, nullable=False, index=True),
    _integer("duration_ms"), _integer("rate_hz"), _integer("channels"), _text("source_sha256", nullable=True), *_made(),
    _text("kind", default="citizen-meeting"),
    sa.Column("delete_after", sa.Date, nullable=False, server_default="1970-01-01"),  # every insert names a day
    sa.Column("journalised_on", sa.Date), _text("hold_reason", nullable=True),
    sa.Column("spoken_ms", sa.Integer, nullable=False, server_default="0"),
)  # fmt: skip

participants = sa.Table(  # who is heard in a recording; the one who records has no agreement to name
    "participants", metadata,
    sa.Column("recording_id", sa.Text, sa.ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True), _text("role"), _text("label"),
    sa.Column("consent_id", sa.Text, sa.ForeignKey("consents.id"), index=True),
)  # fmt: skip

marks = sa.Table(  # made while it was recorded: the worker's bookmarks, and a listening colleague's notes apart
    "marks", metadata, _id(), _of_recording(), _text("kind"), _integer("at_ms"), _text("text"), *_made(),
)  # fmt: skip

waveforms = sa.Table(
    "waveforms", metadata,
    sa.Column("recording_id", sa.Text, sa.ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("peaks", sa.LargeBinary, nullable=False),
)  # fmt: skip

transcripts = sa.Table(
    "transcripts", metadata, sa.Column("key", sa.Integer, primary_key=True), sa.Column("id", sa.Text, nullable=False),
    _of_recording(), _integer("number"), _text("result_key"),
    _flag("final"), _flag("has_speakers"),
    _integer("duration_ms"), sa.Column("engine", sa.JSON, nullable=False),
    _text("silence_method"), _integer("silence_least_ms"), _real("silence_threshold_db"),
    *_made(),
    sa.UniqueConstraint("id"),
    sa.UniqueConstraint("recording_id", "result_key"), sa.UniqueConstraint("recording_id", "number"),
)  # fmt: skip


def _of_transcript(*, primary_key: bool = True) -> sa.Column[int]:
    target = sa.ForeignKey("transcripts.key", ondelete="CASCADE")
    index = not primary_key
    return sa.Column("transcript_key", sa.Integer, target, primary_key=primary_key, nullable=False, index=index)


def _position() -> sa.Column[int]:
    return sa.Column("position", sa.Integer, primary_key=True)


chosen_transcripts = sa.Table(  # the version people see, where somebody has chosen; else see `transcripts.latest`
    "chosen_transcripts", metadata,
    sa.Column("recording_id", sa.Text, sa.ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "transcript_id", sa.Text, sa.ForeignKey("transcripts.id", ondelete="CASCADE"), nullable=False, index=True
    ), *_made(),
)  # fmt: skip

speakers = sa.Table(
    "speakers", metadata, _of_transcript(), _position(), _text("id"), _text("label"), _text("role"),
    _text("pseudonym", nullable=True),
)  # fmt: skip

speaker_names = sa.Table(  # what a person called a speaker; the machine never writes here
    "speaker_names", metadata,
    sa.Column("recording_id", sa.Text, sa.ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("speaker_id", sa.Text, primary_key=True), _text("label"), _text("role"), *_made(),
)  # fmt: skip

turns = sa.Table(
    "turns", metadata, sa.Column("key", sa.Integer, primary_key=True), sa.Column("id", sa.Text, nullable=False),
    _of_transcript(primary_key=False), _integer("position"), _text("speaker_id", nullable=True),
    _integer("start_ms"), _integer("end_ms"), sa.UniqueConstraint("id"),
)  # fmt: skip

words = sa.Table(  # they go with their transcript; a foreign key to turns with its index cost a third of writing
    "words", metadata, _of_transcript(), _position(),
    _integer("turn_key"), _text("id"), _text("text"), _integer("start_ms"), _integer("end_ms"), _real("confidence"),
    _text("speaker_id", nullable=True), sa.UniqueConstraint("id"), sqlite_with_rowid=False,
)  # fmt: skip


def _intervals(name: str) -> sa.Table:
    return sa.Table(name, metadata, _of_transcript(), _position(), _integer("start_ms"), _integer("end_ms"))


silences = _intervals("silences")
unheard = _intervals("unheard")
flagged = _intervals("flagged")

overlaps = sa.Table(
    "overlaps", metadata, _of_transcript(), _position(), _integer("start_ms"), _integer("end_ms"),
    _text("first_turn_id"), _text("second_turn_id"),
)  # fmt: skip

edits = sa.Table(  # what people changed in a transcript, in order; a later edit drops what was undone before it
    "edits", metadata, sa.Column("key", sa.Integer, primary_key=True), _of_transcript(primary_key=False),
    _integer("number"), _text("act"), _text("state"), *_made(), sa.UniqueConstraint("transcript_key", "number"),
    sa.CheckConstraint("state IN ('done', 'undone', 'dropped')", name="state"),
)  # fmt: skip

edit_parts = sa.Table(  # what an edit leaves of a turn, a silence, an unheard stretch; no content: it is gone
    "edit_parts", metadata,
    sa.Column("edit_key", sa.Integer, sa.ForeignKey("edits.key", ondelete="CASCADE"), primary_key=True),
    _position(), _text("kind"), _text("element"), sa.Column("content", sa.JSON(none_as_null=True)),
)  # fmt: skip

made_turns = sa.Table(  # turns that came of edits, for the search: the machine's own have their place in `turns`
    "made_turns", metadata, sa.Column("key", sa.Integer, primary_key=True), _of_transcript(primary_key=False),
    sa.Column("id", sa.Text, nullable=False), _integer("start_ms"), sa.UniqueConstraint("id"),
)  # fmt: skip

frozen_transcripts = sa.Table(  # used in a meeting: from then on every line keeps its number
    "frozen_transcripts", metadata,
    sa.Column("recording_id", sa.Text, sa.ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    _text("transcript_id"), *_made(),
)  # fmt: skip

frozen_lines = sa.Table(  # no foreign key to words: a line keeps its number when its words are gone
    "frozen_lines", metadata,
    sa.Column(
        "recording_id", sa.Text, sa.ForeignKey("frozen_transcripts.recording_id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("number", sa.Integer, primary_key=True), _integer("start_ms"),
    sa.Column("words", sa.JSON, nullable=False), _integer("silence", nullable=True),
)  # fmt: skip

concepts = sa.Table(
    "concepts", metadata, _id(), _integer("position"), _text("topic"), _text("name_da"), _text("name_en"),
    _text("definition_da"), _text("definition_en"), _text("listen_for_da"), _text("listen_for_en"),
    _text("ask_yourself_da"), _text("ask_yourself_en"), _text("source"),
    _flag("starter"), *_made(),
    sa.Column("in_use", sa.Boolean, nullable=False, server_default="1"),
    sa.Column("retired", sa.Boolean, nullable=False, server_default="0"), _text("merged_into", nullable=True),
)  # fmt: skip

concept_versions = sa.Table(  # how a concept was worded before
    "concept_versions", metadata,
    sa.Column("concept_id", sa.Text, sa.ForeignKey("concepts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True), sa.Column("content", sa.JSON, nullable=False),
    _text("author"), _time("created_at"),
)  # fmt: skip

annotation_table = sa.Table(  # "annotations" itself is taken by the __future__ import
    "annotations", metadata, _id(), _of_recording(),
    sa.Column("concept_id", sa.Text, sa.ForeignKey("concepts.id"), nullable=False, index=True),
    _integer("start_ms"), _integer("end_ms"), _text("note"), *_made(), _text("status", default="open"),
)  # fmt: skip

annotation_words = sa.Table(  # no foreign key to words: a person's mark outlives a machine's version of the text
    "annotation_words", metadata,
    sa.Column("annotation_id", sa.Text, sa.ForeignKey("annotations.id", ondelete="CASCADE"), primary_key=True),
    _position(), _text("word_id"),
)  # fmt: skip

annotation_replies = sa.Table(
    "annotation_replies", metadata, _id(), _text("text"), *_made(),
    sa.Column(
        "annotation_id", sa.Text, sa.ForeignKey("annotations.id", ondelete="CASCADE"), nullable=False, index=True
    ),
)  # fmt: skip

blind_rounds = sa.Table(  # "each by themselves first": until it is opened everybody sees only what is their own
    "blind_rounds", metadata,
    sa.Column("recording_id", sa.Text, sa.ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    _time("opened_at", nullable=True), _text("opened_by", nullable=True), *_made(),
)  # fmt: skip

blind_people = sa.Table(  # whom a round waits for, and who has said that they are done
    "blind_people", metadata,
    sa.Column(
        "recording_id", sa.Text, sa.ForeignKey("blind_rounds.recording_id", ondelete="CASCADE"), primary_key=True
    ),
    _position(), _text("name"), _time("ready_at", nullable=True),
)  # fmt: skip

concept_examples = sa.Table(  # passages that show what a concept is, or is not; they go with their conversation
    "concept_examples", metadata, _id(), _of_recording(),
    sa.Column("concept_id", sa.Text, sa.ForeignKey("concepts.id"), nullable=False, index=True),
    _text("kind"), _integer("start_ms"), _integer("end_ms"), _text("note"), *_made(),
    sa.CheckConstraint("kind IN ('example', 'counter-example')", name="kind"),
)  # fmt: skip

concept_example_words = sa.Table(  # no foreign key to words, for the same reason
    "concept_example_words", metadata,
    sa.Column("example_id", sa.Text, sa.ForeignKey("concept_examples.id", ondelete="CASCADE"), primary_key=True),
    _position(), _text("word_id"),
)  # fmt: skip

decisions = sa.Table(  # about suggested places, each person's own; with its mark a decision goes
    "decisions", metadata,
    sa.Column("recording_id", sa.Text, sa.ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Text, primary_key=True), _text("finder"), _flag("accepted"),
    sa.Column("thresholds", sa.JSON, nullable=False),
    sa.Column("annotation_id", sa.Text, sa.ForeignKey("annotations.id", ondelete="CASCADE"), index=True),
    sa.Column("author", sa.Text, primary_key=True), *_made()[1:],
)  # fmt: skip

excerpts = sa.Table(
    "excerpts", metadata, _id(), _of_recording(), _integer("start_ms"), _integer("end_ms"), _text("title"), *_made(),
)  # fmt: skip

collections = sa.Table(  # the same phenomenon in several conversations, gathered by a person
    "collections", metadata, _id(), _text("name"), _text("question"), *_made(),
)  # fmt: skip

passages = sa.Table(  # the cases of a collection; what is heard in them goes with its recording
    "passages", metadata, _id(),
    sa.Column("collection_id", sa.Text, sa.ForeignKey("collections.id"), nullable=False, index=True),
    _of_recording(), _integer("position"), _integer("start_ms"), _integer("end_ms"), _flag("deviant"), _text("note"),
    *_made(),
)  # fmt: skip

passage_words = sa.Table(  # as with annotation_words: a person's choice outlives a machine's version of the text
    "passage_words", metadata,
    sa.Column("passage_id", sa.Text, sa.ForeignKey("passages.id", ondelete="CASCADE"), primary_key=True),
    _position(), _text("word_id"),
)  # fmt: skip

exports = sa.Table(  # no foreign keys: the register of what has left the house outlives what it was made from
    "exports", metadata, _id(), _text("recording_id"), _text("excerpt_id", nullable=True), _text("consent_id"),
    _text("purpose"), _text("format"), _text("file_name"), _text("sha256"), _time("exported_at"), *_made(),
    _text("recipient", nullable=True), _time("recalled_at", nullable=True),
)  # fmt: skip

slots = sa.Table(
    "slots", metadata, _id(), _time("starts_at"), _text("starts_zone"),
    _time("ends_at"), _text("worker"), _text("partner"), _text("place"),
    sa.Column("recording_id", sa.Text, sa.ForeignKey("recordings.id", ondelete="SET NULL"), index=True),
    _integer("sequence"), *_made(),
)  # fmt: skip

jobs = sa.Table(
    "jobs", metadata, _id(), _text("kind"), _of_recording(), _text("state"),
    sa.Column("options", sa.JSON, nullable=False),
    _integer("attempts"), _time("started_at", nullable=True), _time("finished_at", nullable=True),
    _time("heartbeat_at", nullable=True), _text("claimed_by", nullable=True),
    _flag("cancel_requested"), _real("share", nullable=True), _text("phase", nullable=True),
    _real("seconds_left", nullable=True), sa.Column("text_ready", sa.Boolean, nullable=False, server_default="0"),
    _text("failure", nullable=True), sa.Column("failure_params", sa.JSON, nullable=False), *_made(),
)  # fmt: skip

speeds = sa.Table(
    "speeds", metadata, _id("phase"), _id("fingerprint"), _real("seconds_per_second"), _integer("runs"),
    _time("learned_at"),
)  # fmt: skip

audit = sa.Table(
    "audit", metadata, sa.Column("number", sa.Integer, primary_key=True), _text("at"), _text("actor"), _text("device"),
    _text("action"), _text("object_id", nullable=True), _text("outcome"),
    sa.Column("mac", sa.LargeBinary, nullable=False),
)  # fmt: skip

audit_samples = sa.Table(  # what a leader looks through each month, and their signature
    "audit_samples", metadata, _id("month"), sa.Column("numbers", sa.JSON, nullable=False),
    _text("signed_by", nullable=True), _time("signed_at", nullable=True), _text("remark"), *_made(),
)  # fmt: skip

audit_checkpoints = sa.Table(  # up to where old lines of the log were removed; the chain goes on from `mac`
    "audit_checkpoints", metadata, sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("mac", sa.LargeBinary, nullable=False), _text("at"), _text("actor"),
    sa.Column("seal", sa.LargeBinary, nullable=False),
)  # fmt: skip

policies = sa.Table(  # what the municipality has decided for this library
    "policies", metadata, _id("name"), sa.Column("value", sa.JSON, nullable=False), *_made(),
)  # fmt: skip

tombstones = sa.Table(  # what was forgotten, without saying what it was; a restored backup obeys it
    "tombstones", metadata, _id(), _time("at"), _text("reason"),
)  # fmt: skip
