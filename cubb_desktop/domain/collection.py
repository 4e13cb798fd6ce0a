"""Collections: the same phenomenon gathered over conversations, case by case, deviant cases among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cubb_desktop.domain.ids import CollectionId, PassageId, RecordingId, WordId


@dataclass(frozen=True, slots=True)
class Collection:
    """A named collection; `question` is what one wants to find out with it, in words."""

    id: CollectionId
    name: str
    question: str
    author: str
    created_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class Passage:
    """One case of a collection: a stretch of a conversation, anchored to words and to time.

    `deviant` says that it goes against the pattern; such a case shows best what the pattern is.
    """

    id: PassageId
    collection_id: CollectionId
    recording_id: RecordingId
    start_ms: int
    end_ms: int
    word_ids: tuple[WordId, ...]
    deviant: bool
    note: str
    author: str
    created_at: datetime
    version: int = 1
