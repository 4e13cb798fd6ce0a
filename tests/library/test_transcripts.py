"""Drafts, finished transcripts, speakers' names."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import sqlalchemy as sa

from cubb_desktop.domain.errors import NotFound, TranscriptNotFound
from cubb_desktop.domain.ids import RecordingId, SpeakerId, TranscriptId
from cubb_desktop.domain.recording import Recording, Role
from cubb_desktop.domain.transcript import Transcript, result_key
from cubb_desktop.library import annotations as marks
from cubb_desktop.library import codebook, recordings, transcripts
from cubb_desktop.library.session import Library
from tests import builders
from tests.builders import ACTOR, CITIZEN, WORKER

HOUR_LOADS_MS = 80
HOUR_WRITES_MS = 1_000


@pytest.fixture
def recording(library: Library) -> Recording:
    return builders.stored_recording(library)


def finish(library: Library, made: Transcript) -> Transcript:
    with library.change(ACTOR, "transcript.finished", made.id) as change:
        stored = transcripts.start_draft(change, made)
        transcripts.replace_with(change, replace(made, id=stored.id, number=stored.number))
    return replace(made, id=stored.id, number=stored.number)


def latest(library: Library, recording_id: RecordingId) -> Transcript | None:
    with library.read() as reading:
        return transcripts.latest(reading, recording_id)


def test_a_finished_transcript_comes_back_as_it_went_in(library: Library, recording: Recording) -> None:
    made = builders.transcript(recording.id)
    assert finish(library, made) == made
    assert latest(library, recording.id) == made
    with library.read() as reading:
        assert transcripts.get(reading, made.id) == made
        assert transcripts.is_final(reading, made.id)
        assert transcripts.numbers(reading, recording.id) == [1]


def test_a_recording_without_transcript_has_none(library: Library, recording: Recording) -> None:
    assert latest(library, recording.id) is None
    with library.read() as reading:
        assert not transcripts.has_any(reading, recording.id)
        assert transcripts.numbers(reading, recording.id) == []
        assert transcripts.word_ids_between(reading, recording.id, 0, 1_000) == ()
        with pytest.raises(TranscriptNotFound):
            transcripts.get(reading, TranscriptId("findes ikke"))


def test_a_draft_grows_and_can_be_read_meanwhile(library: Library, recording: Recording) -> None:
    made = builders.transcript(recording.id)
    with library.change(ACTOR, "transcription.started") as change:
        draft = transcripts.start_draft(change, made)
    assert draft.turns == ()
    assert draft.engine == made.engine
    for shown, turn in enumerate(made.turns, start=1):
        with library.change(ACTOR, None) as change:
            transcripts.append_words(change, made.id, [turn])
        found = latest(library, recording.id)
        assert found is not None
        assert found.turns == made.turns[:shown]
    assert change.changes.transcripts == {recording.id}


def test_a_turn_of_a_draft_grows_by_its_new_words_only(library: Library, recording: Recording) -> None:
    made = builders.transcript(recording.id)
    whole = made.turns[0]
    begun = replace(whole, words=whole.words[:2], end_ms=whole.words[1].end_ms)
    with library.change(ACTOR, "transcription.started") as change:
        transcripts.start_draft(change, made)
        transcripts.append_words(change, made.id, [begun])
        transcripts.append_words(change, made.id, [whole, made.turns[1]])
    found = latest(library, recording.id)
    assert found is not None
    assert found.turns == (whole, made.turns[1])


def test_speakers_that_arrive_keep_the_words_and_what_people_did_meanwhile(
    library: Library, recording: Recording
) -> None:
    made = builders.transcript(recording.id)
    words = made.words()
    unspoken = builders.turn("", 0)
    draft = replace(unspoken, words=tuple(replace(w, speaker=None) for w in words), end_ms=words[-1].end_ms)
    mark = builders.annotation(recording.id, word_ids=tuple(word.id for word in words[2:5]))
    with library.change(ACTOR, "transcription.started") as change:
        transcripts.start_draft(change, made)
        transcripts.append_words(change, made.id, [draft])
        codebook.put(change, builders.concept())
        marks.add(change, mark)
    with library.change(ACTOR, "transcript.finished") as change:
        transcripts.replace_with(change, made)
    assert latest(library, recording.id) == made
    with library.read() as reading:
        [kept] = marks.all(reading, recording.id, seen_by=ACTOR)
    assert kept.word_ids == mark.word_ids
    assert set(kept.word_ids) <= {word.id for word in made.words()}


def test_a_draft_may_be_replaced_again_until_it_is_finished(library: Library, recording: Recording) -> None:
    made = builders.transcript(recording.id)
    text_only = replace(made, has_speakers=False, speakers=(), overlaps=())
    with library.change(ACTOR, "transcript.readable") as change:
        transcripts.start_draft(change, made)
        transcripts.replace_with(change, text_only, final=False)
        assert not transcripts.is_final(change, made.id)
    assert latest(library, recording.id) == text_only
    with library.change(ACTOR, "transcript.finished") as change:
        transcripts.replace_with(change, made)
    assert latest(library, recording.id) == made


def test_a_repeat_of_finished_work_changes_nothing(library: Library, recording: Recording) -> None:
    first = finish(library, builders.transcript(recording.id))
    again = builders.transcript(recording.id, (builders.turn("noget helt andet", 0),))
    with library.change(ACTOR, "transcription.started") as change:
        assert transcripts.start_draft(change, again) == first
        transcripts.replace_with(change, replace(again, id=first.id))
        transcripts.discard_draft(change, first.id)
    assert latest(library, recording.id) == first
    with library.read() as reading:
        assert transcripts.by_key(reading, recording.id, result_key(first.engine)) == first
        assert transcripts.by_key(reading, recording.id, "en anden") is None


def test_a_draft_that_a_crash_left_is_taken_over_empty(library: Library, recording: Recording) -> None:
    left = builders.transcript(recording.id)
    with library.change(ACTOR, "transcription.started") as change:
        transcripts.start_draft(change, left)
        transcripts.append_words(change, left.id, left.turns[:2])
    again = builders.transcript(recording.id)
    with library.change(ACTOR, "transcription.started") as change:
        stored = transcripts.start_draft(change, again)
    assert (stored.id, stored.number, stored.turns) == (left.id, 1, ())
    with library.read() as reading:
        assert transcripts.numbers(reading, recording.id) == [1]


def test_another_model_makes_a_new_version_beside_the_old(library: Library, recording: Recording) -> None:
    old = finish(library, builders.transcript(recording.id))
    other = builders.engine(recogniser_fingerprint="c3")
    new = builders.transcript(recording.id, engine=other)
    with library.change(ACTOR, "transcription.started") as change:
        assert transcripts.start_draft(change, new).number == 2
    assert latest(library, recording.id) == old  # a draft does not hide what is finished
    finished = finish(library, new)
    assert latest(library, recording.id) == finished
    with library.read() as reading:
        assert transcripts.get(reading, old.id) == old
        assert transcripts.numbers(reading, recording.id) == [1, 2]


def test_a_draft_that_was_given_up_is_gone(library: Library, recording: Recording) -> None:
    made = builders.transcript(recording.id)
    with library.change(ACTOR, "transcription.cancelled") as change:
        transcripts.start_draft(change, made)
        transcripts.append_words(change, made.id, made.turns)
        transcripts.discard_draft(change, made.id)
    assert latest(library, recording.id) is None
    assert library.verify() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE words SET text = 'andet'",
        "DELETE FROM words WHERE position = 2",
        "UPDATE turns SET speaker_id = NULL",
        "DELETE FROM silences",
        "UPDATE overlaps SET start_ms = 0",
        "DELETE FROM unheard",
        "UPDATE speakers SET label = 'andet'",
        "DELETE FROM flagged",
    ],
)
def test_the_database_itself_refuses_to_change_what_the_machine_finished(
    library: Library, recording: Recording, statement: str
) -> None:
    made = finish(library, builders.transcript(recording.id))
    with (
        pytest.raises(sa.exc.IntegrityError, match="stays"),
        library.change(ACTOR, "transcript.changed") as change,
    ):
        change.connection.exec_driver_sql(statement)
    assert latest(library, recording.id) == made


def test_a_finished_transcript_goes_with_its_recording(library: Library, recording: Recording) -> None:
    finish(library, builders.transcript(recording.id))
    with library.change(ACTOR, "recording.removed", recording.id) as change:
        recordings.remove(change, recording.id)
        for table in ("words", "turns", "silences", "speakers", "overlaps", "unheard", "flagged", "turn_texts"):
            assert change.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0  # noqa: S608 - our own words
    assert library.verify() == []


# --- speakers --------------------------------------------------------------------------------------------------------


def test_what_a_person_calls_a_speaker_lies_over_the_machines_name(library: Library, recording: Recording) -> None:
    finish(library, builders.transcript(recording.id))
    with library.change(ACTOR, "speaker.named", recording.id) as change:
        transcripts.set_speaker(change, recording.id, WORKER.id, "Mette", Role.WORKER)
        transcripts.set_speaker(change, recording.id, WORKER.id, "Mette J.", Role.WORKER)
    found = latest(library, recording.id)
    assert found is not None
    assert found.speakers == (replace(WORKER, label="Mette J.", role=Role.WORKER), CITIZEN)


def test_running_the_machine_again_keeps_the_names(library: Library, recording: Recording) -> None:
    finish(library, builders.transcript(recording.id))
    with library.change(ACTOR, "speaker.named", recording.id) as change:
        transcripts.set_speaker(change, recording.id, CITIZEN.id, "Borgeren", Role.CITIZEN)
    finish(library, builders.transcript(recording.id, engine=builders.engine(language="auto")))
    found = latest(library, recording.id)
    assert found is not None
    assert found.number == 2
    assert found.speakers[1] == replace(CITIZEN, label="Borgeren", role=Role.CITIZEN)


def test_a_speaker_the_recording_does_not_have_is_refused(library: Library, recording: Recording) -> None:
    finish(library, builders.transcript(recording.id))
    with pytest.raises(NotFound), library.change(ACTOR, "speaker.named", recording.id) as change:
        transcripts.set_speaker(change, recording.id, SpeakerId("findes ikke"), "x", Role.OTHER)


def test_the_words_of_a_passage_are_those_whose_middle_it_holds(library: Library, recording: Recording) -> None:
    made = finish(library, builders.transcript(recording.id))
    with library.read() as reading:
        found = transcripts.word_ids_between(reading, recording.id, 2_900, 3_200)
    assert found == tuple(w.id for w in made.words() if 2_900 <= (w.start_ms + w.end_ms) / 2 < 3_200)
    assert len(found) == 2


# --- an hour of talk -------------------------------------------------------------------------------------------------


def test_an_hour_is_written_within_a_second_and_loaded_at_once(library: Library, recording: Recording) -> None:
    written_ms: list[float] = []
    took_ms: list[float] = []
    for language in ("da", "sv"):  # the better of two: other processes share the machine
        made = builders.long_transcript(recording.id)
        made = replace(made, engine=builders.engine(language=language), number=len(written_ms) + 1)
        assert len(made.words()) == 9_000
        with library.change(ACTOR, "transcription.started") as change:
            transcripts.start_draft(change, made)
            began = time.process_time()
            transcripts.append_words(change, made.id, made.turns)
            written_ms.append((time.process_time() - began) * 1_000)
            transcripts.replace_with(change, made)
    for _ in range(5):
        began = time.process_time()
        found = latest(library, recording.id)
        took_ms.append((time.process_time() - began) * 1_000)
    assert found == made
    assert min(written_ms) < HOUR_WRITES_MS
    assert min(took_ms) < HOUR_LOADS_MS
