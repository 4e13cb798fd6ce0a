"""Searching what was said."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.library import recordings, search, transcripts
from cubb_desktop.library.session import Library
from tests import builders
from tests.builders import ACTOR, MORNING


def finished(library: Library, *texts: str, recording: Recording | None = None, **fields: object) -> Transcript:
    recording = recording or builders.stored_recording(library)
    turns = tuple(builders.turn(text, 10_000 * n) for n, text in enumerate(texts))
    made = builders.transcript(recording.id, turns, overlaps=(), **fields)
    with library.change(ACTOR, "transcript.finished") as change:
        transcripts.start_draft(change, made)
        transcripts.replace_with(change, made)
    return made


def hits(library: Library, query: str, limit: int = 100) -> list[str]:
    with library.read() as reading:
        return [hit.snippet for hit in search.search(reading, query, limit)]


def test_a_hit_says_where_it_was_said(library: Library) -> None:
    made = finished(library, "hvad tænker du om arbejde", "jeg vil gerne køre lastbil")
    with library.read() as reading:
        [hit] = search.search(reading, "lastbil")
    turn = made.turns[1]
    assert (hit.recording_id, hit.turn_id, hit.start_ms) == (made.recording_id, turn.id, turn.start_ms)
    assert hit.snippet == "jeg vil gerne køre lastbil"
    assert hit.snippet[slice(*hit.found)] == "lastbil"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("lastbil", True),
        ("LAST", True),
        ("bil", False),
        ("gerne køre", True),
        ("køre gerne", True),
        ("gerne tog", False),
        ("kore", False),
        (unicodedata.normalize("NFD", "køre på"), True),
        ("køre, på!", True),
        ("", False),
        ("  ", False),
        ("?!", False),
    ],
)
def test_every_word_or_its_beginning_must_be_there(library: Library, query: str, found: bool) -> None:
    finished(library, "jeg vil gerne køre lastbil på Ærø")
    assert bool(hits(library, query)) is found


@pytest.mark.parametrize(
    "query",
    ['"', "'", "q AND", "NEAR(q b)", "q*", "-q", "text:q", "(", "q OR b", "^q", "\0", "q\0b", "{q b}", "😀", "%"],
)
def test_no_query_is_a_syntax_error(library: Library, query: str) -> None:
    finished(library, "noget helt andet")
    assert hits(library, query) == []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=40))
def test_any_text_may_be_searched_for(library: Library, query: str) -> None:
    with library.read() as reading:
        assert search.search(reading, query) == []


def test_a_draft_is_not_searched_and_only_the_newest_finished_version_is(library: Library) -> None:
    recording = builders.stored_recording(library)
    draft = builders.transcript(recording.id, (builders.turn("kladde", 0),), overlaps=())
    with library.change(ACTOR, "transcription.started") as change:
        transcripts.start_draft(change, draft)
        transcripts.append_words(change, draft.id, draft.turns)
    assert hits(library, "kladde") == []
    finished(library, "den gamle udgave", recording=recording, engine=builders.engine(language="de"))
    assert hits(library, "udgave") == ["den gamle udgave"]
    finished(library, "den nye udgave", recording=recording, engine=builders.engine(language="sv"))
    assert hits(library, "udgave") == ["den nye udgave"]


def test_hits_come_in_the_order_of_the_conversations_the_newest_first(library: Library) -> None:
    old = builders.stored_recording(library)
    new = builders.stored_recording(library, recorded_at=MORNING + timedelta(days=1))
    finished(library, "ja en", "ja to", recording=old)
    finished(library, "ja tre", "ja fire", recording=new)
    assert hits(library, "ja") == ["ja tre", "ja fire", "ja en", "ja to"]
    assert hits(library, "ja", limit=3) == ["ja tre", "ja fire", "ja en"]


def test_a_long_turn_is_cut_around_the_first_word_that_was_found(library: Library) -> None:
    before, after = " ".join(f"før{n}" for n in range(40)), " ".join(f"efter{n}" for n in range(40))
    finished(library, f"{before} «Praktikken», {after} praktik")
    [found] = hits(library, "praktik")
    with library.read() as reading:
        [hit] = search.search(reading, "praktik")
    assert hit.snippet[slice(*hit.found)] == "«Praktikken»,"
    assert found.startswith("…før35 ")
    assert "«Praktikken»," in found
    assert found.endswith(" efter9…")
    assert len(found.split()) == search.SNIPPET_WORDS
    assert hits(library, "efter39") == ["…" + " ".join(f"efter{n}" for n in range(25, 40)) + " praktik"]


def test_the_number_of_hits_is_limited(library: Library) -> None:
    finished(library, *["ja"] * 30)
    assert len(hits(library, "ja", limit=7)) == 7


def test_what_is_removed_leaves_no_trace_in_the_index(library: Library) -> None:
    made = finished(library, "kanariefugl i bur", "en anden tur")
    other = finished(library, "en tredje tur")
    with library.change(ACTOR, "recording.removed") as change:
        recordings.remove(change, made.recording_id)
    assert hits(library, "kanariefugl") == []
    with library.read() as reading:
        blocks = b"".join(
            row[0] for row in reading.connection.exec_driver_sql("SELECT block FROM turn_texts_data") if row[0]
        )
        vocabulary = reading.connection.exec_driver_sql("SELECT c0 FROM turn_texts_content").scalars().all()
    assert b"kanarie" not in blocks
    assert vocabulary == [other.turns[0].text]
    assert library.verify() == []
