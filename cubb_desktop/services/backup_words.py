"""What a person should know about a backup or a restore that went well all the same, in their language."""

from __future__ import annotations

from cubb_desktop.i18n import _, ngettext
from cubb_desktop.services.backup import BackupResult
from cubb_desktop.services.restore import RestoreResult


def backup_remarks(made: BackupResult) -> list[str]:
    """Return a sentence for each thing that is worth knowing about a backup."""
    remarks = []
    if made.same_disk:
        remarks.append(
            _("Kopien ligger på samme disk som biblioteket: den hjælper mod fejl, men ikke hvis disken går i stykker.")
        )
    if made.left_out:
        remarks.append(
            ngettext(
                "{count} optagelse er ikke færdig og er ikke med.",
                "{count} optagelser er ikke færdige og er ikke med.",
                made.left_out,
            ).format(count=made.left_out)
        )
    if made.damaged:
        remarks.append(_damaged(len(made.damaged)))
    return remarks


def restore_remarks(back: RestoreResult) -> list[str]:
    """Return a sentence for each thing that is worth knowing about a restore."""
    remarks = []
    if back.newer_unreadable:
        remarks.append(_("En nyere sikkerhedskopi i mappen kunne ikke læses; det er en ældre, der er hentet."))
    if back.forgotten:
        remarks.append(
            ngettext(
                "{count} samtale i kopien er glemt siden og er ikke hentet.",
                "{count} samtaler i kopien er glemt siden og er ikke hentet.",
                back.forgotten,
            ).format(count=back.forgotten)
        )
    if back.lost:
        remarks.append(
            ngettext(
                "{count} samtale kunne ikke læses i kopien og er ikke hentet.",
                "{count} samtaler kunne ikke læses i kopien og er ikke hentet.",
                back.lost,
            ).format(count=back.lost)
        )
    if back.damaged:
        remarks.append(_damaged(len(back.damaged)))
    return remarks


def _damaged(count: int) -> str:
    return ngettext(
        "Lyden til {count} samtale er beskadiget; det, der er helt, er bevaret.",
        "Lyden til {count} samtaler er beskadiget; det, der er helt, er bevaret.",
        count,
    ).format(count=count)
