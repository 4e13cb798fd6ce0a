"""`library` and `audit`: make a library, say what it holds, check that nothing in it was altered."""

from __future__ import annotations

from cubb_desktop.cli.opening import Run
from cubb_desktop.i18n import _
from cubb_desktop.services.recordings import list_recordings
from cubb_desktop.services.workspace import create_workspace


def init(run: Run) -> None:
    """Make a library; the recovery key is shown once and kept nowhere."""
    workspace, recovery = create_workspace(run.folder, run.passphrase(new=True), actor=run.settings.actor)
    with workspace:
        document = {"id": workspace.vault.library_id, "folder": str(run.folder), "recovery_key": recovery}
        run.output.made(document, _("Biblioteket er oprettet i {folder}.").format(folder=run.folder))
    run.output.say()
    run.output.say(_("Gendannelsesnøgle (skriv den ned, og læg den et sikkert sted; den vises kun nu):"))
    run.output.say(f"  {recovery}")


def info(run: Run) -> None:
    """Say what the library holds."""
    with run.open() as workspace:
        recordings = list_recordings(workspace)
        duration_ms = sum(recording.duration_ms for recording in recordings)
        document = {
            "id": workspace.vault.library_id,
            "folder": str(workspace.folder),
            "recordings": len(recordings),
            "duration_ms": duration_ms,
        }
    if run.output.as_json:
        run.output.document(document)
        return
    hours = duration_ms / 3_600_000
    run.output.say(_("Mappe: {folder}").format(folder=run.folder))
    run.output.say(_("Samtaler: {count} ({hours:.1f} timer)").format(count=len(recordings), hours=hours))


def verify(run: Run) -> int:
    """Check the library's files, its references, its search index and its log; exit 2 when something is wrong."""
    with run.open() as workspace:
        problems = workspace.library.verify()
    if run.output.as_json:
        run.output.document({"problems": [{"check": p.check, "detail": p.detail} for p in problems]})
    elif not problems:
        run.output.say(_("Alt er, som det skal være."))
    for problem in problems:
        run.output.say(f"{problem.check}: {problem.detail}")
    return 2 if problems else 0


def audit(run: Run) -> int:
    """Check the chain of the log; exit 2 and the first broken line when something was altered."""
    with run.open() as workspace:
        broken = [problem for problem in workspace.library.verify() if problem.check == "audit"]
    run.output.made(
        {"problems": [{"check": p.check, "detail": p.detail} for p in broken]},
        _("Logbogen er hel.") if not broken else _("Logbogen er brudt: {where}.").format(where=broken[0].detail),
    )
    return 2 if broken else 0
