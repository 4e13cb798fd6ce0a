"""Asking for transcriptions, reading transcripts, naming speakers, and the transcript as a document."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest

from cubb_desktop import i18n
from cubb_desktop.domain.errors import (
    ConsentExpired,
    ConsentWithdrawn,
    InvalidInput,
    JobNotFound,
    ModelNotFound,
    NotFound,
    NotYetStored,
    RecordingNotFound,
    TranscriptNotFound,
)
from cubb_desktop.domain.ids import JobId, RecordingId, SpeakerId
from cubb_desktop.domain.job import SPEECH_LANGUAGES, JobState, TranscribeOptions
from cubb_desktop.domain.recording import Recording, RecordingState, Role
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.library import consents, queue, recordings, transcripts
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.conversations import list_conversations
from cubb_desktop.services.transcripts import (
    cancel_job,
    engine_notes,
    get_job,
    get_transcript,
    has_transcript,
    list_jobs,
    request_transcription,
    retry_job,
    schema_file,
    search,
    set_speaker,
    transcript_document,
)
from cubb_desktop.services.workspace import Workspace
from tests import builders


@pytest.fixture
def recording(workspace: Workspace) -> Recording:
    return builders.stored_recording(workspace.library)


@pytest.fixture
def transcript(workspace: Workspace, recording: Recording) -> Transcript:
    with workspace.library.change(builders.ACTOR, "transcript.finished") as change:
        made = transcripts.start_draft(change, builders.transcript(recording.id))
        transcripts.replace_with(change, builders.transcript(recording.id, id=made.id))
    return get_transcript(workspace, recording.id)


def state_of(ws: Workspace, recording: Recording) -> RecordingState:
    with ws.library.read() as reading:
        return recordings.get(reading, recording.id).state


# --- asking ----------------------------------------------------------------------------------------------------------


def test_a_request_waits_in_the_queue_and_shows_on_the_recording(workspace: Workspace, recording: Recording) -> None:
    job = request_transcription(workspace, recording.id, TranscribeOptions(speakers=3))
    assert get_job(workspace, job.id) == job == list_jobs(workspace)[0]
    assert (job.state, job.options.speakers, job.author) == (JobState.TODO, 3, builders.ACTOR)
    assert state_of(workspace, recording) is RecordingState.QUEUED


def test_the_same_request_twice_is_one_job_and_another_is_another(workspace: Workspace, recording: Recording) -> None:
    first = request_transcription(workspace, recording.id)
    assert request_transcription(workspace, recording.id).id == first.id
    assert request_transcription(workspace, recording.id, TranscribeOptions(speakers=3)).id != first.id
    assert len(list_jobs(workspace)) == 2


@pytest.mark.parametrize(
    "options",
    [
        TranscribeOptions(speakers=0),
        TranscribeOptions(speakers=99),
        TranscribeOptions(speakers=2, max_speakers=3),
        TranscribeOptions(min_speakers=4, max_speakers=2),
    ],
)
def test_impossible_numbers_of_speakers_are_refused(
    workspace: Workspace, recording: Recording, options: TranscribeOptions
) -> None:
    with pytest.raises(InvalidInput, match="Antal talere"):
        request_transcription(workspace, recording.id, options)
    assert list_jobs(workspace) == []


def test_what_cannot_work_is_refused_before_anyone_waits(workspace: Workspace, recording: Recording) -> None:
    with pytest.raises(ModelNotFound):
        request_transcription(workspace, recording.id, TranscribeOptions(recogniser="/findes/ikke"))
    with pytest.raises(RecordingNotFound):
        request_transcription(workspace, RecordingId("nej"))
    under_way = builders.stored_recording(workspace.library, state=RecordingState.RECORDING)
    with pytest.raises(NotYetStored):
        request_transcription(workspace, under_way.id)
    with pytest.raises(JobNotFound):
        get_job(workspace, JobId("nej"))


def test_without_a_valid_agreement_nothing_is_transcribed(workspace: Workspace, recording: Recording) -> None:
    ended = builders.consent(until=workspace.today() - timedelta(days=1))
    with workspace.library.change(builders.ACTOR, "consent.added") as change:
        consents.add(change, ended)
    old = builders.stored_recording(workspace.library, consent_id=ended.id)
    with pytest.raises(ConsentExpired):
        request_transcription(workspace, old.id)
    job = request_transcription(workspace, recording.id)
    cancel_job(workspace, job.id)
    with workspace.library.change(builders.ACTOR, "consent.withdrawn") as change:
        consents.withdraw(change, recording.consent_id, workspace.clock())
    with pytest.raises(ConsentWithdrawn):
        retry_job(workspace, job.id)


def test_cancelling_and_retrying_move_the_recording_along(workspace: Workspace, recording: Recording) -> None:
    job = request_transcription(workspace, recording.id)
    cancel_job(workspace, job.id)
    assert state_of(workspace, recording) is RecordingState.STORED
    assert retry_job(workspace, job.id).state is JobState.TODO
    assert state_of(workspace, recording) is RecordingState.QUEUED


def test_cancelling_a_second_run_leaves_the_first_ready(
    workspace: Workspace, recording: Recording, transcript: Transcript
) -> None:
    cancel_job(workspace, request_transcription(workspace, recording.id).id)
    assert state_of(workspace, recording) is RecordingState.READY
    assert get_transcript(workspace, recording.id) == transcript


def test_a_job_being_done_is_only_asked_to_stop(workspace: Workspace, recording: Recording) -> None:
    job = request_transcription(workspace, recording.id)
    with workspace.library.change(builders.ACTOR, None) as change:
        queue.claim(change, "arbejder", workspace.clock())
    asked = cancel_job(workspace, job.id)
    assert (asked.state, asked.cancel_requested) == (JobState.DOING, True)


# --- reading and naming ----------------------------------------------------------------------------------------------


def test_there_is_no_transcript_before_there_is_one(workspace: Workspace, recording: Recording) -> None:
    assert not has_transcript(workspace, recording.id)
    with pytest.raises(TranscriptNotFound):
        get_transcript(workspace, recording.id)
    with pytest.raises(RecordingNotFound):
        get_transcript(workspace, RecordingId("nej"))


def test_a_speaker_is_named_everywhere_in_one_act(
    workspace: Workspace, recording: Recording, transcript: Transcript
) -> None:
    speaker = transcript.speakers[1]
    named = set_speaker(workspace, recording.id, speaker.id, "  Borger   B ", Role.CITIZEN)
    assert [(s.label, s.role) for s in named.speakers] == [("Taler 1", Role.OTHER), ("Borger B", Role.CITIZEN)]
    assert named.turns == transcript.turns


@pytest.mark.parametrize("label", ["", "   ", "x" * 81])
def test_a_speaker_needs_a_name_of_sensible_length(
    workspace: Workspace, recording: Recording, transcript: Transcript, label: str
) -> None:
    with pytest.raises(InvalidInput):
        set_speaker(workspace, recording.id, transcript.speakers[0].id, label, Role.OTHER)


def test_only_the_recordings_own_speakers_can_be_named(
    workspace: Workspace, recording: Recording, transcript: Transcript
) -> None:
    with pytest.raises(NotFound):
        set_speaker(workspace, recording.id, SpeakerId("en anden"), "Borger", Role.CITIZEN)


def test_what_was_said_can_be_searched(workspace: Workspace, recording: Recording, transcript: Transcript) -> None:
    (hit,) = search(workspace, "KØRE gern")
    assert (hit.recording_id, hit.turn_id) == (recording.id, transcript.turns[1].id)
    assert search(workspace, '"(*') == []


# --- the document ----------------------------------------------------------------------------------------------------


@pytest.fixture
def schema() -> Any:
    schema = json.loads(schema_file().read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def test_the_document_is_what_its_schema_says(transcript: Transcript, schema: Any) -> None:
    document = json.loads(json.dumps(transcript_document(transcript)))
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    assert list(document) == ["schema", "recording", "engine", "speakers", "turns", "silences", "overlaps", "unheard"]
    assert list(document["turns"][0]) == ["id", "speaker", "start_ms", "end_ms", "origin", "words"]
    assert list(document["turns"][0]["words"][0]) == ["id", "text", "start_ms", "end_ms", "confidence"]
    assert document["overlaps"][0]["turns"] == [transcript.turns[1].id, transcript.turns[2].id]
    assert document["silences"][0] == {"start_ms": 1800, "end_ms": 2500}


def test_a_draft_without_speakers_is_a_valid_document_too(
    workspace: Workspace, recording: Recording, schema: Any
) -> None:
    with workspace.library.change(builders.ACTOR, "transcription.started") as change:
        draft = transcripts.start_draft(change, builders.transcript(recording.id, has_speakers=False))
        transcripts.append_words(change, draft.id, [builders.turn("goddag og velkommen", 0)])
    document = transcript_document(get_transcript(workspace, recording.id))
    jsonschema.validate(json.loads(json.dumps(document)), schema, jsonschema.Draft202012Validator)
    assert document["turns"][0]["speaker"] is None


@pytest.mark.parametrize("harm", ["speakers", "turns", "more"])
def test_the_schema_refuses_what_is_not_a_transcript(transcript: Transcript, schema: Any, harm: str) -> None:
    document = transcript_document(transcript)
    if harm == "more":
        document["score"] = 5
    else:
        del document[harm]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema, jsonschema.Draft202012Validator)


def test_demo_models_are_named_plainly_in_both_languages(transcript: Transcript) -> None:
    document = transcript_document(transcript)
    assert document["engine"]["demo"] is True
    assert "demomodeller" in document["engine"]["notes"][0]
    i18n.set_language("en")
    assert "demo" in engine_notes(transcript.engine)[0].lower()
    plain = builders.engine(demo=False, notes=())
    assert engine_notes(plain) == ()


def test_a_voice_nobody_has_named_is_called_by_its_number_in_the_persons_language(
    workspace: Workspace, recording: Recording, transcript: Transcript
) -> None:
    def labels() -> list[list[str]]:
        listed = next(c for c in list_conversations(workspace) if c.recording.id == recording.id)
        read = get_transcript(workspace, recording.id)
        return [[speaker.label for speaker in voices] for voices in (read.speakers, listed.speakers)]

    assert labels() == [["Taler 1", "Taler 2"]] * 2
    i18n.set_language("en")
    assert labels() == [["Speaker 1", "Speaker 2"]] * 2
    set_speaker(workspace, recording.id, transcript.speakers[0].id, "Speaker 1", Role.WORKER)
    set_speaker(workspace, recording.id, transcript.speakers[1].id, "Taler Hansen 2", Role.CITIZEN)
    i18n.set_language("da")
    assert labels() == [["Taler 1", "Taler Hansen 2"]] * 2


# --- when the agreement is over --------------------------------------------------------------------------------------


def test_what_was_said_under_a_withdrawn_agreement_is_neither_read_nor_found(
    workspace: Workspace, recording: Recording, transcript: Transcript
) -> None:
    word = transcript.turns[0].words[0].text
    other = builders.stored_recording(workspace.library)
    with workspace.library.change(builders.ACTOR, "transcript.finished") as change:
        made = transcripts.start_draft(change, builders.transcript(other.id))
        transcripts.replace_with(change, builders.transcript(other.id, id=made.id))
    assert {hit.recording_id for hit in search(workspace, word)} == {recording.id, other.id}
    withdraw_consent(workspace, recording.consent_id)
    with pytest.raises(ConsentWithdrawn):
        get_transcript(workspace, recording.id)
    with pytest.raises(ConsentWithdrawn):
        set_speaker(workspace, recording.id, transcript.speakers[0].id, "Anna", Role.WORKER)
    assert {hit.recording_id for hit in search(workspace, word)} == {other.id}


def test_an_expired_agreement_still_lets_the_owner_read(
    workspace: Workspace, recording: Recording, transcript: Transcript
) -> None:
    with workspace.library.change(builders.ACTOR, None) as change:
        change.connection.exec_driver_sql("UPDATE consents SET until = '2020-01-01'")
    assert get_transcript(workspace, recording.id) == transcript
    assert search(workspace, transcript.turns[0].words[0].text)


def test_the_languages_are_those_of_the_recogniser() -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert frozenset(_LANGUAGE_CODES) == SPEECH_LANGUAGES
