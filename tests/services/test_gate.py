"""One door: every function of the services that touches a conversation is named here, and refuses when it must.

The functions are found, not remembered: one that is new and not in these tables fails the test that lists them.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

import cubb_desktop.services
from cubb_desktop.domain.annotating import Reply, Thread
from cubb_desktop.domain.codebook import Annotation, MarkStatus
from cubb_desktop.domain.collection import Passage
from cubb_desktop.domain.concordance import Found, KwicLine
from cubb_desktop.domain.consent import Consent, Purpose, Use
from cubb_desktop.domain.errors import (
    ConsentLacksPurpose,
    ConsentMissing,
    ConsentNotFound,
    ConsentWithdrawn,
    CubbError,
    NotAllowed,
    RecipientNotNamed,
    RecordingNotFound,
)
from cubb_desktop.domain.finders import FINDERS, Candidate, FinderId, Thresholds
from cubb_desktop.domain.ids import (
    AnnotationId,
    ConceptId,
    ConsentId,
    ExcerptId,
    JobId,
    PassageId,
    RecordingId,
    ReplyId,
    SpeakerId,
)
from cubb_desktop.domain.job import TranscribeOptions
from cubb_desktop.domain.pack import ExportFormat
from cubb_desktop.domain.recording import ConversationKind, Participant, Recording, Role
from cubb_desktop.library import annotations as library_marks
from cubb_desktop.library import codebook, consents, packs, queue, recordings
from cubb_desktop.library import collected as library_collected
from cubb_desktop.library import transcripts as library_transcripts
from cubb_desktop.library.access import Reading
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import (
    blind_rounds,
    candidates,
    collected,
    examples,
    feedback,
    gate,
    lines,
    new_recordings,
    noticed,
    patterns,
    recording_live,
    replies,
    transcripts,
    versions,
)
from cubb_desktop.services import packs as pack_service
from cubb_desktop.services import recordings as recording_service
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.workspace import Workspace
from tests import builders
from tests.services.sealed import wav

SPEAKER = SpeakerId("00000000-0000-4000-8000-000000000001")


@dataclass
class World:
    """A conversation with a transcript, an excerpt and a job, and the citizen and the colleague who are heard in it."""

    workspace: Workspace
    recording: Recording
    citizen: Consent
    colleague: Consent
    excerpt_id: ExcerptId
    job_id: JobId
    mark: Annotation
    reply: Reply
    folder: Path


@pytest.fixture
def world(workspace: Workspace, tmp_path: Path) -> World:
    today = workspace.today()
    shared = frozenset({Purpose.OWN_LEARNING, Purpose.FEEDBACK})
    citizen = builders.consent(purposes=shared, until=today + timedelta(days=30), named=("Anders",))
    colleague = builders.consent(purposes=shared, until=today + timedelta(days=30), role=Role.COLLEAGUE)
    made = builders.recording(consent_id=citizen.id)
    excerpt, job = builders.excerpt(made.id), builders.job(made.id)
    with workspace.library.change(builders.ACTOR, None) as change:
        consents.add(change, citizen)
        consents.add(change, colleague)
        recordings.add(change, made)
        people = [
            Participant(Role.WORKER, builders.ACTOR),
            Participant(Role.CITIZEN, "B-17", citizen.id),
            Participant(Role.COLLEAGUE, "Anders", colleague.id),
        ]
        recordings.put_participants(change, made.id, people)
        builders.store_transcript(change, builders.transcript(made.id))
        packs.add_excerpt(change, excerpt)
        codebook.put(change, builders.concept())
        mark = builders.annotation(made.id)
        library_marks.add(change, mark)
        answer = Reply(ReplyId(builders.new_id()), mark.id, "Hvad så?", builders.ACTOR, workspace.clock())
        library_marks.add_reply(change, answer, made.id)
        queue.add(change, job)
        queue.request_cancel(change, job.id)
    return World(workspace, made, citizen, colleague, excerpt.id, job.id, mark, answer, tmp_path)


def plan(world: World) -> recording_live.RecordingPlan:
    people = (
        Participant(Role.CITIZEN, "B-17", world.citizen.id),
        Participant(Role.COLLEAGUE, "Anders", world.colleague.id),
    )
    return recording_live.RecordingPlan(ConversationKind.OPEN_ROOM, people)


def sound(world: World) -> Path:
    return wav(world.folder)


def gathered(world: World) -> Passage:
    """Put a passage of the conversation into a collection, whatever the agreements say."""
    collection = builders.collection()
    passage = builders.passage(collection.id, world.recording.id)
    with world.workspace.library.change(builders.ACTOR, None) as change:
        library_collected.add(change, collection)
        library_collected.add_passage(change, passage)
    return passage


def hit(world: World) -> KwicLine:
    with world.workspace.library.read() as reading:
        turn = library_transcripts.latest(reading, world.recording.id).turns[0]  # type: ignore[union-attr]
    said = ("", turn.words[0].text, "", Found(0, 0))
    return KwicLine(world.recording.id, "", builders.MORNING, turn.id, turn.start_ms, "", *said)


Act = Callable[[World], object]

_SILENCE = Candidate(FinderId.SILENCE, 100, 900, (), None, "pause")
SUGGESTION = candidates.Suggestion("silence:100", _SILENCE, FINDERS[FinderId.SILENCE], "", Thresholds(), "", None)


def store_mark(world: World) -> None:
    mark = builders.annotation(world.recording.id)
    with world.workspace.library.change("Mette", "annotation.added", mark.id) as change:
        marks.store_annotation(change, mark, builders.concept())


def in_view(world: World, ask: Callable[[Reading, AnnotationId, str], object]) -> None:
    with world.workspace.library.read() as reading:
        ask(reading, world.mark.id, builders.ACTOR)


# What is done with a conversation: which use it is, and how it is called.
GATED: dict[str, tuple[Use, Act]] = {
    "annotations.annotate": (
        Use.ANNOTATE,
        lambda w: marks.annotate(w.workspace, w.recording.id, 0, 900, ConceptId("gribning")),
    ),
    "annotations.store_annotation": (Use.ANNOTATE, store_mark),
    "annotations.new_annotation": (
        Use.ANNOTATE,
        lambda w: marks.new_annotation(w.workspace, w.recording.id, 0, 900, ConceptId("gribning")),
    ),
    "candidates.suggestions": (Use.OPEN, lambda w: candidates.suggestions(w.workspace, w.recording.id)),
    "candidates.accept": (Use.ANNOTATE, lambda w: candidates.accept(w.workspace, w.recording.id, SUGGESTION)),
    "candidates.dismiss": (Use.ANNOTATE, lambda w: candidates.dismiss(w.workspace, w.recording.id, SUGGESTION)),
    "candidates.bring_back": (Use.ANNOTATE, lambda w: candidates.bring_back(w.workspace, w.recording.id, "pause:100")),
    "annotations.check_passage": (
        Use.EXCERPT,
        lambda w: marks.check_passage(w.workspace, w.recording.id, 0, 900, Use.EXCERPT),
    ),
    "annotations.list_annotations": (
        Use.OPEN,
        lambda w: marks.list_annotations(w.workspace, w.recording.id),
    ),
    "annotations.list_threads": (Use.OPEN, lambda w: marks.list_threads(w.workspace, w.recording.id)),
    "annotations.get_thread": (Use.OPEN, lambda w: marks.get_thread(w.workspace, w.mark.id)),
    "annotations.edit_annotation": (
        Use.ANNOTATE,
        lambda w: marks.edit_annotation(w.workspace, w.mark.id, note="anderledes"),
    ),
    "annotations.set_status": (
        Use.ANNOTATE,
        lambda w: marks.set_status(w.workspace, w.mark.id, MarkStatus.DISCUSSED),
    ),
    "annotations.seen_in": (Use.ANNOTATE, lambda w: in_view(w, marks.seen_in)),
    "annotations.own_in": (Use.ANNOTATE, lambda w: in_view(w, marks.own_in)),
    "annotations.restore_annotation": (
        Use.ANNOTATE,
        lambda w: marks.restore_annotation(
            w.workspace, marks.RemovedMark(Thread(replace(w.mark, id=AnnotationId(builders.new_id()))))
        ),
    ),
    "examples.add_example": (
        Use.ANNOTATE,
        lambda w: examples.add_example(w.workspace, ConceptId("gribning"), w.recording.id, 0, 900),
    ),
    "examples.restore_example": (
        Use.ANNOTATE,
        lambda w: examples.restore_example(w.workspace, builders.example(w.recording.id)),
    ),
    "replies.reply": (Use.ANNOTATE, lambda w: replies.reply(w.workspace, w.mark.id, "Hvad mener du?")),
    "replies.find_reply": (Use.OPEN, lambda w: replies.find_reply(w.workspace, w.reply.id)),
    "replies.edit_reply": (Use.ANNOTATE, lambda w: replies.edit_reply(w.workspace, w.reply.id, "Hvad tænker du?")),
    "replies.restore_reply": (
        Use.ANNOTATE,
        lambda w: replies.restore_reply(w.workspace, replace(w.reply, id=ReplyId(builders.new_id()))),
    ),
    "blind_rounds.begin_round": (Use.ANNOTATE, lambda w: blind_rounds.begin_round(w.workspace, w.recording.id)),
    "blind_rounds.say_ready": (Use.ANNOTATE, lambda w: blind_rounds.say_ready(w.workspace, w.recording.id)),
    "blind_rounds.open_round": (Use.ANNOTATE, lambda w: blind_rounds.open_round(w.workspace, w.recording.id)),
    "blind_rounds.get_round": (Use.OPEN, lambda w: blind_rounds.get_round(w.workspace, w.recording.id)),
    "feedback.book_slot": (
        Use.SHARE,
        lambda w: feedback.book_slot(
            w.workspace, w.workspace.clock(), 30, "Mette", "Anders", recording_id=w.recording.id
        ),
    ),
    "new_recordings.begin": (
        Use.RECORD,
        lambda w: new_recordings.begin(w.workspace, builders.recording(consent_id=w.citizen.id), plan(w).participants)[
            0
        ].release(),
    ),
    "noticed.marks_of": (Use.OPEN, lambda w: noticed.marks_of(w.workspace, w.recording.id)),
    "packs.add_excerpt": (
        Use.EXCERPT,
        lambda w: pack_service.add_excerpt(w.workspace, w.recording.id, 0, 900, "Et stykke"),
    ),
    "packs.export": (
        Use.EXPORT,
        lambda w: pack_service.export(w.workspace, w.excerpt_id, ExportFormat.JSON, w.folder / "ud.json"),
    ),
    "recording_live.begin_recording": (
        Use.RECORD,
        lambda w: recording_live.begin_recording(w.workspace, plan(w)).abandon(),
    ),
    "recordings.import_file": (
        Use.IMPORT,
        lambda w: recording_service.import_file(w.workspace, sound(w), w.citizen.id, also=[w.colleague.id]),
    ),
    "recordings.import_sound": (
        Use.IMPORT,
        lambda w: recording_service.import_sound(w.workspace, sound(w), w.citizen.id, also=[w.colleague.id]),
    ),
    "recordings.open_sound": (Use.OPEN, lambda w: recording_service.open_sound(w.workspace, w.recording.id)),
    "recordings.sound_of": (Use.OPEN, lambda w: recording_service.sound_of(w.workspace, w.recording.id)),
    "recordings.peaks": (Use.OPEN, lambda w: recording_service.peaks(w.workspace, w.recording.id)),
    "transcripts.request_transcription": (
        Use.TRANSCRIBE,
        lambda w: transcripts.request_transcription(w.workspace, w.recording.id, TranscribeOptions()),
    ),
    "transcripts.retry_job": (Use.TRANSCRIBE, lambda w: transcripts.retry_job(w.workspace, w.job_id)),
    "transcripts.get_transcript": (Use.OPEN, lambda w: transcripts.get_transcript(w.workspace, w.recording.id)),
    "transcripts.read_transcript": (Use.OPEN, lambda w: transcripts.read_transcript(w.workspace, w.recording.id)),
    "versions.list_versions": (Use.OPEN, lambda w: versions.list_versions(w.workspace, w.recording.id)),
    "versions.get_version": (Use.OPEN, lambda w: versions.get_version(w.workspace, w.recording.id, 1)),
    "versions.compare": (Use.OPEN, lambda w: versions.compare(w.workspace, w.recording.id, 1)),
    "versions.choose_version": (Use.ANNOTATE, lambda w: versions.choose_version(w.workspace, w.recording.id, 1)),
    "versions.take": (Use.ANNOTATE, lambda w: versions.take(w.workspace, w.recording.id, 1, 1)),
    "collected.add_passage": (
        Use.ANNOTATE,
        lambda w: collected.add_passage(
            w.workspace, collected.add_collection(w.workspace, "Tøven").id, w.recording.id, 0, 900
        ),
    ),
    "collected.set_passage": (
        Use.ANNOTATE,
        lambda w: collected.set_passage(w.workspace, gathered(w).id, deviant=True),
    ),
    "collected.restore_passage": (
        Use.ANNOTATE,
        lambda w: collected.restore_passage(w.workspace, replace(gathered(w), id=PassageId(builders.new_id())), 0),
    ),
    "lines.freeze_lines": (Use.ANNOTATE, lambda w: lines.freeze_lines(w.workspace, w.recording.id)),
    "patterns.stretches_of": (Use.OPEN, lambda w: patterns.stretches_of(w.workspace, w.recording.id, [])),
    "patterns.stretch_of": (Use.OPEN, lambda w: patterns.stretch_of(w.workspace, hit(w))),
    "patterns.turn_of": (Use.OPEN, lambda w: patterns.turn_of(w.workspace, hit(w))),
    "transcripts.set_speaker": (
        Use.ANNOTATE,
        lambda w: transcripts.set_speaker(w.workspace, w.recording.id, SPEAKER, "Borger", Role.CITIZEN),
    ),
}

# What may be done whatever the agreements say, and why.
FREE: dict[str, str] = {
    "concepts.list_concepts": "the book of concepts is nobody's words",
    "concepts.get_concept": "the book of concepts is nobody's words",
    **{
        f"concepts.{name}": "the book of concepts is nobody's words"
        for name in (
            "concept_book",
            "keep",
            "switch",
            "retire",
            "merge",
            "add_concept",
            "revise",
            "history",
            "restore_state",
            "marks_with",
            "undo_merge",
            "wordings",
            "export_codebook",
            "import_codebook",
        )
    },
    **{
        f"collected.{name}": "a name and a question; `shelf` asks for each passage"
        for name in (
            "list_collections",
            "get_collection",
            "add_collection",
            "word_collection",
            "remove_collection",
            "restore_collection",
            "get_passage",
        )
    },
    "collected.shelf": "shows why not where a conversation may not be opened; tested with the collections",
    "collected.move_passage": "the order of a list, nothing that was said",
    "collected.remove_passage": "taking away only makes less",
    "lines.frozen_of": "numbers of lines and names of words, nothing that was said",
    "lines.sheet_of": "sets in lines what was read already",
    "lines.sheet_of_passage": "sets in lines what was read already",
    "patterns.concordance": "leaves out what was withdrawn; in one conversation it asks; tested with the patterns",
    "patterns.is_own": "whose a conversation is, nothing that was said",
    "annotations.remove_annotation": "taking away only makes less",
    "replies.remove_reply": "taking away only makes less",
    "replies.known_people": "names of colleagues, nothing that was said",
    "conversations.list_conversations": "shows that it is there and how its agreement stands, nothing that was said",
    "examples.list_examples": "shows why not where a conversation may not be opened; see below",
    "examples.remove_example": "taking away only makes less",
    "feedback.list_slots": "who meets whom and when, nothing that was said",
    "feedback.get_slot": "who meets whom and when, nothing that was said",
    "new_recordings.new_recording": "makes a description in memory; `begin` asks",
    "new_recordings.undo": "taking away only makes less",
    "new_recordings.read_sound": "verifies and erases; whoever lets a person hear asks first",
    "noticed.missing_sound": "where sound is missing, nothing that was said",
    "packs.list_excerpts": "titles and places; hearing, reading and exporting them ask",
    "packs.list_exports": "the register of what left is needed most after a withdrawal",
    "recording_live.merged_marks": "reads the journal of a recording that is being finished",
    "recordings.delete_recording": "taking away only makes less",
    "recordings.complete_deletion": "taking away only makes less",
    "recordings.list_recordings": "shows that it is there, nothing that was said",
    "recordings.get_recording": "shows that it is there, nothing that was said",
    "recordings.rename_recording": "a title can be made to say less",
    "recordings.sound_state": "authenticates, hears nothing",
    "recovery.reconcile": "finishes what a crash left, hears nothing",
    "recovery.list_unfinished": "shows that it is there, nothing that was said",
    "recovery.keep_recording": "what is kept is opened through the gate",
    "transcripts.list_jobs": "how far the work is, nothing that was said",
    "transcripts.get_job": "how far the work is, nothing that was said",
    "transcripts.cancel_job": "taking away only makes less",
    "transcripts.settle_recording": "a state, nothing that was said",
    "transcripts.has_transcript": "whether there is a text, not what it says",
    "transcripts.search": "leaves out what was withdrawn; see below",
}

# Modules whose functions never give a person a conversation's content.
APART = frozenset({
    "audit", "audit_words", "awake", "backup", "backup_store", "backup_tombstones", "backup_words", "consents",
    "erasure", "evidence", "forgetting", "gate", "keeping", "known_backups", "letters", "locks", "models", "openings",
    "outfile", "policy", "restore", "tombstone_file", "wordings", "workspace",
})  # fmt: skip


def public_functions() -> set[str]:
    """Find the functions of the services that are given an open library, or a view or change of it."""
    found = set()
    for module in pkgutil.iter_modules(cubb_desktop.services.__path__):
        if module.name in APART:
            continue
        for name, value in vars(importlib.import_module(f"cubb_desktop.services.{module.name}")).items():
            own = inspect.isfunction(value) and value.__module__.endswith(f".{module.name}")
            if own and not name.startswith("_") and _is_given_a_library(value):
                found.add(f"{module.name}.{name}")
    return found


def _is_given_a_library(function: Callable[..., object]) -> bool:
    kinds = ("Workspace", "Reading", "Change")
    return any(str(one.annotation) in kinds for one in inspect.signature(function).parameters.values())


def test_every_function_that_touches_a_conversation_is_in_one_of_the_tables() -> None:
    listed = GATED.keys() | FREE.keys()
    assert not GATED.keys() & FREE.keys()
    assert public_functions() - listed == set(), "say in GATED or FREE what these do with a conversation"
    assert listed - public_functions() == set(), "these are gone"


# --- everybody heard, every act --------------------------------------------------------------------------------------


def set_consent(world: World, consent: Consent, **fields: object) -> None:
    """Make an agreement what it was not; the rows of its purposes are those that it has then."""
    changed = replace(consent, **fields)  # type: ignore[arg-type]
    with world.workspace.library.change(builders.ACTOR, None) as change:
        connection = change.connection
        for purpose in consent.purposes - changed.purposes:
            consents.take_back(change, consent.id, purpose, world.workspace.clock())
        connection.exec_driver_sql("UPDATE consents SET until = ? WHERE id = ?", (str(changed.until), consent.id))


@pytest.mark.parametrize("whose", ["citizen", "colleague"])
def test_a_withdrawal_by_anybody_heard_stops_every_act(world: World, whose: str) -> None:
    withdraw_consent(world.workspace, getattr(world, whose).id)
    assert refusals(world) == dict.fromkeys(GATED, "ConsentWithdrawn")


@pytest.mark.parametrize("whose", ["citizen", "colleague"])
def test_an_agreement_that_is_over_lets_its_owner_open_and_nothing_else(world: World, whose: str) -> None:
    set_consent(world, getattr(world, whose), until=world.workspace.today() - timedelta(days=1))
    wanted = {name: None if use is Use.OPEN else "ConsentExpired" for name, (use, _act) in GATED.items()}
    assert refusals(world) == wanted


@pytest.mark.parametrize("whose", ["citizen", "colleague"])
def test_without_a_purpose_that_all_agreed_to_nothing_is_done(world: World, whose: str) -> None:
    set_consent(world, getattr(world, whose), purposes=frozenset())
    wanted = {name: None if use is Use.OPEN else "NoCommonPurpose" for name, (use, _act) in GATED.items()}
    assert refusals(world) == {**wanted, "feedback.book_slot": "ConsentLacksPurpose"}


def test_somebody_heard_without_an_agreement_stops_every_later_use(world: World) -> None:
    with world.workspace.library.change(builders.ACTOR, None) as change:
        people = recordings.get_participants(change, world.recording.id)
        recordings.put_participants(change, world.recording.id, [*people, Participant(Role.EMPLOYER, "Værkføreren")])
    later = {name for name, (use, _act) in GATED.items() if use not in {Use.RECORD, Use.IMPORT}}
    assert {name for name, refused in refusals(world).items() if refused == "ConsentMissing"} == later


def test_with_everybodys_agreement_the_door_is_open(world: World) -> None:
    assert refusals(world) == dict.fromkeys(GATED)


def refusals(world: World) -> dict[str, str | None]:
    """Try every act and return why it was refused; None where the agreements did not stand in its way."""
    return {name: refusal(world, act) for name, (_use, act) in GATED.items()}


def refusal(world: World, act: Act) -> str | None:
    """Return the refusal's code; another fault of the world (no microphone, no sound) is none."""
    try:
        made = act(world)
    except NotAllowed as error:
        return error.code
    except CubbError:
        return None
    close = getattr(made, "close", None)
    if close is not None:
        close()
    return None


# --- the rest --------------------------------------------------------------------------------------------------------


def test_search_finds_nothing_where_anybody_heard_has_withdrawn(world: World) -> None:
    assert transcripts.search(world.workspace, "arbejde")
    withdraw_consent(world.workspace, world.colleague.id)
    assert transcripts.search(world.workspace, "arbejde") == []


def test_the_book_shows_no_word_of_an_example_where_anybody_heard_has_withdrawn(world: World) -> None:
    examples.add_example(world.workspace, ConceptId("gribning"), world.recording.id, 0, 1_800, note="hør her")
    [before] = examples.list_examples(world.workspace, ConceptId("gribning"))
    assert (before.quote, before.note) == ("hvad tænker du selv om arbejde?", "hør her")
    withdraw_consent(world.workspace, world.colleague.id)
    [after] = examples.list_examples(world.workspace)
    assert (after.quote, after.note) == ("", "")
    assert isinstance(after.refusal, ConsentWithdrawn)


def test_feedback_is_for_the_named_colleague_only(world: World) -> None:
    at, workspace = world.workspace.clock(), world.workspace
    with pytest.raises(RecipientNotNamed):
        feedback.book_slot(workspace, at, 30, "Mette", "Sidsel", recording_id=world.recording.id)
    assert (
        feedback.book_slot(workspace, at, 30, "Mette", "anders ", recording_id=world.recording.id).partner == "anders"
    )
    out = world.folder / "til feedback.json"
    for stranger in (None, "Sidsel"):
        with pytest.raises(RecipientNotNamed):
            pack_service.export(
                workspace, world.recording.id, ExportFormat.JSON, out, Purpose.FEEDBACK, recipient=stranger
            )
    assert not out.exists()
    entry = pack_service.export(
        workspace, world.recording.id, ExportFormat.JSON, out, Purpose.FEEDBACK, recipient=" Anders "
    )
    assert (entry.recipient, entry.purpose) == ("Anders", Purpose.FEEDBACK)
    assert pack_service.list_exports(workspace) == [entry]


def test_an_export_asks_what_everybody_agreed_to(world: World) -> None:
    set_consent(world, world.colleague, purposes=frozenset({Purpose.OWN_LEARNING}))
    out = world.folder / "ud.json"
    with pytest.raises(ConsentLacksPurpose):
        pack_service.export(world.workspace, world.recording.id, ExportFormat.JSON, out, Purpose.FEEDBACK)
    assert pack_service.export(world.workspace, world.recording.id, ExportFormat.JSON, out).recipient is None


def test_a_start_needs_an_agreement_of_everybody_present(world: World) -> None:
    workspace, citizen = world.workspace, world.citizen.id
    for present, wanted in (
        ([], ConsentMissing),
        ([citizen, None], ConsentMissing),
        ([citizen, ConsentId("findes ikke")], ConsentNotFound),
    ):
        with pytest.raises(wanted):
            gate.gate_start(workspace, present, Use.RECORD)
    assert gate.gate_start(workspace, [citizen, world.colleague.id], Use.RECORD) == [world.citizen, world.colleague]


def test_the_recordings_own_agreement_comes_first_and_nobody_twice(world: World) -> None:
    assert gate.gate(world.workspace, world.recording.id, Use.OPEN) == [world.citizen, world.colleague]
    with pytest.raises(RecordingNotFound):
        gate.gate(world.workspace, RecordingId("findes ikke"), Use.OPEN)
    assert gate.common_purposes([]) == frozenset()
    assert gate.common_purposes([world.citizen]) == world.citizen.purposes
