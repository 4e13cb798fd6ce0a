"""`excerpt`, `export`, `exports`: what is picked out, and what leaves the house."""

from __future__ import annotations

from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import warn
from cubb_desktop.domain.consent import PURPOSE_LABELS
from cubb_desktop.domain.errors import FormatUnknown
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.pack import ExportEntry, ExportFormat
from cubb_desktop.i18n import _, format_clock_ms, format_day
from cubb_desktop.services import packs


def add_excerpt(run: Run) -> None:
    """Pick a passage."""
    options = run.options
    with run.open() as workspace:
        excerpt = packs.add_excerpt(
            workspace, RecordingId(options.recording), options.from_ms, options.to_ms, options.title
        )
    run.output.made({"id": excerpt.id, "recording": excerpt.recording_id}, excerpt.id)


def excerpts(run: Run) -> None:
    """Show the excerpts."""
    with run.open() as workspace:
        found = packs.list_excerpts(workspace)
    if run.output.as_json:
        rows = [
            {"id": e.id, "recording": e.recording_id, "start_ms": e.start_ms, "end_ms": e.end_ms, "title": e.title}
            for e in found
        ]
        run.output.document(rows)
        return
    lines = [(e.id, format_clock_ms(e.start_ms), format_clock_ms(e.end_ms), e.title) for e in found]
    run.output.table(lines, _("Der er ingen uddrag endnu."))


def export(run: Run) -> None:
    """Write an excerpt or a whole conversation to a file, if the agreement allows it."""
    options = run.options
    form = options.format.lower()
    if form not in list(ExportFormat):
        raise FormatUnknown(formats=", ".join(ExportFormat))
    with run.open() as workspace:
        entry = packs.export(
            workspace, options.target, ExportFormat(form), options.out, options.purpose, recipient=options.recipient
        )
    if entry.recipient is None:
        warn(_("Filen er gemt, men ikke hvem der får den. Brug --recipient næste gang, så filen kan kaldes tilbage."))
    run.output.made(_document(entry), _("Gemt og skrevet i eksportlisten: {file}").format(file=options.out))


def exports(run: Run) -> None:
    """Show the register of what has left the house."""
    with run.open() as workspace:
        found = packs.list_exports(workspace)
    if run.output.as_json:
        run.output.document([_document(entry) for entry in found])
        return
    rows = [
        (format_day(e.exported_at), e.format.value, _(PURPOSE_LABELS[e.purpose]), e.file_name, e.author) for e in found
    ]
    run.output.table(rows, _("Intet er eksporteret endnu."))


def _document(entry: ExportEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "recording": entry.recording_id,
        "excerpt": entry.excerpt_id,
        "purpose": entry.purpose.value,
        "format": entry.format.value,
        "file_name": entry.file_name,
        "sha256": entry.sha256,
        "exported_at": entry.exported_at.isoformat(),
        "recipient": entry.recipient,
        "recalled_at": entry.recalled_at.isoformat() if entry.recalled_at is not None else None,
    }
