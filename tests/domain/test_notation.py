"""The notation as text: the golden files, what is written is read back, and what is wrong is said with its place."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from cubb_desktop.domain import notation
from cubb_desktop.domain.ids import RecordingId, SpeakerId
from cubb_desktop.domain.lines import Piece
from cubb_desktop.domain.notation import NotationWrong, NotedSilence, check, content, parse, render
from cubb_desktop.domain.reading import read, short_labels
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Silence, Speaker, Transcript, Turn, Unheard
from tests import builders
from tests.domain.talks import any_talk, overlaps_of

GOLDEN = Path(__file__).parents[1] / "golden"
MED, BOR, TOL = (
    Speaker(SpeakerId(name), name, role)
    for name, role in (("Medarbejder", Role.WORKER), ("Borger", Role.CITIZEN), ("Tolk", Role.OTHER))
)


def talk(*turns: Turn, silences: tuple[Silence, ...] = (), **fields: object) -> Transcript:
    """Return a conversation of the three; what sounds at once is an overlap."""
    given = {"overlaps": overlaps_of(list(turns)), "unheard": (), "speakers": (MED, BOR, TOL), **fields}
    return builders.transcript(RecordingId("r"), turns, silences=silences, **given)


def written(transcript: Transcript) -> str:
    return render(read(transcript).rows, short_labels(transcript.speakers)) + "\n"


def two_speakers() -> Transcript:
    """A question, silences of nobody and of somebody, an overlap inside a turn, signs that a person typed, a latch."""
    return talk(
        builders.turn("hvad tænker du °selv° om det?", 0, MED.id),
        builders.turn(".hh jeg vil >gerne ud< at £køre£ igen", 3_000, BOR.id),
        builders.turn("ja ((ler))", 3_950, MED.id),
        builders.turn("det er læg- (.) det er en drøm=", 5_440, BOR.id),
        builders.turn("en drøm", 7_850, MED.id),
        silences=(Silence(1_850, 2_950), Silence(8_500, 11_300, BOR.id)),
        unheard=(Unheard(11_400, 12_000),),
    )


def three_speakers() -> Transcript:
    """All three at once, then two overlaps in one line, each with another speaker."""
    return talk(
        builders.turn("så kan vi jo bare lige skrive det ned her i dag", 0, MED.id),
        builders.turn("ja ja", 1_210, BOR.id),
        builders.turn("mhm", 1_230, TOL.id, word_ms=250),
        builders.turn("okay så gør vi det", 2_510, BOR.id),
    )


def long_lines() -> Transcript:
    """Turns that are folded, with an overlap near the end of a line and one that is wider than any line."""
    said = "og så er der jo det med at man skal have skrevet sin ansøgning inden fredag ellers bliver den for sen"
    return talk(
        builders.turn(said, 0, MED.id),
        builders.turn("nå det vidste jeg faktisk slet ikke noget om", 3_010, BOR.id),
        builders.turn(f"{said} {said}", 10_000, TOL.id),
        builders.turn(f"{said} {said}", 12_010, BOR.id),
    )


def unattributed() -> Transcript:
    """Before the speakers are known: nobody's words, and nobody's silence."""
    return talk(
        builders.turn("goddag og velkommen", 0),
        builders.turn(" ".join(["arbejde"] * 14), 2_000),
        silences=(Silence(950, 1_980),), speakers=(),
    )  # fmt: skip


def renamed() -> Transcript:
    """The three under other names: labels of other lengths, brackets under each other all the same."""
    names = {MED.id: "Taler 1", BOR.id: "Bo", TOL.id: "Bodil"}
    known = three_speakers()
    return replace(known, speakers=tuple(replace(s, label=names[s.id]) for s in known.speakers))


TALKS = {made.__name__: made for made in (two_speakers, three_speakers, long_lines, unattributed, renamed)}


@pytest.mark.parametrize("name", TALKS)
def test_a_conversation_is_written_as_the_golden_one_and_read_back(name: str) -> None:
    transcript = TALKS[name]()
    text = written(transcript)
    assert text == (GOLDEN / f"notation_{name}.txt").read_text(encoding="utf-8")
    assert check(text) == content(transcript)


def test_brackets_are_set_anew_for_labels_of_other_lengths() -> None:
    before, after = written(three_speakers()).splitlines(), written(renamed()).splitlines()
    for lines in (before, after):
        columns = {(line.index("["), line.index("]")) for line in lines[:3]}
        assert len(columns) == 1
    assert [line.split(":", 1)[1].lstrip() for line in before] == [line.split(":", 1)[1].lstrip() for line in after]


@pytest.mark.parametrize("block", range(4))
def test_whatever_is_written_is_read_back(block: int) -> None:
    for seed in range(block * 1000, block * 1000 + 60):
        transcript = any_talk(random.Random(seed), turns=14, people=2 + seed % 2)
        assert parse(written(transcript)) == content(transcript), seed


def test_both_brackets_stand_in_the_same_columns_in_all_lines_of_an_overlap() -> None:
    """What `parse` finds together stands together; that it finds what sounds together is tested above."""
    for seed in range(40):
        sheet = read(any_talk(random.Random(seed), turns=14))
        pairs = [
            (one.column, two.column)
            for row in sheet.rows
            for one, two in zip(_signs(row.pieces, "["), _signs(row.pieces, "]"), strict=True)
        ]
        assert all(pairs.count(pair) > 1 for pair in pairs)
        assert sheet.columns <= 70


def _signs(pieces: tuple[Piece, ...], sign: str) -> list[Piece]:
    return [piece for piece in pieces if piece.word is None and piece.text == sign]


def test_a_turn_goes_on_under_its_label_without_a_colon() -> None:
    found = parse("1  MED:  det er\n2        (0.4)\n3  MED   svært\n4        at sige\n5  MED:  ikk\n")
    assert [turn.words for turn in found.turns] == [("det", "er", "svært", "at", "sige"), ("ikk",)]
    assert found.silences == (NotedSilence("(0.4)"),)


def test_a_text_without_numbers_and_with_comments_is_read() -> None:
    found = parse("# Samtale\n\nMED:  hej [du]\nBOR:      [ja] =nej=\nMED:  (1.2)\n      (?)\n")
    assert [turn.words for turn in found.turns] == [("hej", "du"), ("ja", "=nej")]
    assert found.turns[1].latches
    assert found.overlaps == {frozenset({(0, 1, 1), (1, 0, 0)})}
    assert (found.silences, found.unheard) == ((NotedSilence("(1.2)", "MED"),), 1)


def test_brackets_inside_words_and_three_at_once_are_read() -> None:
    found = parse("MED:  hv[ad si]ger\nBOR:    [ja   ]\nTOL:    [mhm  ]\nMED:    [nå   ]\nBOR:    [jo   ]\n")
    assert found.turns[0].words == ("hvad", "siger")
    assert found.overlaps == {frozenset({(0, 0, 1), (1, 0, 0), (2, 0, 0), (3, 0, 0), (4, 0, 0)})}


@pytest.mark.parametrize(
    ("text", "error", "line", "column"),
    [
        ("MED:  ja\nja:   nej", notation.LabelExpected, 2, 1),
        ("1  hej", notation.LabelExpected, 1, 1),
        ("1  MED:  ja\n2        (0.4)\n3        nej", notation.LabelExpected, 3, 4),
        ("MED:  ja\nBOR   nej", notation.TurnNotBegun, 2, 1),
        ("MED:  ja\nBOR:", notation.WordsExpected, 2, 5),
        ("1  MED:  ja\n2", notation.WordsExpected, 2, 2),
        ("2  MED:  ja\n2  BOR:  nej", notation.NumberNotRising, 2, 1),
        ("12b  MED:  ja\n12a  BOR:  nej", notation.NumberNotRising, 2, 1),
        ("MED:  ja [nej", notation.BracketUnclosed, 1, 10),
        ("MED:  ja [nej [så]]", notation.BracketUnclosed, 1, 10),
        ("MED:  ja] nej", notation.BracketUnopened, 1, 9),
        ("MED:  ja [ ] nej", notation.BracketEmpty, 1, 10),
        ("MED:  ja [nej]\nBOR:     [jo]", notation.BracketAlone, 1, 10),
        ("MED:  ja\nBOR:  °nej", notation.SignUnpaired, 2, 7),
        ("MED:  ja (0,8) nej", notation.PauseMiswritten, 1, 10),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(text: str, error: type[NotationWrong], line: int, column: int) -> None:
    with pytest.raises(error) as raised:
        check(text)
    assert raised.value.params["line"] == line
    assert raised.value.params["column"] == column
    assert str(raised.value).startswith(f"Linje {line}, tegn {column}: ")


def test_any_damage_to_a_text_is_an_error_in_plain_words_or_another_text() -> None:
    rng = random.Random(3)
    text = written(three_speakers()) + written(two_speakers())
    for _ in range(400):
        at = rng.randrange(len(text))
        damaged = text[:at] + rng.choice(["", "[", "]", " ", "\n", ":", "(", "=", "9", "\t"]) + text[at + 1 :]
        try:
            check(damaged)
        except NotationWrong as error:
            line, column = error.params["line"], error.params["column"]
            assert 1 <= int(str(line)) <= damaged.count("\n") + 1
            assert int(str(column)) >= 1
