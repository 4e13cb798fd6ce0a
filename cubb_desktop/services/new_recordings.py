"""A recording comes into being: first its folder's lock, its key, its row (RECORDING), then its first segment.

A crash in between leaves what `recovery.reconcile` knows how to finish.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import date

from cubb_desktop.audio import chunks
from cubb_desktop.audio.chunks import SoundReader
from cubb_desktop.domain.consent import Consent, Use
from cubb_desktop.domain.cpr import holds_cpr
from cubb_desktop.domain.errors import CubbError, InvalidInput, NotYetStored, from_os_error
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.recording import (
    ROLE_LABELS,
    ConversationKind,
    Participant,
    Recording,
    RecordingState,
    Role,
    Source,
    missing_roles,
)
from cubb_desktop.domain.retention import last_day
from cubb_desktop.i18n import _, format_date
from cubb_desktop.library import recordings
from cubb_desktop.services.gate import gate_start_in
from cubb_desktop.services.keeping import reset_last_day
from cubb_desktop.services.locks import FileLock
from cubb_desktop.services.workspace import Workspace
from cubb_desktop.vault import new_recording_key

LONGEST_TITLE = 200
_OWNER_LOCK = "owner.lock"


class OwnerLock(FileLock):
    """Held by the process that is bringing a recording into being; others get `NotYetStored`."""

    refusal = NotYetStored

    def __init__(self, ws: Workspace, recording_id: RecordingId) -> None:
        super().__init__(chunks.recording_folder(ws.audio_folder, recording_id) / _OWNER_LOCK)


def participant_of(consent: Consent) -> Participant:
    """Return the person who gave an agreement, as somebody present."""
    return Participant(consent.role, consent.citizen, consent.id)


def new_recording(
    ws: Workspace,
    agreed: Sequence[Consent],
    title: str,
    source: Source,
    kind: ConversationKind = ConversationKind.CITIZEN_MEETING,
) -> Recording:
    """Return a recording that is not stored yet, under the agreements of all who are heard.

    Raises `InvalidInput` for an empty title, or when nobody present has a role that such a conversation needs.
    """
    missing = missing_roles(kind, map(participant_of, agreed))
    if missing:
        problem = _("Til en samtale af den slags hører også en aftale med: {roles}.")
        roles = ", ".join(_(ROLE_LABELS[role]) for role in missing)
        raise InvalidInput(field=_("Til stede"), problem=problem.format(roles=roles))
    first = next((consent for consent in agreed if consent.role is Role.CITIZEN), agreed[0])
    return Recording(
        id=RecordingId(str(uuid.uuid4())),
        consent_id=first.id,
        title=clean_title(title),
        state=RecordingState.RECORDING,
        source=source,
        recorded_at=ws.clock(),
        duration_ms=0,
        rate_hz=0,
        channels=0,
        author=ws.actor,
        delete_after=last_day(ws.today(), [consent.until for consent in agreed]),
        kind=kind,
    )


def clean_title(text: str) -> str:
    """Return a title as it is kept: one line of composed characters, at most 200.

    Raises `InvalidInput` when it is empty or holds a CPR number.
    """
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    title = " ".join("".join(c if c.isprintable() else " " for c in composed).split())[:LONGEST_TITLE]
    if not title:
        raise InvalidInput(field=_("Titel"), problem=_("Skriv en titel."))
    if holds_cpr(title):
        raise InvalidInput(field=_("Titel"), problem=_("Skriv en titel uden CPR-nummer."))
    return title


def usual_title(day: date) -> str:
    """Return the title of a conversation that nobody has given one."""
    return _("Samtale den {date}").format(date=format_date(day))


def begin(ws: Workspace, recording: Recording, present: Sequence[Participant]) -> tuple[OwnerLock, bytes]:
    """Make folder, key and row of a new recording; its lock tells other processes that somebody is at it.

    The agreements are looked at once more in the transaction that makes the row.
    """
    lock = OwnerLock(ws, recording.id)
    try:
        lock.path.parent.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise from_os_error(error) or error from None
    lock.acquire()
    key = new_recording_key()
    with ExitStack() as unless_begun:
        unless_begun.callback(undo, ws, recording.id, lock)
        ws.keys.put(recording.id, key)
        with ws.library.change(ws.actor, "recording.begun", recording.id) as change:
            use = Use.RECORD if recording.source is Source.MICROPHONE else Use.IMPORT
            gate_start_in(change, [person.consent_id for person in present if person.role is not Role.WORKER], use)
            recordings.add(change, recording)
            recordings.put_participants(change, recording.id, present)
            reset_last_day(change, recording.id)
        unless_begun.pop_all()
    return lock, key


def undo(ws: Workspace, recording_id: RecordingId, lock: OwnerLock | None = None) -> None:
    """Take away a recording that did not come to be; sound first, for the disk may be full."""
    if lock is not None:
        lock.release()
    chunks.erase(ws.audio_folder, recording_id)
    with suppress(CubbError):
        ws.keys.destroy(recording_id)
    with suppress(CubbError), ws.library.change(ws.actor, "recording.undone", recording_id) as change:
        recordings.remove(change, recording_id)


def read_sound(ws: Workspace, recording_id: RecordingId) -> SoundReader:
    """Open a recording's sound whatever its agreements say; the caller closes it. Raises `AudioMissing`."""
    return SoundReader.open(ws.audio_folder, recording_id, ws.keys.get(recording_id))
