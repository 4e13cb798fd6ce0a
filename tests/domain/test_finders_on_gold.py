"""The finders on a conversation that was labelled by ear and not by rule: none may do worse than it has done."""

from __future__ import annotations

import pytest

from cubb_desktop.domain.finders import FinderId
from tests.finder_gold import LABELS, conversation, score, score_silences

# precision, recall; what a conversation does can't be read off its words, and some of these say so plainly
FLOORS = {
    FinderId.PRONOUN: (0.97, 0.99),
    FinderId.NAME: (0.90, 1.0),
    FinderId.QUESTION: (0.78, 0.82),
    FinderId.REPAIR: (0.75, 0.50),
    FinderId.FORMULATION: (0.80, 0.50),
    FinderId.RECEIPT: (0.75, 0.90),
    FinderId.YES_NO: (0.95, 0.95),
    FinderId.LAUGHTER: (0.95, 0.90),
    FinderId.WORK: (0.50, 0.05),
    FinderId.UPTAKE: (0.60, 0.45),
    FinderId.MISSED_OPENING: (0.0, 0.0),
    FinderId.GUIDANCE: (0.55, 0.35),
}


def test_the_conversation_is_whole() -> None:
    lines, transcript = conversation()
    assert [line.number for line in lines] == list(range(1, 401))
    known = {"pause", "mellemrum", "tavshed", *LABELS.values()}
    assert {label.partition("=")[0] for line in lines for label in line.labels} <= known
    assert len(transcript.words()) == sum(len(line.text.split()) for line in lines if line.speaker != "-")


@pytest.mark.parametrize("finder", FLOORS)
def test_no_finder_does_worse_than_it_has_done(finder: FinderId) -> None:
    found = score(finder)
    precision, recall = FLOORS[finder]
    assert found.precision >= precision, found.wrong
    assert found.recall >= recall, found.missed


def test_silences_are_mostly_called_what_they_are() -> None:
    assert score_silences().precision >= 0.9
