"""Transcriptions asked for, transcripts read, speakers named, and the transcript as a document for other programs."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import (
    InvalidInput,
    JobSucceeded,
    NotYetStored,
    RecordingInterrupted,
    TranscriptNotFound,
)
from cubb_desktop.domain.ids import JobId, RecordingId, SpeakerId
from cubb_desktop.domain.job import FINISHED, SPEECH_LANGUAGES, Job, JobKind, JobState, TranscribeOptions
from cubb_desktop.domain.recording import Recording, RecordingState, Role
from cubb_desktop.domain.transcript import Engine, Hit, Origin, Transcript, Turn
from cubb_desktop.i18n import _
from cubb_desktop.library import queue, recordings, transcripts
from cubb_desktop.library import search as index
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.services.gate import gate, gate_in
from cubb_desktop.services.models import DEMO_NOTE, chosen_models
from cubb_desktop.services.openings import opened, refusals_logged, searched
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.settings import MOST_SPEAKERS, Settings, load_settings, resources_folder

SCHEMA_VERSION = 1
LONGEST_LABEL = 80
_UNDER_WAY = frozenset({RecordingState.QUEUED, RecordingState.TRANSCRIBING, RecordingState.READABLE})


# --- asking for transcriptions ---------------------------------------------------------------------------------------


def options_of(settings: Settings) -> TranscribeOptions:
    """Return how to transcribe by the settings; the models are looked up when the job is done."""
    language = None if settings.speech_language == "auto" else settings.speech_language
    return TranscribeOptions(language=language, speakers=settings.speakers)


def request_transcription(ws: Workspace, recording_id: RecordingId, options: TranscribeOptions | None = None) -> Job:
    """Put a transcription in the queue, or return the same one if it already waits or is being done.

    Everything that can be known now is checked now: raises RecordingNotFound, NotYetStored, NotAllowed, InvalidInput
    (numbers of speakers, a language) and what `services.models` raises for the chosen folders.
    """
    options = options or TranscribeOptions()
    _check_language(options)
    _check_speakers(options)
    gate(ws, recording_id, Use.TRANSCRIBE)
    with ws.library.read() as reading:
        recording = recordings.get(reading, recording_id)
    if recording.state is RecordingState.INTERRUPTED:
        raise RecordingInterrupted
    if recording.state is RecordingState.RECORDING:
        raise NotYetStored
    chosen_models(load_settings(), options)
    job = _new_job(ws, recording_id, options)
    with ws.library.change(ws.actor, "transcription.requested", recording_id) as change:
        same = [j for j in _active(change, recording_id) if j.options == options]
        if same:
            return same[0]
        queue.add(change, job)
        recording = recordings.get(change, recording_id)
        if recording.state not in _UNDER_WAY:
            recordings.update(change, recording, state=RecordingState.QUEUED)
    return job


def _new_job(ws: Workspace, recording_id: RecordingId, options: TranscribeOptions) -> Job:
    return Job(
        id=JobId(str(uuid.uuid4())),
        kind=JobKind.TRANSCRIBE,
        recording_id=recording_id,
        state=JobState.TODO,
        options=options,
        attempts=0,
        created_at=ws.clock(),
        started_at=None,
        finished_at=None,
        heartbeat_at=None,
        progress=None,
        cancel_requested=False,
        failure=None,
        failure_params={},
        author=ws.actor,
    )


def _check_language(options: TranscribeOptions) -> None:
    if options.language is not None and options.language not in SPEECH_LANGUAGES:
        problem = _("»{language}« er ikke et sprog, der kan udskrives. Skriv fx da, en, pl eller auto.")
        raise InvalidInput(field=_("Sprog"), problem=problem.format(language=options.language))


def _check_speakers(options: TranscribeOptions) -> None:
    given = [n for n in (options.speakers, options.min_speakers, options.max_speakers) if n is not None]
    if any(not 1 <= n <= MOST_SPEAKERS for n in given):
        problem = _("Vælg et antal fra 1 til {most}.").format(most=MOST_SPEAKERS)
        raise InvalidInput(field=_("Antal talere"), problem=problem)
    if options.speakers is not None and len(given) > 1:
        raise InvalidInput(field=_("Antal talere"), problem=_("Angiv ét antal eller et mindste og et højeste antal."))
    if options.min_speakers and options.max_speakers and options.min_speakers > options.max_speakers:
        raise InvalidInput(field=_("Antal talere"), problem=_("Det mindste antal er større end det højeste."))


def list_jobs(ws: Workspace) -> list[Job]:
    """Every transcription, the newest first."""
    with ws.library.read() as reading:
        return queue.all(reading)


def get_job(ws: Workspace, job_id: JobId) -> Job:
    """One transcription; raises JobNotFound."""
    with ws.library.read() as reading:
        return queue.get(reading, job_id)


def cancel_job(ws: Workspace, job_id: JobId) -> Job:
    """Cancel at once what waits, ask the worker to stop what is being done; ended jobs stay as they are."""
    with ws.library.change(ws.actor, "transcription.cancelled", job_id) as change:
        job = queue.request_cancel(change, job_id)
        if job.state is JobState.CANCELLED:
            settle_recording(change, job.recording_id)
        return job


def retry_job(ws: Workspace, job_id: JobId) -> Job:
    """Let a failed or cancelled transcription wait again; the agreement must still hold.

    One that waits or is being done stays as it is; raises JobSucceeded for one that is done.
    """
    with ws.library.read() as reading:
        job = queue.get(reading, job_id)
    if job.state is JobState.SUCCEEDED:
        raise JobSucceeded
    gate(ws, job.recording_id, Use.TRANSCRIBE)
    with ws.library.change(ws.actor, "transcription.retried", job_id) as change:
        job = queue.retry(change, job_id)
        settle_recording(change, job.recording_id)
        return job


def settle_recording(change: Change, recording_id: RecordingId, *, failed: bool = False) -> Recording:
    """Give a recording the state that its jobs and transcripts mean; call it in the change that ended a job."""
    recording = recordings.get(change, recording_id)
    state = _state(change, recording_id, failed=failed)
    return recording if recording.state is state else recordings.update(change, recording, state=state)


def _state(change: Change, recording_id: RecordingId, *, failed: bool) -> RecordingState:
    active = _active(change, recording_id)
    latest = transcripts.latest(change, recording_id)
    if any(job.state is JobState.DOING for job in active):
        return recordings.get(change, recording_id).state
    if active:
        return RecordingState.QUEUED
    if latest is not None and transcripts.is_final(change, latest.id):
        return RecordingState.READY
    if failed:
        return RecordingState.FAILED
    return RecordingState.READABLE if latest is not None else RecordingState.STORED


def _active(reading: Reading, recording_id: RecordingId) -> list[Job]:
    return [job for job in queue.all(reading, recording_id) if job.state not in FINISHED]


# --- reading ---------------------------------------------------------------------------------------------------------


def get_transcript(ws: Workspace, recording_id: RecordingId) -> Transcript:
    """The transcript a person sees: the newest finished one, else what has been recognised so far.

    The opening is logged, and so is a refusal. Raises RecordingNotFound, ConsentWithdrawn, TranscriptNotFound.
    """
    with refusals_logged(ws, recording_id):
        transcript = read_transcript(ws, recording_id)
    opened(ws, recording_id)
    return transcript


def read_transcript(ws: Workspace, recording_id: RecordingId) -> Transcript:
    """The same for an act that has a line of its own in the log, as an export has."""
    with ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        transcript = transcripts.latest(reading, recording_id)
    if transcript is None:
        raise TranscriptNotFound
    return transcript


def has_transcript(ws: Workspace, recording_id: RecordingId) -> bool:
    """Whether there is anything to read yet."""
    with ws.library.read() as reading:
        return bool(transcripts.numbers(reading, recording_id))


def set_speaker(ws: Workspace, recording_id: RecordingId, speaker_id: SpeakerId, label: str, role: Role) -> Transcript:
    """Name a speaker and say who they are, in all of the recording's text at once; returns the transcript."""
    label = " ".join(label.split())
    if not label:
        raise InvalidInput(field=_("Navn"), problem=_("Skriv et navn eller en betegnelse."))
    if len(label) > LONGEST_LABEL:
        raise InvalidInput(field=_("Navn"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_LABEL))
    with ws.library.change(ws.actor, "speaker.named", recording_id) as change:
        gate_in(change, recording_id, Use.ANNOTATE)
        transcripts.set_speaker(change, recording_id, speaker_id, label, role)
    return read_transcript(ws, recording_id)


def search(ws: Workspace, query: str, limit: int = 100) -> list[Hit]:
    """Turns that hold every word of `query`, in all conversations whose agreement has not been withdrawn."""
    with ws.library.read() as reading:
        hits = index.search(reading, query, limit)
    searched(ws, query)
    return hits


# --- as a document ---------------------------------------------------------------------------------------------------


def schema_file() -> Path:
    """Where the document's JSON schema lies."""
    return resources_folder() / "schema" / "transcript.schema.json"


def transcript_document(transcript: Transcript, *, vouched: bool = False) -> dict[str, Any]:
    """The transcript as `transcript --format json` gives it; `resources/schema/transcript.schema.json` describes it.

    With `vouched` each turn says who put it right or listened it through, and when: colleagues' names, which are left
    out of what leaves the house.
    """
    return {
        "schema": SCHEMA_VERSION,
        "recording": transcript.recording_id,
        "engine": _engine(transcript),
        "speakers": [{"id": s.id, "label": s.label, "role": s.role.value} for s in transcript.speakers],
        "turns": [_turn(turn, vouched=vouched) for turn in transcript.turns],
        "silences": [{"start_ms": s.start_ms, "end_ms": s.end_ms} for s in transcript.silences],
        "overlaps": [{"start_ms": o.start_ms, "end_ms": o.end_ms, "turns": list(o.turns)} for o in transcript.overlaps],
        "unheard": [{"start_ms": u.start_ms, "end_ms": u.end_ms} for u in transcript.unheard],
    }


def _turn(turn: Turn, *, vouched: bool) -> dict[str, Any]:
    words = [
        {"id": w.id, "text": w.text, "start_ms": w.start_ms, "end_ms": w.end_ms, "confidence": round(w.confidence, 4)}
        for w in turn.words
    ]
    who = {"by": turn.by or None, "at": turn.at.isoformat() if turn.at else None} if vouched else {}
    return {
        "id": turn.id, "speaker": turn.speaker, "start_ms": turn.start_ms, "end_ms": turn.end_ms,
        "origin": turn.origin.value, **who, "words": words,
    }  # fmt: skip


def _engine(transcript: Transcript) -> dict[str, Any]:
    engine = {**asdict(transcript.engine), "notes": list(engine_notes(transcript.engine))}
    return {
        **engine,
        "transcript": {
            "id": transcript.id,
            "number": transcript.number,
            "created_at": transcript.created_at.isoformat(),
            "duration_ms": transcript.duration_ms,
            "has_speakers": transcript.has_speakers,
        },
        "silence_method": asdict(transcript.silence_method),
        "flagged": [{"start_ms": f.start_ms, "end_ms": f.end_ms} for f in transcript.flagged],
    }


def origin_note(transcript: Transcript) -> str:
    """Who vouches for a text, as a sentence for whoever reads it."""
    checked = sum(turn.origin is not Origin.MACHINE for turn in transcript.turns)
    if not checked:
        return _("Maskinel udskrift. Teksten kan være forkert; lyt til lyden.")
    if all(turn.origin is Origin.LISTENED for turn in transcript.turns):
        return _("Udskriften er lyttet igennem og rettet af et menneske.")
    note = _("Maskinel udskrift; {checked} af {turns} ture er rettet eller lyttet igennem. Lyt til lyden.")
    return note.format(checked=checked, turns=len(transcript.turns))


def engine_notes(engine: Engine) -> tuple[str, ...]:
    """What a reader must know about how the text was made, in the current language; demo models first."""
    notes = [_(note) for note in engine.notes]
    if engine.demo:
        notes.insert(0, _(DEMO_NOTE))
    return tuple(notes)
