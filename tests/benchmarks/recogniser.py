"""The demo recogniser on sound it has never heard, through the product's own listening and recognising."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

import numpy as np

from cubb_desktop.domain.measure import edit_distance, plain_word
from cubb_desktop.domain.transcript import RecognisedWord
from cubb_desktop.settings import resources_folder
from cubb_desktop.speech.silences import listen
from cubb_desktop.speech.transcriber import Transcriber
from tests.benchmarks import held_out
from tests.benchmarks.held_out import Said
from tests.benchmarks.report import Report


class Tally:
    """Counts word errors and collects how far words start from where they were said."""

    def __init__(self) -> None:
        self.words = 0
        self.wrong = 0
        self.start_errors_ms: list[int] = []
        self.after_silence_ms: list[int] = []

    def add(self, truth: Said, heard: Iterable[RecognisedWord]) -> None:
        """Compare one sound's words with what was heard; only rightly heard words are timed."""
        words = [w for w in heard if plain_word(w.text)]
        true_words = [plain_word(text) for text, _, _ in truth.words]
        heard_words = [plain_word(w.text) for w in words]
        self.words += len(true_words)
        self.wrong += edit_distance(true_words, heard_words)
        for block in SequenceMatcher(None, true_words, heard_words, autojunk=False).get_matching_blocks():
            for k in range(block.size):
                index = block.a + k
                start = truth.words[index][1]
                off = abs(words[block.b + k].start_ms - start)
                self.start_errors_ms.append(off)
                if index == 0 or start - truth.words[index - 1][2] >= 300:
                    self.after_silence_ms.append(off)

    @property
    def error_rate(self) -> float:
        """Word error rate in per cent."""
        return 100 * self.wrong / max(1, self.words)


def _tally(transcriber: Transcriber, sounds: Iterable[Said]) -> Tally:
    tally = Tally()
    for sound in sounds:
        found = transcriber.recognise(sound.samples, listen(sound.samples), language="da")
        tally.add(sound, (word for segment in found.segments for word in segment.words))
    return tally


def _within(values: list[int], bound: int) -> float:
    return 100 * float(np.mean(np.array(values) <= bound))


def measure(*, quick: bool = False) -> Report:
    """Word error rates and word starts per set; one thread."""
    report = Report("Demo recogniser on held-out sound, through the product")
    transcriber = Transcriber(resources_folder() / "demo" / "whisper", threads=1)
    count, talks = (12, 1) if quick else (150, 5)
    sets = {
        "seen voices": (held_out.sentences(count, held_out.SEEN, 1), 2.0),
        "unseen voices": (held_out.sentences(count, held_out.UNSEEN, 2), 4.0),
        "random word order, seen voices": (held_out.sentences(count, held_out.SEEN, 3, shuffled=True), 10.0),
        "two-minute conversations": (
            [held_out.said(held_out.conversation(120, 40 + n, ("da", "da+f2"))) for n in range(talks)],
            2.0,
        ),
    }
    starts: list[int] = []
    firsts: list[int] = []
    for name, (sounds, bar) in sets.items():
        tally = _tally(transcriber, sounds)
        report.at_most(
            f"{name}: word error rate ({len(sounds)} sounds, {tally.words} words)", tally.error_rate, bar, " %"
        )
        share = _within(tally.start_errors_ms, 100)
        report.note(
            f"{name}: word starts, median / within 100 ms", f"{np.median(tally.start_errors_ms):.0f} ms / {share:.1f} %"
        )
        starts += tally.start_errors_ms
        firsts += tally.after_silence_ms
    report.at_most("word starts, all sets: median error", float(np.median(starts)), 20, " ms", 0)
    report.at_least("word starts, all sets: within 100 ms", _within(starts, 100), 95, " %", 1)
    report.at_least(f"first word after a silence ({len(firsts)}): within 100 ms", _within(firsts, 100), 95, " %", 1)
    return report
