"""The demo diariser on ten held-out conversations, through the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cubb_desktop.domain.transcript import Diarisation, SpeakerSegment
from cubb_desktop.domain.voices import settled
from cubb_desktop.settings import resources_folder
from cubb_desktop.speech import guards
from cubb_desktop.speech.diarizer import Diarizer, SpeakerCount
from cubb_desktop.speech.silences import listen
from tests.benchmarks import held_out
from tests.benchmarks.report import Report

if TYPE_CHECKING:
    from pyannote.core import Annotation

LEAST_UTTERANCE_MS = 1500


def _annotation(segments: tuple[SpeakerSegment, ...]) -> Annotation:
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for number, one in enumerate(segments):
        annotation[Segment(one.start_ms / 1000, one.end_ms / 1000), number] = one.voice
    return annotation.support()


def _voice_of(segments: tuple[SpeakerSegment, ...], start_ms: int, end_ms: int) -> str | None:
    shares: dict[str, int] = {}
    for one in segments:
        both = min(end_ms, one.end_ms) - max(start_ms, one.start_ms)
        if both > 0:
            shares[one.voice] = shares.get(one.voice, 0) + both
    return max(shares, key=shares.__getitem__) if shares else None


def _right_utterances(talk: held_out.Conversation, found: Diarisation, names: dict[str, str]) -> tuple[int, int]:
    """How many of the longer utterances went to their speaker, and how many there are."""
    right = counted = 0
    for turn in talk.turns:
        start_ms, end_ms = round(turn.start_s * 1000), round(turn.end_s * 1000)
        if end_ms - start_ms >= LEAST_UTTERANCE_MS:
            voice = _voice_of(found.exclusive, start_ms, end_ms)
            counted += 1
            right += voice is not None and names.get(voice) == turn.speaker
    return right, counted


def measure(*, quick: bool = False) -> Report:
    """DER with and without the number of speakers, and the share of longer utterances given to the right one of two."""
    guards.go_offline()
    guards.allow_torchaudio()
    from demo_models.measure_diariser import TEST_SEEDS, test_conversations

    report = Report("Demo diariser on held-out conversations, through the product")
    diarizer = Diarizer(resources_folder() / "demo" / "diariser", threads=1)
    for number, seed in enumerate(TEST_SEEDS[: 1 if quick else None], 1):
        _measure_set(report, f"set {number}", diarizer, test_conversations(seed=seed)[: 2 if quick else None])
    return report


def _measure_set(report: Report, name: str, diarizer: Diarizer, talks: list[held_out.Conversation]) -> None:
    from demo_models.measure_diariser import reference
    from pyannote.core import Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    given, free = DiarizationErrorRate(collar=0.25), DiarizationErrorRate(collar=0.25)
    right = counted = counts_right = 0
    for talk in talks:
        people = len(talk.tracks)
        truth, whole = reference(talk), Timeline([Segment(0, talk.duration_ms / 1000)])
        silences = listen(talk.samples).silences
        with_count = settled(diarizer.diarise(talk.samples, SpeakerCount(people)), silences)
        without = settled(diarizer.diarise(talk.samples, SpeakerCount(None, 1, 6)), silences)
        hypothesis = _annotation(with_count.overlapping)
        given(truth, hypothesis, uem=whole)
        free(truth, _annotation(without.overlapping), uem=whole)
        counts_right += len({s.voice for s in without.overlapping}) == people
        if people == 2:
            good, all_of_them = _right_utterances(talk, with_count, given.optimal_mapping(truth, hypothesis))
            right, counted = right + good, counted + all_of_them
    report.at_most(f"{name}: DER, collar 0.25, count given ({len(talks)} conversations)", abs(given), 0.04, digits=4)
    report.at_most(f"{name}: DER, collar 0.25, count not given", abs(free), 0.07, digits=4)
    report.note(f"{name}: number of speakers found without being told", f"{counts_right} of {len(talks)}")
    share = 100 * right / max(1, counted)
    report.at_least(
        f"{name}: utterances >= 1.5 s given to the right one of 2 voices (of {counted})", share, 97, " %", 1
    )
