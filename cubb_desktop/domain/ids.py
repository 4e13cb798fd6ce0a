"""Names for the ids that travel through the house; all are UUIDs as text, made where the thing is made."""

from __future__ import annotations

from typing import NewType

ConsentId = NewType("ConsentId", str)
RecordingId = NewType("RecordingId", str)
TranscriptId = NewType("TranscriptId", str)
SpeakerId = NewType("SpeakerId", str)
TurnId = NewType("TurnId", str)
WordId = NewType("WordId", str)
ConceptId = NewType("ConceptId", str)
AnnotationId = NewType("AnnotationId", str)
ExampleId = NewType("ExampleId", str)
ReplyId = NewType("ReplyId", str)
ExcerptId = NewType("ExcerptId", str)
ExportId = NewType("ExportId", str)
SlotId = NewType("SlotId", str)
JobId = NewType("JobId", str)
MarkId = NewType("MarkId", str)
CollectionId = NewType("CollectionId", str)
PassageId = NewType("PassageId", str)
EvidenceId = NewType("EvidenceId", str)
