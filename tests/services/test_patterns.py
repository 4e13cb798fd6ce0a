"""The concordance: forms of a word, phrases, pages in order, and never what an agreement forbids."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cubb_desktop.domain import corrections
from cubb_desktop.domain.concordance import Mode
from cubb_desktop.domain.errors import ConsentWithdrawn, TranscriptNotFound
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.recording import Role
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.library import concordance as index
from cubb_desktop.library import recordings, transcripts
from cubb_desktop.services import erasure, keeping, patterns
from cubb_desktop.services.corrections import Editing
from cubb_desktop.services.workspace import Workspace
from tests import builders

TALK = (
    "jeg vil gerne arbejde, og arbejdet er godt",
    "du arbejdede på Aalborg havn og søgte job",
    "det er jeg glad for det er godt",
    "Ja. Det ved jeg ikke",
)


def talk(ws: Workspace, consent_id: ConsentId, *texts: str, **fields: object) -> RecordingId:
    """Store a conversation whose turns the two voices say in turn, each ten seconds after the other."""
    recording = builders.recording(consent_id=consent_id, **fields)
    voices = (builders.WORKER.id, builders.CITIZEN.id)
    turns = tuple(builders.turn(text, 10_000 * n, voices[n % 2]) for n, text in enumerate(texts or TALK))
    with ws.library.change(ws.actor, "recording.added", recording.id) as change:
        recordings.add(change, recording)
        builders.store_transcript(change, builders.transcript(recording.id, turns, overlaps=()))
    return recording.id


def hits(ws: Workspace, query: str, mode: Mode = Mode.INFLECTED) -> list[str]:
    return [line.hit for line in patterns.concordance(ws, query, mode).lines]


_FOUND: tuple[tuple[str, list[str], list[str]], ...] = (  # a query, what it finds, and what it finds as written
    ("arbejder", ["arbejde,", "arbejdet", "arbejdede"], []),
    ("ARBEJDE", ["arbejde,", "arbejdet", "arbejdede"], ["arbejde,"]),
    ("arbejd*", ["arbejde,", "arbejdet", "arbejdede"], ["arbejde,", "arbejdet", "arbejdede"]),
    ("søger", ["søgte"], []),
    ("ålborg", ["Aalborg"], []),
    ('"det er"', ["det er", "det er"], ["det er", "det er"]),
    ('"søge jobbet"', ["søgte job"], []),
    ("godt arbejde", ["godt"], ["godt"]),
    ("vi", [], []),
    ("er du", [], []),
    ("findesikke", [], []),
    ('"', [], []),
)


def test_words_are_found_in_their_forms_or_as_written(workspace: Workspace, consent_id: ConsentId) -> None:
    talk(workspace, consent_id)
    found = [(query, hits(workspace, query), hits(workspace, query, Mode.EXACT)) for query, _forms, _exact in _FOUND]
    assert found == list(_FOUND)


def test_a_line_says_where_it_is_and_is_heard_there(workspace: Workspace, consent_id: ConsentId) -> None:
    recording_id = talk(workspace, consent_id, title="Om havnen")
    [line] = patterns.concordance(workspace, "havn").lines
    assert (line.recording_id, line.title, line.turn_start_ms, line.speaker) == (
        recording_id, "Om havnen", 10_000, "Taler 2",
    )  # fmt: skip
    assert (line.before, line.hit, line.after) == ("du arbejdede på Aalborg", "havn", "og søgte job")
    assert patterns.stretch_of(workspace, line)[:2] == (11_200, 11_500)
    whole = patterns.turn_of(workspace, line)
    assert (whole.start_ms, whole.end_ms, len(whole.word_ids)) == (10_000, 12_400, 8)


@pytest.mark.parametrize("few", [2_000, 3])
def test_pages_follow_each_other_through_every_conversation_the_newest_first(
    workspace: Workspace, consent_id: ConsentId, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(index, "_FEW", few)  # a rare word is looked up at once, a common one bit by bit
    for hour in range(5):
        texts = [f"ja nummer {hour}{n} ja" for n in range(4)]
        talk(workspace, consent_id, *texts, recorded_at=builders.MORNING - timedelta(hours=hour))
    told, after, pages = [], None, 0
    while True:
        page = patterns.concordance(workspace, "ja", after=after, most=6)
        told += [(line.before, line.hit, line.after) for line in page.lines]
        pages += 1
        if page.rest is None:
            break
        assert len(page.lines) >= 6
        after = page.rest
    assert pages > 3
    numbers = [before.split()[-1] for before, _hit, _after in told if before]
    assert numbers == [f"{hour}{n}" for hour in range(5) for n in range(4)]
    assert len(told) == 40
    everything = patterns.concordance(workspace, "ja", most=1_000)
    assert [(line.before, line.hit, line.after) for line in everything.lines] == told


def test_what_people_corrected_is_found_as_it_is_now(workspace: Workspace, consent_id: ConsentId) -> None:
    recording_id = talk(workspace, consent_id)
    before = latest(workspace, recording_id)
    with workspace.library.change(workspace.actor, "speaker.named", recording_id) as change:
        transcripts.set_speaker(change, recording_id, builders.CITIZEN.id, "Borger", Role.CITIZEN)
    replace_all(workspace, recording_id, "havn", "kajen")
    assert hits(workspace, "havn") == []
    [line] = patterns.concordance(workspace, "kaj").lines
    assert (line.hit, line.speaker, line.turn_id) == ("kajen", "Borger", before.turns[1].id)
    assert patterns.stretch_of(workspace, line).start_ms == 11_200


def latest(ws: Workspace, recording_id: RecordingId) -> Transcript:
    with ws.library.read() as reading:
        found = transcripts.latest(reading, recording_id)
    assert found is not None
    return found


def replace_all(ws: Workspace, recording_id: RecordingId, sought: str, instead: str) -> None:
    editing = Editing(ws, recording_id)
    edit, _turns = corrections.replace_all(editing.text, sought, instead, editing.hand())
    assert edit is not None
    editing.do(edit).save()


def test_one_conversation_alone_and_whose_it_is(workspace: Workspace, consent_id: ConsentId) -> None:
    mine = talk(workspace, consent_id, author=workspace.actor)
    others = talk(workspace, consent_id, author="Anders")
    assert len(hits(workspace, "arbejde")) == 6
    assert len(patterns.concordance(workspace, "arbejde", recording_id=mine).lines) == 3
    assert patterns.is_own(workspace, mine)
    assert not patterns.is_own(workspace, others)
    lines = list(patterns.concordance(workspace, "arbejde", recording_id=mine).lines)
    stretches = patterns.stretches_of(workspace, mine, lines)
    assert [stretch.start_ms for stretch in stretches] == [0, 10_000]  # each turn once


@pytest.mark.parametrize("held", [False, True])
def test_after_a_withdrawal_nothing_is_found_not_even_of_what_is_held_back(
    workspace: Workspace, consent_id: ConsentId, held: bool
) -> None:
    recording_id = talk(workspace, consent_id)
    [line] = patterns.concordance(workspace, "havn").lines
    if held:
        keeping.hold(workspace, recording_id, "en klagesag")
    erasure.withdraw(workspace, consent_id)
    assert hits(workspace, "havn") == []
    with pytest.raises(ConsentWithdrawn):
        patterns.concordance(workspace, "havn", recording_id=recording_id)
    with pytest.raises(ConsentWithdrawn):
        patterns.stretch_of(workspace, line)


def test_a_line_whose_turn_is_gone_is_told(workspace: Workspace, consent_id: ConsentId) -> None:
    recording_id = talk(workspace, consent_id)
    [line] = patterns.concordance(workspace, "havn").lines
    with workspace.library.change(workspace.actor, "transcript.made", recording_id) as change:
        again = builders.transcript(recording_id, engine=builders.engine(language="sv"))
        builders.store_transcript(change, again)
    with pytest.raises(TranscriptNotFound):
        patterns.stretch_of(workspace, line)
