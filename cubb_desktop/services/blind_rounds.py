"""Each by themselves first: a conversation that people mark without seeing each other's marks, then opened for all.

Opening is one write and for good. A conversation has at most one such round.
"""

from __future__ import annotations

from collections.abc import Collection

from cubb_desktop.domain.annotating import BlindRound, Participant, each_once
from cubb_desktop.domain.annotating_errors import NoRound, NotTakingPart, NotTheBeginner, RoundOpened, RoundUnderWay
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.i18n import _
from cubb_desktop.library import blind_rounds
from cubb_desktop.library.access import Reading
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.workspace import Workspace

LONGEST_NAME, MOST_PEOPLE = 80, 30


def begin_round(ws: Workspace, recording_id: RecordingId, names: Collection[str] = ()) -> BlindRound:
    """Let people mark a conversation each by themselves first; without names it waits for nobody.

    From now on everybody sees their own marks only. Raises RecordingNotFound, NotAllowed, RoundUnderWay, RoundOpened,
    InvalidInput.
    """
    people = _checked(names)
    with ws.library.change(ws.actor, "round.begun", recording_id) as change:
        gate_in(change, recording_id, Use.ANNOTATE)
        known = blind_rounds.get(change, recording_id)
        if known is not None:
            raise RoundOpened if known.is_open else RoundUnderWay
        begun = BlindRound(recording_id, tuple(map(Participant, people)), ws.actor, change.now())
        blind_rounds.add(change, begun)
    return begun


def say_ready(ws: Workspace, recording_id: RecordingId, *, ready: bool = True) -> BlindRound:
    """Say that one is done, or not yet after all; when all are done, it is opened for all in the same write.

    Raises RecordingNotFound, NotAllowed, NoRound, RoundOpened, NotTakingPart.
    """
    with ws.library.change(ws.actor, "round.ready" if ready else "round.unready", recording_id) as change:
        blind = _under_way(change, recording_id)
        if not blind.takes_part(ws.actor):
            raise NotTakingPart
        blind_rounds.set_ready(change, recording_id, ws.actor, change.now() if ready else None)
        if not _under_way(change, recording_id).waits_for:
            blind_rounds.open_for_all(change, recording_id, ws.actor, change.now())
            change.outcome = "opened"
        return _known(change, recording_id)


def open_round(ws: Workspace, recording_id: RecordingId) -> BlindRound:
    """Open a round for all, also where somebody is not done; only who began it may, and it can't be undone.

    Raises RecordingNotFound, NotAllowed, NoRound, RoundOpened, NotTheBeginner.
    """
    with ws.library.change(ws.actor, "round.opened", recording_id) as change:
        blind = _under_way(change, recording_id)
        if not blind.was_begun_by(ws.actor):
            raise NotTheBeginner(name=blind.begun_by)
        blind_rounds.open_for_all(change, recording_id, ws.actor, change.now())
        return _known(change, recording_id)


def get_round(ws: Workspace, recording_id: RecordingId) -> BlindRound | None:
    """Return a conversation's round, under way or opened; raises RecordingNotFound, ConsentWithdrawn."""
    with ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        return blind_rounds.get(reading, recording_id)


def _under_way(reading: Reading, recording_id: RecordingId) -> BlindRound:
    gate_in(reading, recording_id, Use.ANNOTATE)
    blind = _known(reading, recording_id)
    if blind.is_open:
        raise RoundOpened
    return blind


def _known(reading: Reading, recording_id: RecordingId) -> BlindRound:
    blind = blind_rounds.get(reading, recording_id)
    if blind is None:
        raise NoRound
    return blind


def _checked(names: Collection[str]) -> list[str]:
    people = each_once(names)
    if len(people) > MOST_PEOPLE:
        raise InvalidInput(field=_("Navne"), problem=_("Vælg højst {most} personer.").format(most=MOST_PEOPLE))
    if any(len(name) > LONGEST_NAME for name in people):
        raise InvalidInput(field=_("Navne"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_NAME))
    return people
