"""How long conversations stay, and what holds them back: last days, journalising, holds. Deleting is `erasure`'s.

Nothing heavy is imported: the window asks here before it shows anything.
"""

from __future__ import annotations

from datetime import date

from cubb_desktop.domain.errors import HeldBack, InvalidInput, NotJournalised, TombstonesUnreadable
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.retention import Hold, Kept, last_day
from cubb_desktop.i18n import N_, _
from cubb_desktop.library import keeping, recordings, tombstones
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.policies import policy_in
from cubb_desktop.services.tombstone_file import read_machine
from cubb_desktop.services.workspace import Workspace

LONGEST_REASON = 200
DUTY = N_(
    "Samtalen er sagsdokumentation. Husk notatpligten: skriv det, der har betydning for sagen, i notatet, og "
    "journalisér det. Dette er ikke journalen."
)


def kept(ws: Workspace) -> list[Kept]:
    """Return every conversation with what decides how long it stays, the first to go first."""
    with ws.library.read() as reading:
        return keeping.all(reading)


def kept_one(ws: Workspace, recording_id: RecordingId) -> Kept:
    """Return what decides how long a conversation stays; raises `RecordingNotFound`."""
    with ws.library.read() as reading:
        return keeping.get(reading, recording_id)


def refuse_held(ws: Workspace, recording_id: RecordingId) -> None:
    """Raise `NotJournalised` or `HeldBack` for what may not be deleted yet, `RecordingNotFound` for what is gone."""
    holds = kept_one(ws, recording_id).holds
    if Hold.REQUEST in holds:
        raise HeldBack
    if holds:
        raise NotJournalised


# --- what a crash left -----------------------------------------------------------------------------------------------


def is_unfinished(ws: Workspace) -> bool:
    """Whether a crash left something to forget, or this machine was not told; `erasure.complete` does it."""
    if any(ws.audio_folder.glob("??/*.erasing")) or unsettled(ws):
        return True
    with ws.library.read() as reading:
        gone = keeping.withdrawn(reading)
        if any(not keeping.get(reading, recording_id).holds for recording_id in gone):
            return True
        every = {stone.id for stone in tombstones.all(reading)}
    try:
        return not every <= {stone.id for stone in read_machine(ws.vault.library_id)}
    except TombstonesUnreadable:
        return True


def unsettled(ws: Workspace) -> list[ConsentId]:
    """Return the withdrawn agreements on which nothing rests any more and which still say whose they were."""
    with ws.library.read() as reading:
        return keeping.unsettled(reading)


# --- the last day ----------------------------------------------------------------------------------------------------


def keeping_days(reading: Reading) -> int:
    """Return for how many days the municipality lets a conversation be kept.

    A conversation goes as a whole, so that the shortest of the terms for sound, text and excerpts decides.
    """
    retention = policy_in(reading).retention
    return min(retention.audio_days, retention.transcript_days, retention.excerpt_days)


def last_day_of(reading: Reading, recording_id: RecordingId) -> date:
    """Return the last day of a conversation by the agreements of everybody heard and by what the municipality allows.

    The days are counted from when it came into the library. Raises `RecordingNotFound`.
    """
    added_on = keeping.get(reading, recording_id).added_on
    return last_day(added_on, keeping.agreed_until(reading, recording_id), keeping_days(reading))


def reset_last_day(change: Change, recording_id: RecordingId) -> Recording:
    """Set a conversation's last day anew, when somebody was added, an agreement renewed or the policy changed."""
    recording = recordings.get(change, recording_id)
    day = last_day_of(change, recording_id)
    return recording if day == recording.delete_after else recordings.update(change, recording, delete_after=day)


def reset_last_days(change: Change) -> None:
    """Set every conversation's last day anew, when the municipality has decided something else."""
    for one in keeping.all(change):
        reset_last_day(change, one.recording.id)


# --- what holds back -------------------------------------------------------------------------------------------------


def set_journalised(ws: Workspace, recording_id: RecordingId, day: date) -> Recording:
    """Note on which day a conversation was journalised; raises `RecordingNotFound`, `InvalidInput`."""
    if day > ws.today():
        raise InvalidInput(field=_("Journaliseret den"), problem=_("Datoen ligger i fremtiden. Vælg i dag eller før."))
    with ws.library.change(ws.actor, "recording.journalised", recording_id) as change:
        return recordings.update(change, recordings.get(change, recording_id), journalised_on=day)


def not_journalised(ws: Workspace, recording_id: RecordingId) -> Recording:
    """Take back that a conversation was journalised; raises `RecordingNotFound`."""
    with ws.library.change(ws.actor, "recording.journalised", recording_id) as change:
        return recordings.update(change, recordings.get(change, recording_id), journalised_on=None)


def hold(ws: Workspace, recording_id: RecordingId, reason: str) -> Recording:
    """Hold a conversation back from being deleted, for a reason; raises `RecordingNotFound`, `InvalidInput`."""
    told = " ".join(reason.split())
    if not told:
        raise InvalidInput(field=_("Grund"), problem=_("Skriv hvorfor, fx aktindsigt."))
    if len(told) > LONGEST_REASON:
        raise InvalidInput(field=_("Grund"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_REASON))
    with ws.library.change(ws.actor, "recording.held", recording_id) as change:
        return recordings.update(change, recordings.get(change, recording_id), hold_reason=told)


def set_free(ws: Workspace, recording_id: RecordingId) -> Recording:
    """Hold a conversation back no longer; raises `RecordingNotFound`."""
    with ws.library.change(ws.actor, "recording.released", recording_id) as change:
        return recordings.update(change, recordings.get(change, recording_id), hold_reason=None)
