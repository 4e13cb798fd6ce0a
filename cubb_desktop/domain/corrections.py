"""What a person can do to a text, each as an `Edit`: the words that stay keep their times, and ids stay on their words.

The functions change nothing; they return None when there is nothing to change. `Hand` says who edits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher

from cubb_desktop.domain.editing import Act, Edit, EditedText, Element, Kind, Part, turn_element
from cubb_desktop.domain.errors import EditImpossible
from cubb_desktop.domain.ids import SpeakerId, TurnId, WordId
from cubb_desktop.domain.transcript import Origin, Silence, Turn, Word

_JOINS_MS = 1000  # a stretch given to the speaker beside it joins that turn unless more than so much lies between


@dataclass(frozen=True, slots=True)
class Hand:
    """Who edits, when, and where new ids come from."""

    author: str
    at: datetime
    new_id: Callable[[], str]


def retype(text: EditedText, turn_id: TurnId, typed: str, hand: Hand) -> Edit | None:
    """Let a turn say what was typed; a turn that says nothing any more goes.

    Words that stay keep id and times, words that were put in the place of as many others too. Otherwise the changed
    stretch's time is shared out by the number of letters. What was typed is marked as edited.
    """
    turn = _turn(text, turn_id)
    tokens = unicodedata.normalize("NFC", typed).split()
    if tokens == [word.text for word in turn.words]:
        return None
    words = _merged(turn, tokens, hand)
    content = _corrected(replace(turn, words=words), hand) if words else None
    return Edit(Act.WORDS, (Part(turn_element(turn_id), content),))


def retype_words(text: EditedText, turn_id: TurnId, words: Iterable[WordId], typed: str, hand: Hand) -> Edit | None:
    """Let some words of a turn that follow each other, as those of one line do, say what was typed; see `retype`."""
    turn, meant = _turn(text, turn_id), set(words)
    places = [n for n, word in enumerate(turn.words) if word.id in meant]
    if not places:
        raise EditImpossible
    before = [word.text for word in turn.words[: places[0]]]
    after = [word.text for word in turn.words[places[-1] + 1 :]]
    return retype(text, turn_id, " ".join([*before, typed, *after]), hand)


def split(text: EditedText, turn_id: TurnId, before: WordId, hand: Hand) -> Edit:
    """Let a new turn begin at a word; raises `EditImpossible` at a turn's first word."""
    turn = _turn(text, turn_id)
    at = _index(turn, before)
    if at == 0:
        raise EditImpossible
    first, second = _cut(turn, at, hand)
    return Edit(Act.SPLIT, (_put(_corrected(first, hand)), _put(_corrected(second, hand))))


def join(text: EditedText, turn_id: TurnId, hand: Hand) -> Edit:
    """Join a turn with the one after it, under the first one's speaker; `EditImpossible` after the last turn."""
    turn = _turn(text, turn_id)
    following = _neighbour(text, turn, 1)
    if following is None:
        raise EditImpossible
    return Edit(Act.JOIN, (_put(_corrected(_joined(turn, following), hand)), _gone(following)))


def give(text: EditedText, first: WordId, last: WordId, speaker: SpeakerId | None, hand: Hand) -> Edit | None:
    """Give the words from one to another, in the order they are read, to a speaker.

    Where the stretch borders on a turn of that speaker and no long silence lies between, it becomes part of it.
    """
    touched = _turns_between(text, first, last)
    pieces: list[Turn] = []
    for turn in touched:
        start = _index(turn, first) if turn is touched[0] else 0
        end = _index(turn, last) + 1 if turn is touched[-1] else len(turn.words)
        if start >= end:
            raise EditImpossible
        pieces += _given(turn, start, end, speaker, hand)
    if all(turn.speaker == speaker for turn in touched):
        return None
    before, after = _neighbour(text, touched[0], -1), _neighbour(text, touched[-1], 1)
    old = [*touched]
    if before is not None and _belongs(before, pieces[0], speaker):
        pieces[:1] = [_joined(before, pieces[0])]
        old.append(before)
    if after is not None and _belongs(pieces[-1], after, speaker):
        pieces[-1:] = [_joined(pieces[-1], after)]
        old.append(after)
    return _replaced(Act.SPEAKER, old, [_corrected(piece, hand) for piece in pieces])


def move_border(text: EditedText, turn_id: TurnId, to_ms: int, hand: Hand) -> Edit | None:
    """Move the border between a turn and the one after it to a time; words cross it with their middle.

    Raises `EditImpossible` after the last turn and for a time outside the two.
    """
    turn = _turn(text, turn_id)
    following = _neighbour(text, turn, 1)
    if following is None or not turn.start_ms < to_ms < following.end_ms:
        raise EditImpossible
    words = sorted((*turn.words, *following.words), key=_time)
    early = [word for word in words if word.start_ms + word.end_ms < 2 * to_ms]
    late = [word for word in words if word.start_ms + word.end_ms >= 2 * to_ms]
    if not early or not late:
        raise EditImpossible
    one = replace(
        _with_words(turn, early), start_ms=min(turn.start_ms, early[0].start_ms), end_ms=max(to_ms, _end(early))
    )
    two = replace(
        _with_words(following, late),
        start_ms=min(to_ms, late[0].start_ms),
        end_ms=max(following.end_ms, _end(late)),
    )
    if (one, two) == (turn, following):
        return None
    return Edit(Act.BORDER, (_put(_corrected(one, hand)), _put(_corrected(two, hand))))


def assign_silence(text: EditedText, place: int, speaker: SpeakerId | None) -> Edit | None:
    """Say whose a silence is, or that it is nobody's."""
    silence = text.silences[place]
    return None if silence.speaker == speaker else _silence(place, replace(silence, speaker=speaker))


def adjust_silence(text: EditedText, place: int, start_ms: int, end_ms: int) -> Edit | None:
    """Move a silence's ends; raises `EditImpossible` when it would end before it begins or meet the next one."""
    silence = text.silences[place]
    earliest = text.silences[place - 1].end_ms if place else 0
    beyond = text.silences[place + 1].start_ms if place + 1 < len(text.silences) else text.transcript.duration_ms
    if not earliest <= start_ms < end_ms <= beyond:
        raise EditImpossible
    if (silence.start_ms, silence.end_ms) == (start_ms, end_ms):
        return None
    return _silence(place, replace(silence, start_ms=start_ms, end_ms=end_ms, edited=True))


def write_unheard(text: EditedText, place: int, typed: str, speaker: SpeakerId | None, hand: Hand) -> Edit:
    """Write what was said in a stretch the machine did not understand; nothing typed means no speech."""
    stretch = text.unheard[place]
    if stretch is None:
        raise EditImpossible
    parts = [Part(Element(Kind.UNHEARD, str(place)), None)]
    tokens = unicodedata.normalize("NFC", typed).split()
    if tokens:
        words = _shared_out(tokens, stretch.start_ms, stretch.end_ms, speaker, (), hand)
        turn = Turn(TurnId(hand.new_id()), speaker, stretch.start_ms, stretch.end_ms, tuple(words))
        parts.append(_put(_corrected(turn, hand)))
    return Edit(Act.UNHEARD, tuple(parts))


def vouch(text: EditedText, turn_ids: Iterable[TurnId], origin: Origin, hand: Hand) -> Edit | None:
    """Say of turns how far they have been checked."""
    turns = [_turn(text, turn_id) for turn_id in dict.fromkeys(turn_ids)]
    changed = [turn for turn in turns if turn.origin is not origin]
    parts = [_put(replace(turn, origin=origin, by=hand.author, at=hand.at)) for turn in changed]
    return Edit(Act.STATUS, tuple(parts)) if parts else None


def confirm(text: EditedText, words: Iterable[WordId]) -> Edit | None:
    """Say of words the machine was unsure of that they are right as they stand; their lines are not said to be heard.

    Raises `EditImpossible` where a word is not there any more.
    """
    meant = set(words)
    turns = [turn for turn in text.turns if any(word.id in meant for word in turn.words)]
    if meant - {word.id for turn in turns for word in turn.words}:
        raise EditImpossible
    parts = []
    for turn in turns:
        sure = tuple(replace(word, confidence=1.0) if word.id in meant else word for word in turn.words)
        if sure != turn.words:
            parts.append(_put(replace(turn, words=sure)))
    return Edit(Act.CONFIRM, tuple(parts)) if parts else None


def take(text: EditedText, gone: Iterable[WordId], taken: Sequence[Word], hand: Hand) -> Edit | None:
    """Let words of another version stand in the place of some (or, where there are none, between others).

    They keep the times and the doubt of their version, within the room between the words that stay. Raises
    `EditImpossible` where a word is not there any more.
    """
    leaving = set(gone)
    places = [turn for turn in text.turns if any(word.id in leaving for word in turn.words)]
    if leaving - {word.id for turn in places for word in turn.words}:
        raise EditImpossible
    if not leaving and not taken:
        return None
    if not places:
        places = [_nearest(text, taken)]
    shares: dict[TurnId, list[Word]] = {turn.id: [] for turn in places}
    for word in taken:
        middle = (word.start_ms + word.end_ms) // 2
        shares[min(places, key=lambda turn: _away(turn, leaving, middle)).id].append(word)
    return Edit(Act.TAKE, tuple(_with_taken(turn, leaving, shares[turn.id], hand) for turn in places))


def _nearest(text: EditedText, taken: Sequence[Word]) -> Turn:
    """Return the turn nearest to words in time."""
    if not text.turns:
        raise EditImpossible
    middle = (taken[0].start_ms + taken[-1].end_ms) // 2
    return min(text.turns, key=lambda turn: max(turn.start_ms - middle, middle - turn.end_ms, 0))


def _away(turn: Turn, leaving: Collection[WordId], at_ms: int) -> int:
    """Return how far a time is from those words of a turn that leave it, or from the turn if none does."""
    words = [word for word in turn.words if word.id in leaving] or turn.words
    return max(words[0].start_ms - at_ms, at_ms - _end(words), 0)


def _with_taken(turn: Turn, leaving: Collection[WordId], taken: Sequence[Word], hand: Hand) -> Part:
    """Return what a turn is when words have left it and others have come where those stood, or where their time is."""
    first = next((n for n, word in enumerate(turn.words) if word.id in leaving), None)
    if first is None:
        first = sum(1 for word in turn.words if taken and word.start_ms <= taken[0].start_ms)
    before = [word for word in turn.words[:first] if word.id not in leaving]
    after = [word for word in turn.words[first:] if word.id not in leaving]
    known = [word.id for word in turn.words if word.id in leaving]
    low = before[-1].end_ms if before else 0
    high = after[0].start_ms if after else max([turn.end_ms, *(word.end_ms for word in taken)])
    words = list(before)
    for n, word in enumerate(taken):
        start = max(min(word.start_ms, high), min(low, high))
        end = max(start, min(word.end_ms, high))
        name = known[n] if n < len(known) else WordId(hand.new_id())
        words.append(replace(word, id=name, start_ms=start, end_ms=end, speaker=turn.speaker, edited=True))
        low = start
    words += after
    if not words:
        return _gone(turn)
    whole = replace(turn, start_ms=min(turn.start_ms, words[0].start_ms), end_ms=max(turn.end_ms, _end(words)))
    return _put(_corrected(replace(whole, words=tuple(words)), hand))


# --- finding and replacing -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A place where a text stands in a turn: its characters from `first` to before `last`, and the words they touch.

    `in_words` says for each of the words which of its characters are meant.
    """

    turn_id: TurnId
    first: int
    last: int
    said: str
    start_ms: int
    end_ms: int
    in_words: tuple[tuple[WordId, int, int], ...]


def find(turns: Iterable[Turn], sought: str, *, match_case: bool = False, whole_words: bool = False) -> list[Found]:
    """Return where a text stands in turns, in their order; the spaces in it match any, and no border of turns."""
    pattern = _pattern(sought, match_case=match_case, whole_words=whole_words)
    if pattern is None:
        return []
    return [_found(turn, match) for turn in turns for match in pattern.finditer(turn.text)]


def _found(turn: Turn, match: re.Match[str]) -> Found:
    first, last = match.span()
    touched, in_words = [], []
    at = 0
    for word in turn.words:
        begin, end = max(first, at), min(last, at + len(word.text))
        if begin < end:
            touched.append(word)
            in_words.append((word.id, begin - at, end - at))
        at += len(word.text) + 1
    return Found(turn.id, first, last, match[0], touched[0].start_ms, _end(touched), tuple(in_words))


def replace_found(text: EditedText, found: Found, instead: str, hand: Hand) -> Edit | None:
    """Put a text in one place; raises `EditImpossible` where something else stands there by now."""
    said = _turn(text, found.turn_id).text
    if said[found.first : found.last] != found.said:
        raise EditImpossible
    edit = retype(text, found.turn_id, said[: found.first] + instead + said[found.last :], hand)
    return None if edit is None else replace(edit, act=Act.REPLACE)


def replace_all(
    text: EditedText,
    sought: str,
    instead: str,
    hand: Hand,
    *,
    match_case: bool = False,
    whole_words: bool = False,
    among: Iterable[TurnId] | None = None,
) -> tuple[Edit | None, int]:
    """Put a text in the place of another in all turns, or `among` some; return the edit and how many were replaced."""
    pattern = _pattern(sought, match_case=match_case, whole_words=whole_words)
    turns = list(text.turns) if among is None else [_turn(text, turn_id) for turn_id in among]
    if pattern is None:
        return None, 0
    parts: list[Part] = []
    count = 0
    for turn in turns:
        typed, found = pattern.subn(lambda _match: instead, turn.text)
        edit = retype(text, turn.id, typed, hand) if found else None
        if edit is not None:
            parts += edit.parts
            count += found
    return (Edit(Act.REPLACE, tuple(parts)) if parts else None), count


def _pattern(sought: str, *, match_case: bool, whole_words: bool) -> re.Pattern[str] | None:
    tokens = unicodedata.normalize("NFC", sought).split()
    if not tokens:
        return None
    body = r"\s+".join(re.escape(token) for token in tokens)
    # Explicit look-arounds: the edge of a word is where no letter stands, also beside signs of the notation.
    edges = rf"(?<!\w){body}(?!\w)" if whole_words else body
    return re.compile(edges, 0 if match_case else re.IGNORECASE)


# --- words -----------------------------------------------------------------------------------------------------------


def _merged(turn: Turn, tokens: Sequence[str], hand: Hand) -> tuple[Word, ...]:
    old = turn.words
    matcher = SequenceMatcher(None, [word.text for word in old], tokens, autojunk=False)
    words: list[Word] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            words += old[i1:i2]
        elif i2 - i1 == j2 - j1:
            words += [_edited(word, token) for word, token in zip(old[i1:i2], tokens[j1:j2], strict=True)]
        elif j2 > j1:
            start, end = _room(turn, words, i1, i2)
            words += _shared_out(tokens[j1:j2], start, end, turn.speaker, [w.id for w in old[i1:i2]], hand)
    return tuple(words)


def _room(turn: Turn, before: Sequence[Word], i1: int, i2: int) -> tuple[int, int]:
    """Return the time that new words can share: that of the words they replace, else what lies between others."""
    next_start = turn.words[i2].start_ms if i2 < len(turn.words) else turn.end_ms
    if i2 > i1:
        start = turn.words[i1].start_ms
        return start, max(start, min(_end(turn.words[i1:i2]), next_start))
    return min(before[-1].end_ms if before else turn.start_ms, next_start), next_start


def _shared_out(
    tokens: Sequence[str], start_ms: int, end_ms: int, speaker: SpeakerId | None, ids: Sequence[WordId], hand: Hand
) -> list[Word]:
    """Return words whose times share a stretch by their letters; the first keep the ids there are."""
    total = sum(map(len, tokens))
    words = []
    done = 0
    for n, token in enumerate(tokens):
        start = start_ms + (end_ms - start_ms) * done // total
        done += len(token)
        end = start_ms + (end_ms - start_ms) * done // total
        known = ids[n] if n < len(ids) else WordId(hand.new_id())
        words.append(Word(known, token, start, end, 1.0, speaker, edited=True))
    return words


def _edited(word: Word, token: str) -> Word:
    return replace(word, text=token, confidence=1.0, edited=True)


def _time(word: Word) -> tuple[int, int]:
    return word.start_ms, word.end_ms


def _end(words: Sequence[Word]) -> int:
    return max(word.end_ms for word in words)


# --- turns -----------------------------------------------------------------------------------------------------------


def _turn(text: EditedText, turn_id: TurnId) -> Turn:
    turn = text.turn(turn_id)
    if turn is None:
        raise EditImpossible
    return turn


def _index(turn: Turn, word_id: WordId) -> int:
    for n, word in enumerate(turn.words):
        if word.id == word_id:
            return n
    raise EditImpossible


def _neighbour(text: EditedText, turn: Turn, step: int) -> Turn | None:
    place = text.place(turn) + step
    return text.turns[place] if 0 <= place < len(text.turns) else None


def _turns_between(text: EditedText, first: WordId, last: WordId) -> list[Turn]:
    places = {word.id: n for n, turn in enumerate(text.turns) for word in turn.words if word.id in (first, last)}
    if first not in places or last not in places or places[first] > places[last]:
        raise EditImpossible
    return list(text.turns[places[first] : places[last] + 1])


def _corrected(turn: Turn, hand: Hand) -> Turn:
    """Return a turn as corrected; what had been listened through before stays beyond doubt."""
    words = turn.words
    if turn.origin is Origin.LISTENED:
        words = tuple(replace(word, confidence=1.0) if word.confidence < 1 else word for word in words)
    return replace(turn, words=words, origin=Origin.CORRECTED, by=hand.author, at=hand.at)


def _with_words(turn: Turn, words: Sequence[Word]) -> Turn:
    """Return a turn with other words, which are then its speaker's."""
    own = (word if word.speaker == turn.speaker else replace(word, speaker=turn.speaker) for word in words)
    return replace(turn, words=tuple(own))


def _cut(turn: Turn, at: int, hand: Hand) -> tuple[Turn, Turn]:
    """Return a turn's words before and from `at` on as two turns; the first keeps the id."""
    head, tail = turn.words[:at], turn.words[at:]
    first = replace(turn, words=head, end_ms=_end(head))
    second = replace(turn, id=TurnId(hand.new_id()), words=tail, start_ms=tail[0].start_ms, end_ms=turn.end_ms)
    return first, replace(second, end_ms=max(turn.end_ms, _end(tail)))


def _given(turn: Turn, start: int, end: int, speaker: SpeakerId | None, hand: Hand) -> list[Turn]:
    """Return the turn in up to three pieces, of which the words from `start` to `end` are the speaker's."""
    pieces: list[Turn] = []
    if end < len(turn.words):
        turn, tail = _cut(turn, end, hand)
        pieces = [tail]
    if start:
        head, turn = _cut(turn, start, hand)
        return [head, _spoken_by(turn, speaker), *pieces]
    return [_spoken_by(turn, speaker), *pieces]


def _spoken_by(turn: Turn, speaker: SpeakerId | None) -> Turn:
    return _with_words(replace(turn, speaker=speaker), turn.words)


def _belongs(one: Turn, two: Turn, speaker: SpeakerId | None) -> bool:
    near = two.start_ms - one.end_ms <= _JOINS_MS
    return one.speaker == two.speaker == speaker and near


def _joined(first: Turn, second: Turn) -> Turn:
    words = sorted((*first.words, *second.words), key=_time)
    whole = replace(first, end_ms=max(first.end_ms, second.end_ms), start_ms=min(first.start_ms, second.start_ms))
    return _with_words(whole, words)


def _replaced(act: Act, old: Iterable[Turn], new: Sequence[Turn]) -> Edit:
    kept = {turn.id for turn in new}
    return Edit(act, (*(_put(turn) for turn in new), *(_gone(turn) for turn in old if turn.id not in kept)))


def _put(turn: Turn) -> Part:
    return Part(turn_element(turn.id), turn)


def _gone(turn: Turn) -> Part:
    return Part(turn_element(turn.id), None)


def _silence(place: int, silence: Silence) -> Edit:
    return Edit(Act.SILENCE, (Part(Element(Kind.SILENCE, str(place)), silence),))
