"""The concept book: ways of noticing, never scores; and the annotations people make with them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.ids import AnnotationId, ConceptId, ExampleId, RecordingId, WordId

SOURCE_REMARKS = (N_("afventer godkendelse fra AAU"),)  # what may stand in brackets after a source
GROUPS = (
    N_("Sekvens og turtagning"),
    N_("Turdesign"),
    N_("Gribning"),
    N_("Tilslutning og modstand"),
    N_("Følelser og latter"),
    N_("Pauser og tavshed"),
    N_("Den institutionelle samtale"),
    N_("Syn på borgeren"),
)


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept in both languages; `id` is its stable slug (`gribning`), also what the command line takes.

    What is `in_use` can be chosen for a mark. A `retired` concept can't any more, but keeps the marks it has; one that
    was merged says into which.
    """

    id: ConceptId
    group: str
    name_da: str
    name_en: str
    definition_da: str
    definition_en: str
    listen_for_da: str
    listen_for_en: str
    ask_yourself_da: str
    ask_yourself_en: str
    source: str
    starter: bool = False
    in_use: bool = True
    retired: bool = False
    merged_into: ConceptId | None = None

    @property
    def awaits(self) -> bool:
        """Whether its definition still waits for the researchers' approval."""
        return any(remark in self.source for remark in SOURCE_REMARKS)

    @property
    def untranslated(self) -> tuple[str, ...]:
        """Which of its texts say the same in both languages: somebody still has to translate them."""
        pairs = {
            "definition": (self.definition_da, self.definition_en),
            "listen_for": (self.listen_for_da, self.listen_for_en),
            "ask_yourself": (self.ask_yourself_da, self.ask_yourself_en),
        }
        return tuple(name for name, (danish, english) in pairs.items() if danish == english != "")

    @property
    def wording(self) -> tuple[str, ...]:
        """All that says what it means; another wording is another version."""
        return (
            self.group, self.name_da, self.name_en, self.definition_da, self.definition_en, self.listen_for_da,
            self.listen_for_en, self.ask_yourself_da, self.ask_yourself_en, self.source,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ConceptVersion:
    """A wording that a concept had, who wrote it and when."""

    concept: Concept
    version: int
    author: str
    at: datetime


def guid_of(concept_id: ConceptId) -> str:
    """Return what other programs, and the log, know a concept by: the same for the same id everywhere."""
    return str(uuid.uuid5(_BOOK, concept_id))


_BOOK = uuid.UUID("5b0c5f0e-6a0c-5d7e-9a59-6a1a3c1f0f6e")


class MarkStatus(StrEnum):
    """Whether a mark has been talked about; it grades nothing."""

    OPEN = "open"
    DISCUSSED = "discussed"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A person's mark on a passage, anchored to the words it covers and to the time it covers."""

    id: AnnotationId
    recording_id: RecordingId
    concept_id: ConceptId
    start_ms: int
    end_ms: int
    word_ids: tuple[WordId, ...]
    note: str
    author: str
    created_at: datetime
    version: int = 1
    status: MarkStatus = MarkStatus.OPEN


class ExampleKind(StrEnum):
    """Whether a passage shows what a concept is, or what it is not."""

    EXAMPLE = "example"
    COUNTER_EXAMPLE = "counter-example"


@dataclass(frozen=True, slots=True)
class ConceptExample:
    """A passage of a conversation that shows a concept, anchored as a mark is: to its words and to its time."""

    id: ExampleId
    concept_id: ConceptId
    recording_id: RecordingId
    kind: ExampleKind
    start_ms: int
    end_ms: int
    word_ids: tuple[WordId, ...]
    note: str
    author: str
    created_at: datetime
    version: int = 1
