"""From words, voices and measured speech to a transcript: who said what, in turns, and what was not heard.

Pure functions over milliseconds. Splitting word by word on the diariser's borders breaks sentences, so borders follow
sentences: a voice change inside a sentence counts only when enough words in a row carry it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from cubb_desktop.domain.ids import SpeakerId, TurnId, WordId
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import (
    Diarisation,
    Interval,
    Overlap,
    RecognisedSegment,
    RecognisedWord,
    Silence,
    Speaker,
    SpeakerSegment,
    Turn,
    Unheard,
    Word,
)
from cubb_desktop.domain.voices import settled

SENTENCE_ENDS = (".", "?", "!", "…")
_CLOSING = "\"'”’»)]"
_SNAP_MS = 200  # a word this near to where sound starts or stops begins or ends there
_LEAST_WORD_MS = 20
_SENTENCE_GAP_MS = 700
_LONGEST_SENTENCE = 60
# what it takes to change voice inside a sentence: less where the words leave a gap there
_STRONG_WORDS, _STRONG_MS = 5, 1500
_STRONG_WORDS_AT_GAP, _STRONG_MS_AT_GAP, _GAP_MS = 3, 700, 150
_NEAR_VOICE_MS = 500
_TURN_SILENCE_MS, _TURN_LONG_SILENCE_MS = 1000, 3000
_LEAST_OVERLAP_MS = 100
_NEAR_TURN_MS = 300
_LEAST_UNHEARD_MS = 500
_WORD_REACH_MS = 250

Naming = Callable[[str, int], str]  # ("word" | "turn" | "speaker", number) to an id; the same for the same work
Sentence = tuple[RecognisedWord, ...]


@dataclass(frozen=True, slots=True)
class Aligned:
    """What a transcript gains when the voices are known."""

    speakers: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    overlaps: tuple[Overlap, ...]


# --- times -----------------------------------------------------------------------------------------------------------


def clip_to_speech(words: Sequence[RecognisedWord], speech: Sequence[Interval]) -> tuple[RecognisedWord, ...]:
    """Move the words' borders to where sound was measured to start and stop.

    A recogniser lets the first word of a window begin with the silence before it. A word that reaches over a silence
    belongs to the stretch of speech that holds most of it; a word in no speech at all keeps its times.
    """
    starts = [stretch.start_ms for stretch in speech]
    clipped: list[RecognisedWord] = []
    for index, word in enumerate(words):
        stretch = _stretch_of(word, speech, starts)
        if stretch is None:
            clipped.append(word)
            continue
        before = clipped[-1].end_ms if clipped else 0
        after = words[index + 1].start_ms if index + 1 < len(words) else None
        clipped.append(_clipped(word, stretch, before, after))
    return tuple(clipped)


def _stretch_of(word: RecognisedWord, speech: Sequence[Interval], starts: Sequence[int]) -> Interval | None:
    first = max(0, bisect_right(starts, word.start_ms) - 1)
    last = bisect_left(starts, max(word.end_ms, word.start_ms + 1))
    near = [s for s in speech[first:last] if _shared(s.start_ms, s.end_ms, word.start_ms, word.end_ms) > 0]
    return max(near, key=lambda s: _shared(s.start_ms, s.end_ms, word.start_ms, word.end_ms), default=None)


def _clipped(word: RecognisedWord, stretch: Interval, before: int, after: int | None) -> RecognisedWord:
    start, end = max(word.start_ms, stretch.start_ms), min(word.end_ms, stretch.end_ms)
    if before <= stretch.start_ms and start - stretch.start_ms <= _SNAP_MS:
        start = stretch.start_ms
    if (after is None or after >= stretch.end_ms) and stretch.end_ms - end <= _SNAP_MS:
        end = stretch.end_ms
    return replace(word, start_ms=start, end_ms=max(end, start + _LEAST_WORD_MS))


def _shared(a: int, b: int, c: int, d: int) -> int:
    return min(b, d) - max(a, c)


def unheard(heard: Sequence[Interval], words: Iterable[RecognisedWord]) -> tuple[Unheard, ...]:
    """Where a voice was heard for at least half a second and no word was recognised."""
    covered = sorted((w.start_ms - _WORD_REACH_MS, w.end_ms + _WORD_REACH_MS) for w in words)
    missing: list[Unheard] = []
    position = 0
    for stretch in heard:
        start = stretch.start_ms
        while position < len(covered) and covered[position][1] <= start:
            position += 1
        for a, b in covered[position:]:
            if a >= stretch.end_ms:
                break
            if a - start >= _LEAST_UNHEARD_MS:
                missing.append(Unheard(start, a))
            start = max(start, b)
        if stretch.end_ms - start >= _LEAST_UNHEARD_MS:
            missing.append(Unheard(start, stretch.end_ms))
    return tuple(missing)


# --- sentences and voices --------------------------------------------------------------------------------------------


def sentences(words: Sequence[RecognisedWord]) -> list[Sentence]:
    """Cut words at closing punctuation and at long gaps; a sentence is what keeps its speaker."""
    found: list[Sentence] = []
    current: list[RecognisedWord] = []
    for word in words:
        gap = word.start_ms - current[-1].end_ms if current else 0
        if current and (gap >= _SENTENCE_GAP_MS or len(current) >= _LONGEST_SENTENCE):
            found.append(tuple(current))
            current = []
        current.append(word)
        if word.text.rstrip(_CLOSING).endswith(SENTENCE_ENDS):
            found.append(tuple(current))
            current = []
    return [*found, tuple(current)] if current else found


def voices_of(sentence: Sentence, exclusive: Sequence[SpeakerSegment]) -> list[str | None]:
    """One voice per word of a sentence: the sentence's own, except where enough words in a row are another's."""
    raw = [_voice_at(word, exclusive) for word in sentence]
    main = _main_voice(sentence, raw)
    voices: list[str | None] = []
    for first, last in _runs(raw):
        voice = raw[first]
        carried = voice is not None and _is_strong(sentence, first, last)
        voices += [voice if carried else main] * (last - first)
    return voices


def _is_strong(sentence: Sentence, first: int, last: int) -> bool:
    length_ms = sentence[last - 1].end_ms - sentence[first].start_ms
    borders = [n for n in (first, last) if 0 < n < len(sentence)]
    if any(sentence[n].start_ms - sentence[n - 1].end_ms >= _GAP_MS for n in borders):
        return last - first >= _STRONG_WORDS_AT_GAP and length_ms >= _STRONG_MS_AT_GAP
    return last - first >= _STRONG_WORDS and length_ms >= _STRONG_MS


def _voice_at(word: RecognisedWord, exclusive: Sequence[SpeakerSegment]) -> str | None:
    shared: defaultdict[str, int] = defaultdict(int)
    nearest, distance = None, _NEAR_VOICE_MS
    for segment in exclusive:
        common = _shared(segment.start_ms, segment.end_ms, word.start_ms, word.end_ms)
        if common > 0:
            shared[segment.voice] += common
        elif -common < distance:
            nearest, distance = segment.voice, -common
    return max(sorted(shared), key=lambda voice: shared[voice]) if shared else nearest


def _main_voice(sentence: Sentence, raw: Sequence[str | None]) -> str | None:
    weight: defaultdict[str, int] = defaultdict(int)
    for word, voice in zip(sentence, raw, strict=True):
        if voice is not None:
            weight[voice] += max(1, word.end_ms - word.start_ms)
    return max(sorted(weight), key=lambda voice: weight[voice]) if weight else None


def _runs(values: Sequence[str | None]) -> list[tuple[int, int]]:
    borders = [0, *(i for i, (a, b) in enumerate(pairwise(values), 1) if a != b), len(values)]
    return list(pairwise(borders))


# --- turns -----------------------------------------------------------------------------------------------------------


def draft_turns(
    segments: Iterable[RecognisedSegment], naming: Naming, *, first_turn: int = 0, first_word: int = 0
) -> tuple[Turn, ...]:
    """Turns without speakers, one per sentence: what can be read while the voices are still being told apart."""
    turns: list[Turn] = []
    for sentence in (s for segment in segments for s in sentences(segment.words)):
        turns.append(_turn(sentence, None, TurnId(naming("draft", first_turn + len(turns))), first_word, naming))
        first_word += len(sentence)
    return tuple(turns)


def align(
    segments: Sequence[RecognisedSegment],
    diarisation: Diarisation,
    silences: Sequence[Silence],
    *,
    naming: Naming,
    label: Callable[[int], str],
) -> Aligned:
    """Give every word a speaker and gather the words in turns; `label` names the first, second ... voice to speak.

    Words keep the number, and so the id, that they had in the draft.
    """
    words = [word for segment in segments for word in segment.words]
    diarisation = settled(diarisation, silences)
    units = _units(sentences(words), diarisation.exclusive)
    speakers: dict[str, Speaker] = {}
    for voice, _ in units:
        if voice not in speakers:
            speakers[voice] = Speaker(SpeakerId(naming("speaker", len(speakers))), label(len(speakers) + 1), Role.OTHER)
    turns: list[Turn] = []
    voices: list[str] = []
    first_word = 0
    for voice, group in _joined(units, silences):
        turns.append(_turn(group, speakers[voice].id, TurnId(naming("turn", len(turns))), first_word, naming))
        voices.append(voice)
        first_word += len(group)
    return Aligned(tuple(speakers.values()), tuple(turns), _overlaps(diarisation.overlapping, turns, voices))


def _units(found: Sequence[Sentence], exclusive: Sequence[SpeakerSegment]) -> list[tuple[str, Sentence]]:
    """Stretches of words with one voice; a stretch without a voice goes with the one before it, else the next."""
    units: list[tuple[str | None, Sentence]] = []
    ordered = sorted(exclusive, key=lambda s: s.start_ms)
    ends = _latest_ends(ordered)
    for sentence in found:
        near = _near(ordered, ends, sentence)
        voices = voices_of(sentence, near)
        units += [(voices[a], sentence[a:b]) for a, b in _runs(voices)]
    known = next((voice for voice, _ in units if voice is not None), "")
    filled: list[tuple[str, Sentence]] = []
    for voice, words in units:
        known = voice if voice is not None else known
        filled.append((known, words))
    return filled


def _latest_ends(ordered: Sequence[SpeakerSegment]) -> list[int]:
    ends: list[int] = []
    for segment in ordered:
        ends.append(max(segment.end_ms, ends[-1] if ends else 0))
    return ends


def _near(ordered: Sequence[SpeakerSegment], ends: Sequence[int], sentence: Sentence) -> Sequence[SpeakerSegment]:
    """The segments that can matter to a sentence, so that long conversations stay fast."""
    first = bisect_left(ends, sentence[0].start_ms - _NEAR_VOICE_MS)
    latest = max(word.end_ms for word in sentence) + _NEAR_VOICE_MS
    last = bisect_right(ordered, latest, key=lambda segment: segment.start_ms)
    return ordered[first:last]


def _joined(units: Sequence[tuple[str, Sentence]], silences: Sequence[Silence]) -> list[tuple[str, Sentence]]:
    """Neighbouring stretches of one voice as one turn, unless a long silence lies between them."""
    starts = [silence.start_ms for silence in silences]
    turns: list[tuple[str, Sentence]] = []
    for voice, words in units:
        if turns and turns[-1][0] == voice and not _turn_ends(turns[-1][1][-1], words[0], silences, starts):
            turns[-1] = (voice, turns[-1][1] + words)
        else:
            turns.append((voice, words))
    return turns


def _turn_ends(
    last: RecognisedWord, following: RecognisedWord, silences: Sequence[Silence], starts: Sequence[int]
) -> bool:
    first = bisect_left(starts, last.end_ms - _WORD_REACH_MS)
    between = [s.length_ms for s in silences[first : bisect_left(starts, following.start_ms)]]
    longest = max(between, default=0)
    closed = last.text.rstrip(_CLOSING).endswith(SENTENCE_ENDS)
    return longest >= (_TURN_SILENCE_MS if closed else _TURN_LONG_SILENCE_MS)


def _turn(words: Sentence, speaker: SpeakerId | None, turn_id: TurnId, first_word: int, naming: Naming) -> Turn:
    made = tuple(
        Word(WordId(naming("word", number)), word.text, word.start_ms, word.end_ms, word.confidence, speaker)
        for number, word in enumerate(words, first_word)
    )
    start = min(word.start_ms for word in made)
    return Turn(turn_id, speaker, start, max(word.end_ms for word in made), made)


# --- overlaps --------------------------------------------------------------------------------------------------------


def _overlaps(
    overlapping: Sequence[SpeakerSegment], turns: Sequence[Turn], voices: Sequence[str]
) -> tuple[Overlap, ...]:
    """Where two voices sound at once and both have a turn there: onset, offset and the two turns in order."""
    found: list[Overlap] = []
    active: list[SpeakerSegment] = []
    for segment in sorted(overlapping, key=lambda s: (s.start_ms, s.end_ms)):
        active = [other for other in active if other.end_ms > segment.start_ms]
        for other in active:
            end = min(other.end_ms, segment.end_ms)
            if other.voice != segment.voice and end - segment.start_ms >= _LEAST_OVERLAP_MS:
                one = _turn_at(other.voice, segment.start_ms, end, turns, voices)
                two = _turn_at(segment.voice, segment.start_ms, end, turns, voices)
                if one is not None and two is not None:
                    first, second = sorted((one, two), key=lambda turn: (turn.start_ms, turn.end_ms))
                    found.append(Overlap(segment.start_ms, end, (first.id, second.id)))
        active.append(segment)
    return tuple(sorted(found, key=lambda o: (o.start_ms, o.end_ms)))


def _turn_at(voice: str, start: int, end: int, turns: Sequence[Turn], voices: Sequence[str]) -> Turn | None:
    """The turn of `voice` that shares most time with a stretch, or lies right beside it."""
    best, most = None, -_NEAR_TURN_MS
    for turn, own in zip(turns, voices, strict=True):
        if own == voice:
            shared = _shared(turn.start_ms, turn.end_ms, start, end)
            if shared > most:
                best, most = turn, shared
    return best
