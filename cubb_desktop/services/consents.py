"""Agreements with citizens: make, list, withdraw, and the gate that everything done with a recording goes through."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import date

from cubb_desktop.domain.consent import Consent, Purpose, require
from cubb_desktop.domain.errors import ConsentMissing, ConsentWithdrawn, InvalidInput
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.i18n import _
from cubb_desktop.library import consents
from cubb_desktop.library.access import Reading
from cubb_desktop.services.workspace import Workspace

_CPR = re.compile(r"(?<!\d)[0-3]\d[01]\d{3}[ -–]?\d{4}(?!\d)")
LONGEST_REFERENCE = 200


def add_consent(
    ws: Workspace, citizen: str, purposes: Iterable[Purpose], until: date, form: str | None = None
) -> Consent:
    """Record that `citizen` (a reference, never a CPR number) agreed to `purposes` until and with the day `until`.

    Raises `InvalidInput` for an empty reference, a CPR number, no purpose, or a day that has passed.
    """
    agreed = frozenset(purposes)
    _check(citizen.strip(), agreed, until, ws.today())
    consent = Consent(
        id=ConsentId(str(uuid.uuid4())),
        citizen=citizen.strip(),
        purposes=agreed,
        until=until,
        given_at=ws.clock(),
        author=ws.actor,
        form=form,
    )
    with ws.library.change(ws.actor, "consent.added", consent.id) as change:
        consents.add(change, consent)
    return consent


def list_consents(ws: Workspace) -> list[Consent]:
    """Return every agreement, the newest first."""
    with ws.library.read() as reading:
        return consents.all(reading)


def get_consent(ws: Workspace, consent_id: ConsentId) -> Consent:
    """Return one agreement, or raise `ConsentNotFound`."""
    with ws.library.read() as reading:
        return consents.get(reading, consent_id)


def withdraw_consent(ws: Workspace, consent_id: ConsentId) -> Consent:
    """Mark an agreement as withdrawn: nothing more may be done under it. Raises `ConsentNotFound`."""
    with ws.library.change(ws.actor, "consent.withdrawn", consent_id) as change:
        return consents.withdraw(change, consent_id, ws.clock())


def require_consent(ws: Workspace, consent_id: ConsentId | None, purpose: Purpose | None = None) -> Consent:
    """Return the agreement if it allows what is about to be done today (for `purpose`, if given).

    Raises `ConsentMissing` (None), `ConsentNotFound`, `ConsentWithdrawn`, `ConsentExpired`, `ConsentLacksPurpose`.
    """
    if not consent_id:
        raise ConsentMissing
    consent = get_consent(ws, consent_id)
    require(consent, ws.today(), purpose)
    return consent


def refuse_withdrawn(reading: Reading, consent_id: ConsentId) -> None:
    """Raise `ConsentWithdrawn` if the citizen has taken the agreement back: then nobody reads or hears what was said.

    An agreement that has expired still lets its owner read, to see what is to be deleted or agreed on anew.
    """
    if consents.get(reading, consent_id).withdrawn_at is not None:
        raise ConsentWithdrawn


def _check(citizen: str, purposes: frozenset[Purpose], until: date, today: date) -> None:
    if not citizen:
        raise InvalidInput(field=_("Borger"), problem=_("Skriv en betegnelse, fx initialer eller et nummer."))
    if len(citizen) > LONGEST_REFERENCE:
        raise InvalidInput(field=_("Borger"), problem=_("Skriv en kortere betegnelse."))
    if _CPR.search(citizen):
        raise InvalidInput(field=_("Borger"), problem=_("Brug ikke CPR-nummeret. Skriv initialer eller et nummer."))
    if not purposes:
        raise InvalidInput(field=_("Formål"), problem=_("Vælg mindst ét formål, som borgeren har sagt ja til."))
    if until < today:
        raise InvalidInput(field=_("Til og med"), problem=_("Datoen er passeret. Vælg i dag eller en senere dag."))
