"""`erase`, `consent withdraw`, `recordings hold` and its like, `exports recall`: what goes, and what stays."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import warn
from cubb_desktop.domain.consent import PURPOSE_LABELS
from cubb_desktop.domain.errors import CubbError, InvalidInput, WithdrawnUnsaved
from cubb_desktop.domain.ids import ConsentId, ExportId, RecordingId
from cubb_desktop.domain.pack import ExportEntry
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.retention import Kept
from cubb_desktop.export.letters import Letter, docx_letter, text_letter
from cubb_desktop.i18n import _, current_language, format_clock_ms, format_date, ngettext, sentence
from cubb_desktop.services import erasure, keeping, letters
from cubb_desktop.services.outfile import NewFile, check_place, make_folder
from cubb_desktop.services.workspace import Workspace

_RECEIPTS = (".docx", ".txt")


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
    if one.holds:
        return _("holdes tilbage; ellers slettes den {date}").format(date=format_date(one.recording.delete_after))
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
    for line in _erased_lines(erased) or [_("Der var intet at slette.")]:
        run.output.say(line)


def _erased_lines(erased: erasure.Erased) -> list[str]:
    lines = []
    number = len(erased.gone)
    if number:
        text = ngettext("{number} samtale er slettet.", "{number} samtaler er slettet.", number)
        lines.append(text.format(number=number))
    if erased.held:
        text = ngettext(
            "{number} samtale venter på journalisering eller holdes tilbage.",
            "{number} samtaler venter på journalisering eller holdes tilbage.",
            len(erased.held),
        )
        lines += [text.format(number=len(erased.held)), _(keeping.DUTY)]
    if erased.busy:
        text = _("{number} optages lige nu og slettes, når optagelsen er stoppet.")
        lines.append(text.format(number=len(erased.busy)))
    return lines


# --- withdrawal ------------------------------------------------------------------------------------------------------


def withdraw(run: Run) -> None:
    """Somebody who is heard takes the agreement back, as a whole or for some purposes."""
    options = run.options
    purposes = [purpose for group in options.purpose or [] for purpose in group] or None
    _check_places(options.letters, options.receipt)
    with run.open() as workspace:
        withdrawal = erasure.withdraw(workspace, ConsentId(options.id), purposes)
        elsewhere = _elsewhere(workspace)
        now = workspace.clock()
    files: list[Path] = []
    problem: CubbError | None = None
    try:
        _write_all(run, withdrawal, now, files)
    except CubbError as error:
        problem = error
    _tell_withdrawn(run, withdrawal, elsewhere, files)
    if problem is not None:
        raise WithdrawnUnsaved(done=" ".join(_withdrawn_lines(withdrawal)), problem=sentence(problem))


def _check_places(folder: Path | None, receipt: Path | None) -> None:
    """Refuse, before anything is withdrawn, places where letters or receipt can't be saved; make the folder."""
    if receipt is not None and receipt.suffix.lower() not in _RECEIPTS:
        raise InvalidInput(field=_("Fil"), problem=_("Giv filen et navn, der ender på .docx eller .txt."))
    if folder is not None:
        make_folder(folder)
        if any(folder.glob(_letter_file(folder, "*").name)):
            raise InvalidInput(field=_("Mappe"), problem=_("Der ligger allerede breve. Vælg en anden mappe."))
        check_place(_letter_file(folder, 1))
    if receipt is not None:
        check_place(receipt)


def _write_all(run: Run, withdrawal: erasure.Withdrawal, now: datetime, files: list[Path]) -> None:
    """Write the letters, noting in `files` those that are there, and the receipt, where they are wanted."""
    options = run.options
    language = options.letter_language or current_language()
    if options.letters is not None:
        day = withdrawal.at.astimezone().date()
        found = letters.recall_letters(withdrawal.copies, day, run.settings.actor, language)
        for number, one in enumerate(found, start=1):
            files.append(_write(_letter_file(options.letters, number), one.letter, now))
    if options.receipt is not None:
        _write(options.receipt, letters.receipt(withdrawal, language, options.name or ""), now)


def _letter_file(folder: Path, number: int | str) -> Path:
    return folder / f"tilbagekald-{number}.docx"


def _tell_withdrawn(run: Run, withdrawal: erasure.Withdrawal, elsewhere: dict[str, Any], files: list[Path]) -> None:
    if run.output.as_json:
        run.output.document(
            {
                "id": withdrawal.consent_id,
                "purposes": sorted(withdrawal.purposes),
                "whole": withdrawal.whole,
                "earlier": withdrawal.earlier,
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
    for line in _withdrawn_lines(withdrawal):
        say(line)
    for gone in withdrawal.erased.gone:
        say(f"  {format_date(gone.recorded_on)}  {format_clock_ms(gone.duration_ms)}  {gone.id}")
    if withdrawal.copies:
        say(_("Disse kopier har forladt programmet og skal kaldes tilbage (--letters MAPPE laver brevene):"))
        run.output.table([_row(copy) for copy in withdrawal.copies], "")
    elif withdrawal.earlier:
        say(_("Kopier, der mangler at blive kaldt tilbage, vises med: exports recall"))
    else:
        say(_("Ingen kopier har forladt programmet."))


def _withdrawn_lines(withdrawal: erasure.Withdrawal) -> list[str]:
    if not withdrawal.whole:
        named = ", ".join(_(PURPOSE_LABELS[purpose]) for purpose in sorted(withdrawal.purposes))
        return [_("Aftalen er trukket tilbage for: {purposes}. Resten gælder stadig.").format(purposes=named)]
    lines = _erased_lines(withdrawal.erased)
    if not withdrawal.earlier:
        return [_("Aftalen er trukket tilbage."), *(lines or [_("Der var intet at slette.")])]
    before = _("Aftalen blev trukket tilbage {date}.").format(date=format_date(withdrawal.at.astimezone().date()))
    return [before, *(lines or [_("Alt, hvad der hvilede på den, er slettet.")])]


def _write(path: Path, letter: Letter, made_at: datetime) -> Path:
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
        recording_id = RecordingId(options.recording)
        last = keeping.kept_one(workspace, recording_id).recording.delete_after
        erased = erasure.journalise(workspace, recording_id, options.on or workspace.today())
        if erased.gone:
            _elsewhere(workspace)
    _say_after_hold(run, erased, _("Skrevet ned. Samtalen slettes efter {date}.").format(date=format_date(last)))


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
