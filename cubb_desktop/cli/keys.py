"""`library recovery-key` and `library passphrase`: the ways into a library; the keys themselves stay in the vault."""

from __future__ import annotations

import sys

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import warn
from cubb_desktop.i18n import _
from cubb_desktop.vault import Vault, groups_to_ask, is_group, new_recovery_key

_TRIES = 3  # for each group


def hand_over_first(run: Run, vault: Vault, recovery: str) -> None:
    """Show the recovery key of a library that was just made; it counts as confirmed once it has been typed back.

    A script has nobody to ask: what it was given it is taken to keep.
    """
    _show(run, recovery)
    if not _somebody_there(run) or _typed_back(recovery):
        vault.confirm_recovery_key()
        return
    warn(_("Nøglen er ikke bekræftet. Lav en ny med »library recovery-key«; vinduet spørger også, når du åbner det."))


def recovery_key(run: Run) -> int:
    """Make a new recovery key; the old one holds until the new one has been typed back, or given to a script."""
    recovery = new_recovery_key()
    with run.open() as workspace:
        vault = workspace.vault
        if _somebody_there(run):
            _show(run, recovery)
            if not _typed_back(recovery):
                warn(_("Nøglen er ikke bekræftet. Intet er ændret: den gamle nøgle gælder stadig."))
                return 2
            vault.replace_recovery_key(recovery)
        else:
            vault.replace_recovery_key(recovery, confirmed=False)
            run.output.made({"id": vault.library_id, "recovery_key": recovery}, recovery)
            sys.stdout.flush()  # a pipe that broke is noticed before the key counts as handed over
            vault.confirm_recovery_key()
    run.output.say()
    run.output.say(_("Den gamle gendannelsesnøgle åbner ikke længere dette bibliotek. Smid arket med den ud."))
    run.output.say(_("En ældre sikkerhedskopi åbnes stadig med den gamle nøgle: lav en ny kopi nu."))
    return 0


def passphrase(run: Run) -> None:
    """Change the passphrase of the library."""
    with run.open() as workspace:
        workspace.vault.set_passphrase(run.new_passphrase())
        document = {"id": workspace.vault.library_id}
    run.output.made(document, _("Adgangssætningen er skiftet."))


def _show(run: Run, recovery: str) -> None:
    run.output.say()
    run.output.say(_("Gendannelsesnøgle (skriv den ned, og læg den et sikkert sted; den vises kun nu):"))
    run.output.say(f"  {recovery}")
    sys.stdout.flush()


def _somebody_there(run: Run) -> bool:
    return not run.output.as_json and sys.stdin.isatty() and sys.stdout.isatty()


def _typed_back(recovery: str) -> bool:
    """Ask for three groups; a few slips are forgiven, the end of input is not."""
    sys.stdout.write(_("Skriv tre af grupperne, så du ved, at de er skrevet rigtigt af.") + "\n")
    return all(_group_typed(recovery, number) for number in groups_to_ask())


def _group_typed(recovery: str, number: int) -> bool:
    for _try in range(_TRIES):
        try:
            typed = input(_("Gruppe {number}: ").format(number=number))
        except EOFError:
            return False
        if is_group(recovery, number, typed):
            return True
        warn(_("Gruppe {number} passer ikke.").format(number=number))
    return False
