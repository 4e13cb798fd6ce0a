"""Builders of domain objects and small libraries: everything has a default, a test names only what it is about."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cubb_desktop.domain.codebook import Annotation, Concept, ConceptExample, ExampleKind
from cubb_desktop.domain.collection import Collection, Passage
from cubb_desktop.domain.consent import Consent, Purpose
from cubb_desktop.domain.feedback import Slot
from cubb_desktop.domain.ids import (
    AnnotationId,
    CollectionId,
    ConceptId,
    ConsentId,
    ExampleId,
    ExcerptId,
    ExportId,
    JobId,
    PassageId,
    RecordingId,
    SlotId,
    SpeakerId,
    TranscriptId,
    TurnId,
    WordId,
)
from cubb_desktop.domain.job import Job, JobKind, JobState, TranscribeOptions
from cubb_desktop.domain.pack import Excerpt, ExportEntry, ExportFormat
from cubb_desktop.domain.recording import ConversationKind, Recording, RecordingState, Role, Source
from cubb_desktop.domain.transcript import (
    Engine,
    Interval,
    Overlap,
    Silence,
    SilenceMethod,
    Speaker,
    Transcript,
    Turn,
    Unheard,
    Word,
)
from cubb_desktop.library import consents, migrate, recordings, transcripts
from cubb_desktop.library.access import Change
from cubb_desktop.library.session import Library
from cubb_desktop.library.tables import REVISION
from cubb_desktop.services.workspace import Workspace, create_workspace
from cubb_desktop.vault import KdfCost

if TYPE_CHECKING:
    from cubb_desktop.services.recording_live import RecordingPlan

KEY, SALT, AUDIT_KEY = bytes(range(32)), bytes(range(16)), bytes(range(32, 64))
PASSPHRASE = "rolig blå cykel æøå"
CHEAP = KdfCost(memory_kib=1024, passes=1, lanes=1)
ACTOR = "mette"
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SILENCE_METHOD = SilenceMethod(name="vad+energy", least_ms=200, threshold_db=-45.0)


def older_revision() -> str:
    """Return the revision of the program before this one."""
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory(str(migrate.SCRIPTS)).get_revision(REVISION)
    assert newest is not None
    return str(newest.down_revision)


def new_id() -> str:
    return str(uuid.uuid4())


def new_workspace(folder: Path, **options: Any) -> Workspace:
    """Return a new, open workspace whose passphrase costs next to nothing."""
    workspace, _recovery = create_workspace(folder, PASSPHRASE, actor=ACTOR, cost=CHEAP, allow_weak=True, **options)
    workspace.vault.confirm_recovery_key()
    return workspace


def consent(**fields: Any) -> Consent:
    given: dict[str, Any] = {
        "id": ConsentId(new_id()),
        "citizen": "B-17",
        "purposes": frozenset({Purpose.OWN_LEARNING, Purpose.FLIP}),
        "until": date(2036, 12, 31),
        "given_at": MORNING,
        "author": ACTOR,
    }
    return Consent(**{**given, **fields})


def recording(**fields: Any) -> Recording:
    given: dict[str, Any] = {
        "id": RecordingId(new_id()),
        "consent_id": ConsentId(new_id()),
        "title": "Samtale om praktik",
        "state": RecordingState.STORED,
        "source": Source.FILE,
        "recorded_at": MORNING,
        "duration_ms": 60_000,
        "rate_hz": 16_000,
        "channels": 1,
        "author": ACTOR,
        "delete_after": date(2036, 12, 31),
        "source_sha256": "0" * 64,
    }
    return Recording(**{**given, **fields})


def stored_recording(library: Library, **fields: Any) -> Recording:
    """Store a recording and, unless `consent_id` is given, the agreement it was made under."""
    with library.change(ACTOR, "recording.added") as change:
        if "consent_id" not in fields:
            agreement = consent()
            consents.add(change, agreement)
            fields["consent_id"] = agreement.id
        made = recording(**fields)
        change.object_id = made.id
        recordings.add(change, made)
    return made


def engine(**fields: Any) -> Engine:
    given: dict[str, Any] = {
        "recogniser": "demo",
        "recogniser_fingerprint": "a1",
        "diariser": "demo",
        "diariser_fingerprint": "b2",
        "language": "da",
        "settings": {"beam": 5, "batched": False},
        "versions": {"faster-whisper": "1.2.1"},
        "demo": True,
        "notes": ("kender kun demoens ord",),
    }
    return Engine(**{**given, **fields})


def word(text: str, start_ms: int, end_ms: int, **fields: Any) -> Word:
    given: dict[str, Any] = {"id": WordId(new_id()), "confidence": 0.9, "speaker": None}
    return Word(text=text, start_ms=start_ms, end_ms=end_ms, **{**given, **fields})


def turn(text: str, start_ms: int, speaker: SpeakerId | None = None, word_ms: int = 300) -> Turn:
    """Return a turn whose words follow each other, each `word_ms` long."""
    spoken = tuple(
        word(part, start_ms + n * word_ms, start_ms + (n + 1) * word_ms, speaker=speaker)
        for n, part in enumerate(text.split())
    )
    return Turn(TurnId(new_id()), speaker, start_ms, start_ms + len(spoken) * word_ms, spoken)


WORKER = Speaker(SpeakerId("00000000-0000-4000-8000-000000000001"), "Taler 1", Role.OTHER)
CITIZEN = Speaker(SpeakerId("00000000-0000-4000-8000-000000000002"), "Taler 2", Role.OTHER)


def transcript(recording_id: RecordingId, turns: tuple[Turn, ...] | None = None, **fields: Any) -> Transcript:
    """Return a finished transcript of a short talk (or of `turns`) with silences, an overlap and something unheard."""
    if turns is None:
        turns = (
            turn("hvad tænker du selv om arbejde?", 0, WORKER.id),
            turn("jeg vil gerne ud at køre", 2_500, CITIZEN.id),
            turn("ja", 3_000, WORKER.id),
            turn("fint det skriver vi ned", 5_000, WORKER.id),
        )
    overlaps = (Overlap(3_000, 3_300, (turns[1].id, turns[2].id)),) if len(turns) > 2 else ()
    given: dict[str, Any] = {
        "id": TranscriptId(new_id()),
        "recording_id": recording_id,
        "number": 1,
        "created_at": MORNING,
        "engine": engine(),
        "duration_ms": 60_000,
        "has_speakers": True,
        "speakers": (WORKER, CITIZEN),
        "turns": turns,
        "silences": (Silence(1_800, 2_500), Silence(4_000, 5_000)),
        "overlaps": overlaps,
        "unheard": (Unheard(7_000, 7_600),),
        "silence_method": SILENCE_METHOD,
        "flagged": (Interval(8_000, 9_000),),
    }
    return Transcript(**{**given, **fields})


def store_transcript(change: Change, made: Transcript) -> None:
    """Store a finished transcript, as the worker does: a draft first, then the whole."""
    draft = transcripts.start_draft(change, made)
    transcripts.replace_with(change, replace(made, id=draft.id, number=draft.number))


def long_transcript(recording_id: RecordingId, words: int = 9_000, per_turn: int = 12) -> Transcript:
    """Return the transcript of about an hour: `words` words in turns of `per_turn`, the speakers in turn."""
    turns = []
    for n, first in enumerate(range(0, words, per_turn)):
        speaker = (WORKER, CITIZEN)[n % 2]
        texts = " ".join(f"ord{place % 700}" for place in range(first, min(first + per_turn, words)))
        turns.append(turn(texts, first * 400, speaker.id, word_ms=350))
    silences = tuple(Silence(n * 2_000 + 1_700, n * 2_000 + 1_950) for n in range(words // 5))
    return transcript(recording_id, tuple(turns), silences=silences, duration_ms=words * 400)


def concept(**fields: Any) -> Concept:
    given: dict[str, Any] = {
        "id": ConceptId("gribning"),
        "group": "respons",
        "name_da": "Gribning",
        "name_en": "Uptake",
        "definition_da": "Om det sagte bliver taget op.",
        "definition_en": "Whether what was said is taken up.",
        "listen_for_da": "Hvad sker der i næste tur?",
        "listen_for_en": "What happens in the next turn?",
        "ask_yourself_da": "Hvad kunne du have grebet?",
        "ask_yourself_en": "What could you have taken up?",
        "source": "CUBB",
        "starter": True,
    }
    return Concept(**{**given, **fields})


def annotation(recording_id: RecordingId, **fields: Any) -> Annotation:
    given: dict[str, Any] = {
        "id": AnnotationId(new_id()),
        "recording_id": recording_id,
        "concept_id": ConceptId("gribning"),
        "start_ms": 0,
        "end_ms": 1_000,
        "word_ids": (),
        "note": "her lytter du",
        "author": ACTOR,
        "created_at": MORNING,
    }
    return Annotation(**{**given, **fields})


def example(recording_id: RecordingId, **fields: Any) -> ConceptExample:
    given: dict[str, Any] = {
        "id": ExampleId(new_id()),
        "concept_id": ConceptId("gribning"),
        "recording_id": recording_id,
        "kind": ExampleKind.EXAMPLE,
        "start_ms": 0,
        "end_ms": 1_000,
        "word_ids": (),
        "note": "hør, hvad der sker her",
        "author": ACTOR,
        "created_at": MORNING,
    }
    return ConceptExample(**{**given, **fields})


def excerpt(recording_id: RecordingId, **fields: Any) -> Excerpt:
    given: dict[str, Any] = {
        "id": ExcerptId(new_id()),
        "recording_id": recording_id,
        "start_ms": 0,
        "end_ms": 5_000,
        "title": "Om praktik",
        "author": ACTOR,
        "created_at": MORNING,
    }
    return Excerpt(**{**given, **fields})


def collection(**fields: Any) -> Collection:
    given: dict[str, Any] = {
        "id": CollectionId(new_id()),
        "name": "Gribninger efter tøven",
        "question": "Hvad sker der, når borgeren tøver?",
        "author": ACTOR,
        "created_at": MORNING,
    }
    return Collection(**{**given, **fields})


def passage(collection_id: CollectionId, recording_id: RecordingId, **fields: Any) -> Passage:
    given: dict[str, Any] = {
        "id": PassageId(new_id()),
        "collection_id": collection_id,
        "recording_id": recording_id,
        "start_ms": 0,
        "end_ms": 1_800,
        "word_ids": (),
        "deviant": False,
        "note": "her venter jeg",
        "author": ACTOR,
        "created_at": MORNING,
    }
    return Passage(**{**given, **fields})


def export_entry(recording_id: RecordingId, consent_id: ConsentId, **fields: Any) -> ExportEntry:
    given: dict[str, Any] = {
        "id": ExportId(new_id()),
        "recording_id": recording_id,
        "excerpt_id": None,
        "consent_id": consent_id,
        "purpose": Purpose.FLIP,
        "format": ExportFormat.WAV,
        "file_name": "uddrag.wav",
        "sha256": "f" * 64,
        "author": ACTOR,
        "exported_at": MORNING,
    }
    return ExportEntry(**{**given, **fields})


def slot(**fields: Any) -> Slot:
    given: dict[str, Any] = {
        "id": SlotId(new_id()),
        "starts_at": MORNING + timedelta(days=1),
        "ends_at": MORNING + timedelta(days=1, minutes=45),
        "worker": "Mette",
        "partner": "Anders",
        "place": "Lokale 3",
        "recording_id": None,
        "author": ACTOR,
        "created_at": MORNING,
    }
    return Slot(**{**given, **fields})


def job(recording_id: RecordingId, **fields: Any) -> Job:
    given: dict[str, Any] = {
        "id": JobId(new_id()),
        "kind": JobKind.TRANSCRIBE,
        "recording_id": recording_id,
        "state": JobState.TODO,
        "options": TranscribeOptions(speakers=2),
        "attempts": 0,
        "created_at": MORNING,
        "started_at": None,
        "finished_at": None,
        "heartbeat_at": None,
        "progress": None,
        "cancel_requested": False,
        "failure": None,
        "failure_params": {},
        "author": ACTOR,
    }
    return Job(**{**given, **fields})


def plan(*agreed: Consent, **fields: Any) -> RecordingPlan:
    """What is to be recorded with those who gave `agreed`."""
    from cubb_desktop.services.new_recordings import participant_of
    from cubb_desktop.services.recording_live import RecordingPlan

    given = {"kind": ConversationKind.CITIZEN_MEETING, "participants": tuple(map(participant_of, agreed))}
    return RecordingPlan(**{**given, **fields})
