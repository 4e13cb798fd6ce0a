"""The concept book: ways of noticing, never scores; and the annotations people make with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.ids import AnnotationId, ConceptId, RecordingId, WordId

SOURCE_REMARKS = (N_("afventer godkendelse fra AAU"),)  # what may stand in brackets after a source
STARTER_GROUPS = (N_("Turdesign"), N_("Gribning"), N_("Følelser og latter"), N_("Pauser og tavshed"))


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept in both languages; `id` is its stable slug (`gribning`), also what the command line takes."""

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
