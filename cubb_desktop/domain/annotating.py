"""Annotating together: replies to marks, people mentioned, rounds in which each works alone first, what is shown of it.

A person is known by the name they write for themselves; spaces and case do not count. Nothing here counts people.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cubb_desktop.domain.codebook import Annotation, MarkStatus
from cubb_desktop.domain.consent import folded
from cubb_desktop.domain.ids import AnnotationId, ConceptId, RecordingId, ReplyId, WordId
from cubb_desktop.domain.reading import Sheet


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody wrote to a mark; a version above 1 says that it was worded anew."""

    id: ReplyId
    annotation_id: AnnotationId
    text: str
    author: str
    created_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class Thread:
    """A mark and the replies to it, the oldest first, as far as the one who asks may see them."""

    mark: Annotation
    replies: tuple[Reply, ...] = ()


# --- each by themselves first ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody whom a round waits for, and since when they are done."""

    name: str
    ready_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BlindRound:
    """A conversation that people mark each by themselves first; when it is opened, all see everything, for good.

    Without people it waits for nobody: whoever began it opens it.
    """

    recording_id: RecordingId
    people: tuple[Participant, ...]
    begun_by: str
    begun_at: datetime
    opened_at: datetime | None = None
    opened_by: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether all see everything."""
        return self.opened_at is not None

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Those who have not said that they are done."""
        return tuple(person.name for person in self.people if person.ready_at is None)

    def waits_for_person(self, name: str) -> bool:
        """Whether somebody takes part and is not done."""
        return folded(name) in {folded(one) for one in self.waits_for}

    def takes_part(self, name: str) -> bool:
        """Whether somebody is among those whom the round waits for, done or not."""
        return folded(name) in {folded(person.name) for person in self.people}

    def was_begun_by(self, name: str) -> bool:
        """Whether it is somebody's own round."""
        return same_person(self.begun_by, name)


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's."""
    return folded(one) == folded(other)


def each_once(names: Iterable[str]) -> list[str]:
    """Return each person once, in the first spelling there is, without needless spaces."""
    found: dict[str, str] = {}
    for name in names:
        if name.strip():
            found.setdefault(folded(name), " ".join(name.split()))
    return list(found.values())


def may_see(author: str, seen_by: str, blind: BlindRound | None) -> bool:
    """Whether somebody may see what an author made in a conversation: their own always, others' unless it is blind."""
    return blind is None or blind.is_open or same_person(author, seen_by)


# --- people who are mentioned ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mention:
    """A person named in a text, from the @ to the end of the name."""

    start: int
    end: int
    name: str


def mentions_in(text: str, names: Collection[str]) -> list[Mention]:
    """Return where a text mentions one of these people (`@Mette Holm`); the longest name that fits is meant."""
    if "@" not in text:
        return []
    spelled = sorted({" ".join(name.split()) for name in names if name.strip()}, key=len, reverse=True)
    if not spelled:
        return []
    alternatives = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in spelled)
    found = re.finditer(rf"(?<!\w)@({alternatives})(?!\w)", text, re.IGNORECASE)
    by_key = {folded(name): name for name in spelled}
    return [Mention(one.start(), one.end(), by_key[folded(one.group(1))]) for one in found]


def mentions_person(thread: Thread, person: str, names: Collection[str]) -> bool:
    """Whether a mark's note or one of its replies mentions a person."""
    everybody = {*names, person}
    texts = [thread.mark.note, *(reply.text for reply in thread.replies)]
    return any(same_person(one.name, person) for text in texts for one in mentions_in(text, everybody))


# --- what is shown ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MarkFilter:
    """Which marks are shown; what is empty or False lets all pass, what is set must all hold."""

    people: frozenset[str] = field(default_factory=frozenset)
    concepts: frozenset[ConceptId] = field(default_factory=frozenset)
    status: MarkStatus | None = None
    mine: bool = False
    mentions_me: bool = False
    unanswered: bool = False

    def __bool__(self) -> bool:
        return self != MarkFilter()

    def passes(self, thread: Thread, me: str, names: Collection[str]) -> bool:
        """Whether a thread is shown to `me`; `names` are the people the library knows."""
        mark = thread.mark
        people = {folded(name) for name in self.people}
        return (
            (not people or folded(mark.author) in people)
            and (not self.concepts or mark.concept_id in self.concepts)
            and (self.status is None or mark.status is self.status)
            and (not self.mine or same_person(mark.author, me))
            and (not self.unanswered or not thread.replies)
            and (not self.mentions_me or mentions_person(thread, me, names))
        )


def shown(threads: Iterable[Thread], wanted: MarkFilter, me: str, names: Collection[str]) -> list[Thread]:
    """Return the threads that a filter lets pass."""
    return [thread for thread in threads if wanted.passes(thread, me, names)]


# --- where a mark is -------------------------------------------------------------------------------------------------


def stops_of(sheet: Sheet, word_ids: Sequence[WordId], start_ms: int, end_ms: int) -> range:
    """Return the stops that a mark lies on: its words, wherever corrections have put them.

    Where none of its words is left it falls back on its times, and where nothing is there on what was said last before.
    """
    known = [stop for word_id in word_ids if (stop := sheet.stop_of(word_id)) is not None]
    if known:
        return range(min(known), max(known) + 1)
    between = sheet.stops_between(start_ms, end_ms)
    if between:
        return between
    nearest = sheet.nearest_stop(start_ms)
    return range(0) if nearest is None else range(nearest, nearest + 1)


def rows_of(sheet: Sheet, mark: Annotation) -> range:
    """Return the rows that a mark stands beside; empty only where there is no text at all."""
    stops = stops_of(sheet, mark.word_ids, mark.start_ms, mark.end_ms)
    rows = [sheet.stops[n].row for n in stops]
    return range(min(rows), max(rows) + 1) if rows else range(0)
