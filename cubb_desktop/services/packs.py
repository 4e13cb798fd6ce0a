"""Excerpts, and what leaves the house: asked for, entered in the register, then written."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cubb_desktop.domain.consent import PURPOSE_LABELS, Consent, Purpose
from cubb_desktop.domain.errors import (
    ConsentLacksPurpose,
    CubbError,
    DiskFull,
    ExcerptNotFound,
    InvalidInput,
    RecordingNotFound,
    TargetExists,
    TargetUnwritable,
    from_os_error,
)
from cubb_desktop.domain.ids import ExcerptId, ExportId, RecordingId
from cubb_desktop.domain.pack import Excerpt, ExportEntry, ExportFormat
from cubb_desktop.domain.passage import cut
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Transcript
from cubb_desktop.export.audio import wav_of
from cubb_desktop.export.documents import Heading, docx_of
from cubb_desktop.i18n import _, current_language, format_clock_ms, format_date
from cubb_desktop.library import packs, recordings
from cubb_desktop.services.annotations import check_passage
from cubb_desktop.services.consents import require_consent
from cubb_desktop.services.recordings import open_sound
from cubb_desktop.services.transcripts import engine_notes, get_transcript, transcript_document
from cubb_desktop.services.workspace import Workspace

LONGEST_TITLE = 200
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


def add_excerpt(ws: Workspace, recording_id: RecordingId, start_ms: int, end_ms: int, title: str) -> Excerpt:
    """Pick a passage to listen to together; raises RecordingNotFound, NotAllowed, OutsideRecording, InvalidInput."""
    title = " ".join(title.split())
    if not title:
        raise InvalidInput(field=_("Titel"), problem=_("Giv uddraget en titel."))
    if len(title) > LONGEST_TITLE:
        raise InvalidInput(field=_("Titel"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_TITLE))
    check_passage(ws, recording_id, start_ms, end_ms)
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


def allowed_purpose(consent: Consent, wanted: Purpose | None) -> Purpose:
    """The purpose to export for: the wanted one if the citizen agreed to it, else the narrowest they agreed to.

    Raises ConsentLacksPurpose. Case documentation is never chosen by itself: it has rules of its own.
    """
    if wanted is not None:
        if wanted not in consent.purposes:
            raise ConsentLacksPurpose(purpose=_(PURPOSE_LABELS[wanted]))
        return wanted
    for purpose in _USUAL_PURPOSES:
        if purpose in consent.purposes:
            return purpose
    raise ConsentLacksPurpose(purpose=_(PURPOSE_LABELS[Purpose.OWN_LEARNING]))


def export(
    ws: Workspace,
    target_id: str,
    format: ExportFormat,
    out: Path,
    purpose: Purpose | None = None,
    *,
    replace_existing: bool = False,
) -> ExportEntry:
    """Write a recording or an excerpt to the file `out` and enter it in the register.

    The line in the register is committed before the file gets its name: nothing leaves unregistered. Raises NotAllowed,
    RecordingNotFound, TranscriptNotFound, AudioMissing, TargetExists, TargetUnwritable, DiskFull.
    """
    target = _find(ws, target_id)
    consent = require_consent(ws, target.recording.consent_id)
    chosen = allowed_purpose(consent, purpose)
    if out.is_dir():
        raise TargetUnwritable
    if out.exists() and not replace_existing:
        raise TargetExists
    content = _MAKERS[format](ws, target)
    entry = ExportEntry(
        id=ExportId(str(uuid.uuid4())),
        recording_id=target.recording.id,
        excerpt_id=target.excerpt.id if target.excerpt is not None else None,
        consent_id=consent.id,
        purpose=chosen,
        format=format,
        file_name=out.name,
        sha256=hashlib.sha256(content).hexdigest(),
        author=ws.actor,
        exported_at=ws.clock(),
    )
    _write(ws, out, content, entry)
    return entry


def _find(ws: Workspace, target_id: str) -> Target:
    with ws.library.read() as reading:
        try:
            recording = recordings.get(reading, RecordingId(target_id))
        except RecordingNotFound:
            try:
                excerpt = packs.get_excerpt(reading, ExcerptId(target_id))
            except ExcerptNotFound:
                raise ExcerptNotFound from None
            return Target(
                recordings.get(reading, excerpt.recording_id), excerpt, excerpt.start_ms, excerpt.end_ms
            )
    return Target(recording, None, 0, recording.duration_ms)


# --- what each format holds ------------------------------------------------------------------------------------------


def _wav(ws: Workspace, target: Target) -> bytes:
    with open_sound(ws, target.recording.id) as sound:
        first = target.start_ms * sound.rate_hz // 1000
        last = min(sound.frames, -(-target.end_ms * sound.rate_hz // 1000))
        return wav_of(sound.read(first, last - first), sound.rate_hz)


def _passage(ws: Workspace, target: Target) -> Transcript:
    return cut(get_transcript(ws, target.recording.id), target.start_ms, target.end_ms)


def _json(ws: Workspace, target: Target) -> bytes:
    document = transcript_document(_passage(ws, target))
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _docx(ws: Workspace, target: Target) -> bytes:
    transcript = _passage(ws, target)
    stretch = f"{format_clock_ms(target.start_ms)} – {format_clock_ms(target.end_ms)}"
    day = format_date(target.recording.recorded_at.astimezone().date())
    heading = Heading(
        title=target.title,
        details=f"{day} · {stretch}",
        notes=(_("Maskinel udskrift. Teksten kan være forkert; lyt til lyden."), *engine_notes(transcript.engine)),
        unheard=_("tale, som ikke blev forstået"),
        language=current_language(),
    )
    return docx_of(transcript, heading, ws.clock())


_MAKERS: dict[ExportFormat, Callable[[Workspace, Target], bytes]] = {
    ExportFormat.WAV: _wav,
    ExportFormat.DOCX: _docx,
    ExportFormat.JSON: _json,
}


# --- writing ---------------------------------------------------------------------------------------------------------


def _write(ws: Workspace, out: Path, content: bytes, entry: ExportEntry) -> None:
    """Write beside the target, enter the register, then give the file its name; on any fault nothing stays."""
    beside = out.with_name(f".{entry.id}.part")
    try:
        try:
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            with ws.library.change(ws.actor, "export.written", entry.id) as change:
                packs.add_export(change, entry)
            beside.replace(out)
        except OSError as error:
            raise _fault(error) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _fault(error: OSError) -> CubbError:
    known = from_os_error(error)
    return known if isinstance(known, DiskFull) else TargetUnwritable()
