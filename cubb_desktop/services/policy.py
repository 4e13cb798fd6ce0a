"""What the municipality has decided for this library, and what a start must say as long as the legal basis is open."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.domain.policy import Policy, Retention
from cubb_desktop.domain.retention import LONGEST_DAYS
from cubb_desktop.i18n import _
from cubb_desktop.library import policies
from cubb_desktop.services.keeping import reset_last_days
from cubb_desktop.services.workspace import Workspace

LONGEST_TEXT = 500


def get_policy(ws: Workspace) -> Policy:
    """Return the municipality's decisions; defaults where nothing was decided."""
    with ws.library.read() as reading:
        return policies.policy_in(reading)


def set_policy(ws: Workspace, policy: Policy) -> Policy:
    """Store the municipality's decisions and return them as they are kept; raises `InvalidInput`.

    Changing the legal basis or its law takes the sign-off away, unless it is signed off anew at the same time.
    """
    kept = replace(
        policy,
        municipality=_tidy(policy.municipality),
        controller=_tidy(policy.controller),
        contact=_tidy(policy.contact),
        law=_tidy(policy.law),
        signed_by=_tidy(policy.signed_by),
    )
    if any(len(getattr(kept, name)) > LONGEST_TEXT for name in policies.TEXTS):
        raise InvalidInput(field=_("Kommunens rammer"), problem=_("Brug højst {most} tegn.").format(most=LONGEST_TEXT))
    if kept.signed_on is not None and kept.signed_on > ws.today():
        raise InvalidInput(field=_("Godkendt den"), problem=_("Datoen ligger i fremtiden. Vælg i dag eller før."))
    with ws.library.change(ws.actor, "policy.set") as change:
        before = policies.policy_in(change)
        basis_changed = (before.legal_basis, before.law) != (kept.legal_basis, kept.law)
        if basis_changed and (before.signed_by, before.signed_on) == (kept.signed_by, kept.signed_on):
            kept = replace(kept, signed_by="", signed_on=None)
        known = policies.all(change)
        for name, value in _rows(kept).items():
            if name not in known or known[name] != value:
                policies.put(change, name, value)
        if before.retention != kept.retention:
            reset_last_days(change)
    return kept


def retention_of(audio_days: int, transcript_days: int, excerpt_days: int) -> Retention:
    """Return how long things are kept; raises `InvalidInput` outside a day and three years."""
    try:
        return Retention(audio_days, transcript_days, excerpt_days)
    except ValueError:
        problem = _("Vælg mellem 1 og {most} dage.").format(most=LONGEST_DAYS)
        raise InvalidInput(field=_("Opbevaring"), problem=problem) from None


def start_notice(ws: Workspace) -> str | None:
    """Return the calm sentence that every start shows while the legal basis is open, None when it is settled."""
    policy = get_policy(ws)
    if policy.is_settled:
        return None
    if policy.require_legal_basis:
        return _("Kommunen kræver et behandlingsgrundlag før optagelse. Skriv det under Indstillinger.")
    return _("Kommunens behandlingsgrundlag er ikke skrevet endnu. Du kan optage; sig det til din leder.")


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _rows(policy: Policy) -> dict[str, Any]:
    values = {**asdict(policy), **asdict(policy.retention)}
    del values["retention"]
    return {**values, "signed_on": policy.signed_on.isoformat() if policy.signed_on is not None else None}
