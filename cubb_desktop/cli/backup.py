"""`library backup` and `library restore`."""

from __future__ import annotations

from pathlib import Path

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import ProgressLine, warn
from cubb_desktop.domain.errors import BackupDamaged, SourceNotFound
from cubb_desktop.i18n import _, format_date, ngettext
from cubb_desktop.services.backup import BackupProgress, BackupResult, backup_library
from cubb_desktop.services.backup_words import backup_remarks, restore_remarks
from cubb_desktop.services.restore import RestoreResult, restore_library


def backup(run: Run) -> None:
    """Back the library up; only what has changed is written, and it is read back."""
    line = ProgressLine()

    def show(progress: BackupProgress) -> None:
        line.show(_("Sikkerhedskopierer"), progress.share, progress.seconds_left)

    try:
        with run.open() as workspace:
            made = backup_library(workspace, run.options.to, on_progress=show)
    finally:
        line.done()
    for remark in backup_remarks(made):
        warn(remark)
    number = ngettext("{count} samtale", "{count} samtaler", made.recordings).format(count=made.recordings)
    run.output.made(
        _made(made),
        _("Sikkerhedskopien er lavet og efterprøvet: {number} i {folder}").format(number=number, folder=made.folder),
    )


def restore(run: Run) -> None:
    """Restore a backup into the library's folder, which is absent or empty."""
    options = run.options
    recovery_key = _recovery_key(options.recovery_key_file)
    line = ProgressLine()

    def show(progress: BackupProgress) -> None:
        line.show(_("Gendanner"), progress.share, progress.seconds_left)

    try:
        back = restore_library(
            options.source,
            run.folder,
            passphrase=run.passphrase() if recovery_key is None else None,
            recovery_key=recovery_key,
            actor=run.settings.actor,
            tombstones=options.tombstones,
            salvage=options.salvage,
            on_progress=show,
        )
    except BackupDamaged as error:
        raise BackupDamaged(count=error.params["count"], how=" (--salvage)") from None
    finally:
        line.done()
    for remark in restore_remarks(back):
        warn(remark)
    number = ngettext("{count} samtale", "{count} samtaler", back.recordings).format(count=back.recordings)
    sentence = _("Biblioteket er gendannet, som det var den {date}: {number} i {folder}")
    day = format_date(back.made_at.astimezone().date())
    run.output.made(_back(back), sentence.format(date=day, number=number, folder=back.folder))


def _recovery_key(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SourceNotFound from None


def _made(made: BackupResult) -> dict[str, object]:
    return {
        "folder": str(made.folder),
        "made_at": made.made_at.isoformat(),
        "recordings": made.recordings,
        "written_objects": made.written_objects,
        "written_bytes": made.written_bytes,
        "kept_objects": made.kept_objects,
        "left_out": made.left_out,
        "damaged": list(made.damaged),
        "same_disk": made.same_disk,
    }


def _back(back: RestoreResult) -> dict[str, object]:
    return {
        "id": back.library_id,
        "folder": str(back.folder),
        "made_at": back.made_at.isoformat(),
        "recordings": back.recordings,
        "forgotten": back.forgotten,
        "lost": back.lost,
        "damaged": list(back.damaged),
        "newer_unreadable": back.newer_unreadable,
    }
