"""Excerpts, and what leaves the house: asked for, entered in the register, then written."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cubb_desktop.domain.consent import PURPOSE_LABELS, Consent, Purpose, Use
from cubb_desktop.domain.errors import (
    ConsentLacksPurpose,
    ExcerptNotFound,
    InvalidInput,
    RecordingForgotten,
    RecordingNotFound,
    TargetUnwritable,
)
from cubb_desktop.domain.ids import ExcerptId, ExportId, RecordingId
from cubb_desktop.domain.pack import Excerpt, ExportEntry, ExportFormat
from cubb_desktop.domain.passage import cut
from cubb_desktop.domain.reading import Sheet
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.export.audio import LARGEST_BYTES, wav_bytes, wav_of
from cubb_desktop.export.documents import Heading, Signs, docx_of
from cubb_desktop.i18n import _, current_language, format_clock_ms, format_date
from cubb_desktop.library import packs, recordings
from cubb_desktop.services.annotations import check_passage
from cubb_desktop.services.gate import common_purposes, gate, gate_in
from cubb_desktop.services.lines import latch_note, sheet_of_passage
from cubb_desktop.services.openings import refusals_logged
from cubb_desktop.services.outfile import NewFile
from cubb_desktop.services.recordings import sound_of
from cubb_desktop.services.transcripts import engine_notes, origin_note, read_transcript, transcript_document
from cubb_desktop.services.workspace import Workspace

LONGEST_TITLE = 200
_BLOCK_SECONDS = 10
_USUAL_PURPOSES = (Purpose.OWN_LEARNING, Purpose.FEEDBACK, Purpose.LEARNING_ROOM, Purpose.FLIP, Purpose.RESEARCH)


@dataclass(frozen=True, slots=True)
class Target:
    """What is exported: a recording, or a stretch of it."""

    recording: Recording
    excerpt: Excerpt | None
    start_ms: int
    end_ms: int

    @property
    def title(self) -> str:
        return self.excerpt.title if self.excerpt is not None else self.recording.title


@dataclass(frozen=True, slots=True)
class Leave:
    """Under which agreements (the recording's own first), for what and to whom something leaves."""

    agreed: tuple[Consent, ...]
    purpose: Purpose
    recipient: str

    @property
    def until(self) -> date:
        """The last day that all who are heard have agreed to."""
        return min(consent.until for consent in self.agreed)


def add_excerpt(ws: Workspace, recording_id: RecordingId, start_ms: int, end_ms: int, title: str) -> Excerpt:
    """Pick a passage to listen to together; raises RecordingNotFound, NotAllowed, OutsideRecording, InvalidInput."""
    title = " ".join(title.split())
    if not title:
        raise InvalidInput(field=_("Titel"), problem=_("Giv uddraget en titel."))
    if len(title) > LONGEST_TITLE:
        raise InvalidInput(field=_("Titel"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_TITLE))
    check_passage(ws, recording_id, start_ms, end_ms, Use.EXCERPT)
    excerpt = Excerpt(
        id=ExcerptId(str(uuid.uuid4())),
        recording_id=recording_id,
        start_ms=start_ms,
        end_ms=end_ms,
        title=title,
        author=ws.actor,
        created_at=ws.clock(),
    )
    with ws.library.change(ws.actor, "excerpt.added", excerpt.id) as change:
        packs.add_excerpt(change, excerpt)
    return excerpt


def list_excerpts(ws: Workspace, recording_id: RecordingId | None = None) -> list[Excerpt]:
    """Every excerpt (of one recording, if given), the newest first."""
    with ws.library.read() as reading:
        return packs.all_excerpts(reading, recording_id)


def list_exports(ws: Workspace, recording_id: RecordingId | None = None) -> list[ExportEntry]:
    """The register of what has left the house, the newest first."""
    with ws.library.read() as reading:
        return packs.all_exports(reading, recording_id)


def allowed_purpose(agreed: frozenset[Purpose], wanted: Purpose | None) -> Purpose:
    """The purpose to export for: the wanted one if all agreed to it, else the narrowest they agreed to.

    Raises ConsentLacksPurpose. Case documentation is never chosen by itself: it has rules of its own.
    """
    if wanted is not None:
        if wanted not in agreed:
            raise ConsentLacksPurpose(purpose=_(PURPOSE_LABELS[wanted]))
        return wanted
    for purpose in _USUAL_PURPOSES:
        if purpose in agreed:
            return purpose
    raise ConsentLacksPurpose(purpose=_(PURPOSE_LABELS[Purpose.OWN_LEARNING]))


def export(
    ws: Workspace,
    target_id: str,
    format: ExportFormat,
    out: Path,
    purpose: Purpose | None = None,
    *,
    recipient: str | None = None,
    replace_existing: bool = False,
) -> ExportEntry:
    """Write a recording or an excerpt to the file `out` and enter it in the register; `recipient` is who gets it.

    What is for feedback goes to a colleague whom everybody heard has named, where they named any. The line in the
    register is committed before the file gets its name: nothing leaves unregistered. Raises NotAllowed,
    RecordingNotFound, TranscriptNotFound, AudioMissing, TargetExists, TargetUnwritable, DiskFull.
    """
    target = _find(ws, target_id)
    with refusals_logged(ws, target.recording.id, "export.written"):
        leave = _leave(ws, target, purpose, recipient)
    if _lies_in(out, ws.folder):
        raise TargetUnwritable
    with NewFile(out, replace_existing=replace_existing) as file:
        for part in _MAKERS[format](ws, target, leave):
            file.write(part)
        file.seal()
        entry = _entry(ws, target, leave, format, out.name, file.sha256)
        with ws.library.change(ws.actor, "export.written", entry.id) as change:
            gate_in(change, target.recording.id, Use.EXPORT, leave.purpose, leave.recipient)  # they may have withdrawn
            packs.add_export(change, entry)
        file.keep()
    return entry


def _leave(ws: Workspace, target: Target, wanted: Purpose | None, recipient: str | None) -> Leave:
    """Ask everybody's agreement, as it is now, for what it is to be used for and who gets it."""
    to = " ".join((recipient or "").split())
    purpose = allowed_purpose(common_purposes(gate(ws, target.recording.id, Use.EXPORT)), wanted)
    return Leave(tuple(gate(ws, target.recording.id, Use.EXPORT, purpose, to)), purpose, to)


def _lies_in(out: Path, folder: Path) -> bool:
    """Whether a file would lie among the library's own, where nothing readable may be."""
    try:
        return out.resolve().is_relative_to(folder.resolve())
    except OSError:
        raise TargetUnwritable from None


def _entry(
    ws: Workspace, target: Target, leave: Leave, format: ExportFormat, file_name: str, sha256: str
) -> ExportEntry:
    return ExportEntry(
        id=ExportId(str(uuid.uuid4())),
        recording_id=target.recording.id,
        excerpt_id=target.excerpt.id if target.excerpt is not None else None,
        consent_id=leave.agreed[0].id,
        purpose=leave.purpose,
        format=format,
        file_name=file_name.encode("utf-8", "replace").decode("utf-8"),  # a name may come from another alphabet
        sha256=sha256,
        author=ws.actor,
        exported_at=ws.clock(),
        recipient=leave.recipient or None,
    )


def _find(ws: Workspace, target_id: str) -> Target:
    with ws.library.read() as reading:
        try:
            recording = recordings.get(reading, RecordingId(target_id))
        except RecordingForgotten:
            raise
        except RecordingNotFound:
            try:
                excerpt = packs.get_excerpt(reading, ExcerptId(target_id))
            except ExcerptNotFound:
                raise ExcerptNotFound from None
            return Target(recordings.get(reading, excerpt.recording_id), excerpt, excerpt.start_ms, excerpt.end_ms)
    return Target(recording, None, 0, recording.duration_ms)


# --- what each format holds ------------------------------------------------------------------------------------------


def _wav(ws: Workspace, target: Target, _leave: Leave) -> Iterator[bytes]:
    with sound_of(ws, target.recording.id) as sound:
        first = target.start_ms * sound.rate_hz // 1000
        last = min(sound.frames, -(-target.end_ms * sound.rate_hz // 1000))
        if wav_bytes(last - first, sound.channels) > LARGEST_BYTES:
            problem = _("Stykket er for langt til en WAV-fil. Lav et kortere uddrag.")
            raise InvalidInput(field=_("Uddrag"), problem=problem)
        size = sound.rate_hz * _BLOCK_SECONDS
        blocks = (sound.read(start, min(size, last - start)) for start in range(first, last, size))
        yield from wav_of(blocks, last - first, sound.channels, sound.rate_hz)


def _passage(ws: Workspace, target: Target) -> Transcript:
    return cut(read_transcript(ws, target.recording.id), target.start_ms, target.end_ms)


def _sheet(ws: Workspace, target: Target) -> Sheet:
    return sheet_of_passage(ws, read_transcript(ws, target.recording.id), target.start_ms, target.end_ms)


def _json(ws: Workspace, target: Target, _leave: Leave) -> Iterator[bytes]:
    document = transcript_document(_passage(ws, target))
    if target.excerpt is not None:
        about = {"id": target.excerpt.id, "title": target.title, "start_ms": target.start_ms, "end_ms": target.end_ms}
        document = {**document, "excerpt": about}
    yield (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _docx(ws: Workspace, target: Target, leave: Leave) -> Iterator[bytes]:
    transcript = _passage(ws, target)
    stretch = f"{format_clock_ms(target.start_ms)} – {format_clock_ms(target.end_ms)}"
    day = format_date(target.recording.recorded_at.astimezone().date())
    allowed = _("Til {purpose}. Aftalen med borgeren gælder til og med {until}; slet dokumentet senest da.").format(
        purpose=_(PURPOSE_LABELS[leave.purpose]), until=format_date(leave.until)
    )
    heading = Heading(
        title=target.title,
        details=f"{day} · {stretch} · {transcript.engine.recogniser}",
        notes=(
            origin_note(transcript),
            *engine_notes(transcript.engine),
            allowed,
        ),
        signs=Signs(
            silence=_("(1.2) = stilhed i sekunder, målt på lyden; den er ingens, hvis der ikke står et navn ved den"),
            overlap=_("[ord] = to taler på samme tid"),
            unheard=_("(?) = tale, som ikke blev forstået"),
            latched=latch_note(),
            punctuation=_("Tegn og store bogstaver er sat automatisk; de viser ikke tonefald"),
        ),
        page=_("Side"),
        language=current_language(),
    )
    yield docx_of(transcript, _sheet(ws, target), heading, ws.clock())


_MAKERS: dict[ExportFormat, Callable[[Workspace, Target, Leave], Iterator[bytes]]] = {
    ExportFormat.WAV: _wav,
    ExportFormat.DOCX: _docx,
    ExportFormat.JSON: _json,
}
