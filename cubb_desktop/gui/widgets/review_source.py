"""What the review page shows, read from the library in one consistent view; runs in the read pool and knows no Qt."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from cubb_desktop.domain.annotating import BlindRound, Thread
from cubb_desktop.domain.codebook import Annotation, Concept
from cubb_desktop.domain.consent import Consent
from cubb_desktop.domain.frozen import Frozen
from cubb_desktop.domain.ids import ConceptId, RecordingId
from cubb_desktop.domain.job import Job, JobState
from cubb_desktop.domain.reading import Sheet, read
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Transcript, Version
from cubb_desktop.i18n import current_language
from cubb_desktop.library import annotations as library_marks
from cubb_desktop.library import blind_rounds, consents, frozen_lines, people, queue, recordings, transcripts
from cubb_desktop.library.access import Reading
from cubb_desktop.services.concepts import concept_book
from cubb_desktop.services.openings import opened
from cubb_desktop.services.workspace import Workspace

_FIRST_TURNS = 120  # that are read first
MARK_TOKENS = ("third", "accent", "citizen")  # colours of marks, by the concept's place in the book


@dataclass(frozen=True, slots=True)
class Conversation:
    """A recording with its text as lines, its newest job, its marks, its agreement, and the concept book.

    The marks are those that `reader` may see; `colleagues` are the people that can be mentioned.
    """

    recording: Recording
    consent: Consent
    transcript: Transcript | None
    sheet: Sheet | None
    final: bool
    job: Job | None
    threads: tuple[Thread, ...]
    concepts: tuple[Concept, ...]
    stamp: tuple[object, ...]
    reader: str
    blind: BlindRound | None = None
    colleagues: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    frozen: Frozen | None = None  # the lines as they were when they were used in a meeting
    reading: int | None = None  # the number of another version than the one that counts: it is read, not edited
    whole: bool = True  # False for the beginning alone, which is read first where there is much

    @property
    def marks(self) -> tuple[Annotation, ...]:
        """The marks without what was replied to them."""
        return tuple(thread.mark for thread in self.threads)

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


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Leave garbage alone meanwhile: tens of thousands of words come to stay, and looking through them takes longer
    than making them."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def load(
    ws: Workspace,
    recording_id: RecordingId,
    known: Conversation | None = None,
    version: int | None = None,
    *,
    begin: bool = False,
) -> Conversation:
    """Read everything the page shows; the text is read and set only if it is not what `known` has.

    With `begin`, of a long conversation only what fills some screens, so that one can read while the rest is read.
    With `version` the text is that version's. Raises RecordingNotFound, VersionNotFound.
    """
    with _without_collecting():
        return _load(ws, recording_id, known, version, begin=begin)


def _load(
    ws: Workspace, recording_id: RecordingId, known: Conversation | None, version: int | None, *, begin: bool
) -> Conversation:
    concepts, reader = tuple(concept_book(ws)), ws.actor
    with ws.library.read() as reading:
        recording = recordings.get(reading, recording_id)
        consent = _agreement(reading, recording)
        if consent.withdrawn_at is not None:
            return Conversation(recording, consent, None, None, False, None, (), concepts, (), reader)
        versions = tuple(transcripts.versions(reading, recording_id))
        if any(one.current and one.number == version for one in versions):
            version = None
        stamp = (*transcripts.stamp(reading, recording_id), version)
        same = known is not None and known.whole and known.recording.id == recording_id and known.stamp == stamp
        whole, frozen = True, None
        if known is not None and same:
            transcript, final, sheet, frozen = known.transcript, known.final, known.sheet, known.frozen
        elif version is not None:
            transcript, sheet, final = transcripts.version(reading, recording_id, version), None, True
        else:
            beginning = transcripts.head(reading, recording_id, _FIRST_TURNS) if begin else None
            whole, sheet = beginning is None, None
            transcript = beginning or transcripts.latest(reading, recording_id)
            final = transcript is not None and transcripts.is_final(reading, transcript.id)
            frozen = frozen_lines.get(reading, recording_id)
        jobs = queue.all(reading, recording_id)
        threads = tuple(library_marks.threads(reading, recording_id, seen_by=reader))
        blind = blind_rounds.get(reading, recording_id)
        colleagues = tuple(people.names(reading, seen_by=reader))
    opened(ws, recording_id)
    if transcript is not None and sheet is None:
        sheet = read(transcript, frozen=frozen)
        sheet.prepare()
    if sheet is not None and sheet.rows and not whole:
        threads = tuple(thread for thread in threads if thread.mark.start_ms < sheet.rows[-1].start_ms)
    job = max(jobs, key=lambda j: j.created_at, default=None)
    return Conversation(
        recording, consent, transcript, sheet, final, job, threads, concepts, stamp, reader, blind, colleagues,
        versions, frozen, version, whole,
    )  # fmt: skip


def concept_name(concept: Concept) -> str:
    """Return a concept's name in the current language."""
    return concept.name_en if current_language() == "en" else concept.name_da


def concept_hint(concept: Concept) -> str:
    """Return what to listen for, in the current language."""
    return concept.listen_for_en if current_language() == "en" else concept.listen_for_da


def concept_tokens(concepts: tuple[Concept, ...]) -> Mapping[ConceptId, str]:
    """Return the colour of each concept's marks."""
    return {concept.id: MARK_TOKENS[n % len(MARK_TOKENS)] for n, concept in enumerate(concepts)}
