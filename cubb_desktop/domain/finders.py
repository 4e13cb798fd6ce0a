"""Places that may be worth a closer look, found by plain rules; never more than suggestions.

A candidate says which rule found it and by which thresholds. Until a person has confirmed it, it is no annotation: it
enters no count and no export. The rules look at words, turns and measured silences alone, and at nobody's voice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from cubb_desktop.domain import lexicon
from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.ids import ConceptId, SpeakerId, WordId
from cubb_desktop.domain.lexicon import bare, content_stems
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Transcript, Turn, Word

_SENTENCE_ENDS = (".", "?", "!", ":")
_CUT_OFF = ("-", "\N{EN DASH}")


class FinderId(StrEnum):
    """The finders, in the order of the concept book."""

    OVERLAP = "overlap"
    REPAIR = "reparatur"
    QUESTION = "spørgsmål"
    PRONOUN = "pronominer"
    NAME = "navn"
    UPTAKE = "gribning"
    MISSED_OPENING = "ugrebet"
    WORK = "arbejde"
    FORMULATION = "formulering"
    RECEIPT = "kvittering"
    YES_NO = "kun-ja-og-nej"
    LAUGHTER = "latter"
    SILENCE = "stilhed"
    GUIDANCE = "vejledning"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What may be set, with the usual values; stored with every candidate."""

    silence_ms: int = 500
    lapse_ms: int = 2_000  # longer than this between turns nobody takes the floor
    overlap_ms: int = 100
    receipt_words: int = 3
    window_ms: int = 120_000
    minimal_share: float = 0.8
    least_turns: int = 5
    repeat_words: int = 4  # a repetition that asks is no longer than this
    passage_gap_ms: int = 30_000  # guidance that pauses for no longer is one passage

    def shown(self) -> dict[str, int | float]:
        """Return what a finder's rule may name, in the units it is read in."""
        return {
            **asdict(self),
            "window_min": self.window_ms // 60_000,
            "minimal_percent": round(100 * self.minimal_share),
            "passage_gap_s": self.passage_gap_ms // 1_000,
        }


@dataclass(frozen=True, slots=True)
class Finder:
    """A finder as a person reads about it."""

    id: FinderId
    concept: ConceptId
    rule: str
    source: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place a finder suggests; `form` says what was found there ("man", "pause", a phrase)."""

    finder: FinderId
    start_ms: int
    end_ms: int
    word_ids: tuple[WordId, ...]
    speaker: SpeakerId | None
    form: str


FINDERS = {
    finder.id: finder
    for finder in (
        Finder(
            FinderId.OVERLAP,
            ConceptId("overlap"),
            N_("To ture lyder samtidig i mindst {overlap_ms} ms."),
            "Jefferson 2004",
        ),
        Finder(
            FinderId.REPAIR,
            ConceptId("reparatur"),
            N_("»Hvad?«, »undskyld?«, et afbrudt ord, eller et spørgsmål på højst {repeat_words} ord, der gentager."),
            "Schegloff, Jefferson & Sacks 1977",
        ),
        Finder(
            FinderId.QUESTION,
            ConceptId("spoergsmaalsdesign"),
            N_("Et hv-ord først, udsagnsordet før »du« eller »I«, eller »ikk«, »vel« til sidst."),
            "Heritage 2010",
        ),
        Finder(
            FinderId.PRONOUN,
            ConceptId("pronominer"),
            N_("Vi, jeg, du, man og I i alle former. »Ikk os« er ikke vi; I først i en sætning kun før et udsagnsord."),
            "CUBB-evalueringen, kap. 1 og 3",
        ),
        Finder(
            FinderId.NAME,
            ConceptId("borgerens-navn"),
            N_("Medarbejderen siger et af de navne, du har skrevet."),
            "Jørgensen & Dall 2024",
        ),
        Finder(
            FinderId.UPTAKE,
            ConceptId("gribning"),
            N_("Et spørgsmål lige efter borgerens tur gentager et af dens indholdsord."),
            "CUBB-evalueringen, kap. 1, 3, 4 og 7",
        ),
        Finder(
            FinderId.MISSED_OPENING,
            ConceptId("ugrebet-ytring"),
            N_("Borgeren taler om arbejde, ønsker eller erfaringer, og næste tur har ingen af turens indholdsord."),
            "CUBB-evalueringen, kap. 1",
        ),
        Finder(
            FinderId.WORK,
            ConceptId("arbejdsmarkedsperspektiv"),
            N_("Ord om arbejde, ønsker og erfaringer i borgerens ture."),
            "Danneris, Dall, Caswell & Olesen 2017",
        ),
        Finder(
            FinderId.FORMULATION,
            ConceptId("formulering"),
            N_("»Så du siger«, »hvis jeg forstår dig ret«, »det vil sige« og lignende."),
            "Heritage & Watson 1979",
        ),
        Finder(
            FinderId.RECEIPT,
            ConceptId("kvittering"),
            N_("En tur på højst {receipt_words} ord, der alle er »ja«, »mm«, »okay« og lignende."),
            "Gardner 2001",
        ),
        Finder(
            FinderId.YES_NO,
            ConceptId("kun-ja-og-nej"),
            N_("I {window_min} minutter er mindst {minimal_percent} % af en persons ture kun »ja«, »nej« og lignende."),
            "CUBB-evalueringen, kap. 3",
        ),
        Finder(FinderId.LAUGHTER, ConceptId("latter"), N_("»Hehe«, »haha« og ((ler))."), "Jefferson 1984"),
        Finder(
            FinderId.SILENCE,
            ConceptId("pause"),
            N_("Stilhed på mindst {silence_ms} ms, målt på lyden. Hvis pause det er, afgør du."),
            "Jefferson 1989",
        ),
        Finder(
            FinderId.GUIDANCE,
            ConceptId("vejledningspligt"),
            N_("Ord om vejledning, pligt, ret og sanktion med højst {passage_gap_s} sekunder imellem."),
            "CUBB-evalueringen, kap. 1-3",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class _Line:
    """A turn as finders read it: its words bare, and who says it."""

    turn: Turn
    bares: tuple[str, ...]
    role: Role | None

    @property
    def says(self) -> tuple[str, ...]:
        return tuple(word for word in self.bares if word)


@dataclass(frozen=True, slots=True)
class _Talk:
    transcript: Transcript
    lines: tuple[_Line, ...]
    thresholds: Thresholds
    names: frozenset[str]


def find(
    transcript: Transcript,
    names: Collection[str] = (),
    thresholds: Thresholds | None = None,
    finders: Collection[FinderId] = tuple(FinderId),
) -> list[Candidate]:
    """Return what the finders suggest, in order of time; `names` are the citizen's, in any case and without -s."""
    roles = {speaker.id: speaker.role for speaker in transcript.speakers}
    lines = tuple(
        _Line(turn, tuple(bare(word.text) for word in turn.words), roles.get(turn.speaker) if turn.speaker else None)
        for turn in sorted(transcript.turns, key=lambda turn: turn.start_ms)
    )
    talk = _Talk(transcript, lines, thresholds or Thresholds(), frozenset(name.casefold() for name in names))
    found = [candidate for finder in finders for candidate in _FIND[finder](talk)]
    return sorted(found, key=lambda candidate: (candidate.start_ms, candidate.end_ms, candidate.finder))


def turn_shares(transcript: Transcript) -> dict[SpeakerId, float]:
    """Return each speaker's part of the time that turns take, 0..1: background, never to be shown with a name."""
    lengths: dict[SpeakerId, int] = {}
    for turn in transcript.turns:
        if turn.speaker is not None:
            lengths[turn.speaker] = lengths.get(turn.speaker, 0) + turn.end_ms - turn.start_ms
    whole = sum(lengths.values())
    return {speaker: length / whole for speaker, length in lengths.items()} if whole else {}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where in the conversation a passage lies: its start as a share 0..1, its length, the citizen's turns inside."""

    start_share: float
    length_ms: int
    citizen_turns: int


def placement(transcript: Transcript, start_ms: int, end_ms: int) -> Placement:
    """Return where a passage of guidance stands; the report's groups try out just this."""
    citizens = {speaker.id for speaker in transcript.speakers if speaker.role is Role.CITIZEN}
    inside = sum(
        turn.speaker in citizens and turn.start_ms < end_ms and turn.end_ms > start_ms for turn in transcript.turns
    )
    return Placement(start_ms / max(1, transcript.duration_ms), end_ms - start_ms, inside)


# --- silence and overlap ---------------------------------------------------------------------------------------------


def _silences(talk: _Talk) -> Iterator[Candidate]:
    """A silence inside a turn is called a pause, between turns a gap or a lapse: a guess, for a person to settle."""
    words = talk.transcript.words()
    starts = [word.start_ms for word in words]
    for silence in talk.transcript.silences:
        if silence.length_ms < talk.thresholds.silence_ms:
            continue
        middle = (silence.start_ms + silence.end_ms) // 2
        place = bisect_left(starts, middle)
        before = next((words[n] for n in range(place - 1, -1, -1) if words[n].end_ms <= middle), None)
        after = words[place] if place < len(words) else None
        within = before is not None and after is not None and before.speaker == after.speaker is not None
        form = "pause" if within else "tavshed" if silence.length_ms >= talk.thresholds.lapse_ms else "mellemrum"
        yield Candidate(FinderId.SILENCE, silence.start_ms, silence.end_ms, (), None, form)


def _overlaps(talk: _Talk) -> Iterator[Candidate]:
    turns = {turn.id: turn for turn in talk.transcript.turns}
    for overlap in talk.transcript.overlaps:
        if overlap.end_ms - overlap.start_ms < talk.thresholds.overlap_ms:
            continue
        sounding = tuple(
            word.id
            for id in overlap.turns
            if id in turns
            for word in turns[id].words
            if word.start_ms < overlap.end_ms and word.end_ms > overlap.start_ms
        )
        yield Candidate(FinderId.OVERLAP, overlap.start_ms, overlap.end_ms, sounding, None, "")


# --- words -----------------------------------------------------------------------------------------------------------


def _pronouns(talk: _Talk) -> Iterator[Candidate]:
    for line in talk.lines:
        for n, word in enumerate(line.turn.words):
            form = _pronoun(line, n)
            if form:
                yield _of_words(FinderId.PRONOUN, line, word, word, form)


def _pronoun(line: _Line, n: int) -> str:
    """Return which of vi, jeg, du, man and I a word is a form of, "" for any other."""
    here = line.bares[n]
    before = line.bares[n - 1] if n else ""
    if (here == "os" and before in lexicon.NOT_US) or (here == "min" and before.isdecimal()):
        return ""
    if here == "i":
        written = line.turn.words[n].text.strip('(["“”»«<>°£=')
        if not written.startswith("I"):
            return ""
        follows = line.bares[n + 1] if n + 1 < len(line.bares) else ""
        return "I" if not _opens_sentence(line, n) or follows in lexicon.FINITE_VERBS else ""
    return lexicon.PRONOUNS.get(here, "")


def _opens_sentence(line: _Line, n: int) -> bool:
    return n == 0 or line.turn.words[n - 1].text.rstrip('"“”»«)').endswith(_SENTENCE_ENDS)


def _names(talk: _Talk) -> Iterator[Candidate]:
    for line in talk.lines:
        if line.role is Role.CITIZEN:
            continue
        for word, here in zip(line.turn.words, line.bares, strict=True):
            if here in talk.names or here.removesuffix("s") in talk.names or here.removesuffix("'s") in talk.names:
                yield _of_words(FinderId.NAME, line, word, word, "")


def _laughter(talk: _Talk) -> Iterator[Candidate]:
    for line in talk.lines:
        for word in line.turn.words:
            text = word.text.casefold()
            if any(sign in text for sign in lexicon.LAUGHTER):
                yield _of_words(FinderId.LAUGHTER, line, word, word, "")


def _work(talk: _Talk) -> Iterator[Candidate]:
    for line in talk.lines:
        if line.role is not Role.CITIZEN:
            continue
        for n in sorted(_work_words(line)):
            yield _of_words(FinderId.WORK, line, line.turn.words[n], line.turn.words[n], line.bares[n])


def _work_words(line: _Line) -> set[int]:
    single = {n for n, here in enumerate(line.bares) if here.startswith(lexicon.WORK)}
    return single | {n for n, _ in _phrases(line, lexicon.WISHES)}


def _formulations(talk: _Talk) -> Iterator[Candidate]:
    yield from _of_phrases(talk, FinderId.FORMULATION, lexicon.FORMULATIONS)


def _guidance(talk: _Talk) -> Iterator[Candidate]:
    """Words of one lexicon that lie close together are one passage, by whoever says them."""
    hits: list[tuple[_Line, int]] = []
    for line in talk.lines:
        at = {n for n, here in enumerate(line.bares) if here.startswith(lexicon.GUIDANCE)}
        at |= {n for n, word in enumerate(line.turn.words) if word.text.startswith("§")}
        at |= {n for n, _ in _phrases(line, lexicon.GUIDANCE_PHRASES)}
        hits += [(line, n) for n in sorted(at)]
    passage: list[tuple[_Line, int]] = []
    for hit in [*hits, None]:
        if passage and (hit is None or _far(passage[-1], hit, talk.thresholds.passage_gap_ms)):
            words = [line.turn.words[n] for line, n in passage]
            speakers = {line.turn.speaker for line, _ in passage}
            yield Candidate(
                FinderId.GUIDANCE,
                passage[0][0].turn.start_ms,
                passage[-1][0].turn.end_ms,
                tuple(word.id for word in words),
                speakers.pop() if len(speakers) == 1 else None,
                ", ".join(dict.fromkeys(bare(word.text) for word in words)),
            )
            passage = []
        if hit is not None:
            passage.append(hit)


def _far(one: tuple[_Line, int], other: tuple[_Line, int], gap_ms: int) -> bool:
    return other[0].turn.words[other[1]].start_ms - one[0].turn.words[one[1]].end_ms > gap_ms


# --- turns -----------------------------------------------------------------------------------------------------------


def _receipts(talk: _Talk) -> Iterator[Candidate]:
    for line in talk.lines:
        if _is_minimal(line, lexicon.MINIMAL, talk.thresholds.receipt_words):
            yield _of_words(FinderId.RECEIPT, line, line.turn.words[0], line.turn.words[-1], " ".join(line.says))


def _is_minimal(line: _Line, tokens: Collection[str], most: int) -> bool:
    says = line.says
    return 0 < len(says) <= most and all(word in tokens for word in says)


def _yes_no(talk: _Talk) -> Iterator[Candidate]:
    """Windows that begin at each turn of a speaker; those that hold little but yes and no are joined."""
    for speaker in dict.fromkeys(line.turn.speaker for line in talk.lines if line.turn.speaker is not None):
        own = [line for line in talk.lines if line.turn.speaker == speaker]
        minimal = [_is_minimal(line, lexicon.YES_NO, talk.thresholds.receipt_words) for line in own]
        stretch: tuple[int, int] | None = None
        for first in range(len(own)):
            last = _window_end(own, first, talk.thresholds.window_ms)
            count = last + 1 - first
            is_long = own[last].turn.end_ms - own[first].turn.start_ms >= min(
                talk.thresholds.window_ms // 2, talk.transcript.duration_ms // 2
            )
            if not (minimal[first] and is_long and count >= talk.thresholds.least_turns):
                continue
            if sum(minimal[first : last + 1]) < talk.thresholds.minimal_share * count:
                continue
            while not minimal[last]:
                last -= 1
            if stretch is not None and first > stretch[1]:
                yield _of_lines(own, stretch)
                stretch = None
            stretch = (first, last) if stretch is None else (stretch[0], max(stretch[1], last))
        if stretch is not None:
            yield _of_lines(own, stretch)


def _window_end(own: Sequence[_Line], first: int, window_ms: int) -> int:
    """Return the last line that ends within the window that begins at `first`."""
    last = first
    while last + 1 < len(own) and own[last + 1].turn.end_ms <= own[first].turn.start_ms + window_ms:
        last += 1
    return last


def _of_lines(own: Sequence[_Line], stretch: tuple[int, int]) -> Candidate:
    lines = own[stretch[0] : stretch[1] + 1]
    ids = tuple(word.id for line in lines for word in line.turn.words)
    turn = lines[0].turn
    return Candidate(FinderId.YES_NO, turn.start_ms, lines[-1].turn.end_ms, ids, turn.speaker, "")


def _questions(talk: _Talk) -> Iterator[Candidate]:
    for line in talk.lines:
        for first, last in _sentences(line):
            form = _question(line, first, last)
            if form:
                yield _of_words(FinderId.QUESTION, line, line.turn.words[first], line.turn.words[last], form)


def _question(line: _Line, first: int, last: int) -> str:
    """Return how a sentence asks: with a question word, with its verb first, with a tag, or only by its mark."""
    says = [(n, line.bares[n]) for n in range(first, last + 1) if line.bares[n]]
    while says and (says[0][1] in lexicon.MINIMAL or says[0][1] in lexicon.OPENERS):
        says = says[1:]
    if not says:
        return ""
    words = [word for _, word in says]
    asks = line.turn.words[last].text.rstrip('"”»)').endswith("?")
    if words[0].startswith(lexicon.QUESTION_BEGINNING) and words[0] not in lexicon.NO_QUESTION_WORDS and len(words) > 1:
        return "hv-ord"
    if len(words) > 1 and words[0] in lexicon.FINITE_VERBS and words[1] in lexicon.SUBJECTS:
        return "udsagnsord først"
    if (
        len(words) > 2
        and any(tuple(words[-len(tag) :]) == tag for tag in lexicon.TAGS)
        and (asks or words[-1] != "ikke")
    ):
        return "tillæg"
    return "spørgsmålstegn" if asks and len(words) > 1 else ""


def _sentences(line: _Line) -> Iterator[tuple[int, int]]:
    """Yield the first and last word of each sentence of a turn."""
    first = 0
    for n, word in enumerate(line.turn.words):
        if word.text.rstrip('"“”»«)').endswith(_SENTENCE_ENDS) or n + 1 == len(line.turn.words):
            yield first, n
            first = n + 1


def _repairs(talk: _Talk) -> Iterator[Candidate]:
    before: _Line | None = None
    for line in talk.lines:
        words = line.turn.words
        other = before is not None and before.turn.speaker != line.turn.speaker
        asks = words[-1].text.endswith("?")
        says = line.says
        if asks and says in lexicon.REPAIR_TURNS:
            yield _of_words(FinderId.REPAIR, line, words[0], words[-1], " ".join(says))
        elif asks and other and before is not None and _repeats(line, before, talk.thresholds.repeat_words):
            yield _of_words(FinderId.REPAIR, line, words[0], words[-1], "gentager")
        for word, follows in zip(words, [*line.bares[1:], ""], strict=True):
            if (
                word.text.rstrip(",.?").endswith(("-", "\N{EN DASH}"))
                and len(word.text) > 1
                and follows not in ("og", "eller")
            ):
                yield _of_words(FinderId.REPAIR, line, word, word, "afbrudt ord")
        before = line
    yield from _of_phrases(talk, FinderId.REPAIR, lexicon.REPAIR_PHRASES)


def _repeats(line: _Line, before: _Line, most: int) -> bool:
    says = line.says
    return 0 < len(says) <= most and set(says) <= set(before.says) and bool(content_stems(says))


# --- two turns -------------------------------------------------------------------------------------------------------


def _answers(talk: _Talk) -> Iterator[tuple[_Line, _Line]]:
    """Yield each turn of a citizen with the worker's next one; receipts in between are passed over."""
    heard: _Line | None = None
    for line in talk.lines:
        if _is_minimal(line, lexicon.MINIMAL, talk.thresholds.receipt_words):
            continue
        if line.role is Role.CITIZEN:
            heard = line
        elif line.role is Role.WORKER and heard is not None:
            yield heard, line
            heard = None


def _uptakes(talk: _Talk) -> Iterator[Candidate]:
    for heard, line in _answers(talk):
        shared = content_stems(heard.says) & content_stems(line.says)
        asks = any(_question(line, first, last) for first, last in _sentences(line))
        if shared and asks:
            yield _of_words(FinderId.UPTAKE, line, line.turn.words[0], line.turn.words[-1], _shown(line, shared))


def _missed_openings(talk: _Talk) -> Iterator[Candidate]:
    for heard, line in _answers(talk):
        opens = _work_words(heard)
        if opens and not content_stems(heard.says) & content_stems(line.says):
            words = heard.turn.words
            form = ", ".join(dict.fromkeys(heard.bares[n] for n in sorted(opens)))
            yield _of_words(FinderId.MISSED_OPENING, heard, words[0], words[-1], form)


def _shown(line: _Line, stems: Collection[str]) -> str:
    return ", ".join(dict.fromkeys(word for word in line.says if lexicon.stem(word) in stems))


# --- helpers ---------------------------------------------------------------------------------------------------------


def _phrases(line: _Line, phrases: Iterable[Sequence[str]]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each place where one of `phrases` stands; the longest where several begin."""
    at = [n for n, word in enumerate(line.bares) if word]
    says = tuple(line.bares[n] for n in at)
    ordered = sorted(phrases, key=len, reverse=True)
    taken = -1
    for n in range(len(says)):
        if n <= taken:
            continue
        for phrase in ordered:
            if says[n : n + len(phrase)] == tuple(phrase):
                taken = n + len(phrase) - 1
                yield at[n], at[taken]
                break


def _of_phrases(talk: _Talk, finder: FinderId, phrases: Collection[Sequence[str]]) -> Iterator[Candidate]:
    for line in talk.lines:
        for first, last in _phrases(line, phrases):
            form = " ".join(filter(None, line.bares[first : last + 1]))
            yield _of_words(finder, line, line.turn.words[first], line.turn.words[last], form)


def _of_words(finder: FinderId, line: _Line, first: Word, last: Word, form: str) -> Candidate:
    words = line.turn.words
    ids = tuple(word.id for word in words[words.index(first) : words.index(last) + 1])
    return Candidate(finder, first.start_ms, max(first.end_ms, last.end_ms), ids, line.turn.speaker, form)


_FIND: dict[FinderId, Callable[[_Talk], Iterator[Candidate]]] = {
    FinderId.OVERLAP: _overlaps,
    FinderId.REPAIR: _repairs,
    FinderId.QUESTION: _questions,
    FinderId.PRONOUN: _pronouns,
    FinderId.NAME: _names,
    FinderId.UPTAKE: _uptakes,
    FinderId.MISSED_OPENING: _missed_openings,
    FinderId.WORK: _work,
    FinderId.FORMULATION: _formulations,
    FinderId.RECEIPT: _receipts,
    FinderId.YES_NO: _yes_no,
    FinderId.LAUGHTER: _laughter,
    FinderId.SILENCE: _silences,
    FinderId.GUIDANCE: _guidance,
}
