"""What the review page shows, read from the library in one consistent view; runs in the read pool and knows no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cubb_desktop.domain.codebook import Annotation, Concept
from cubb_desktop.domain.consent import Consent
from cubb_desktop.domain.frozen import Frozen
from cubb_desktop.domain.ids import ConceptId, RecordingId
from cubb_desktop.domain.job import Job, JobState
from cubb_desktop.domain.reading import Sheet, read
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.i18n import current_language
from cubb_desktop.library import annotations as library_marks
from cubb_desktop.library import consents, frozen_lines, queue, recordings, transcripts
from cubb_desktop.library.access import Reading
from cubb_desktop.services.concepts import concept_book
from cubb_desktop.services.openings import opened
from cubb_desktop.services.workspace import Workspace

MARK_TOKENS = ("third", "accent", "citizen")  # colours of marks, by the concept's place in the book


@dataclass(frozen=True, slots=True)
class Conversation:
    """A recording with its text as lines, its newest job, its marks, its agreement, and the concept book."""

    recording: Recording
    consent: Consent
    transcript: Transcript | None
    sheet: Sheet | None
    final: bool
    job: Job | None
    marks: tuple[Annotation, ...]
    concepts: tuple[Concept, ...]
    stamp: tuple[object, ...]
    frozen: Frozen | None = None  # the lines as they were when they were used in a meeting

    @property
    def withdrawn(self) -> bool:
        """Whether the citizen has taken the agreement back; then neither text nor marks are here."""
        return self.consent.withdrawn_at is not None

    @property
    def under_way(self) -> bool:
        """Whether a transcription waits or is being done."""
        return self.job is not None and self.job.state in {JobState.TODO, JobState.DOING}

    @property
    def failed(self) -> bool:
        """Whether the newest transcription failed and nothing finished is there instead."""
        return self.job is not None and self.job.state is JobState.FAILED and not self.final

    def concept(self, concept_id: ConceptId) -> Concept | None:
        """Return a concept of the book, None for one that is not in it any more."""
        return next((concept for concept in self.concepts if concept.id == concept_id), None)


def _agreement(reading: Reading, recording: Recording) -> Consent:
    """Return a recording's agreement; that of anybody who is heard and has taken it back comes first."""
    heard = recordings.get_participants(reading, recording.id)
    ids = [recording.consent_id, *(person.consent_id for person in heard if person.consent_id is not None)]
    agreed = [consents.get(reading, consent_id) for consent_id in ids]
    return next((consent for consent in agreed if consent.withdrawn_at is not None), agreed[0])


def load(ws: Workspace, recording_id: RecordingId, known: Conversation | None = None) -> Conversation:
    """Read everything the page shows; the text is read and set only if it is not what `known` has.

    Raises RecordingNotFound.
    """
    concepts = tuple(concept_book(ws))
    with ws.library.read() as reading:
        recording = recordings.get(reading, recording_id)
        consent = _agreement(reading, recording)
        if consent.withdrawn_at is not None:
            return Conversation(recording, consent, None, None, False, None, (), concepts, ())
        stamp = transcripts.stamp(reading, recording_id)
        same = known is not None and known.recording.id == recording_id and known.stamp == stamp
        if known is not None and same:
            transcript, final, sheet, frozen = known.transcript, known.final, known.sheet, known.frozen
        else:
            transcript, sheet = transcripts.latest(reading, recording_id), None
            final = transcript is not None and transcripts.is_final(reading, transcript.id)
            frozen = frozen_lines.get(reading, recording_id)
        jobs = queue.all(reading, recording_id)
        marks = tuple(library_marks.all(reading, recording_id))
    opened(ws, recording_id)
    if transcript is not None and sheet is None:
        sheet = read(transcript, frozen=frozen)
    job = max(jobs, key=lambda j: j.created_at, default=None)
    return Conversation(recording, consent, transcript, sheet, final, job, marks, concepts, stamp, frozen)


def concept_name(concept: Concept) -> str:
    """Return a concept's name in the current language."""
    return concept.name_en if current_language() == "en" else concept.name_da


def concept_hint(concept: Concept) -> str:
    """Return what to listen for, in the current language."""
    return concept.listen_for_en if current_language() == "en" else concept.listen_for_da


def concept_tokens(concepts: tuple[Concept, ...]) -> Mapping[ConceptId, str]:
    """Return the colour of each concept's marks."""
    return {concept.id: MARK_TOKENS[n % len(MARK_TOKENS)] for n, concept in enumerate(concepts)}
