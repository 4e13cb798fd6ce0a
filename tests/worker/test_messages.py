"""What a child says is checked before it is believed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cubb_desktop.domain.job import Phase
from cubb_desktop.domain.transcript import (
    Diarisation,
    RecognisedSegment,
    RecognisedWord,
    Silence,
    SilenceMethod,
    SpeakerSegment,
)
from cubb_desktop.worker.messages import (
    Bug,
    Diarised,
    Done,
    Failed,
    Listened,
    Progressed,
    ProtocolError,
    Recognised,
    Segment,
    Work,
    encode,
    later,
    parse,
    segment_row,
    spans,
    voice_rows,
)


def test_work_survives_the_line() -> None:
    work = Work("diarise", "/et bibliotek/æøå 🎧", "id", "00ff", "/model", 2, trust=True, language=None, min_speakers=2)
    assert Work.parse(work.line()) == work


def test_a_segment_survives_the_line() -> None:
    segment = RecognisedSegment(
        0, 900, (RecognisedWord("Åh,", 0, 400, 0.5), RecognisedWord("ja.", 500, 900, 1.0)), ("loop",)
    )
    assert parse(encode({"type": "segment", "segment": segment_row(segment)})) == Segment(segment)


def test_voices_survive_the_line() -> None:
    voices = (SpeakerSegment(0, 100, "A"), SpeakerSegment(50, 300, "B"))
    line = encode({"type": "diarised", "overlapping": voice_rows(voices), "exclusive": voice_rows(voices[:1])})
    assert parse(line) == Diarised(Diarisation(voices, voices[:1]))


def test_the_other_messages_are_understood() -> None:
    assert parse(b'{"type":"progress","phase":"diarising","share":1.7}') == Progressed(Phase.DIARISING, 1.0)
    listened = parse(
        b'{"type":"listened","duration_ms":9,"speech_ms":5,"silences":[[1,2]],"heard":[],"method":"m","least_ms":2,'
        b'"threshold_db":6}'
    )
    assert listened == Listened(9, 5, (Silence(1, 2),), (), SilenceMethod("m", 2, 6.0))
    assert parse(b'{"type":"recognised","language":"da","flagged":[],"blank":false}') == Recognised("da", (), False)
    assert parse(b'{"type":"failure","code":"DiskFull","params":{"exit":1}}') == Failed("DiskFull", {"exit": 1})
    assert parse(b'{"type":"bug","where":"ValueError a.py:3"}') == Bug("ValueError a.py:3")
    assert parse(b'{"type":"done","seconds":{"loading":2},"network_attempts":0}') == Done({Phase.LOADING: 2.0}, 0)
    assert spans([Silence(1, 2)]) == [[1, 2]]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"null",
        b'"done"',
        b'{"type":"party"}',
        b'{"type":"progress","phase":"dancing","share":0}',
        b'{"type":"segment","segment":[5,1,[],[]]}',
        b'{"type":"segment","segment":[0,1,[["ord",-4,3,1]],[]]}',
        b'{"type":"diarised","overlapping":[[0]],"exclusive":[]}',
        b'{"type":"failure","code":"X","params":[]}',
        b"\xff\xfe",
    ],
)
def test_nonsense_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(line)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_line_raises_anything_else(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(line)


def test_times_after_a_spoken_agreement_count_from_the_recordings_beginning() -> None:
    said: list[dict[str, Any]] = [
        {"type": "listened", "duration_ms": 900, "speech_ms": 5, "silences": [[0, 300]], "heard": [[300, 900]],
         "method": "m", "least_ms": 200, "threshold_db": -45.0},
        {"type": "segment", "segment": [300, 900, [["ja", 300, 500, 0.9]], []]},
        {"type": "recognised", "language": "da", "flagged": [[1, 2]], "blank": False},
        {"type": "diarised", "overlapping": [[300, 900, "A"]], "exclusive": [[300, 500, "A"]]},
    ]  # fmt: skip
    listened, segment, recognised, diarised = (later(parse(encode(message)), 20_000) for message in said)
    assert isinstance(listened, Listened)
    assert (listened.duration_ms, listened.speech_ms) == (20_900, 5)
    assert spans(listened.silences) == [[20_000, 20_300]]
    assert spans(listened.heard) == [[20_300, 20_900]]
    assert isinstance(segment, Segment)
    assert segment_row(segment.segment) == [20_300, 20_900, [["ja", 20_300, 20_500, 0.9]], []]
    assert isinstance(recognised, Recognised)
    assert spans(recognised.flagged) == [[20_001, 20_002]]
    assert isinstance(diarised, Diarised)
    assert voice_rows(diarised.diarisation.overlapping) == [[20_300, 20_900, "A"]]
    assert voice_rows(diarised.diarisation.exclusive) == [[20_300, 20_500, "A"]]
    assert later(Bug("x"), 5) == Bug("x")
