"""`consent`: what citizens have agreed to."""

from __future__ import annotations

from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain.consent import PURPOSE_LABELS, Consent, ConsentState, Purpose, state_on
from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.i18n import _, format_date
from cubb_desktop.services import consents

_STATES = {
    ConsentState.VALID: N_("gælder"),
    ConsentState.EXPIRED: N_("udløbet"),
    ConsentState.WITHDRAWN: N_("trukket tilbage"),
}


def add(run: Run) -> None:
    """Write down an agreement."""
    options = run.options
    purposes = [purpose for group in options.purpose for purpose in group]
    with run.open() as workspace:
        consent = consents.add_consent(workspace, options.citizen, purposes, options.until, options.form)
    run.output.made({"id": consent.id}, consent.id)


def listing(run: Run) -> None:
    """Show every agreement."""
    with run.open() as workspace:
        found = consents.list_consents(workspace)
        today = workspace.today()
    if run.output.as_json:
        run.output.document([_document(consent, state_on(consent, today)) for consent in found])
        return
    rows = [
        (c.id, c.citizen, _(_STATES[state_on(c, today)]), format_date(c.until), _in_words(c.purposes)) for c in found
    ]
    run.output.table(rows, _("Der er ingen aftaler endnu."))


def _in_words(purposes: frozenset[Purpose]) -> str:
    return ", ".join(_(PURPOSE_LABELS[purpose]) for purpose in Purpose if purpose in purposes)


def show(run: Run) -> None:
    """Show one agreement."""
    with run.open() as workspace:
        consent = consents.get_consent(workspace, ConsentId(run.options.id))
        state = state_on(consent, workspace.today())
    if run.output.as_json:
        run.output.document(_document(consent, state))
        return
    run.output.say(f"{consent.citizen}: {_(_STATES[state])}, {format_date(consent.until)}")
    for purpose in sorted(consent.purposes):
        run.output.say(f"  {_(PURPOSE_LABELS[purpose])}")


def withdraw(run: Run) -> None:
    """The citizen takes the agreement back."""
    with run.open() as workspace:
        consent = consents.withdraw_consent(workspace, ConsentId(run.options.id))
    run.output.made({"id": consent.id}, _("Aftalen er trukket tilbage. Samtalen kan ikke længere bruges."))


def _document(consent: Consent, state: ConsentState) -> dict[str, Any]:
    return {
        "id": consent.id,
        "citizen": consent.citizen,
        "purposes": sorted(consent.purposes),
        "until": consent.until.isoformat(),
        "given_at": consent.given_at.isoformat(),
        "state": state.value,
        "form": consent.form,
    }
