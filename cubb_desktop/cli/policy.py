"""`policy`: what the municipality has decided for this library."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import warn
from cubb_desktop.domain.policy import LEGAL_BASIS_LABELS, Policy
from cubb_desktop.i18n import _, format_date
from cubb_desktop.services.policy import get_policy, retention_of, set_policy, start_notice
from cubb_desktop.services.workspace import Workspace

_TEXTS = ("municipality", "controller", "contact", "legal_basis", "law", "signed_by", "signed_on")


def show(run: Run) -> None:
    """Show what is decided."""
    with run.open() as workspace:
        policy = get_policy(workspace)
    _say(run, policy)


def change(run: Run) -> None:
    """Set what is named and leave the rest."""
    options = run.options
    given = {name: getattr(options, name) for name in _TEXTS if getattr(options, name) is not None}
    if options.require_legal_basis is not None:
        given["require_legal_basis"] = options.require_legal_basis
    with run.open() as workspace:
        policy = get_policy(workspace)
        kept = policy.retention
        days = retention_of(
            kept.audio_days if options.audio_days is None else options.audio_days,
            kept.transcript_days if options.transcript_days is None else options.transcript_days,
            kept.excerpt_days if options.excerpt_days is None else options.excerpt_days,
        )
        policy = set_policy(workspace, replace(policy, retention=days, **given))
    _say(run, policy)


def warn_of_open_basis(workspace: Workspace) -> None:
    """Say before a start, in one line, that the legal basis is still open."""
    notice = start_notice(workspace)
    if notice is not None:
        warn(notice)


def _say(run: Run, policy: Policy) -> None:
    if run.output.as_json:
        run.output.document(_document(policy))
        return
    nothing = _("ikke skrevet endnu")
    basis = _(LEGAL_BASIS_LABELS[policy.legal_basis]) if policy.legal_basis is not None else nothing
    signed = nothing
    if policy.signed_on is not None and policy.signed_by:
        signed = f"{policy.signed_by}, {format_date(policy.signed_on)}"
    days = policy.retention
    rows = [
        (_("Kommune"), policy.municipality or nothing),
        (_("Dataansvarlig"), policy.controller or nothing),
        (_("Databeskyttelsesrådgiver"), policy.contact or nothing),
        (_("Behandlingsgrundlag"), ". ".join(part for part in (basis, policy.law) if part)),
        (_("Godkendt af"), signed),
        (
            _("Opbevaring"),
            _("lyd {audio}, tekst {text}, uddrag {excerpts} dage; den korteste frist gælder hele samtalen").format(
                audio=days.audio_days, text=days.transcript_days, excerpts=days.excerpt_days
            ),
        ),
        (_("Kræves før optagelse"), _("ja") if policy.require_legal_basis else _("nej")),
    ]
    run.output.table(rows, "")


def _document(policy: Policy) -> dict[str, Any]:
    values = asdict(policy)
    retention = values.pop("retention")
    return {
        **values,
        **retention,
        "signed_on": policy.signed_on.isoformat() if policy.signed_on is not None else None,
        "settled": policy.is_settled,
    }
