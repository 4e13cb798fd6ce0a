"""`erase`, `consent withdraw`, `recordings hold` and its like, `exports recall`: what goes, and what stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import warn
from cubb_desktop.domain.consent import PURPOSE_LABELS
from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.domain.ids import ConsentId, ExportId, RecordingId
from cubb_desktop.domain.pack import ExportEntry
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.retention import Kept
from cubb_desktop.export.letters import Letter, docx_letter, text_letter
from cubb_desktop.i18n import _, current_language, format_clock_ms, format_date, ngettext
from cubb_desktop.services import erasure, keeping, letters
from cubb_desktop.services.outfile import NewFile
from cubb_desktop.services.workspace import Workspace


def erase(run: Run) -> None:
    """Delete one conversation, or all whose time has passed; `--dry-run` only tells."""
    options = run.options
    if (options.id is None) == (not options.due):
        raise InvalidInput(field="erase", problem=_("Skriv en samtales id, eller --due."))
    with run.open() as workspace:
        if options.dry_run:
            wanted = None if options.due else RecordingId(options.id)
            _show_plan(run, workspace, wanted)
            return
        erased = erasure.erase_due(workspace) if options.due else erasure.erase(workspace, RecordingId(options.id))
        document = _erased(erased) | _elsewhere(workspace)
        soon = [one for one in keeping.kept(workspace) if one.is_soon(workspace.today())]
    if run.output.as_json:
        run.output.document(document)
        return
    _say_erased(run, erased)
    for one in soon if options.due else []:
        run.output.say(goes_soon(one.recording))


def goes_soon(recording: Recording) -> str:
    """Say on which day a conversation will be deleted, and what would keep it."""
    return _("»{title}« slettes {date}. Forny aftalen, hvis den skal bruges længere.").format(
        title=recording.title, date=format_date(recording.delete_after)
    )


def _show_plan(run: Run, workspace: Workspace, only: RecordingId | None) -> None:
    today = workspace.today()
    found = [keeping.kept_one(workspace, only)] if only is not None else keeping.kept(workspace)
    listed = [one for one in found if only is not None or one.is_over(today) or one.is_soon(today)]
    if run.output.as_json:
        run.output.document([_planned(one, workspace) for one in listed])
        return
    rows = [(one.recording.id, _fate(one, workspace), one.recording.title) for one in listed]
    run.output.table(rows, _("Intet skal slettes inden for 14 dage."))


def _planned(one: Kept, workspace: Workspace) -> dict[str, Any]:
    return {
        "id": one.recording.id,
        "delete_after": one.recording.delete_after.isoformat(),
        "due": one.is_due(workspace.today()),
        "reason": one.reason(workspace.today()).value,
        "held": [hold.value for hold in one.holds],
    }


def _fate(one: Kept, workspace: Workspace) -> str:
    if one.waits(workspace.today()):
        return _("venter på journalisering")
    if one.is_due(workspace.today()):
        return _("slettes nu")
    return _("slettes {date}").format(date=format_date(one.recording.delete_after))


def _erased(erased: erasure.Erased) -> dict[str, Any]:
    return {"erased": [gone.id for gone in erased.gone], "held": list(erased.held), "busy": list(erased.busy)}


def _elsewhere(workspace: Workspace) -> dict[str, Any]:
    forgotten = erasure.forget_elsewhere(workspace)
    for folder in forgotten.unreachable:
        warn(
            _("Sikkerhedskopien i {folder} kan ikke nås nu. Den glemmer det, næste gang den bruges.").format(
                folder=folder
            )
        )
    return {"backups": len(forgotten.reached), "backups_unreachable": [str(path) for path in forgotten.unreachable]}


def _say_erased(run: Run, erased: erasure.Erased) -> None:
    say = run.output.say
    number = len(erased.gone)
    if number:
        say(ngettext("{number} samtale er slettet.", "{number} samtaler er slettet.", number).format(number=number))
    elif not erased.held and not erased.busy:
        say(_("Der var intet at slette."))
    if erased.held:
        text = ngettext(
            "{number} samtale venter på journalisering eller holdes tilbage.",
            "{number} samtaler venter på journalisering eller holdes tilbage.",
            len(erased.held),
        )
        say(text.format(number=len(erased.held)))
        say(_(keeping.DUTY))
    if erased.busy:
        say(_("{number} optages lige nu og slettes, når optagelsen er stoppet.").format(number=len(erased.busy)))


# --- withdrawal ------------------------------------------------------------------------------------------------------


def withdraw(run: Run) -> None:
    """Somebody who is heard takes the agreement back, as a whole or for some purposes."""
    options = run.options
    purposes = [purpose for group in options.purpose or [] for purpose in group] or None
    language = options.letter_language or current_language()
    with run.open() as workspace:
        withdrawal = erasure.withdraw(workspace, ConsentId(options.id), purposes)
        elsewhere = _elsewhere(workspace)
        now, today = workspace.clock(), workspace.today()
    found = letters.recall_letters(withdrawal.copies, today, run.settings.actor, language)
    files = []
    if options.letters is not None:
        files = [
            _write(options.letters / f"tilbagekald-{number}.docx", one.letter, now)
            for number, one in enumerate(found, start=1)
        ]
    if options.receipt is not None:
        _write(options.receipt, letters.receipt(withdrawal, language, options.name or ""), now)
    if run.output.as_json:
        run.output.document(
            {
                "id": withdrawal.consent_id,
                "purposes": sorted(withdrawal.purposes),
                "whole": withdrawal.whole,
                **_erased(withdrawal.erased),
                **elsewhere,
                "copies": [copy_document(copy) for copy in withdrawal.copies],
                "letters": [str(path) for path in files],
            }
        )
        return
    _say_withdrawn(run, withdrawal)


def _say_withdrawn(run: Run, withdrawal: erasure.Withdrawal) -> None:
    say = run.output.say
    if not withdrawal.whole:
        named = ", ".join(_(PURPOSE_LABELS[purpose]) for purpose in sorted(withdrawal.purposes))
        say(_("Aftalen er trukket tilbage for: {purposes}. Resten gælder stadig.").format(purposes=named))
    else:
        say(_("Aftalen er trukket tilbage."))
        _say_erased(run, withdrawal.erased)
    for gone in withdrawal.erased.gone:
        say(f"  {format_date(gone.recorded_on)}  {format_clock_ms(gone.duration_ms)}  {gone.id}")
    if withdrawal.copies:
        say(_("Disse kopier har forladt programmet og skal kaldes tilbage (--letters MAPPE laver brevene):"))
        run.output.table([_row(copy) for copy in withdrawal.copies], "")
    else:
        say(_("Ingen kopier har forladt programmet."))


def _write(path: Path, letter: Letter, made_at: Any) -> Path:
    with NewFile(path) as file:
        file.write(text_letter(letter) if path.suffix.lower() == ".txt" else docx_letter(letter, made_at))
        file.keep()
    return path


# --- copies ----------------------------------------------------------------------------------------------------------


def recall(run: Run) -> None:
    """Show the copies that are to be called back, or note that they were."""
    ids: list[str] = run.options.id
    with run.open() as workspace:
        if ids:
            erasure.mark_recalled(workspace, [ExportId(id_) for id_ in ids])
        left = erasure.recalls(workspace)
    if run.output.as_json:
        run.output.document([copy_document(copy) for copy in left])
        return
    run.output.table([_row(copy) for copy in left], _("Ingen kopier mangler at blive kaldt tilbage."))


def copy_document(copy: ExportEntry) -> dict[str, Any]:
    """A copy that left the house, as JSON."""
    return {
        "id": copy.id,
        "recording": copy.recording_id,
        "format": copy.format.value,
        "purpose": copy.purpose.value,
        "file_name": copy.file_name,
        "recipient": copy.recipient,
        "sha256": copy.sha256,
        "exported_at": copy.exported_at.isoformat(),
    }


def _row(copy: ExportEntry) -> tuple[str, ...]:
    return (
        copy.id,
        format_date(copy.exported_at.astimezone().date()),
        copy.recipient or _("modtager ikke skrevet ned"),
        copy.file_name,
        copy.sha256[:16],
    )


# --- what holds back -------------------------------------------------------------------------------------------------


def journalise(run: Run) -> None:
    """Note that a conversation was journalised."""
    options = run.options
    with run.open() as workspace:
        erased = erasure.journalise(workspace, RecordingId(options.recording), options.on or workspace.today())
        if erased.gone:
            _elsewhere(workspace)
    _say_after_hold(run, erased, _("Skrevet ned. Samtalen slettes nu som de andre."))


def hold(run: Run) -> None:
    """Hold a conversation back from being deleted."""
    with run.open() as workspace:
        recording = keeping.hold(workspace, RecordingId(run.options.recording), run.options.reason)
    run.output.made({"id": recording.id}, _("Samtalen holdes tilbage, til du ophæver det."))


def release(run: Run) -> None:
    """Hold a conversation back no longer."""
    with run.open() as workspace:
        erased = erasure.release(workspace, RecordingId(run.options.recording))
        if erased.gone:
            _elsewhere(workspace)
    _say_after_hold(run, erased, _("Samtalen holdes ikke længere tilbage."))


def _say_after_hold(run: Run, erased: erasure.Erased, line: str) -> None:
    if erased.gone:
        line = _("Samtalens tid var gået, så den er slettet.")
    run.output.made({"id": run.options.recording, **_erased(erased)}, line)
