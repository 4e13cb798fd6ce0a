"""Words from sound: faster-whisper on stretches of measured speech, checked against the voice detector as it goes.

The stretches are decoded in small batches, which is about twice as fast as one by one. Batched decoding has none of
Whisper's own safeguards, so every stretch is looked at afterwards: loops, repeats and speech without words are decoded
again alone with all safeguards on. Previous text is never given to the model: it makes loops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from numpy.typing import NDArray

from cubb_desktop.domain.alignment import clip_to_speech, unheard
from cubb_desktop.domain.errors import ModelIncomplete
from cubb_desktop.domain.repetition import find_loops, is_repeat
from cubb_desktop.domain.transcript import Interval, RecognisedSegment, RecognisedWord
from cubb_desktop.speech.guards import give_memory_back
from cubb_desktop.speech.silences import FRAME_MS, RATE_HZ, Listening, runs_ms

BATCH = 2  # larger ones are no faster, and take 80 MB more for each stretch (a Whisper small)
BEAM = 5
_PAD_MS = 200  # sound kept around a stretch of speech
_LONGEST_GAP_MS = 2000  # silences longer than this are not shown to the model
_LEAST_CUT_SHARE = 0.6
_EMPTY_MS = 1000  # this much speech without a word is decoded again
_SAFE_TEMPERATURES = (0.0, 0.3, 0.6)  # what hasn't come right by then is made up, and takes six times as long
_HOPELESS_CLIPS = 4  # when so many, and more than half, went wrong, the model doesn't fit and decoding again is in vain
_LANGUAGE_SAMPLE_S = 30

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of the recording that goes through the model in one piece."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Recognition:
    """All that was recognised; `language` is the one used, `blank` says that speech was heard but no word came."""

    segments: tuple[RecognisedSegment, ...]
    language: str
    flagged: tuple[Interval, ...]
    blank: bool


class Transcriber:
    """A loaded Whisper model in CTranslate2 format; use it in one thread."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        """`threads` is always given: the library's own default takes up to four cores without asking."""
        try:
            self._model = WhisperModel(
                str(folder), device="cpu", compute_type=_compute_type(), cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, OSError, ValueError) as error:
            raise ModelIncomplete(missing="model.bin") from error
        self._batched = BatchedInferencePipeline(self._model)

    @property
    def window_ms(self) -> int:
        """The longest stretch that the model takes at once; most models take 30 s."""
        return int(self._model.feature_extractor.chunk_length * 1000)

    def recognise(
        self,
        samples: Samples,
        listening: Listening,
        *,
        language: str | None,
        batched: bool = True,
        on_segment: Callable[[RecognisedSegment], None] | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> Recognition:
        """Recognise mono samples (n,) at 16 kHz; segments are handed over as they come, checked and with final times.

        Language None means that the model detects it. Either callback may raise to stop the run.
        """
        clips = make_clips(listening, self.window_ms)
        heard = [Interval(a, b) for a, b in runs_ms(listening.heard, listening.duration_ms)]
        used = language or self._detect(samples, clips)
        segments: list[RecognisedSegment] = []
        flagged: list[Interval] = []
        for number, (clip, words) in enumerate(self._decode(samples, clips, used, BATCH if batched else 1)):
            hopeless = len(flagged) >= _HOPELESS_CLIPS and 2 * len(flagged) > number
            decode = None if hopeless else partial(self._decode_safely, samples, language=used)
            checked = _checked(clip, words, segments, listening, heard, decode)
            if checked.flags:
                flagged.append(Interval(clip.start_ms, clip.end_ms))
            if checked.words:
                segments.append(checked)
                if on_segment is not None:
                    on_segment(checked)
            if on_progress is not None:
                on_progress(min(1.0, clip.end_ms / max(1, listening.duration_ms)))
        blank = not segments and int(listening.heard.sum()) * FRAME_MS >= _EMPTY_MS
        return Recognition(tuple(segments), used, tuple(flagged), blank)

    def _detect(self, samples: Samples, clips: Sequence[Clip]) -> str:
        """The language of the first half minute of speech; Danish when there is nothing to hear."""
        if not clips or not self._model.model.is_multilingual:
            return "da" if self._model.model.is_multilingual else "en"
        parts = [_cut(samples, clip) for clip in clips[:4]]
        language, _, _ = self._model.detect_language(np.concatenate(parts)[: _LANGUAGE_SAMPLE_S * RATE_HZ])
        return str(language)

    # --- decoding --------------------------------------------------------------------------------------------------

    def _decode(
        self, samples: Samples, clips: Sequence[Clip], language: str, batch: int
    ) -> Iterator[tuple[Clip, list[RecognisedWord]]]:
        for first in range(0, len(clips), batch):
            group = clips[first : first + batch]
            if batch == 1:
                yield group[0], self._decode_safely(samples, group[0], language)
            else:
                yield from zip(group, self._decode_batch(samples, group, language), strict=True)
            give_memory_back()

    def _decode_batch(self, samples: Samples, group: Sequence[Clip], language: str) -> list[list[RecognisedWord]]:
        origin = group[0].start_ms
        part = _cut(samples, Clip(origin, group[-1].end_ms))
        found, _ = self._batched.transcribe(
            part,
            language=language,
            beam_size=BEAM,
            batch_size=len(group),
            word_timestamps=True,
            without_timestamps=True,
            vad_filter=False,
            clip_timestamps=[{"start": (c.start_ms - origin) / 1000, "end": (c.end_ms - origin) / 1000} for c in group],
        )
        words: list[list[RecognisedWord]] = [[] for _ in group]
        for segment in found:
            middle = origin + segment.seek * 10  # the library counts frames of 10 ms; seek is where the clip starts
            index = max(i for i, c in enumerate(group) if c.start_ms <= middle + 10)
            words[index] += _words(segment.words or (), origin)
        return words

    def _decode_safely(self, samples: Samples, clip: Clip, language: str) -> list[RecognisedWord]:
        """One stretch alone, with temperature fallback and every threshold that guards against loops and inventions."""
        found, _ = self._model.transcribe(
            _cut(samples, clip),
            language=language,
            beam_size=BEAM,
            temperature=_SAFE_TEMPERATURES,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=False,
        )
        return [word for segment in found for word in _words(segment.words or (), clip.start_ms)]


# --- checking --------------------------------------------------------------------------------------------------------


def _checked(
    clip: Clip,
    words: list[RecognisedWord],
    before: Sequence[RecognisedSegment],
    listening: Listening,
    heard: Sequence[Interval],
    decode: Callable[[Clip], list[RecognisedWord]] | None,
) -> RecognisedSegment:
    """What a clip says once its words have been held against what was heard; `decode` decodes a clip safely."""
    timed = _timed(words, listening)
    inside = [Interval(max(h.start_ms, clip.start_ms), min(h.end_ms, clip.end_ms)) for h in heard]
    inside = [h for h in inside if h.end_ms > h.start_ms]
    previous = [w.text for w in before[-1].words] if before else []
    flags = _flags(timed, previous, inside)
    if decode is not None:
        if "loop" in flags or "repeated" in flags:
            timed = _better(timed, _timed(decode(clip), listening), inside)
        for gap in _empty(timed, inside):
            timed = _filled(gap, timed, listening, decode)
    timed = _without_loops(timed)
    start = timed[0].start_ms if timed else clip.start_ms
    end = timed[-1].end_ms if timed else clip.end_ms
    return RecognisedSegment(start, end, tuple(timed), flags)


def _filled(
    gap: Interval,
    words: list[RecognisedWord],
    listening: Listening,
    decode: Callable[[Clip], list[RecognisedWord]],
) -> list[RecognisedWord]:
    """Decode speech that got no words once more by itself, and put in what lies inside it."""
    clip = Clip(max(0, gap.start_ms - _PAD_MS), min(listening.duration_ms, gap.end_ms + _PAD_MS))
    again = _timed(decode(clip), listening)
    if find_loops([word.text for word in again]):
        return words
    new = [word for word in again if _free(word, words)]
    return sorted([*words, *new], key=lambda w: (w.start_ms, w.end_ms))


# --- stretches -------------------------------------------------------------------------------------------------------


def make_clips(listening: Listening, longest_ms: int) -> list[Clip]:
    """Gather measured speech in stretches the model can take at once; too long speech is cut where it is quietest."""
    room = longest_ms - 2 * _PAD_MS
    gathered: list[list[int]] = []
    for start, end in (piece for s in listening.speech for piece in _pieces(s, room, listening)):
        if gathered and end - gathered[-1][0] <= room and start - gathered[-1][1] <= _LONGEST_GAP_MS:
            gathered[-1][1] = end
        else:
            gathered.append([start, end])
    clips: list[Clip] = []
    for index, (start, end) in enumerate(gathered):
        before = gathered[index - 1][1] if index else 0
        after = gathered[index + 1][0] if index + 1 < len(gathered) else listening.duration_ms
        clips.append(Clip(start - min(_PAD_MS, (start - before) // 2), end + min(_PAD_MS, (after - end) // 2)))
    return [clip for clip in clips if clip.end_ms > clip.start_ms]


def _pieces(speech: Interval, room: int, listening: Listening) -> Iterator[tuple[int, int]]:
    start = speech.start_ms
    while speech.end_ms - start > room:
        first = (start + int(room * _LEAST_CUT_SHARE)) // FRAME_MS
        last = (start + room) // FRAME_MS
        levels = np.convolve(listening.levels[first:last], np.ones(5) / 5, "same")
        cut = (first + int(np.argmin(levels))) * FRAME_MS
        yield start, cut
        start = cut
    yield start, speech.end_ms


def _cut(samples: Samples, clip: Clip) -> Samples:
    return samples[clip.start_ms * RATE_HZ // 1000 : clip.end_ms * RATE_HZ // 1000]


# --- words -----------------------------------------------------------------------------------------------------------


def _words(found: Sequence[Any], origin_ms: int) -> list[RecognisedWord]:
    """The library's words in our terms; a piece without a leading space belongs to the word before it."""
    words: list[RecognisedWord] = []
    for piece in found:
        text = piece.word.strip()
        start, end = origin_ms + round(piece.start * 1000), origin_ms + round(piece.end * 1000)
        confidence = min(1.0, max(0.0, float(piece.probability)))
        if words and (not piece.word.startswith(" ") or not any(c.isalnum() for c in text)):
            last = words[-1]
            joined, sure = last.text + text, min(last.confidence, confidence)
            words[-1] = RecognisedWord(joined, last.start_ms, max(last.end_ms, end), sure)
        elif any(c.isalnum() for c in text):
            words.append(RecognisedWord(text, start, max(end, start), confidence))
    return words


def _timed(words: Sequence[RecognisedWord], listening: Listening) -> list[RecognisedWord]:
    return list(clip_to_speech(words, listening.speech))


def _free(word: RecognisedWord, words: Sequence[RecognisedWord]) -> bool:
    middle = (word.start_ms + word.end_ms) // 2
    return not any(w.start_ms <= middle < w.end_ms for w in words)


def _empty(words: Sequence[RecognisedWord], heard: Sequence[Interval]) -> list[Interval]:
    return [Interval(u.start_ms, u.end_ms) for u in unheard(heard, words) if u.end_ms - u.start_ms >= _EMPTY_MS]


def _flags(words: Sequence[RecognisedWord], previous: Sequence[str], heard: Sequence[Interval]) -> tuple[str, ...]:
    texts = [word.text for word in words]
    found = {
        "loop": bool(find_loops(texts)),
        "repeated": is_repeat(texts, previous),
        "empty": bool(_empty(words, heard)),
    }
    return tuple(name for name, true in found.items() if true)


def _better(
    first: list[RecognisedWord], again: list[RecognisedWord], heard: Sequence[Interval]
) -> list[RecognisedWord]:
    """The second decoding, unless it is the one that loops or that hears less."""

    def faults(words: list[RecognisedWord]) -> tuple[int, int]:
        return len(find_loops([w.text for w in words])), sum(e.end_ms - e.start_ms for e in _empty(words, heard))

    return again if faults(again) <= faults(first) else first


def _without_loops(words: list[RecognisedWord]) -> list[RecognisedWord]:
    """Keep one round of a loop that even safe decoding gave: the rest was never said, and shows as not heard."""
    for loop in reversed(find_loops([word.text for word in words])):
        words = words[: loop.first + loop.length] + words[loop.last :]
    return words


def _compute_type() -> str:
    return "int8" if "int8" in ctranslate2.get_supported_compute_types("cpu") else "default"
