"""Recordings' rows, and what goes with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import RecordingNotFound
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import RecordingState, Source
from cubb_desktop.library import annotations as marks
from cubb_desktop.library import bookings, codebook, packs, recordings, search, transcripts
from cubb_desktop.library.session import Library
from tests import builders
from tests.builders import ACTOR, MORNING


def test_a_recording_comes_back_as_it_was_added(library: Library) -> None:
    made = builders.stored_recording(
        library, title="Åbent samtalerum 😀", source=Source.MICROPHONE, source_sha256=None, channels=2
    )
    with library.read() as reading:
        assert recordings.get(reading, made.id) == made
        with pytest.raises(RecordingNotFound):
            recordings.get(reading, RecordingId("findes ikke"))


def test_recordings_are_listed_newest_first_and_by_state(library: Library) -> None:
    old = builders.stored_recording(library)
    new = builders.stored_recording(library, recorded_at=MORNING + timedelta(days=1), state=RecordingState.READY)
    with library.read() as reading:
        assert recordings.all(reading) == [new, old]
        assert recordings.all(reading, RecordingState.READY) == [new]
        assert recordings.all(reading, RecordingState.FAILED) == []


def test_two_who_change_different_fields_do_not_undo_each_other(library: Library) -> None:
    seen = builders.stored_recording(library)
    with library.change(ACTOR, "recording.renamed", seen.id) as change:
        recordings.update(change, seen, title="Nyt navn")
    with library.change(ACTOR, "transcription.started", seen.id) as change:
        now = recordings.update(change, seen, state=RecordingState.TRANSCRIBING, duration_ms=5)
    assert (now.title, now.state, now.duration_ms, now.version) == ("Nyt navn", RecordingState.TRANSCRIBING, 5, 3)
    assert change.changes == Changes(recordings=frozenset({seen.id}))
    with library.read() as reading:
        assert recordings.get(reading, seen.id) == now


def test_peaks_are_kept_beside_their_recording(library: Library) -> None:
    made = builders.stored_recording(library)
    with library.change(ACTOR, "waveform.stored", made.id) as change:
        assert recordings.get_peaks(change, made.id) is None
        recordings.put_peaks(change, made.id, b"one")
        recordings.put_peaks(change, made.id, b"two")
    with library.read() as reading:
        assert recordings.get_peaks(reading, made.id) == b"two"


def test_a_removed_recording_takes_everything_along_but_the_register_of_exports(library: Library) -> None:
    made, other = builders.stored_recording(library), builders.stored_recording(library)
    talk = builders.transcript(made.id)
    mark, passage = builders.annotation(made.id), builders.excerpt(made.id)
    left = builders.export_entry(made.id, made.consent_id, excerpt_id=passage.id)
    booked = builders.slot(recording_id=made.id)
    with library.change(ACTOR, "library.filled") as change:
        transcripts.start_draft(change, talk)
        transcripts.replace_with(change, talk)
        codebook.put(change, builders.concept())
        marks.add(change, mark)
        packs.add_excerpt(change, passage)
        packs.add_export(change, left)
        bookings.add(change, booked)
        recordings.put_peaks(change, made.id, b"peaks")
    with library.change(ACTOR, "recording.removed", made.id) as change:
        recordings.remove(change, made.id)
    assert change.changes.recordings == {made.id}
    assert change.changes.transcripts == {made.id}
    assert change.changes.excerpts
    with library.read() as reading:
        assert recordings.all(reading) == [other]
        assert transcripts.latest(reading, made.id) is None
        assert marks.all(reading, made.id, seen_by=ACTOR) == []
        assert packs.all_excerpts(reading) == []
        assert packs.all_exports(reading) == [left]
        assert bookings.get(reading, booked.id).recording_id is None
        assert recordings.get_peaks(reading, made.id) is None
        assert search.search(reading, "arbejde") == []
    assert library.verify() == []


def test_what_is_not_there_can_not_be_removed(library: Library) -> None:
    with pytest.raises(RecordingNotFound), library.change(ACTOR, "recording.removed") as change:
        recordings.remove(change, RecordingId("findes ikke"))
