"""Suggested places in a real library: named, decided about, never more than suggestions until a person says so."""

from __future__ import annotations

import pytest

from cubb_desktop.domain import corrections
from cubb_desktop.domain.errors import ConsentWithdrawn, SuggestionNotFound
from cubb_desktop.domain.finders import FinderId, Thresholds
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.recording import Role
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import candidates, concepts, transcripts
from cubb_desktop.services.candidates import Suggestion
from cubb_desktop.services.consents import withdraw_consent
from cubb_desktop.services.corrections import Editing
from cubb_desktop.services.recordings import get_recording
from cubb_desktop.services.workspace import Workspace
from tests import builders

SAID = (
    builders.turn("hvad tænker du selv om arbejde?", 0, builders.WORKER.id),
    builders.turn("jeg vil gerne arbejde på et lager", 2_500, builders.CITIZEN.id),
    builders.turn("mm", 5_000, builders.WORKER.id),
    builders.turn("man skal jo prøve, Anna", 6_000, builders.WORKER.id),
)


@pytest.fixture
def recording_id(workspace: Workspace, consent_id: ConsentId) -> RecordingId:
    made = builders.stored_recording(workspace.library, consent_id=consent_id, duration_ms=60_000)
    with workspace.library.change(builders.ACTOR, "transcript.finished", made.id) as change:
        builders.store_transcript(change, builders.transcript(made.id, SAID))
    transcripts.set_speaker(workspace, made.id, builders.WORKER.id, "Mette", Role.WORKER)
    transcripts.set_speaker(workspace, made.id, builders.CITIZEN.id, "Anna H", Role.CITIZEN)
    return made.id


def of(found: list[Suggestion], finder: FinderId) -> list[Suggestion]:
    return [one for one in found if one.candidate.finder is finder]


def test_each_says_its_rule_with_the_thresholds_and_its_source(workspace: Workspace, recording_id: RecordingId) -> None:
    found = candidates.suggestions(workspace, recording_id)
    assert len({one.place for one in found}) == len(found)
    for one in found:
        assert "{" not in one.rule
        assert one.finder.source
        assert one.decision is None
        assert concepts.get_concept(workspace, one.finder.concept)
    [silence] = of(
        candidates.suggestions(workspace, recording_id, thresholds=Thresholds(silence_ms=900)), FinderId.SILENCE
    )
    assert "900" in silence.rule or "0,9" in silence.rule
    assert silence.quote == ""


def test_the_citizens_name_is_known_from_the_speakers(workspace: Workspace, recording_id: RecordingId) -> None:
    [name] = of(candidates.suggestions(workspace, recording_id), FinderId.NAME)
    assert name.quote == "Anna"
    assert of(candidates.suggestions(workspace, recording_id, [FinderId.PRONOUN]), FinderId.NAME) == []


def test_one_that_is_accepted_becomes_a_mark_on_its_words(workspace: Workspace, recording_id: RecordingId) -> None:
    one = next(s for s in candidates.suggestions(workspace, recording_id) if s.candidate.form == "man")
    assert marks.list_annotations(workspace, recording_id) == []
    mark = candidates.accept(workspace, recording_id, one, "  hvem er »man«? ")
    assert marks.list_annotations(workspace, recording_id) == [mark]
    assert (mark.word_ids, mark.concept_id, mark.note) == (one.candidate.word_ids, "pronominer", "hvem er »man«?")
    again = candidates.named(candidates.suggestions(workspace, recording_id), one.place)
    assert again.decision is not None
    assert again.decision.accepted
    assert again.decision.thresholds["silence_ms"] == 500
    marks.remove_annotation(workspace, mark.id)
    assert candidates.named(candidates.suggestions(workspace, recording_id), one.place).decision is None


def test_what_is_dismissed_stays_so_until_it_is_brought_back(workspace: Workspace, recording_id: RecordingId) -> None:
    one = candidates.suggestions(workspace, recording_id)[0]
    candidates.dismiss(workspace, recording_id, one)
    decided = candidates.named(candidates.suggestions(workspace, recording_id), one.place).decision
    assert decided is not None
    assert (decided.accepted, decided.annotation_id, decided.author) == (False, None, builders.ACTOR)
    assert marks.list_annotations(workspace, recording_id) == []
    candidates.bring_back(workspace, recording_id, one.place)
    assert candidates.named(candidates.suggestions(workspace, recording_id), one.place).decision is None
    with pytest.raises(SuggestionNotFound):
        candidates.named(candidates.suggestions(workspace, recording_id), "findes ikke")


def test_a_correction_beside_it_leaves_the_decision(workspace: Workspace, recording_id: RecordingId) -> None:
    one = next(s for s in candidates.suggestions(workspace, recording_id) if s.candidate.form == "man")
    candidates.dismiss(workspace, recording_id, one)
    editing = Editing(workspace, recording_id)
    edit = corrections.retype(
        editing.text, editing.text.turns[3].id, "altså man skal jo prøve det, Anna", editing.hand()
    )
    assert edit is not None
    editing.do(edit).save()
    assert candidates.named(candidates.suggestions(workspace, recording_id), one.place).decision is not None


def test_nobody_decides_once_the_agreement_is_withdrawn(workspace: Workspace, recording_id: RecordingId) -> None:
    one = candidates.suggestions(workspace, recording_id)[0]
    withdraw_consent(workspace, get_recording(workspace, recording_id).consent_id)
    for act in (
        lambda: candidates.suggestions(workspace, recording_id),
        lambda: candidates.accept(workspace, recording_id, one),
        lambda: candidates.dismiss(workspace, recording_id, one),
        lambda: candidates.bring_back(workspace, recording_id, one.place),
    ):
        with pytest.raises(ConsentWithdrawn):
            act()


def test_three_hours_are_read_in_seconds(workspace: Workspace, consent_id: ConsentId) -> None:
    made = builders.stored_recording(workspace.library, consent_id=consent_id, duration_ms=12_000_000)
    found = candidates.suggest(builders.long_transcript(made.id, 30_000), {})
    assert found
