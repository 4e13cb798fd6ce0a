"""The lines of a transcript: as they are set today, or as they were when it was used in a meeting."""

from __future__ import annotations

from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import LinesFrozen, TranscriptGrowing, TranscriptNotFound
from cubb_desktop.domain.frozen import Frozen
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.lines import LATCH_MS
from cubb_desktop.domain.passage import cut
from cubb_desktop.domain.reading import Sheet, excerpt, freeze, read
from cubb_desktop.domain.transcript import Origin, Transcript, Turn
from cubb_desktop.i18n import N_, _, format_date, format_number, format_short_date
from cubb_desktop.library import frozen_lines, transcripts
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.workspace import Workspace


def freeze_lines(ws: Workspace, recording_id: RecordingId) -> Frozen:
    """Let every line keep its number from now on, because people have been told it; nothing takes that back.

    Raises RecordingNotFound, NotAllowed, TranscriptNotFound, TranscriptGrowing, LinesFrozen.
    """
    with ws.library.change(ws.actor, "lines.frozen", recording_id) as change:
        gate_in(change, recording_id, Use.ANNOTATE)
        if frozen_lines.is_frozen(change, recording_id):
            raise LinesFrozen
        transcript = transcripts.latest(change, recording_id)
        if transcript is None:
            raise TranscriptNotFound
        if not transcripts.is_final(change, transcript.id):
            raise TranscriptGrowing
        frozen = freeze(transcript, ws.actor, ws.clock())
        frozen_lines.add(change, recording_id, frozen)
    return frozen


def frozen_of(ws: Workspace, recording_id: RecordingId) -> Frozen | None:
    """Return the lines that a recording's transcript keeps, None where they may still move; asks nobody's leave."""
    with ws.library.read() as reading:
        return frozen_lines.get(reading, recording_id)


def sheet_of(ws: Workspace, transcript: Transcript) -> Sheet:
    """Return a transcript's lines with the numbers they have."""
    return read(transcript, frozen=frozen_of(ws, transcript.recording_id))


def sheet_of_passage(ws: Workspace, transcript: Transcript, start_ms: int, end_ms: int) -> Sheet:
    """Return the lines of a passage: with the whole talk's numbers where those are frozen, else from 1."""
    frozen = frozen_of(ws, transcript.recording_id)
    if frozen is None:
        return read(cut(transcript, start_ms, end_ms))
    return excerpt(read(transcript, frozen=frozen), start_ms, end_ms)


STATUS_WORDS = {Origin.MACHINE: N_("maskinel"), Origin.CORRECTED: N_("rettet"), Origin.LISTENED: N_("aflyttet")}


def status_text(turn: Turn) -> str:
    """Return how far a turn has been checked, by whom and when: "rettet · Mette · 23. nov."."""
    parts = [_(STATUS_WORDS[turn.origin])]
    if turn.origin is not Origin.MACHINE:
        parts += [turn.by, format_short_date(turn.at) if turn.at is not None else ""]
    return " · ".join(part for part in parts if part)


def frozen_note(frozen: Frozen) -> str:
    """Say since when the line numbers are kept, and who said so."""
    return _("Linjenumrene ligger fast siden {date} ({name}).").format(date=format_date(frozen.at), name=frozen.by)


def latch_note() -> str:
    """What "=" means, with the threshold it was set by."""
    least = format_number(LATCH_MS / 1000, 2)
    return _("= = den næste taler begynder inden for {least} s, målt på ordenes tider").format(least=least)
