"""Words, voices and measured speech put together."""

from __future__ import annotations

from collections.abc import Sequence

from cubb_desktop.domain.alignment import Aligned, align, clip_to_speech, draft_turns, sentences, unheard
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import (
    Diarisation,
    Interval,
    RecognisedSegment,
    RecognisedWord,
    Silence,
    SpeakerSegment,
    Unheard,
)


def naming(kind: str, number: int) -> str:
    return f"{kind}{number}"


def spoken(text: str, start_ms: int = 0, word_ms: int = 300, gap_ms: int = 20) -> tuple[RecognisedWord, ...]:
    step = word_ms + gap_ms
    return tuple(
        RecognisedWord(word, start_ms + n * step, start_ms + n * step + word_ms, 0.9)
        for n, word in enumerate(text.split())
    )


def segment(words: Sequence[RecognisedWord]) -> RecognisedSegment:
    return RecognisedSegment(words[0].start_ms, words[-1].end_ms, tuple(words))


def aligned(
    words: Sequence[RecognisedWord],
    exclusive: Sequence[tuple[int, int, str]],
    *,
    overlapping: Sequence[tuple[int, int, str]] | None = None,
    silences: Sequence[Silence] = (),
) -> Aligned:
    def segments(rows: Sequence[tuple[int, int, str]]) -> tuple[SpeakerSegment, ...]:
        return tuple(SpeakerSegment(*row) for row in rows)

    diarisation = Diarisation(segments(exclusive if overlapping is None else overlapping), segments(exclusive))
    return align([segment(words)], diarisation, silences, naming=naming, label=lambda n: f"Taler {n}")


def texts(found: Aligned) -> list[tuple[str, str]]:
    labels = {speaker.id: speaker.label for speaker in found.speakers}
    return [(labels[turn.speaker] if turn.speaker else "?", turn.text) for turn in found.turns]


# --- times -----------------------------------------------------------------------------------------------------------


def test_a_first_word_that_starts_in_the_silence_is_clipped_to_where_sound_starts() -> None:
    early = [RecognisedWord("Goddag", 700, 1500, 0.9), RecognisedWord("og", 1500, 1700, 0.9)]
    clipped = clip_to_speech(early, [Interval(1180, 3000)])
    assert (clipped[0].start_ms, clipped[0].end_ms) == (1180, 1500)
    assert clipped[1] == early[1]


def test_first_and_last_word_reach_to_the_borders_of_sound_that_are_near() -> None:
    words = spoken("en to tre", start_ms=1100)
    clipped = clip_to_speech(words, [Interval(1000, 2150)])
    assert clipped[0].start_ms == 1000
    assert clipped[-1].end_ms == 2150
    assert clipped[1] == words[1]


def test_a_word_reaching_over_a_silence_belongs_to_the_stretch_that_holds_most_of_it() -> None:
    long = RecognisedWord("nå", 900, 4000, 0.5)
    (clipped,) = clip_to_speech([long], [Interval(0, 1200), Interval(3000, 4000)])
    assert (clipped.start_ms, clipped.end_ms) == (3000, 4000)


def test_a_word_where_nothing_sounds_keeps_its_times() -> None:
    word = RecognisedWord("hvad", 5000, 5200, 0.2)
    assert clip_to_speech([word], [Interval(0, 1000), Interval(8000, 9000)]) == (word,)


def test_speech_without_words_is_unheard_and_short_bits_are_not() -> None:
    words = spoken("en to tre", start_ms=1000)  # until 1940
    heard = [Interval(900, 4000), Interval(6000, 6300), Interval(8000, 9000)]
    assert unheard(heard, words) == (Unheard(2190, 4000), Unheard(8000, 9000))


def test_nothing_is_unheard_where_words_cover_the_speech() -> None:
    assert unheard([Interval(0, 1000)], spoken("en to tre", word_ms=320)) == ()
    assert unheard([], spoken("en")) == ()


# --- sentences -------------------------------------------------------------------------------------------------------


def test_sentences_end_at_punctuation_and_at_long_gaps() -> None:
    words = spoken("Hej. Hvordan går det?") + spoken("så", start_ms=5000) + spoken("ja", start_ms=7000)
    assert [[w.text for w in s] for s in sentences(words)] == [["Hej."], ["Hvordan", "går", "det?"], ["så"], ["ja"]]


# --- speakers --------------------------------------------------------------------------------------------------------


def test_one_stray_word_does_not_split_a_sentence() -> None:
    words = spoken("Jeg vil gerne ud at køre lastbil.")
    found = aligned(words, [(0, 960, "A"), (960, 1280, "B"), (1280, 9000, "A")])
    assert texts(found) == [("Taler 1", "Jeg vil gerne ud at køre lastbil.")]


def test_a_real_change_of_voice_inside_an_unpunctuated_stretch_is_kept() -> None:
    words = spoken("hvad tænker du selv om det jeg ved det ikke rigtigt")
    found = aligned(words, [(0, 1920, "A"), (1920, 9000, "B")])
    assert texts(found) == [("Taler 1", "hvad tænker du selv om det"), ("Taler 2", "jeg ved det ikke rigtigt")]


def test_three_words_change_the_voice_only_where_they_leave_a_gap() -> None:
    first, second = spoken("først skal vi"), spoken("tale om brevet", start_ms=940)
    assert len(aligned((*first, *second), [(0, 940, "A"), (940, 9000, "B")]).turns) == 1
    later = spoken("tale om brevet", start_ms=1300)
    assert len(aligned((*first, *later), [(0, 1000, "A"), (1250, 9000, "B")]).turns) == 2


def test_a_border_that_is_two_words_late_is_moved_to_the_sentence() -> None:
    words = spoken("Hvordan går det? Det går fint med mig.")
    found = aligned(words, [(0, 1600, "A"), (1600, 9000, "B")])
    assert texts(found) == [("Taler 1", "Hvordan går det?"), ("Taler 2", "Det går fint med mig.")]


def test_a_short_answer_is_a_turn_of_its_own() -> None:
    words = spoken("Er det okay? Ja. Så gør vi det.")
    found = aligned(words, [(0, 960, "A"), (960, 1270, "B"), (1270, 9000, "A")])
    assert texts(found) == [("Taler 1", "Er det okay?"), ("Taler 2", "Ja."), ("Taler 1", "Så gør vi det.")]


def test_speakers_are_numbered_in_the_order_in_which_they_speak_and_have_no_role() -> None:
    words = spoken("Goddag. Hej.")
    found = aligned(words, [(0, 310, "SPEAKER_01"), (310, 900, "SPEAKER_00")])
    assert [(s.id, s.label, s.role) for s in found.speakers] == [
        ("speaker0", "Taler 1", Role.OTHER),
        ("speaker1", "Taler 2", Role.OTHER),
    ]


def test_words_without_any_voice_near_go_with_the_words_before_them() -> None:
    words = spoken("Goddag.") + spoken("Er her nogen?", start_ms=20_000)
    found = aligned(words, [(0, 400, "A")])
    assert {label for label, _ in texts(found)} == {"Taler 1"}


def test_words_get_one_speaker_when_the_diariser_found_nobody() -> None:
    found = aligned(spoken("Goddag. Hej."), [])
    assert texts(found) == [("Taler 1", "Goddag. Hej.")]


def test_no_words_make_no_turns_and_no_speakers() -> None:
    found = align([], Diarisation((), ()), (), naming=naming, label=str)
    assert found == Aligned((), (), ())


# --- turns -----------------------------------------------------------------------------------------------------------


def test_a_long_silence_after_a_finished_sentence_ends_the_turn() -> None:
    words = spoken("Tak.") + spoken("Og så er der brevet.", start_ms=2000)
    assert len(aligned(words, [(0, 9000, "A")], silences=[Silence(300, 2000)]).turns) == 2
    assert len(aligned(words, [(0, 9000, "A")], silences=[Silence(300, 900)]).turns) == 1


def test_words_keep_the_id_they_had_in_the_draft() -> None:
    segments = [segment(spoken("Hvordan går det? Fint.")), segment(spoken("Godt. Vi ses.", start_ms=4000))]
    draft = draft_turns(segments[:1], naming)
    more = draft_turns(segments[1:], naming, first_turn=len(draft), first_word=4)
    diarisation = Diarisation((), (SpeakerSegment(0, 960, "A"), SpeakerSegment(960, 9000, "B")))
    found = align(segments, diarisation, (), naming=naming, label=str)
    drafted = {word.id: word.text for turn in (*draft, *more) for word in turn.words}
    assert drafted == {word.id: word.text for turn in found.turns for word in turn.words}
    assert len({turn.id for turn in (*draft, *more, *found.turns)}) == len(draft) + len(more) + len(found.turns)
    assert all(turn.speaker is None for turn in draft)


def test_an_hour_of_words_is_aligned_quickly_and_completely() -> None:
    words = [w for n in range(900) for w in spoken("Det er jo det vi skal tale om i dag.", start_ms=n * 4000)]
    voices = [(n * 4000, n * 4000 + 3900, "AB"[n % 2]) for n in range(900)]
    found = aligned(words, voices)
    assert len(found.turns) == 900
    assert sum(len(turn.words) for turn in found.turns) == len(words)


# --- overlaps --------------------------------------------------------------------------------------------------------


def test_an_overlap_has_onset_offset_and_both_turns() -> None:
    words = spoken("Så kan du få en sanktion.") + spoken("Ja, men hør nu her.", start_ms=1700)
    found = aligned(
        words,
        [(0, 1700, "A"), (1700, 4000, "B")],
        overlapping=[(0, 1950, "A"), (1700, 4000, "B")],
    )
    (overlap,) = found.overlaps
    assert (overlap.start_ms, overlap.end_ms) == (1700, 1950)
    assert overlap.turns == (found.turns[0].id, found.turns[1].id)


def test_a_touch_of_less_than_a_tenth_of_a_second_is_no_overlap() -> None:
    words = spoken("Hej. Hej.")
    assert aligned(words, [(0, 310, "A"), (310, 900, "B")], overlapping=[(0, 390, "A"), (310, 900, "B")]).overlaps == ()


def test_an_overlap_with_a_voice_that_got_no_words_is_left_out() -> None:
    words = spoken("Så kan du få en sanktion.")
    assert aligned(words, [(0, 3000, "A")], overlapping=[(0, 3000, "A"), (500, 900, "B")]).overlaps == ()
