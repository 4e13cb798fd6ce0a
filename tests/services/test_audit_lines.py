"""Every public act of the services leaves exactly one line in the log, and looking at lists leaves none.

A new public function that takes the workspace must be entered in one of the tables here, or the first test fails.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import cubb_desktop.services
from cubb_desktop.domain.annotating import Reply, Thread
from cubb_desktop.domain.audit import AuditLine
from cubb_desktop.domain.codebook import Annotation, MarkStatus
from cubb_desktop.domain.consent import Purpose, Use
from cubb_desktop.domain.errors import ConsentWithdrawn
from cubb_desktop.domain.ids import AnnotationId, ConceptId, RecordingId, ReplyId
from cubb_desktop.domain.pack import Excerpt, ExportFormat
from cubb_desktop.domain.policy import Policy
from cubb_desktop.domain.recording import Recording, Role
from cubb_desktop.library import audit
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import audit as log
from cubb_desktop.services import (
    blind_rounds,
    collected,
    concepts,
    consents,
    examples,
    feedback,
    keeping,
    openings,
    packs,
    policy,
    recordings,
    replies,
)
from cubb_desktop.services import transcripts as texts
from cubb_desktop.services.workspace import Workspace
from tests import builders
from tests.cli.conftest import write_tone


@dataclass
class Stage:
    """A library with one conversation of eight seconds, its text, an excerpt and a mark; and a place for files."""

    ws: Workspace
    recording: Recording
    excerpt: Excerpt
    annotation: Annotation
    reply: Reply  # to another mark
    out: Path

    @property
    def recording_id(self) -> RecordingId:
        return self.recording.id

    @property
    def arguments(self) -> dict[str, Any]:
        """What a function is given for a parameter of that name."""
        return {
            "ws": self.ws,
            "recording_id": self.recording.id,
            "consent_id": self.recording.consent_id,
            "annotation_id": self.annotation.id,
            "reply_id": self.reply.id,
            "consent_ids": [self.recording.consent_id],
            "concept_id": ConceptId("gribning"),
            "use": Use.OPEN,
            "start_ms": 0,
            "end_ms": 1_000,
            "day": self.ws.today(),
            "out": self.out / "begreber.qdc",
        }


@pytest.fixture
def stage(workspace: Workspace, tmp_path: Path) -> Stage:
    until = workspace.today() + timedelta(days=30)
    consent = consents.add_consent(workspace, "B-17", [Purpose.OWN_LEARNING, Purpose.LEARNING_ROOM], until)
    recording = recordings.import_file(workspace, write_tone(tmp_path / "kilde.wav", 8.0), consent.id, "Om lageret")
    with workspace.library.change(builders.ACTOR, "transcript.finished", recording.id) as change:
        builders.store_transcript(change, builders.transcript(recording.id, duration_ms=8_000))
    excerpt = packs.add_excerpt(workspace, recording.id, 0, 1_000, "Et uddrag")
    concept = concepts.list_concepts(workspace)[0].id
    annotation = marks.annotate(workspace, recording.id, 0, 1_000, concept, "en note")
    talked = marks.annotate(workspace, recording.id, 5_000, 6_000, concept, "en note")
    reply = replies.reply(workspace, talked.id, "et svar")
    return Stage(workspace, recording, excerpt, annotation, reply, tmp_path)


def lines(ws: Workspace) -> list[AuditLine]:
    with ws.library.read() as reading:
        return audit.lines(reading)[::-1]


def left_by(stage: Stage, act: Callable[[], object]) -> list[str]:
    """Return the actions that `act` leaves in the log."""
    before = len(lines(stage.ws))
    made = act()
    close = getattr(made, "close", None)
    if close is not None:
        close()
    return [line.action for line in lines(stage.ws)[before:]]


# What each act leaves, and how it is done here.
ACTS: dict[str, tuple[str, Callable[[Stage], object]]] = {
    "annotations.annotate": (
        "annotation.added",
        lambda s: marks.annotate(s.ws, s.recording_id, 2_500, 3_500, s.annotation.concept_id, "fortroligt"),
    ),
    "collected.add_collection": ("collection.added", lambda s: collected.add_collection(s.ws, "fortroligt", "hvad?")),
    "collected.restore_collection": (
        "collection.restored", lambda s: collected.restore_collection(s.ws, builders.collection())
    ),
    "annotations.remove_annotation": (
        "annotation.removed", lambda s: marks.remove_annotation(s.ws, s.annotation.id)
    ),
    "annotations.restore_annotation": (
        "annotation.restored",
        lambda s: marks.restore_annotation(
            s.ws, marks.RemovedMark(Thread(replace(s.annotation, id=AnnotationId(builders.new_id()))))
        ),
    ),
    "annotations.edit_annotation": (
        "annotation.edited",
        lambda s: marks.edit_annotation(s.ws, s.reply.annotation_id, note="fortroligt"),
    ),
    "annotations.set_status": (
        "annotation.status",
        lambda s: marks.set_status(s.ws, s.reply.annotation_id, MarkStatus.DISCUSSED),
    ),
    "replies.reply": ("reply.added", lambda s: replies.reply(s.ws, s.reply.annotation_id, "fortroligt @Anders")),
    "replies.edit_reply": ("reply.edited", lambda s: replies.edit_reply(s.ws, s.reply.id, "fortroligt")),
    "replies.remove_reply": ("reply.removed", lambda s: replies.remove_reply(s.ws, s.reply.id)),
    "replies.restore_reply": (
        "reply.restored",
        lambda s: replies.restore_reply(s.ws, replace(s.reply, id=ReplyId(builders.new_id()))),
    ),
    "blind_rounds.begin_round": (
        "round.begun", lambda s: blind_rounds.begin_round(s.ws, s.recording_id, ["Fortroligt Navn", s.ws.actor])
    ),
    "audit.verify_log": ("audit.verified", lambda s: log.verify_log(s.ws)),
    "audit.list_log": ("audit.listed", lambda s: log.list_log(s.ws, s.recording_id)),
    "audit.draw_sample": ("audit.sampled", lambda s: log.draw_sample(s.ws)),
    "audit.extract": ("audit.extracted", lambda s: log.extract(s.ws, s.recording_id, s.out / "log.csv")),
    "audit.set_log_kept_years": ("policy.set", lambda s: log.set_log_kept_years(s.ws, 3)),
    "concepts.switch": ("concept.switched", lambda s: concepts.switch(s.ws, ConceptId("overlap"), on=True)),
    "concepts.retire": ("concept.retired", lambda s: concepts.retire(s.ws, ConceptId("overlap"))),
    "concepts.merge": (
        "concept.merged", lambda s: concepts.merge(s.ws, ConceptId("overlap"), ConceptId("taletur"))
    ),
    "concepts.add_concept": (
        "concept.added", lambda s: concepts.add_concept(s.ws, "Egne", "Fortroligt", {"definition": "fortroligt"})
    ),
    "concepts.revise": (
        "concept.revised", lambda s: concepts.revise(s.ws, ConceptId("overlap"), {"definition": "fortroligt"})
    ),
    "concepts.restore_state": (
        "concept.switched", lambda s: concepts.restore_state(s.ws, concepts.get_concept(s.ws, ConceptId("overlap")))
    ),
    "examples.add_example": (
        "example.added",
        lambda s: examples.add_example(s.ws, s.annotation.concept_id, s.recording_id, 0, 900, note="fortroligt"),
    ),
    "openings.quoted": ("recording.quoted", lambda s: openings.quoted(s.ws, s.recording_id)),
    "consents.add_consent": (
        "consent.added", lambda s: consents.add_consent(s.ws, "B-18", [Purpose.FLIP], s.ws.today())
    ),
    "feedback.book_slot": (
        "slot.booked", lambda s: feedback.book_slot(s.ws, s.ws.clock() + timedelta(days=1), 30, "Mette", "Sanne")
    ),
    "keeping.set_journalised": (
        "recording.journalised", lambda s: keeping.set_journalised(s.ws, s.recording_id, s.ws.today())
    ),
    "keeping.hold": ("recording.held", lambda s: keeping.hold(s.ws, s.recording_id, "aktindsigt")),
    "openings.opened": ("recording.opened", lambda s: openings.opened(s.ws, s.recording_id)),
    "openings.played": ("recording.played", lambda s: openings.played(s.ws, s.recording_id)),
    "openings.searched": ("transcripts.searched", lambda s: openings.searched(s.ws, "arbejde")),
    "packs.add_excerpt": ("excerpt.added", lambda s: packs.add_excerpt(s.ws, s.recording_id, 0, 900, "Et til")),
    "packs.export": (
        "export.written", lambda s: packs.export(s.ws, s.recording_id, ExportFormat.DOCX, s.out / "ud.docx")
    ),
    "policy.set_policy": ("policy.set", lambda s: policy.set_policy(s.ws, Policy(municipality="Aalborg"))),
    "recordings.delete_recording": ("recording.deleted", lambda s: recordings.delete_recording(s.ws, s.recording_id)),
    "recordings.rename_recording": (
        "recording.renamed", lambda s: recordings.rename_recording(s.ws, s.recording_id, "En anden titel")
    ),
    "recordings.open_sound": ("recording.opened", lambda s: recordings.open_sound(s.ws, s.recording_id)),
    "transcripts.request_transcription": (
        "transcription.requested", lambda s: texts.request_transcription(s.ws, s.recording_id)
    ),
    "transcripts.get_transcript": ("recording.opened", lambda s: texts.get_transcript(s.ws, s.recording_id)),
    "transcripts.set_speaker": (
        "speaker.named",
        lambda s: texts.set_speaker(s.ws, s.recording_id, builders.CITIZEN.id, "Borger", Role.CITIZEN),
    ),
    "transcripts.search": ("transcripts.searched", lambda s: texts.search(s.ws, "arbejde")),
}  # fmt: skip

# Shows lists and settings, or asks a rule: neither what was said nor a change. Called with the stage's arguments.
QUIET = """
candidates.suggestions concepts.concept_book concepts.list_concepts concepts.get_concept
concepts.history concepts.wordings concepts.marks_with concepts.export_codebook
annotations.list_annotations annotations.list_threads annotations.get_thread
annotations.check_passage
collected.list_collections lines.frozen_of patterns.is_own versions.list_versions
replies.known_people replies.find_reply blind_rounds.get_round audit.unsigned_month
audit.log_kept_years audit.prune_log consents.list_consents consents.get_consent consents.list_evidence
consents.resting_on consents.resting_counts conversations.list_conversations feedback.list_slots gate.gate
keeping.kept keeping.kept_one keeping.refuse_held keeping.is_unfinished keeping.unsettled noticed.marks_of
noticed.missing_sound packs.list_excerpts packs.list_exports policy.get_policy policy.start_notice
recordings.list_recordings recordings.get_recording recordings.sound_of recordings.sound_state recordings.peaks
recovery.reconcile recovery.list_unfinished transcripts.list_jobs transcripts.read_transcript transcripts.has_transcript
new_recordings.read_sound erasure.due erasure.preview erasure.recalls
""".split()

# Acts of several steps, or parts of other acts; their lines are looked at where they are tested.
ELSEWHERE = """
blind_rounds.say_ready blind_rounds.open_round collected.get_collection collected.get_passage collected.add_passage
lines.sheet_of lines.sheet_of_passage patterns.stretch_of patterns.turn_of
patterns.stretches_of collected.shelf collected.remove_collection collected.move_passage
collected.remove_passage collected.set_passage collected.restore_passage collected.word_collection patterns.concordance
versions.get_version versions.choose_version versions.compare versions.take lines.freeze_lines
candidates.accept candidates.dismiss candidates.bring_back annotations.new_annotation
audit.sign_sample concepts.import_codebook concepts.undo_merge examples.list_examples
examples.remove_example examples.restore_example backup.backup_library backup_tombstones.open_store
backup_tombstones.forget_in_backups backup_tombstones.apply_tombstones consents.withdraw_consent erasure.erase
erasure.erase_due erasure.forget_elsewhere erasure.journalise erasure.release erasure.withdraw
erasure.erase_withdrawn erasure.mark_recalled erasure.complete feedback.get_slot forgetting.finish gate.gate_start
keeping.not_journalised keeping.set_free new_recordings.new_recording new_recordings.begin new_recordings.undo
openings.refusals_logged recording_live.begin_recording recording_live.merged_marks recordings.import_file
recordings.import_sound recordings.complete_deletion recovery.keep_recording transcripts.get_job
transcripts.cancel_job transcripts.retry_job
""".split()


def public_functions() -> dict[str, Callable[..., Any]]:
    """Return every public function of the services that is given the workspace, by module and name."""
    found = {}
    for module in pkgutil.iter_modules(cubb_desktop.services.__path__):
        loaded = importlib.import_module(f"cubb_desktop.services.{module.name}")
        for name, function in vars(loaded).items():
            own = inspect.isfunction(function) and function.__module__ == loaded.__name__ and not name.startswith("_")
            if own and any(p.annotation == "Workspace" for p in inspect.signature(function).parameters.values()):
                found[f"{module.name}.{name}"] = function
    return found


FUNCTIONS = public_functions()


def test_every_public_function_is_accounted_for() -> None:
    tables = [*ACTS, *QUIET, *ELSEWHERE]
    assert set(FUNCTIONS) - set(tables) == set(), "enter each in ACTS, QUIET or ELSEWHERE"
    assert set(tables) - set(FUNCTIONS) == set(), "gone or renamed"
    assert len(tables) == len(set(tables))


@pytest.mark.parametrize("name", ACTS)
def test_an_act_leaves_one_line(stage: Stage, name: str) -> None:
    action, act = ACTS[name]
    assert left_by(stage, lambda: act(stage)) == [action]


def test_looking_at_lists_leaves_none(stage: Stage) -> None:
    for name in QUIET:
        function = FUNCTIONS[name]
        needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
        given = {parameter.name: stage.arguments[parameter.name] for parameter in needed}
        assert left_by(stage, lambda f=function, g=given: f(**g)) == [], name  # type: ignore[misc]


def test_a_sample_that_is_signed_leaves_one_line(stage: Stage) -> None:
    month = log.last_month(stage.ws.today())
    log.draw_sample(stage.ws, month)
    assert left_by(stage, lambda: log.sign_sample(stage.ws, month)) == ["audit.signed"]


def test_one_opening_leaves_one_line_however_often_it_is_read_from(stage: Stage) -> None:
    def read_closely() -> None:
        for _ in range(3):
            texts.get_transcript(stage.ws, stage.recording_id)
            recordings.open_sound(stage.ws, stage.recording_id).close()
            openings.played(stage.ws, stage.recording_id)

    assert left_by(stage, read_closely) == ["recording.opened", "recording.played"]


@pytest.mark.parametrize("read", [texts.get_transcript, recordings.open_sound])
def test_a_refused_opening_is_logged_as_such(stage: Stage, read: Callable[..., object]) -> None:
    consents.withdraw_consent(stage.ws, stage.recording.consent_id)
    before = len(lines(stage.ws))
    for _ in range(2):
        with pytest.raises(ConsentWithdrawn):
            read(stage.ws, stage.recording_id)
    left = lines(stage.ws)[before:]
    assert [(line.action, line.outcome) for line in left] == [("recording.opened", "refused")]


def test_a_refused_export_is_logged_as_such(stage: Stage) -> None:
    consents.withdraw_consent(stage.ws, stage.recording.consent_id)
    with pytest.raises(ConsentWithdrawn):
        packs.export(stage.ws, stage.recording_id, ExportFormat.JSON, stage.out / "ud.json")
    assert (lines(stage.ws)[-1].action, lines(stage.ws)[-1].outcome) == ("export.written", "refused")


def test_no_line_holds_what_was_said_or_typed(stage: Stage) -> None:
    for _action, act in ACTS.values():
        if act is not ACTS["recordings.delete_recording"][1]:
            left_by(stage, lambda a=act: a(stage))  # type: ignore[misc]
    with stage.ws.library.read() as reading:
        held = repr([tuple(row) for row in reading.connection.exec_driver_sql("SELECT * FROM audit")])
    for word in ("fortroligt", "B-17", "lageret", "uddrag", "arbejde", "Borger", "Aalborg", "kilde", "aktindsigt"):
        assert word not in held
