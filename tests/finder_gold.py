"""How finders do on a conversation that a person has gone through: precision and recall, each against what it does.

`golden/finders.tsv` is fictional, written for this project: number, speaker, text, and what the line does, by somebody
who did not know the rules. Labels are of lines; pronouns are counted one by one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from cubb_desktop.domain.finders import Candidate, FinderId, find
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Silence, Transcript, Turn
from tests import builders

GOLD = Path(__file__).parent / "golden" / "finders.tsv"
NAMES = ("Bente",)
LABELS = {
    FinderId.PRONOUN: "pronominer",
    FinderId.NAME: "navn",
    FinderId.QUESTION: "spørgsmål",
    FinderId.REPAIR: "reparatur",
    FinderId.FORMULATION: "formulering",
    FinderId.RECEIPT: "kvittering",
    FinderId.YES_NO: "ja-nej",
    FinderId.LAUGHTER: "latter",
    FinderId.WORK: "arbejde",
    FinderId.UPTAKE: "gribning",
    FinderId.MISSED_OPENING: "ugrebet",
    FinderId.GUIDANCE: "vejledning",
}
_WORD_MS, _GAP_MS = 345, 60  # 2.9 words a second
_SPEAKERS = {
    "MED": replace(builders.WORKER, role=Role.WORKER),
    "BOR": replace(builders.CITIZEN, role=Role.CITIZEN),
}


@dataclass(frozen=True)
class Line:
    """One line of the conversation, with where it sounds."""

    number: int
    speaker: str
    text: str
    labels: Counter[str]
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Score:
    """How many a finder should have found, how many it suggested, how many of those were right."""

    wanted: int
    suggested: int
    right: int
    missed: tuple[int, ...]
    wrong: tuple[int, ...]

    @property
    def precision(self) -> float:
        return self.right / self.suggested if self.suggested else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 1.0


def conversation() -> tuple[list[Line], Transcript]:
    """Return the lines and the transcript that they make; lines of one speaker around a silence are one turn."""
    lines: list[Line] = []
    turns: list[Turn] = []
    silences: list[Silence] = []
    at = 0
    for row in GOLD.read_text(encoding="utf-8").splitlines():
        number, speaker, text, labels = [*row.split("\t"), ""][:4]
        if speaker == "-":
            length = round(float(text.strip("()")) * 1000)
            silences.append(Silence(at, at + length))
            lines.append(Line(int(number), speaker, text, Counter(labels.split()), at, at + length))
            at += length
            continue
        made = builders.turn(text, at, _SPEAKERS[speaker].id, _WORD_MS)
        lines.append(Line(int(number), speaker, text, Counter(labels.split()), at, made.end_ms))
        if turns and turns[-1].speaker == made.speaker:
            turns[-1] = replace(turns[-1], end_ms=made.end_ms, words=turns[-1].words + made.words)
        else:
            turns.append(made)
        at = made.end_ms + _GAP_MS
    fields = {"silences": tuple(silences), "overlaps": (), "unheard": (), "duration_ms": at}
    speakers = tuple(_SPEAKERS.values())
    return lines, builders.transcript(RecordingId("gold"), tuple(turns), speakers=speakers, **fields)


def score(finder: FinderId) -> Score:
    """Return how one finder does."""
    lines, transcript = conversation()
    found = find(transcript, NAMES, finders=[finder])
    wanted: Counter[tuple[int, str]] = Counter()
    suggested: Counter[tuple[int, str]] = Counter()
    for line in lines:
        for label, count in line.labels.items():
            kind, _, form = label.partition("=")
            if kind == LABELS[finder]:
                wanted[line.number, form] += count
    for candidate in found:
        for line in _lines_of(candidate, lines, finder):
            key = (line.number, candidate.form if finder is FinderId.PRONOUN else "")
            suggested[key] = suggested[key] + 1 if finder is FinderId.PRONOUN else 1
    right = wanted & suggested
    return Score(
        wanted.total(),
        suggested.total(),
        right.total(),
        tuple(sorted({number for number, _ in wanted - suggested})),
        tuple(sorted({number for number, _ in suggested - wanted})),
    )


def score_silences() -> Score:
    """Return how often a silence of half a second or more is called what it is."""
    lines, transcript = conversation()
    found = {one.start_ms: one.form for one in find(transcript, finders=[FinderId.SILENCE])}
    wanted = [(line, kind) for line in lines for kind in ("pause", "mellemrum", "tavshed") if kind in line.labels]
    judged = [(line, kind, found[line.start_ms]) for line, kind in wanted if line.start_ms in found]
    wrong = tuple(line.number for line, kind, form in judged if kind != form)
    return Score(len(judged), len(found), len(judged) - len(wrong), (), wrong)


def _lines_of(candidate: Candidate, lines: list[Line], finder: FinderId) -> list[Line]:
    """A passage is of every line within it; anything else is of the line it begins in."""
    inside = [line for line in lines if line.start_ms < candidate.end_ms and line.end_ms > candidate.start_ms]
    return inside if finder in (FinderId.YES_NO, FinderId.GUIDANCE) else inside[:1]
