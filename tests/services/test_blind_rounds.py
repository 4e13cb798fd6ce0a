"""Each by themselves first: until it is opened, nobody sees, counts, exports or works on what others made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from cubb_desktop.domain.annotating import Thread
from cubb_desktop.domain.annotating_errors import (
    NoRound,
    NotTakingPart,
    NotTheBeginner,
    RepliesHidden,
    RoundOpened,
    RoundUnderWay,
)
from cubb_desktop.domain.errors import CubbError, InvalidInput, MarkNotFound, ReplyNotFound
from cubb_desktop.domain.finders import FinderId
from cubb_desktop.domain.ids import ConceptId, ConsentId, RecordingId
from cubb_desktop.library import annotations as stored
from cubb_desktop.library import audit
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import candidates, conversations, erasure, replies
from cubb_desktop.services.blind_rounds import begin_round, get_round, open_round, say_ready
from cubb_desktop.services.workspace import Workspace
from tests import builders

PAUSE, GRIBNING = ConceptId("pause"), ConceptId("gribning")


@pytest.fixture
def recording_id(workspace: Workspace, consent_id: ConsentId) -> RecordingId:
    made = builders.stored_recording(workspace.library, consent_id=consent_id, duration_ms=60_000)
    with workspace.library.change(builders.ACTOR, "transcript.finished", made.id) as change:
        builders.store_transcript(change, builders.transcript(made.id))
    return made.id


@contextmanager
def being(ws: Workspace, name: str) -> Iterator[None]:
    """Let somebody else sit at the machine for a while."""
    before, ws.actor = ws.actor, name
    yield
    ws.actor = before


def seen(ws: Workspace, recording_id: RecordingId, name: str) -> list[Thread]:
    with being(ws, name):
        return marks.list_threads(ws, recording_id)


def test_each_sees_their_own_until_it_is_opened_for_all_at_the_same_moment(
    workspace: Workspace, recording_id: RecordingId
) -> None:
    begin_round(workspace, recording_id, ["Anders", " mette "])
    mine = marks.annotate(workspace, recording_id, 0, 900, PAUSE, "her bliver der stille")
    with being(workspace, "Anders"):
        theirs = marks.annotate(workspace, recording_id, 0, 900, GRIBNING, "her griber du")
        assert [t.mark for t in marks.list_threads(workspace, recording_id)] == [theirs]
    assert marks.list_annotations(workspace, recording_id) == [mine]
    assert seen(workspace, recording_id, "Bodil") == []  # who takes no part sees no more
    assert [t.mark for t in seen(workspace, recording_id, "  METTE ")] == [mine]
    say_ready(workspace, recording_id)
    assert len(seen(workspace, recording_id, "Mette")) == 1
    with being(workspace, "Anders"):
        opened = say_ready(workspace, recording_id)
    assert opened.is_open
    assert opened.opened_by == "Anders"
    for name in ("Mette", "Anders", "Bodil"):
        assert {t.mark.id for t in seen(workspace, recording_id, name)} == {mine.id, theirs.id}


def test_a_hidden_mark_can_be_neither_read_nor_worked_on(workspace: Workspace, recording_id: RecordingId) -> None:
    early = marks.annotate(workspace, recording_id, 0, 900, PAUSE)
    answer = replies.reply(workspace, early.id, "hvad sker der her?")
    begin_round(workspace, recording_id)
    with being(workspace, "Anders"):
        acts: list[Callable[[], object]] = [
            lambda: marks.get_thread(workspace, early.id),
            lambda: marks.edit_annotation(workspace, early.id, note="x"),
            lambda: marks.set_status(workspace, early.id, early.status),
            lambda: marks.remove_annotation(workspace, early.id),
            lambda: replies.reply(workspace, early.id, "x"),
        ]
        for act in acts:
            with pytest.raises(MarkNotFound):
                act()
        for act in (
            lambda: replies.edit_reply(workspace, answer.id, "x"),
            lambda: replies.remove_reply(workspace, answer.id),
        ):
            with pytest.raises(ReplyNotFound):
                act()


def test_replies_of_others_to_ones_own_mark_wait_too(workspace: Workspace, recording_id: RecordingId) -> None:
    mine = marks.annotate(workspace, recording_id, 0, 900, PAUSE)
    with being(workspace, "Anders"):
        replies.reply(workspace, mine.id, "fra før runden")
    begin_round(workspace, recording_id)
    own = replies.reply(workspace, mine.id, "min egen tanke")
    assert marks.get_thread(workspace, mine.id).replies == (own,)
    with pytest.raises(RepliesHidden):
        marks.remove_annotation(workspace, mine.id)
    open_round(workspace, recording_id)
    assert len(marks.remove_annotation(workspace, mine.id).thread.replies) == 2


def test_neither_counts_nor_suggestions_nor_names_give_others_away(
    workspace: Workspace, recording_id: RecordingId, consent_id: ConsentId
) -> None:
    begin_round(workspace, recording_id)
    with being(workspace, "Anders"):
        marks.annotate(workspace, recording_id, 0, 900, PAUSE)
        one, two = candidates.suggestions(workspace, recording_id, [FinderId.SILENCE])[:2]
        candidates.accept(workspace, recording_id, one)
        candidates.dismiss(workspace, recording_id, two)
        assert [c.marks for c in conversations.list_conversations(workspace)] == [2]
    assert [c.marks for c in conversations.list_conversations(workspace)] == [0]
    assert erasure.preview(workspace, consent_id).marks == 0
    assert "Anders" not in replies.known_people(workspace)
    found = candidates.suggestions(workspace, recording_id, [FinderId.SILENCE])
    assert [s.decision for s in found] == [None] * len(found)
    candidates.accept(workspace, recording_id, candidates.named(found, one.place))
    candidates.bring_back(workspace, recording_id, two.place)  # nothing of one's own: the other's stays
    open_round(workspace, recording_id)
    decided = {s.place: s.decision for s in candidates.suggestions(workspace, recording_id, [FinderId.SILENCE])}
    assert {name: d.accepted for name in (one.place, two.place) if (d := decided[name])} == {
        one.place: True,
        two.place: False,
    }
    assert len(marks.list_annotations(workspace, recording_id)) == 3  # both marked the same place
    assert "Anders" in replies.known_people(workspace)


def test_a_person_can_say_that_they_are_not_done_after_all(workspace: Workspace, recording_id: RecordingId) -> None:
    begin_round(workspace, recording_id, ["Mette", "Anders"])
    assert say_ready(workspace, recording_id).waits_for == ("Anders",)
    assert say_ready(workspace, recording_id, ready=False).waits_for == ("Mette", "Anders")
    with being(workspace, "Bodil"), pytest.raises(NotTakingPart):
        say_ready(workspace, recording_id)


def test_only_who_began_it_opens_early_and_what_is_open_stays_open(
    workspace: Workspace, recording_id: RecordingId
) -> None:
    with pytest.raises(NoRound):
        open_round(workspace, recording_id)
    assert get_round(workspace, recording_id) is None
    begin_round(workspace, recording_id, ["Anders"])
    with pytest.raises(RoundUnderWay):
        begin_round(workspace, recording_id)
    with being(workspace, "Anders"), pytest.raises(NotTheBeginner) as told:
        open_round(workspace, recording_id)
    assert builders.ACTOR in str(told.value)
    open_round(workspace, recording_id)
    for act in (begin_round, open_round, say_ready):
        with pytest.raises(RoundOpened):
            act(workspace, recording_id)
    blind = get_round(workspace, recording_id)
    assert blind is not None
    assert (blind.is_open, blind.opened_by) == (True, builders.ACTOR)


def test_names_are_kept_once_and_within_reason(workspace: Workspace, recording_id: RecordingId) -> None:
    for names in (["x" * 81], [f"Navn {n}" for n in range(31)]):
        with pytest.raises(InvalidInput):
            begin_round(workspace, recording_id, names)
    begun = begin_round(workspace, recording_id, ["Anders  Holm", "anders holm", " "])
    assert begun.waits_for == ("Anders Holm",)


def test_the_log_says_what_was_done_and_never_what_was_written(workspace: Workspace, recording_id: RecordingId) -> None:
    begin_round(workspace, recording_id, [builders.ACTOR])
    say_ready(workspace, recording_id)
    with workspace.library.read() as reading:
        lines = audit.lines(reading)
    assert [(line.action, line.outcome, line.object_id) for line in lines[:2]] == [
        ("round.ready", "opened", recording_id),
        ("round.begun", "done", recording_id),
    ]


def test_the_stored_rows_are_only_read_for_somebody(workspace: Workspace, recording_id: RecordingId) -> None:
    mine = marks.annotate(workspace, recording_id, 0, 900, PAUSE)
    begin_round(workspace, recording_id)
    with workspace.library.read() as reading:
        assert stored.all(reading, recording_id, seen_by="Anders") == []
        with pytest.raises(CubbError):
            stored.get(reading, mine.id, seen_by="Anders")
