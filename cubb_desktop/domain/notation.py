"""The Jefferson notation as text: lines written from a sheet, and the same text read back.

The notation is that of Jefferson (2004) and Hepburn & Bolden (2017) in the Danish usage. The grammar::

    text      = { line }                      lines that begin with "#" and empty lines say nothing
    line      = [ number ] label words        a turn begins            12  MED:  hvad tænker [du]
              | [ number ] label words        a turn goes on           14  MED   om det
              | [ number ] words              goes on from the line above
              | [ number ] silence | unheard  nobody's                  13        (0.8)
              | [ number ] label silence      that person's             13  MED:  (0.8)
    number    = digits [ letters ]            rising; left out where a line goes on the one above it
    label     = capitals, digits or "?"       with ":" where a turn begins; all labels stand in one column
    words     = [ "=" ] part { part } [ "=" ] "=" at both: no gap between two speakers
    part      = "[" word { word } "]" | word  in brackets: at the same time as others
    silence   = "(.)" | "(" digits "." digit ")"   seconds; "(.)" is shorter than 0.2 s
    unheard   = "(?)"                         speech that was not understood
    word      = characters without spaces; signs that a person typed are part of it: °ord° >ord< £ord£ .hh ord- ((ler))

Brackets that belong together stand in the same columns, "[" under "[" and "]" under "]", in lines of words at most
`NEAR_LINES` from each other; no turn has more than one of them. "?" is a speaker nobody has named. A turn that is only
a silence is that speaker's silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cubb_desktop.domain.errors import N_, CubbError
from cubb_desktop.domain.ids import SpeakerId
from cubb_desktop.domain.lines import COLUMNS, NEAR_LINES, SPARE, latches
from cubb_desktop.domain.reading import ALONE, Row, pause, short_labels
from cubb_desktop.domain.together import together
from cubb_desktop.domain.transcript import Transcript, Turn

UNKNOWN = "?"
UNHEARD = "(?)"
_FRONT = re.compile(r" *(?:(?P<number>\d+)(?P<letter>[a-z]*)(?= |$))?")
_PAUSE_LIKE = re.compile(r"\(\d+(?:[.,]\d*)?\)")
_PAIRED = ("°", "£")


# --- what is wrong with a text ---------------------------------------------------------------------------------------


class NotationWrong(CubbError):  # noqa: N818 - named as the other errors are, for what is wrong
    """A text that does not follow the grammar; `line` is that of the file, both count from 1."""

    message = N_("Linje {line}, tegn {column}: her forventes ord, en taler eller en stilhed.")


class LabelExpected(NotationWrong):
    message = N_("Linje {line}, tegn {column}: her forventes en taler med store bogstaver og kolon, fx MED:")


class TurnNotBegun(NotationWrong):
    message = N_("Linje {line}, tegn {column}: taleren er ikke begyndt endnu; her forventes et kolon efter navnet.")


class WordsExpected(NotationWrong):
    message = N_("Linje {line}, tegn {column}: her forventes ord eller en stilhed.")


class NumberNotRising(NotationWrong):
    message = N_("Linje {line}, tegn {column}: her forventes et linjenummer, der er større end det før.")


class BracketUnclosed(NotationWrong):
    message = N_("Linje {line}, tegn {column}: her begynder en »[«, og der forventes en »]« på samme linje.")


class BracketUnopened(NotationWrong):
    message = N_("Linje {line}, tegn {column}: her står en »]«, og der forventes en »[« før den på samme linje.")


class BracketEmpty(NotationWrong):
    message = N_("Linje {line}, tegn {column}: mellem »[« og »]« forventes mindst ét ord.")


class BracketAlone(NotationWrong):
    message = N_(
        "Linje {line}, tegn {column}: »[« og »]« her forventes lige over eller under en anden talers i nærheden."
    )


class SignUnpaired(NotationWrong):
    message = N_("Linje {line}, tegn {column}: »{sign}« forventes to gange i turen, før og efter det, den gælder.")


class PauseMiswritten(NotationWrong):
    message = N_("Linje {line}, tegn {column}: her forventes en stilhed i tiendedele med punktum, fx (0.8).")


# --- what a text says ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaidTurn:
    """A turn: who, what, and whether it began and ended without a gap to another speaker's."""

    label: str
    words: tuple[str, ...]
    latched: bool = False
    latches: bool = False


@dataclass(frozen=True, slots=True)
class NotedSilence:
    """A silence as it is written, and whose it is: "" for nobody's."""

    sign: str
    label: str = ""


Stretch = tuple[int, int, int]  # a turn's place, its first and last word


@dataclass(frozen=True, slots=True)
class Notated:
    """Everything that a text in the notation says; overlaps are sets of stretches that sound together."""

    turns: tuple[SaidTurn, ...]
    silences: tuple[NotedSilence, ...]
    unheard: int
    overlaps: frozenset[frozenset[Stretch]]


def content(transcript: Transcript, columns: int = COLUMNS) -> Notated:
    """Return what the notation says of a transcript: neither times nor confidence, and silences in tenths."""
    labels = short_labels(transcript.speakers)
    spoken = sorted((turn for turn in transcript.turns if turn.words), key=lambda turn: turn.words[0].start_ms)
    groups = together(transcript.turns, transcript.overlaps, columns + SPARE - 2)
    opening, closing = latches(transcript.turns, groups)
    places = {turn.id: place for place, turn in enumerate(spoken)}
    said = [_said(turn, labels, latched=turn.id in opening, latches=turn.id in closing) for turn in spoken]
    overlaps = [frozenset((places[side.turn], side.first, side.last) for side in group.sides) for group in groups]
    silences = [(s.start_ms, NotedSilence(pause(s.length_ms), labels.get(s.speaker, "") if s.speaker else ""))
                for s in transcript.silences]  # fmt: skip
    begun = [turn.words[0].start_ms for turn in spoken]
    return _settled(said, begun, silences, len(transcript.unheard), overlaps)


def _said(turn: Turn, labels: Mapping[SpeakerId, str], *, latched: bool, latches: bool) -> SaidTurn:
    label = labels.get(turn.speaker, UNKNOWN) if turn.speaker is not None else UNKNOWN
    bare = _bare(label, [word.text for word in turn.words])
    return replace(bare, latched=bare.latched or latched, latches=bare.latches or latches)


def _bare(label: str, words: list[str]) -> SaidTurn:
    """Return a turn without "=" at its ends, but with what it says."""
    words = list(words)
    latched = words[0].startswith("=") and len(words[0]) > 1
    words[0] = words[0][1:] if latched else words[0]
    latches = words[-1].endswith("=") and len(words[-1]) > 1
    words[-1] = words[-1][:-1] if latches else words[-1]
    return SaidTurn(label, tuple(words), latched, latches)


def _settled(
    turns: Sequence[SaidTurn],
    begun: Sequence[int],
    silences: Iterable[tuple[int, NotedSilence]],
    unheard: int,
    overlaps: Sequence[frozenset[Stretch]],
) -> Notated:
    """Let a turn that is only a silence be one, as the grammar says; `begun` and the silences' first is their order."""
    inside = {place for group in overlaps for place, _first, _last in group}
    noted = list(silences)
    kept: list[int] = []
    for place, turn in enumerate(turns):
        alone = len(turn.words) == 1 and not (turn.latched or turn.latches) and place not in inside
        if alone and turn.words[0] == UNHEARD:
            unheard += 1
        elif alone and ALONE.fullmatch(turn.words[0]):
            owner = "" if turn.label == UNKNOWN else turn.label
            noted.append((begun[place], NotedSilence(turn.words[0], owner)))
        else:
            kept.append(place)
    new = {place: n for n, place in enumerate(kept)}
    moved = frozenset(frozenset((new[p], first, last) for p, first, last in group) for group in overlaps)
    noted.sort(key=lambda one: one[0])
    return Notated(tuple(turns[place] for place in kept), tuple(one for _at, one in noted), unheard, moved)


# --- writing ---------------------------------------------------------------------------------------------------------


def front(row: Row, labels: Mapping[SpeakerId, str]) -> tuple[str, str]:
    """Return what stands before a line: its number and its label, each as wide as in all lines of these labels."""
    width = max([len(UNKNOWN), *map(len, labels.values())]) + 1
    label = ""
    if row.opens:
        known = labels.get(row.speaker, UNKNOWN) if row.speaker is not None else UNKNOWN
        label = f"{known}:" if row.begins else known
    return f"{row.numeral:>4}", label.ljust(width)


def render(rows: Iterable[Row], labels: Mapping[SpeakerId, str]) -> str:
    """Return lines in the notation: number, label and words, in columns."""
    return "\n".join("  ".join([*front(row, labels), row.text]).rstrip() for row in rows)


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Opened:
    """A turn that is being read."""

    label: str
    words: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)  # line and column of each word


@dataclass(slots=True)
class _Group:
    """Brackets in the same columns, and where the first of them is."""

    columns: tuple[int, int]
    place: tuple[int, int]
    last_line: int
    stretches: list[Stretch]


class _Reader:
    """Reads one text; raises at the first thing that does not follow the grammar."""

    def __init__(self, text: str) -> None:
        self.lines = [line.rstrip("\r\n").expandtabs() for line in text.split("\n")]
        self.label_column = min((at for line in self.lines if (at := _label_column(line)) is not None), default=-1)
        self.turns: list[_Opened] = []
        self.begun: list[int] = []
        self.silences: list[tuple[int, NotedSilence]] = []
        self.unheard = 0
        self.groups: list[_Group] = []
        self._current: int | None = None  # the turn of the line above
        self._number = (0, "")
        self._spoken = 0  # lines of words so far

    def read(self) -> Notated:
        for number, line in enumerate(self.lines, 1):
            if line.strip() and not line.startswith("#"):
                self._line(number, line)
        for group in self.groups:
            if len(group.stretches) < 2:
                raise BracketAlone(line=group.place[0], column=group.place[1] + 1)
        overlaps = [frozenset(group.stretches) for group in self.groups]
        turns = [_bare(turn.label, turn.words) for turn in self.turns]
        return _settled(turns, self.begun, self.silences, self.unheard, overlaps)

    def _line(self, number: int, line: str) -> None:
        at = self._read_number(number, line)
        rest = line[at:]
        token = rest.split(" ", 1)[0]
        if ALONE.fullmatch(rest.rstrip()):
            self._wordless(number, rest.rstrip())
            return
        if at == self.label_column:
            self._open(number, at, token)
            at += len(token)
            while at < len(line) and line[at] == " ":
                at += 1
            if at >= len(line):
                raise WordsExpected(line=number, column=at + 1)
        elif not rest:
            raise WordsExpected(line=number, column=at + 1)
        elif self._current is None:
            raise LabelExpected(line=number, column=max(self.label_column, 0) + 1)
        self._words(number, line, at)

    def _read_number(self, number: int, line: str) -> int:
        found = _FRONT.match(line)
        if found is None or found["number"] is None or found.end() > self.label_column >= 0:
            return len(line) - len(line.lstrip(" "))
        known = int(found["number"]), found["letter"]
        if _rank(known) <= _rank(self._number):
            raise NumberNotRising(line=number, column=found.start("number") + 1)
        self._number = known
        rest = line[found.end() :]
        return found.end() + len(rest) - len(rest.lstrip(" "))

    def _wordless(self, number: int, sign: str) -> None:
        if sign == UNHEARD:
            self.unheard += 1
        else:
            self.silences.append((number, NotedSilence(sign)))
        self._current = None

    def _open(self, number: int, at: int, token: str) -> None:
        """Begin the turn that a label names, or go on with that speaker's last one."""
        label = token.removesuffix(":")
        if not _is_label(label):
            raise LabelExpected(line=number, column=at + 1)
        if token.endswith(":"):
            self.turns.append(_Opened(label))
            self.begun.append(number)
            self._current = len(self.turns) - 1
            return
        known = [place for place, turn in enumerate(self.turns) if turn.label == label]
        if not known:
            raise TurnNotBegun(line=number, column=at + 1)
        self._current = known[-1]

    def _words(self, number: int, line: str, start: int) -> None:
        if self._current is None:
            raise LabelExpected(line=number, column=start + 1)
        turn = self.turns[self._current]
        opened: tuple[int, int] | None = None  # the column of "[", and the first word behind it
        word, begun = "", start
        for column in range(start, len(line) + 1):
            sign = line[column] if column < len(line) else " "
            if sign == " " and word:
                turn.words.append(word)
                turn.places.append((number, begun))
                word = ""
            if sign == "[":
                if opened is not None:
                    raise BracketUnclosed(line=number, column=opened[0] + 1)
                opened = column, len(turn.words)
            elif sign == "]":
                self._close(number, column, opened, len(turn.words) - (not word))
                opened = None
            elif sign != " ":
                begun = begun if word else column
                word += sign
        if opened is not None:
            raise BracketUnclosed(line=number, column=opened[0] + 1)
        self._spoken += 1

    def _close(self, number: int, column: int, opened: tuple[int, int] | None, last: int) -> None:
        if opened is None:
            raise BracketUnopened(line=number, column=column + 1)
        if last < opened[1]:
            raise BracketEmpty(line=number, column=opened[0] + 1)
        turn = self._current or 0
        stretch = turn, opened[1], last
        for group in reversed(self.groups):
            near = self._spoken - group.last_line <= NEAR_LINES
            other = all(place != turn for place, _first, _last in group.stretches)
            if near and other and group.columns == (opened[0], column):
                group.stretches.append(stretch)
                group.last_line = self._spoken
                return
        self.groups.append(_Group((opened[0], column), (number, opened[0]), self._spoken, [stretch]))


def _rank(number: tuple[int, str]) -> tuple[int, int, str]:
    return number[0], len(number[1]), number[1]


def _is_label(text: str) -> bool:
    return text == UNKNOWN or (text.isalnum() and text == text.upper() and not text.isdigit())


def _label_column(line: str) -> int | None:
    """Return where a label with its colon stands in a line, None in a line without."""
    if line.startswith("#"):
        return None
    front = _FRONT.match(line)
    at = front.end() if front is not None else 0
    at += len(line) - at - len(line[at:].lstrip(" "))
    token = line[at:].split(" ", 1)[0]
    return at if token.endswith(":") and _is_label(token[:-1]) else None


def parse(text: str) -> Notated:
    """Read a text in the notation; raises `NotationWrong` with line and column, and what was expected there."""
    return _Reader(text).read()


def check(text: str) -> Notated:
    """Read a text and look also at the signs in its words: those that come in pairs, and silences inside a turn."""
    reader = _Reader(text)
    found = reader.read()
    for turn in reader.turns:
        for word, (line, column) in zip(turn.words, turn.places, strict=True):
            if _PAUSE_LIKE.fullmatch(word) and not ALONE.fullmatch(word):
                raise PauseMiswritten(line=line, column=column + 1)
        for sign in _PAIRED:
            with_sign = [n for n, word in enumerate(turn.words) if word.count(sign) % 2]
            if len(with_sign) % 2:
                line, column = turn.places[with_sign[-1]]
                raise SignUnpaired(line=line, column=column + 1, sign=sign)
    return found
