"""A recording: one conversation's sound, where it came from and how far it has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.ids import ConsentId, MarkId, RecordingId


class RecordingState(StrEnum):
    """How far a recording has come; the values are those of `recordings --state`."""

    RECORDING = "recording"  # a capture child or an import is writing it
    INTERRUPTED = "interrupted"  # its writer died; what was sealed is kept, the person has not chosen yet
    STORED = "stored"  # sound is complete, no transcript asked for
    QUEUED = "queued"
    TRANSCRIBING = "transcribing"
    READABLE = "readable"  # words are there, speakers are still being found
    READY = "ready"
    FAILED = "failed"


class Source(StrEnum):
    """Where the sound came from."""

    MICROPHONE = "microphone"
    FILE = "file"


class ConversationKind(StrEnum):
    """What sort of conversation it is; the values are those of `record --kind`."""

    CITIZEN_MEETING = "citizen-meeting"
    PHONE_CALL = "phone-call"
    COMPANY_VISIT = "company-visit"
    OPEN_ROOM = "open-room"  # a colleague sits in
    MUS = "mus"
    FLIP = "flip"


KIND_LABELS: dict[ConversationKind, str] = {
    ConversationKind.CITIZEN_MEETING: N_("borgersamtale"),
    ConversationKind.PHONE_CALL: N_("telefonsamtale"),
    ConversationKind.COMPANY_VISIT: N_("virksomhedsbesøg"),
    ConversationKind.OPEN_ROOM: N_("åbent samtalerum"),
    ConversationKind.MUS: N_("MUS"),
    ConversationKind.FLIP: N_("FLIP"),
}


class Role(StrEnum):
    """Who a speaker is in the conversation."""

    WORKER = "worker"
    CITIZEN = "citizen"
    COLLEAGUE = "colleague"
    EMPLOYER = "employer"
    OTHER = "other"


ROLE_LABELS: dict[Role, str] = {
    Role.WORKER: N_("medarbejder"),
    Role.CITIZEN: N_("borger"),
    Role.COLLEAGUE: N_("kollega"),
    Role.EMPLOYER: N_("arbejdsgiver"),
    Role.OTHER: N_("en anden"),
}

# Who is present at least, besides the one who records.
EXPECTED_ROLES: dict[ConversationKind, tuple[Role, ...]] = {
    ConversationKind.CITIZEN_MEETING: (Role.CITIZEN,),
    ConversationKind.PHONE_CALL: (Role.CITIZEN,),
    ConversationKind.COMPANY_VISIT: (Role.EMPLOYER,),
    ConversationKind.OPEN_ROOM: (Role.CITIZEN, Role.COLLEAGUE),
    ConversationKind.MUS: (Role.COLLEAGUE,),
    ConversationKind.FLIP: (Role.COLLEAGUE,),
}


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who is heard: a citizen by the worker's reference, staff by name; None: the one who records."""

    role: Role
    label: str
    consent_id: ConsentId | None = None


class MarkKind(StrEnum):
    """Whose mark it is: the worker's own bookmark, or the note of a colleague who sits in."""

    BOOKMARK = "bookmark"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something noticed while it was recorded, at a place in the sound; the text may be empty."""

    id: MarkId
    kind: MarkKind
    at_ms: int
    text: str
    author: str


def missing_roles(kind: ConversationKind, present: Iterable[Participant]) -> tuple[Role, ...]:
    """Return the roles that a conversation of `kind` needs and nobody present has."""
    there = {person.role for person in present}
    return tuple(role for role in EXPECTED_ROLES[kind] if role not in there)


@dataclass(frozen=True, slots=True)
class Recording:
    """One row of the library; `source_sha256` is the hex digest of an imported file, None for the microphone.

    `consent_id` is the first citizen's agreement (all are named by the participants); `delete_after` the last day it is
    kept; case documentation is held until `journalised_on` is set, and what has a `hold_reason` until it is lifted; the
    first `spoken_ms` hold an agreement that was given aloud.
    """

    id: RecordingId
    consent_id: ConsentId
    title: str
    state: RecordingState
    source: Source
    recorded_at: datetime
    duration_ms: int
    rate_hz: int
    channels: int
    author: str
    delete_after: date
    kind: ConversationKind = ConversationKind.CITIZEN_MEETING
    journalised_on: date | None = None
    hold_reason: str | None = None
    spoken_ms: int = 0
    source_sha256: str | None = None
    version: int = 1
