"""What finders suggest, and the traps that were measured before they were written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cubb_desktop.domain.finders import FINDERS, Candidate, FinderId, Thresholds, find, placement, turn_shares
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Overlap, Silence, Transcript, Turn
from tests import builders

MED, BOR = builders.WORKER.id, builders.CITIZEN.id
WORD_MS, GAP_MS = 300, 400


def talk(*lines: str, **fields: object) -> Transcript:
    """A conversation of "M: ..." and "B: ..." with 0.4 s between turns."""
    turns, at = [], 0
    for line in lines:
        who, text = line.split(": ", 1)
        turns.append(builders.turn(text, at, {"M": MED, "B": BOR}[who], WORD_MS))
        at = turns[-1].end_ms + GAP_MS
    speakers = replace(builders.WORKER, role=Role.WORKER), replace(builders.CITIZEN, role=Role.CITIZEN)
    given = {"silences": (), "overlaps": (), "unheard": (), "duration_ms": max(at, 1), "speakers": speakers, **fields}
    return builders.transcript(RecordingId("r"), tuple(turns), **given)


def forms(finder: FinderId, *lines: str) -> list[str]:
    return [found.form for found in find(talk(*lines), finders=[finder])]


def later(turn: Turn, by_ms: int) -> Turn:
    moved = tuple(replace(word, start_ms=word.start_ms + by_ms, end_ms=word.end_ms + by_ms) for word in turn.words)
    return replace(turn, words=moved, start_ms=turn.start_ms + by_ms, end_ms=turn.end_ms + by_ms)


def texts(transcript: Transcript, candidate: Candidate) -> str:
    return " ".join(word.text for word in transcript.words() if word.id in candidate.word_ids)


# --- pronouns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Skal vi tage det, som vi plejer?", ["vi", "vi"]),
        ("Det er jo ikk os, der bestemmer.", []),  # asks for agreement
        ("Det er ikke os, der bestemmer.", ["vi"]),
        ("Det ligger hos os.", ["vi"]),
        ("Manden sagde, at man skal vente.", ["man"]),
        ("Hvad synes I om det?", ["I"]),
        ("I dag taler vi om det.", ["vi"]),
        ("I skal bare ringe.", ["I"]),
        ("Ja. I forhold til jeres møde.", ["I"]),
        ("Det er i orden.", []),
        ("Det har jeg så os.", ["jeg"]),
        ("Vent 10 min, så tager vi min sag.", ["vi", "jeg"]),
        ("Min mor sagde til mig, at jeg skulle.", ["jeg", "jeg", "jeg"]),
        ("Har du dit kort med dig?", ["du", "du", "du"]),
        ("„Du“, sagde han, °du°.", ["du", "du"]),
    ],
)
def test_pronouns_and_their_traps(said: str, found: list[str]) -> None:
    assert forms(FinderId.PRONOUN, f"M: {said}") == found


def test_a_name_is_found_where_the_worker_says_it() -> None:
    lines = ("M: Hvordan går det, Bente?", "B: Jeg hedder Bente.", "M: Det er Bentes mappe.", "M: bentebakke")
    found = find(talk(*lines), ["bente"], finders=[FinderId.NAME])
    assert [texts(talk(*lines), one) or one.speaker for one in found] == [MED, MED]
    assert find(talk(*lines), (), finders=[FinderId.NAME]) == []


# --- questions, repair, formulations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Hvad tænker du om det.", ["hv-ord"]),
        ("Hver dag går jeg en tur.", []),
        ("Har du prøvet det.", ["udsagnsord først"]),
        ("Øh, altså, vil du selv ringe?", ["udsagnsord først"]),
        ("Det kender du godt, ikke også?", ["tillæg"]),
        ("Du kommer på mandag?", ["spørgsmålstegn"]),
        ("Ja?", []),
        ("Jeg kommer ikke.", []),
        ("Og så er det bare at ringe.", []),
        ("Det er godt. Hvordan går det med skulderen?", ["hv-ord"]),
    ],
)
def test_how_a_question_asks(said: str, found: list[str]) -> None:
    assert forms(FinderId.QUESTION, f"M: {said}") == found


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (("M: Du skal til partshøring.", "B: Hvad?"), ["hvad"]),
        (("M: Du skal til partshøring.", "B: Til partshøring?"), ["gentager"]),
        (("B: Jeg har arb- været på lager.",), ["afbrudt ord"]),
        (("M: Hvad laver du?", "B: Ikke noget."), []),
        (("M: Kom for- eller eftermiddag.",), []),
        (("M: Kom du i går?", "M: I går?"), []),  # oneself is not asked again
    ],
)
def test_repair(lines: tuple[str, ...], found: list[str]) -> None:
    assert forms(FinderId.REPAIR, *lines) == found


def test_formulations_take_the_longest_phrase() -> None:
    said = "M: Så det, du siger, er at det vil sige nej."
    assert forms(FinderId.FORMULATION, said) == ["så det du siger", "det vil sige"]


# --- receipts, stretches ---------------------------------------------------------------------------------------------


def test_a_receipt_is_a_whole_turn() -> None:
    assert forms(FinderId.RECEIPT, "B: Ja, okay.", "B: Ja, det er rigtigt.", "M: Mm.") == ["ja okay", "mm"]


def test_a_stretch_of_yes_and_no_is_found_with_its_ends() -> None:
    open_end = ["M: Hvad lavede du?", "B: Jeg var på et lager i fire år og kørte truck."]
    shut = [line for _ in range(12) for line in ("M: Og så skal du sende papirerne til os, ikke.", "B: Ja.")]
    whole = talk(*open_end, *shut, *open_end)
    (found,) = find(whole, finders=[FinderId.YES_NO], thresholds=Thresholds(window_ms=30_000))
    assert found.speaker == BOR
    assert found.start_ms == whole.turns[3].start_ms
    assert found.end_ms == whole.turns[25].end_ms
    assert find(talk(*open_end, *shut[:6]), finders=[FinderId.YES_NO]) == []  # too few to be called a stretch


# --- uptake ----------------------------------------------------------------------------------------------------------


def test_uptake_and_a_missed_opening() -> None:
    takes_up = ("B: Jeg drømmer om at arbejde med heste.", "M: Mm.", "M: Hvad er det ved hestene?")
    assert forms(FinderId.UPTAKE, *takes_up) == ["hestene"]
    assert forms(FinderId.MISSED_OPENING, *takes_up) == []
    passes = ("B: Jeg drømmer om at arbejde med heste.", "M: Har du sendt din plan?")
    assert forms(FinderId.UPTAKE, *passes) == []
    assert forms(FinderId.MISSED_OPENING, *passes) == ["drømmer, arbejde"]


# --- guidance --------------------------------------------------------------------------------------------------------


def test_guidance_that_lies_close_is_one_passage_and_its_place_is_told() -> None:
    lines = (
        "M: Jeg har pligt til at vejlede dig.",
        "B: Ja.",
        "M: Hvis du udebliver uden gyldig grund, kan du blive trukket i din ydelse efter § 35.",
        *["B: Der var en dag med regn og blæst og så kom jeg alligevel helt hjem."] * 12,
        "M: Du har ret til at klage.",
    )
    whole = talk(*lines)
    first, second = find(whole, finders=[FinderId.GUIDANCE])
    assert first.form == "pligt, vejlede, udebliver, uden, trukket, §"
    assert (first.start_ms, first.end_ms) == (0, whole.turns[2].end_ms)
    assert second.form == "ret"
    place = placement(whole, first.start_ms, first.end_ms)
    assert (place.start_share, place.citizen_turns) == (0.0, 1)
    assert 0.9 < placement(whole, second.start_ms, second.end_ms).start_share < 1


# --- silence, overlap, laughter --------------------------------------------------------------------------------------


def test_a_silence_is_named_by_what_is_around_it_and_belongs_to_nobody() -> None:
    whole = talk("M: en to", "B: tre fire")
    first, second = whole.turns
    pausing = replace(first, words=(first.words[0], replace(first.words[1], start_ms=1_100, end_ms=1_300)))
    turns = pausing, later(second, 3_000)
    silences = (Silence(300, 1_100), Silence(1_300, 1_900), Silence(1_900, 4_000), Silence(4_100, 4_400))
    found = find(replace(whole, turns=turns, silences=silences), finders=[FinderId.SILENCE])
    assert [(one.form, one.speaker) for one in found] == [("pause", None), ("mellemrum", None), ("tavshed", None)]


def test_overlaps_and_laughter() -> None:
    whole = talk("M: og så kom hun", "B: hehe ja ((ler)) £nemlig£")
    first, second = whole.turns
    overlaps = (Overlap(900, 1_000, (first.id, second.id)), Overlap(900, 950, (first.id, second.id)))
    found = find(replace(whole, overlaps=overlaps), finders=[FinderId.OVERLAP, FinderId.LAUGHTER])
    assert [one.finder for one in found] == [FinderId.OVERLAP, FinderId.LAUGHTER, FinderId.LAUGHTER]


# --- all of it -------------------------------------------------------------------------------------------------------


def test_every_finder_says_its_rule_and_source_and_its_thresholds_fit() -> None:
    assert set(FINDERS) == set(FinderId)
    for finder in FINDERS.values():
        assert finder.rule.format(**Thresholds().shown())
        assert finder.source


def test_nothing_is_found_in_nothing() -> None:
    assert find(talk()) == []


def test_turn_shares_are_of_the_time_in_turns() -> None:
    shares = turn_shares(talk("M: en to tre", "B: fire"))
    assert shares == {MED: pytest.approx(0.75), BOR: pytest.approx(0.25)}
    assert turn_shares(talk()) == {}
