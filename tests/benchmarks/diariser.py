"""The demo diariser on ten held-out conversations, through the product."""

from __future__ import annotations

from cubb_desktop.domain.transcript import Diarisation, SpeakerSegment
from cubb_desktop.settings import resources_folder
from cubb_desktop.speech.diarizer import Diarizer, SpeakerCount
from tests.benchmarks import held_out
from tests.benchmarks.report import Report

LEAST_UTTERANCE_MS = 1500


def _annotation(segments: list[tuple[float, float, str]]) -> object:
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for number, (start, end, voice) in enumerate(segments):
        annotation[Segment(start, end), number] = voice
    return annotation


def _active(talk: held_out.Conversation) -> list[tuple[float, float, str]]:
    """Where each voice sounds on its own clean track; gaps under a quarter of a second are filled."""
    import numpy as np

    found: list[tuple[float, float, str]] = []
    for voice, track in talk.tracks.items():
        loud = np.flatnonzero(np.abs(track) > 0.003 * np.abs(track).max())
        breaks = np.flatnonzero(np.diff(loud) > 0.25 * 16000)
        starts, ends = [loud[0], *loud[breaks + 1]], [*loud[breaks], loud[-1]]
        found += [(a / 16000, (b + 1) / 16000, voice) for a, b in zip(starts, ends, strict=True)]
    return found


def _voice_of(segments: tuple[SpeakerSegment, ...], start_ms: int, end_ms: int) -> str | None:
    shares: dict[str, int] = {}
    for one in segments:
        both = min(end_ms, one.end_ms) - max(start_ms, one.start_ms)
        if both > 0:
            shares[one.voice] = shares.get(one.voice, 0) + both
    return max(shares, key=shares.__getitem__) if shares else None


def _right_utterances(
    talk: held_out.Conversation, found: Diarisation, mapping: dict[str, str]
) -> tuple[int, int]:
    right = counted = 0
    for turn in talk.turns:
        start_ms, end_ms = round(turn.start_s * 1000), round(turn.end_s * 1000)
        if end_ms - start_ms < LEAST_UTTERANCE_MS:
            continue
        voice = _voice_of(found.exclusive, start_ms, end_ms)
        counted += 1
        right += voice is not None and mapping.get(voice) == turn.speaker
    return right, counted


def measure(*, quick: bool = False) -> Report:
    """DER with and without the number of speakers, and the share of longer utterances given to the right one of two."""
    from pyannote.metrics.diarization import DiarizationErrorRate

    report = Report("Demo diariser on held-out conversations, through the product")
    diarizer = Diarizer(resources_folder() / "demo" / "diariser", threads=1)
    given, free = DiarizationErrorRate(collar=0.25), DiarizationErrorRate(collar=0.25)
    right = counted = counts_right = 0
    talks = 2 if quick else 10
    names = held_out.DIARISER_TEST_VOICES
    for number in range(talks):
        people = 2 + number % 2
        chosen = tuple(names[(number * 2 + k * 3) % len(names)] for k in range(people))
        talk = held_out.conversation(60 + 12 * number, 900 + number, chosen, lively=True)
        truth = _annotation(_active(talk))
        with_count = diarizer.diarise(talk.samples, SpeakerCount(people))
        without = diarizer.diarise(talk.samples, SpeakerCount(None, 1, 6))
        hypothesis = _annotation([(s.start_ms / 1000, s.end_ms / 1000, s.voice) for s in with_count.overlapping])
        given(truth, hypothesis)
        free(truth, _annotation([(s.start_ms / 1000, s.end_ms / 1000, s.voice) for s in without.overlapping]))
        counts_right += len({s.voice for s in without.overlapping}) == people
        if people == 2:
            good, all_of_them = _right_utterances(talk, with_count, given.optimal_mapping(truth, hypothesis))
            right, counted = right + good, counted + all_of_them
    report.at_most(f"DER, collar 0.25, count given ({talks} conversations)", abs(given), 0.04, digits=3)
    report.at_most("DER, collar 0.25, count not given", abs(free), 0.07, digits=3)
    report.note("number of speakers found without being told", f"{counts_right} of {talks}")
    report.at_least(
        f"utterances >= 1.5 s given to the right one of 2 voices (of {counted})",
        100 * right / max(1, counted),
        97,
        " %",
        1,
    )
    return report
