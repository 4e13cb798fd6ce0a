"""The versions of a conversation's text: each run of the machine makes one, and nothing a person has done is lost.

The version that people have worked on stays the one that is seen until a person chooses another.
"""

from __future__ import annotations

from cubb_desktop.domain import corrections
from cubb_desktop.domain.comparing import Difference, differences
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import DifferenceNotFound, TranscriptNotFound
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.transcript import Transcript, Version
from cubb_desktop.library import transcripts
from cubb_desktop.services.corrections import Editing
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.openings import opened, refusals_logged
from cubb_desktop.services.workspace import Workspace


def list_versions(ws: Workspace, recording_id: RecordingId) -> list[Version]:
    """Return the finished transcripts of a recording, the oldest first; raises RecordingNotFound, NotAllowed."""
    with ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        return transcripts.versions(reading, recording_id)


def get_version(ws: Workspace, recording_id: RecordingId, number: int) -> Transcript:
    """Return one version as people have corrected it; the opening is logged, and so is a refusal.

    Raises RecordingNotFound, NotAllowed, VersionNotFound.
    """
    with refusals_logged(ws, recording_id), ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        found = transcripts.version(reading, recording_id, number)
    opened(ws, recording_id)
    return found


def choose_version(ws: Workspace, recording_id: RecordingId, number: int) -> None:
    """Let people see this version from now on; the others stay as they are. Raises what `get_version` raises."""
    with ws.library.change(ws.actor, "transcript.chosen", recording_id) as change:
        gate_in(change, recording_id, Use.ANNOTATE)
        transcripts.choose(change, recording_id, number)


def compare(ws: Workspace, recording_id: RecordingId, other: int, one: int | None = None) -> list[Difference]:
    """Return where version `other` says something else than `one` (None for the version that is seen).

    Raises what `get_version` raises, and TranscriptNotFound.
    """
    with refusals_logged(ws, recording_id), ws.library.read() as reading:
        gate_in(reading, recording_id, Use.OPEN)
        mine = transcripts.latest(reading, recording_id)
        if one is not None:
            mine = transcripts.version(reading, recording_id, one)
        theirs = transcripts.version(reading, recording_id, other)
    if mine is None:
        raise TranscriptNotFound
    opened(ws, recording_id)
    return differences(mine, theirs)


def take(ws: Workspace, recording_id: RecordingId, other: int, place: int) -> Difference:
    """Take what another version says at a place (its number in `compare`, from 1) into the text that is seen.

    It is an edit like others and can be undone. Raises DifferenceNotFound and what `compare` and `Editing` raise.
    """
    editing = Editing(ws, recording_id)
    found = compare(ws, recording_id, other)
    if not 1 <= place <= len(found):
        raise DifferenceNotFound
    one = found[place - 1]
    edit = corrections.take(editing.text, [word.id for word in one.before], one.after, editing.hand())
    if edit is not None:
        editing.do(edit).save()
    return one
