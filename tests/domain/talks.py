"""Conversations made at random: two or three people, silences, overlaps, latches; every word is made up."""

from __future__ import annotations

import random
from dataclasses import replace

from cubb_desktop.domain.ids import RecordingId, SpeakerId, TurnId, WordId
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Overlap, Silence, Speaker, Transcript, Turn, Unheard, Word
from tests import builders

_WORDS = [
    "ja", "nej", "altså", "°måske°", "arbejdsmarkedsperspektiv", "(.)", "hva'", "jeg", "ikk", "os", "£godt£", "æh",
    ".hh", "((ler))", ">det", "var<", "læg-", "ja:::", "SÅ", "3", "(0.4)", "nå:", "ordet",
]  # fmt: skip
NAMES = ("Medarbejder", "Borger", "Tolk")


def any_talk(rng: random.Random, turns: int, people: int = 3) -> Transcript:
    """Return a conversation in which nobody talks over themselves; overlaps are what sounds at once, by pairs."""
    speakers = tuple(Speaker(SpeakerId(f"s{n}"), NAMES[n], Role.OTHER) for n in range(people))
    free = [0] * people  # when each may speak again
    now = 0
    made: list[Turn] = []
    silences: list[Silence] = []
    for n in range(turns):
        who = rng.randrange(people)
        kind = rng.random()
        if kind < 0.4:
            start = max(now - rng.randint(100, 2500), 1)
        elif kind < 0.55:
            start = now + rng.randint(0, 50)
        else:
            start = now + rng.randint(300, 3000)
        start = max(start, free[who] + 60)
        if start > now + 250 and rng.random() < 0.8:
            silences.append(Silence(now + 20, start - 20, speakers[who].id if rng.random() < 0.2 else None))
        turn = _turn(rng, n, speakers[who].id, start)
        made.append(turn)
        free[who], now = turn.end_ms, max(now, turn.end_ms)
    made.sort(key=lambda turn: turn.start_ms)
    unheard = (Unheard(now + 500, now + 900),) if rng.random() < 0.5 else ()
    talk = builders.transcript(
        RecordingId("r"), tuple(made), speakers=speakers, silences=tuple(silences), overlaps=overlaps_of(made),
        unheard=unheard, duration_ms=now + 1000,
    )  # fmt: skip
    return replace(talk, flagged=())


def _turn(rng: random.Random, n: int, speaker: SpeakerId, start: int) -> Turn:
    words, at = [], start
    for place in range(rng.choice([1, 1, 2, 5, 12, 30])):
        if place and rng.random() < 0.3:
            at += rng.randint(10, 150)
        length = rng.randint(60, 500)
        words.append(Word(WordId(f"w{n}-{place}"), rng.choice(_WORDS), at, at + length, 0.9, speaker))
        at += length
    return Turn(TurnId(f"t{n}"), speaker, start, at, tuple(words))


def overlaps_of(turns: list[Turn]) -> tuple[Overlap, ...]:
    """Return what sounds at once, pair by pair, in order."""
    found = []
    for n, one in enumerate(turns):
        for two in turns[n + 1 :]:
            start, end = max(one.start_ms, two.start_ms), min(one.end_ms, two.end_ms)
            if start < end and one.speaker != two.speaker:
                found.append(Overlap(start, end, (one.id, two.id)))
    return tuple(sorted(found, key=lambda overlap: (overlap.start_ms, overlap.end_ms)))
