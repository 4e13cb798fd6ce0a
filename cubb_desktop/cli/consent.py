"""`consent`: what people have agreed to, what proves it, and the sheet that tells them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import warn
from cubb_desktop.domain.consent import (
    MANNER_LABELS,
    PURPOSE_LABELS,
    PURPOSE_STATE_LABELS,
    READING_AID_LABELS,
    Consent,
    ConsentState,
    Manner,
    Purpose,
    PurposeState,
    days_left,
    purpose_state,
    state_on,
)
from cubb_desktop.domain.errors import N_, InvalidInput
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.policy import Policy
from cubb_desktop.domain.recording import ROLE_LABELS
from cubb_desktop.i18n import _, format_date, ngettext
from cubb_desktop.services import consents, evidence, wordings
from cubb_desktop.services.outfile import NewFile
from cubb_desktop.services.policy import get_policy
from cubb_desktop.vault import is_library

_STATES = {
    ConsentState.VALID: N_("gælder"),
    ConsentState.EXPIRED: N_("udløbet"),
    ConsentState.WITHDRAWN: N_("trukket tilbage"),
}


def add(run: Run) -> None:
    """Write down an agreement."""
    options = run.options
    with run.open() as workspace:
        consent = consents.add_consent(
            workspace,
            options.citizen,
            _flat(options.purpose),
            options.until,
            role=options.role,
            given=_given(run),
            named=options.name,
            refused=_flat(options.refused),
            renews=ConsentId(options.renews) if options.renews is not None else None,
        )
    run.output.made({"id": consent.id}, consent.id)


def _flat(groups: list[list[Purpose]]) -> list[Purpose]:
    return [purpose for group in groups for purpose in group]


def _given(run: Run) -> consents.Given:
    options = run.options
    language = options.wording_language
    version = wordings.wording(language).version if language is not None else None
    pages: list[tuple[str, bytes]] = []
    for file in options.evidence:
        pages += [_signature(file)] if options.manner is Manner.SIGNATURE else evidence.pages_of(file)
    manner = Manner.PAPER if pages and options.manner is Manner.UNSPECIFIED else options.manner
    return consents.Given(manner, version, language, options.reading_aid, pages, options.form)


def _signature(file: Path) -> tuple[str, bytes]:
    return evidence.signature_of(evidence.read_untrusted(file))


def listing(run: Run) -> None:
    """Show every agreement, and warn of those that end soon."""
    with run.open() as workspace:
        found = consents.list_consents(workspace)
        resting = {consent.id: consents.resting_on(workspace, consent.id) for consent in found}
        today = workspace.today()
    if run.output.as_json:
        run.output.document([_document(c, today, [r.id for r in resting[c.id]]) for c in found])
        return
    rows = [
        (
            c.id,
            _reference(c),
            _(ROLE_LABELS[c.role]),
            _(_STATES[state_on(c, today)]),
            format_date(c.until),
            _in_words(c.purposes),
        )
        for c in found
    ]
    run.output.table(rows, _("Der er ingen aftaler endnu."))
    for consent in found:
        left = days_left(consent, today)
        if left is not None and resting[consent.id]:
            warn(ending_soon(consent, left))


def ending_soon(consent: Consent, left: int) -> str:
    """Return the warning that an agreement ends in `left` days."""
    if left == 0:
        return _("Aftalen med {citizen} slutter i dag.").format(citizen=_reference(consent))
    text = ngettext(
        "Aftalen med {citizen} slutter om {days} dag.", "Aftalen med {citizen} slutter om {days} dage.", left
    )
    return text.format(citizen=_reference(consent), days=left)


def _reference(consent: Consent) -> str:
    return consent.citizen or _("(trukket tilbage)")


def _in_words(purposes: frozenset[Purpose]) -> str:
    return ", ".join(_(PURPOSE_LABELS[purpose]) for purpose in Purpose if purpose in purposes)


def show(run: Run) -> None:
    """Show one agreement with what rests on it."""
    with run.open() as workspace:
        consent = consents.get_consent(workspace, ConsentId(run.options.id))
        resting = consents.resting_on(workspace, consent.id)
        proof = consents.list_evidence(workspace, consent.id)
        today = workspace.today()
    if run.output.as_json:
        pages = [
            {"id": page.id, "kind": page.kind.value, "media_type": page.media_type, "bytes": len(page.content),
             "sha256": page.sha256}
            for page in proof
        ]  # fmt: skip
        run.output.document({**_document(consent, today, [r.id for r in resting]), "evidence": pages})
        return
    state = _(_STATES[state_on(consent, today)])
    run.output.say(f"{_reference(consent)} ({_(ROLE_LABELS[consent.role])}): {state}, {format_date(consent.until)}")
    how = [_(MANNER_LABELS[consent.manner])]
    if consent.wording is not None:  # else nobody knows what was read, nor how
        how.append(_(READING_AID_LABELS[consent.reading_aid]))
        how.append(_("tekst {version} ({language})").format(version=consent.wording, language=consent.wording_language))
    run.output.say("  " + " · ".join(how))
    for purpose in Purpose:
        stands = purpose_state(consent, purpose, today)
        if stands is not PurposeState.NOT_ASKED:
            run.output.say(f"  {_(PURPOSE_LABELS[purpose])}: {_(PURPOSE_STATE_LABELS[stands])}")
    if consent.named:
        run.output.say("  " + _("feedback fra: {names}").format(names=", ".join(consent.named)))
    for recording in resting:
        run.output.say(f"  {recording.id}  {recording.title}")


def sheet(run: Run) -> None:
    """Save the information sheet for the citizen as a PDF to print."""
    options = run.options
    if options.out.suffix.lower() != ".pdf":
        raise InvalidInput(field=_("Fil"), problem=_("Giv filen et navn, der ender på .pdf."))
    content = wordings.information_sheet(_policy(run), options.language, options.wording)
    with NewFile(options.out) as file:
        file.write(content)
        file.seal()
        file.keep()
    document = {"file": str(options.out), "sha256": file.sha256, "language": options.language}
    run.output.made(document, _("Informationsarket er gemt: {file}").format(file=options.out))


def _policy(run: Run) -> Policy:
    """The municipality's decisions; without a library the sheet has its general words."""
    if not is_library(run.folder):
        return Policy()
    with run.open() as workspace:
        return get_policy(workspace)


def _document(consent: Consent, today: date, resting: list[Any]) -> dict[str, Any]:
    return {
        "id": consent.id,
        "citizen": consent.citizen,
        "role": consent.role.value,
        "purposes": sorted(consent.purposes),
        "refused": sorted(consent.refused),
        "informed": sorted(consent.informed),
        "taken_back": sorted(consent.taken_back),
        "named": list(consent.named),
        "until": consent.until.isoformat(),
        "days_left": days_left(consent, today),
        "given_at": consent.given_at.isoformat(),
        "taken_by": consent.author,
        "withdrawn_at": consent.withdrawn_at.isoformat() if consent.withdrawn_at is not None else None,
        "state": state_on(consent, today).value,
        "manner": consent.manner.value,
        "wording": consent.wording,
        "wording_language": consent.wording_language,
        "reading_aid": consent.reading_aid.value,
        "form": consent.form,
        "recordings": resting,
    }
