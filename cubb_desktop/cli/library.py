"""`library`: make a library, say what it holds, check that nothing in it was altered."""

from __future__ import annotations

from collections.abc import Iterator

from cubb_desktop.audio.chunks import SoundState
from cubb_desktop.cli.keys import hand_over_first
from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import warn
from cubb_desktop.domain.errors import N_, CubbError
from cubb_desktop.domain.recording import RecordingState
from cubb_desktop.i18n import _, format_number
from cubb_desktop.library.checks import Problem
from cubb_desktop.services.recordings import list_recordings, sound_state
from cubb_desktop.services.workspace import Workspace, create_workspace

_CHECKS = {
    "seal": N_("en side i databasen er ændret eller ødelagt"),
    "structure": N_("databasens opbygning er ødelagt"),
    "reference": N_("noget peger på noget, der ikke findes"),
    "search": N_("søgningen passer ikke til udskrifterne"),
    "audit": N_("logbogen er brudt"),
    "database": N_("databasen kan ikke læses"),
    "sound": N_("lyden til en samtale er ødelagt"),
}


def init(run: Run) -> None:
    """Make a library; the recovery key is shown once, kept nowhere, and asked for again."""
    workspace, recovery = create_workspace(run.folder, run.passphrase(new=True), actor=run.settings.actor)
    with workspace:
        document = {"id": workspace.vault.library_id, "folder": str(run.folder), "recovery_key": recovery}
        run.output.made(document, _("Biblioteket er oprettet i {folder}.").format(folder=run.folder))
        hand_over_first(run, workspace.vault, recovery)


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
            "recovery_key_confirmed": workspace.vault.recovery_confirmed,
            "opens_by_keyring": workspace.vault.opens_by_keyring,
        }
    if run.output.as_json:
        run.output.document(document)
        return
    hours = duration_ms / 3_600_000
    run.output.say(_("Mappe: {folder}").format(folder=run.folder))
    run.output.say(_("Samtaler: {count} ({hours} timer)").format(count=len(recordings), hours=format_number(hours)))
    if not document["recovery_key_confirmed"]:
        warn(_("Gendannelsesnøglen er aldrig bekræftet. Lav en ny med »library recovery-key«."))


def verify(run: Run) -> int:
    """Check files, references, search index, log and every recording's sound; exit 2 when something is wrong."""
    with run.open() as workspace:
        problems = [*workspace.library.verify(), *_sound_problems(workspace)]
    if run.output.as_json:
        run.output.document({"problems": [{"check": p.check, "detail": p.detail} for p in problems]})
    elif not problems:
        run.output.say(_("Alt er, som det skal være."))
    for problem in problems:
        run.output.say(f"{_(_CHECKS[problem.check])}: {problem.detail}")
    if problems:
        warn(_("Noget er ændret eller ødelagt. Kopiér mappen et sikkert sted hen, og bed om hjælp."))
    return 2 if problems else 0


def _sound_problems(workspace: Workspace) -> Iterator[Problem]:
    """Open every recording's sound and authenticate every chunk of it."""
    for recording in list_recordings(workspace):
        if recording.state is RecordingState.RECORDING:
            continue
        try:
            state = sound_state(workspace, recording.id)
        except CubbError:
            state = SoundState.DAMAGED
        if state is SoundState.DAMAGED:
            yield Problem("sound", recording.id)
