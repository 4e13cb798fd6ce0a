"""Forgetting for good: what a person deletes, what has had its time, and what somebody has taken back.

The order makes it safe against a crash. First the intent is on disk: the agreement is marked as withdrawn, or the
recording's folder is. Then its key is destroyed, its rows go together with its tombstone, its sound is unlinked. What
of this a crash left undone, `complete` does at the next opening, before anything is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.consent import Consent, Purpose
from cubb_desktop.domain.errors import InvalidInput, NotYetStored, RecordingNotFound
from cubb_desktop.domain.ids import ConsentId, ExportId, RecordingId
from cubb_desktop.domain.pack import ExportEntry
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.retention import Kept
from cubb_desktop.domain.tombstone import Reason
from cubb_desktop.i18n import _
from cubb_desktop.library import consents, examples, keeping, overview, packs, queue, recordings, tombstones
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.services.backup_tombstones import ForgottenInBackups, forget_in_backups
from cubb_desktop.services.consents import get_consent
from cubb_desktop.services.keeping import kept, kept_one, set_free, set_journalised, unsettled
from cubb_desktop.services.recordings import ERASING, complete_deletion, delete_recording
from cubb_desktop.services.tombstone_file import note_machine
from cubb_desktop.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Gone:
    """A conversation that was deleted, as the citizen's receipt may name it."""

    id: RecordingId
    recorded_on: date
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Erased:
    """What was deleted. `held` stays until its hold ends, `busy` until whoever is recording it has stopped."""

    gone: tuple[Gone, ...] = ()
    held: tuple[RecordingId, ...] = ()
    busy: tuple[RecordingId, ...] = ()
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a withdrawal did: which purposes were taken back, what went, and which copies are to be called back.

    `earlier` where the agreement was taken back before, at `at`: then what went that time is known no more, only, by
    `settled_at`, since when nothing rests on it.
    """

    consent_id: ConsentId
    at: datetime
    purposes: frozenset[Purpose]
    whole: bool
    erased: Erased
    copies: tuple[ExportEntry, ...]
    earlier: bool = False
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """What would be lost if an agreement were withdrawn now; `others` counts the same person's other agreements.

    `marks` are those that the one who asks may see; others' go too where each works alone first.
    """

    consent: Consent
    recordings: tuple[Recording, ...]
    held: frozenset[RecordingId]
    with_text: int
    marks: int
    excerpts: int
    copies: tuple[ExportEntry, ...]
    others: int
    examples: int = 0

    @property
    def duration_ms(self) -> int:
        """The length of all conversations together."""
        return sum(recording.duration_ms for recording in self.recordings)


# --- one conversation, and those whose time has come -----------------------------------------------------------------


def erase(ws: Workspace, recording_id: RecordingId) -> Erased:
    """Delete a conversation because a person wants to.

    Raises `RecordingNotFound`, `HeldBack`, `NotJournalised`, `NotYetStored`, and the faults of the disk.
    """
    gone = _gone(kept_one(ws, recording_id).recording)
    changes = delete_recording(ws, recording_id)
    _note(ws)
    return Erased(gone=(gone,), changes=changes)


def due(ws: Workspace) -> list[Kept]:
    """Return what is to be deleted now, the first to go first."""
    return [one for one in kept(ws) if one.is_due(ws.today())]


def erase_due(ws: Workspace) -> Erased:
    """Delete what has had its time and is not held back; what is being recorded is left for later."""
    today = ws.today()
    over = [one for one in kept(ws) if one.is_over(today)]
    erased = _erase_all(ws, over)
    settled = _settle_agreements(ws)
    _note(ws)
    return Erased(erased.gone, erased.held, erased.busy, erased.changes | settled)


def forget_elsewhere(ws: Workspace) -> ForgottenInBackups:
    """Let the known backups that can be reached forget too; a drive may take its time, so it is no part of the rest."""
    with ws.library.read() as reading:
        every = tombstones.all(reading)
    return forget_in_backups(ws, every)


# --- the end of a hold -----------------------------------------------------------------------------------------------


def journalise(ws: Workspace, recording_id: RecordingId, day: date) -> Erased:
    """Note that a conversation was journalised; one whose time had passed goes at once.

    Raises `RecordingNotFound`, `InvalidInput` for a day to come.
    """
    set_journalised(ws, recording_id, day)
    return _after_hold(ws, recording_id)


def release(ws: Workspace, recording_id: RecordingId) -> Erased:
    """Hold a conversation back no longer; one whose time had passed goes at once. Raises `RecordingNotFound`."""
    set_free(ws, recording_id)
    return _after_hold(ws, recording_id)


def _after_hold(ws: Workspace, recording_id: RecordingId) -> Erased:
    one = kept_one(ws, recording_id)
    changed = Changes(recordings=frozenset({recording_id}))
    if not one.is_over(ws.today()):
        return Erased(changes=changed)
    erased = _erase_all(ws, [one])
    settled = _settle_agreements(ws)
    _note(ws)
    return Erased(erased.gone, erased.held, erased.busy, changed | erased.changes | settled)


# --- withdrawal ------------------------------------------------------------------------------------------------------


def preview(ws: Workspace, consent_id: ConsentId) -> Loss:
    """Return what would be lost if an agreement were withdrawn now; raises `ConsentNotFound`."""
    with ws.library.read() as reading:
        consent = consents.get(reading, consent_id)
        resting = recordings.with_consent(reading, consent_id)
        ids = {recording.id for recording in resting}
        texts = overview.overviews(reading, seen_by=ws.actor)
        return Loss(
            consent=consent,
            recordings=tuple(resting),
            held=frozenset(one.recording.id for one in keeping.all(reading) if one.recording.id in ids and one.holds),
            with_text=sum(1 for id_ in ids if id_ in texts and texts[id_].has_text),
            marks=sum(texts[id_].marks for id_ in ids if id_ in texts),
            excerpts=sum(len(packs.all_excerpts(reading, id_)) for id_ in ids),
            copies=_copies(reading, consent_id, ids, frozenset(Purpose)),
            others=sum(_is_other(consent, other) for other in consents.all(reading)),
            examples=sum(examples.count(reading, id_) for id_ in ids),
        )


def _is_other(consent: Consent, other: Consent) -> bool:
    """Whether another agreement, that still holds, has the same reference."""
    return other.id != consent.id and other.citizen == consent.citizen != "" and other.withdrawn_at is None


def withdraw(ws: Workspace, consent_id: ConsentId, purposes: Collection[Purpose] | None = None) -> Withdrawal:
    """Take an agreement back, for some of its purposes or (None) as a whole, and forget what rested on it.

    When no purpose is left, that is the whole: every conversation in which the person is heard goes. An agreement that
    was taken back before keeps its day; what was left then goes now. Raises `ConsentNotFound`, `InvalidInput` for a
    purpose that was not agreed to, and the faults of the disk; what was begun is then completed at the next opening.
    """
    before = get_consent(ws, consent_id)
    agreed, earlier = before.purposes, before.withdrawn_at is not None
    taken = agreed if purposes is None else frozenset(purposes)
    whole = purposes is None or taken == agreed or earlier
    if not taken <= agreed or not (taken or whole):
        raise InvalidInput(field=_("Formål"), problem=_("Det har borgeren ikke sagt ja til. Se aftalen."))
    action = "consent.withdrawn" if whole else "consent.purpose_withdrawn"
    with ws.library.change(ws.actor, action, consent_id) as change:
        resting = {recording.id for recording in recordings.with_consent(change, consent_id)}
        copies = _copies(change, consent_id, resting, frozenset(Purpose) if whole else taken)
        for purpose in taken:
            consents.take_back(change, consent_id, purpose, ws.clock())
        if whole:
            _stop(change, consent_id, resting)
    erased = erase_withdrawn(ws, resting) if whole else Erased(changes=change.changes)
    at = before.withdrawn_at or ws.clock()
    return Withdrawal(consent_id, at, taken, whole, erased, copies, earlier, _settled_at(ws, consent_id))


def _settled_at(ws: Workspace, consent_id: ConsentId) -> datetime | None:
    with ws.library.read() as reading:
        stone = tombstones.find(reading, consent_id)
    return stone.at if stone is not None else None


def _stop(change: Change, consent_id: ConsentId, resting: Collection[RecordingId]) -> None:
    """Mark the agreement: from here on nobody may do anything under it, and a crash can't take that back."""
    consents.withdraw(change, consent_id, change.now())
    for recording_id in resting:
        for job in queue.all(change, recording_id):
            queue.request_cancel(change, job.id)


def erase_withdrawn(ws: Workspace, among: Collection[RecordingId]) -> Erased:
    """Erase what of `among` rests on a withdrawn agreement and is not held back."""
    erased = _erase_all(ws, [one for one in kept(ws) if one.withdrawn and one.recording.id in among])
    settled = _settle_agreements(ws)
    _note(ws)
    return Erased(erased.gone, erased.held, erased.busy, erased.changes | settled | Changes(consents=True))


def _copies(
    reading: Reading, consent_id: ConsentId, resting: Collection[RecordingId], purposes: frozenset[Purpose]
) -> tuple[ExportEntry, ...]:
    """Return the copies that left the house for one of `purposes` and have not been called back."""
    return tuple(
        entry
        for entry in packs.all_exports(reading)
        if entry.recalled_at is None
        and entry.purpose in purposes
        and (entry.consent_id == consent_id or entry.recording_id in resting)
    )


def recalls(ws: Workspace) -> list[ExportEntry]:
    """Return every copy that is still to be called back, the newest first."""
    with ws.library.read() as reading:
        return packs.to_recall(reading)


def mark_recalled(ws: Workspace, export_ids: Iterable[ExportId]) -> Changes:
    """Note that copies were called back; their file names go. Raises `ExportNotFound`: then none is noted."""
    with ws.library.change(ws.actor, "export.recalled") as change:
        for export_id in export_ids:
            packs.recalled(change, export_id)
    return change.changes


# --- after a crash ---------------------------------------------------------------------------------------------------


def complete(ws: Workspace) -> Erased:
    """Finish what a crash left of a deletion or a withdrawal, and tell this machine; before anything is shown."""
    for mark in ws.audio_folder.glob(f"??/*{ERASING}"):
        complete_deletion(ws, RecordingId(mark.name.removesuffix(ERASING)))
    return erase_withdrawn(ws, {one.recording.id for one in kept(ws)})


# --- pieces ----------------------------------------------------------------------------------------------------------


def _erase_all(ws: Workspace, wanted: Iterable[Kept]) -> Erased:
    gone: list[Gone] = []
    held: list[RecordingId] = []
    busy: list[RecordingId] = []
    changes = Changes()
    for one in wanted:
        recording = one.recording
        if one.holds:
            held.append(recording.id)
            continue
        try:
            changes |= delete_recording(ws, recording.id)
            gone.append(_gone(recording))
        except NotYetStored:
            busy.append(recording.id)
        except RecordingNotFound:  # another process was faster
            continue
    return Erased(tuple(gone), tuple(held), tuple(busy), changes)


def _gone(recording: Recording) -> Gone:
    return Gone(recording.id, recording.recorded_at.astimezone().date(), recording.duration_ms)


def _settle_agreements(ws: Workspace) -> Changes:
    """Leave only the proof of withdrawn agreements on which nothing rests any more."""
    changes = Changes()
    for consent_id in unsettled(ws):
        with ws.library.change(ws.actor, "consent.forgotten", consent_id) as change:
            consents.forget(change, consent_id)
            tombstones.add(change, consent_id, Reason.WITHDRAWN)
        changes |= change.changes
    return changes


def _note(ws: Workspace) -> None:
    with ws.library.read() as reading:
        every = tombstones.all(reading)
    note_machine(ws.vault.library_id, every)
