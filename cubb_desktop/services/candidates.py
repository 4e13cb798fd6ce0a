"""Suggested places: what the finders point at, and what people decide about it.

A suggestion becomes a mark when a person accepts it, and goes when a person dismisses it; until then it is in no count
and no export. It is known by its finder and the words it lies on, so that corrections and another run of the finders
leave decisions where they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass

from cubb_desktop.domain.codebook import Annotation
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import SuggestionNotFound
from cubb_desktop.domain.finders import FINDERS, Candidate, Finder, FinderId, Thresholds, find
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.i18n import _
from cubb_desktop.library import decisions
from cubb_desktop.library.decisions import Decision
from cubb_desktop.services.annotations import new_annotation, store_annotation
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.transcripts import read_transcript
from cubb_desktop.services.workspace import Workspace

_UNNAMED = re.compile(r"\w+ \d{1,3}")  # "Taler 2"
_LONGEST_QUOTE = 160


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place a rule points at: `place` is its name, `rule` says with its thresholds why it is here.

    `quote` is what is said there, "" for a silence; `decision` is None until somebody has decided.
    """

    place: str
    candidate: Candidate
    finder: Finder
    rule: str
    thresholds: Thresholds
    quote: str
    decision: Decision | None


def suggestions(
    ws: Workspace,
    recording_id: RecordingId,
    finders: Collection[FinderId] = tuple(FinderId),
    names: Collection[str] = (),
    thresholds: Thresholds | None = None,
    transcript: Transcript | None = None,
) -> list[Suggestion]:
    """Return what the finders point at in a conversation, in order of time, with what was decided about it.

    `names` are the citizen's, beside those the speakers were given; `transcript` is its text where that has been read
    already. Raises RecordingNotFound, NotAllowed,
    TranscriptNotFound.
    """
    transcript = transcript or read_transcript(ws, recording_id)
    with ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        decided = decisions.all(reading, recording_id, seen_by=ws.actor)
    return suggest(transcript, decided, finders, names, thresholds)


def suggest(
    transcript: Transcript,
    decided: dict[str, Decision],
    finders: Collection[FinderId] = tuple(FinderId),
    names: Collection[str] = (),
    thresholds: Thresholds | None = None,
) -> list[Suggestion]:
    """Return the same for a transcript that has been read already."""
    used = thresholds or Thresholds()
    texts = {word.id: word.text for turn in transcript.turns for word in turn.words}
    found = []
    for candidate in find(transcript, {*names, *_names_in(transcript)}, used, finders):
        finder, place = FINDERS[candidate.finder], _place(candidate)
        quote = " ".join(texts[word_id] for word_id in candidate.word_ids if word_id in texts)
        rule = _(finder.rule).format(**used.shown())
        found.append(Suggestion(place, candidate, finder, rule, used, quote[:_LONGEST_QUOTE], decided.get(place)))
    return found


def accept(ws: Workspace, recording_id: RecordingId, suggestion: Suggestion, note: str = "") -> Annotation:
    """Let a suggestion become a mark with its concept; raises NotAllowed, ConceptRetired, InvalidInput."""
    candidate = suggestion.candidate
    annotation, concept = new_annotation(
        ws, recording_id, candidate.start_ms, candidate.end_ms, suggestion.finder.concept, note, candidate.word_ids
    )
    with ws.library.change(ws.actor, "suggestion.accepted", annotation.id) as change:
        store_annotation(change, annotation, concept)
        decided = Decision(
            suggestion.place, candidate.finder, True, asdict(suggestion.thresholds), annotation.id, ws.actor
        )  # fmt: skip
        decisions.put(change, recording_id, decided)
    return annotation


def dismiss(ws: Workspace, recording_id: RecordingId, suggestion: Suggestion) -> None:
    """Let a suggestion go; `bring_back` is its undo. Raises RecordingNotFound, NotAllowed."""
    with ws.library.change(ws.actor, "suggestion.dismissed", recording_id) as change:
        gate_in(change, recording_id, Use.ANNOTATE)
        decided = Decision(
            suggestion.place, suggestion.candidate.finder, False, asdict(suggestion.thresholds), None, ws.actor
        )  # fmt: skip
        decisions.put(change, recording_id, decided)


def bring_back(ws: Workspace, recording_id: RecordingId, place: str) -> None:
    """Forget that a suggestion was dismissed; raises RecordingNotFound, NotAllowed."""
    with ws.library.change(ws.actor, "suggestion.restored", recording_id) as change:
        gate_in(change, recording_id, Use.ANNOTATE)
        decisions.remove(change, recording_id, place, seen_by=ws.actor)


def named(found: Collection[Suggestion], place: str) -> Suggestion:
    """Return the suggestion of that name, or raise `SuggestionNotFound`."""
    for suggestion in found:
        if suggestion.place == place:
            return suggestion
    raise SuggestionNotFound


def _place(candidate: Candidate) -> str:
    if not candidate.word_ids:
        return f"{candidate.finder.name.lower()}:{candidate.start_ms}"
    return f"{candidate.finder.name.lower()}:{candidate.word_ids[0]}:{candidate.word_ids[-1]}"


def _names_in(transcript: Transcript) -> set[str]:
    """Return the citizens' names where the speakers were given any."""
    labels = {speaker.label for speaker in transcript.speakers if speaker.role is Role.CITIZEN}
    return {label.split()[0] for label in labels if label.split() and not _UNNAMED.fullmatch(label)}
