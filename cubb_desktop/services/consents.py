"""Agreements with the people who are heard: make, renew, list, take back, and what proves them and rests on them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from cubb_desktop.domain.consent import (
    ASKED,
    Consent,
    Evidence,
    Manner,
    Purpose,
    ReadingAid,
    folded,
)
from cubb_desktop.domain.cpr import holds_cpr
from cubb_desktop.domain.errors import ConsentWithdrawn, InvalidInput
from cubb_desktop.domain.ids import ConsentId, EvidenceId
from cubb_desktop.domain.recording import Recording, Role
from cubb_desktop.i18n import _
from cubb_desktop.library import consents, recordings
from cubb_desktop.library.access import Change
from cubb_desktop.services.evidence import usual_kind
from cubb_desktop.services.keeping import reset_last_day
from cubb_desktop.services.workspace import Workspace

LONGEST_REFERENCE = 200
MOST_NAMED = 12
_NOBODY: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """How an agreement was given. `wording` None: no text was shown; `evidence` holds (media type, picture) pages."""

    manner: Manner = Manner.UNSPECIFIED
    wording: str | None = None
    wording_language: str | None = None
    reading_aid: ReadingAid = ReadingAid.NONE
    evidence: Sequence[tuple[str, bytes]] = field(default=())
    form: str | None = None


def add_consent(
    ws: Workspace,
    citizen: str,
    purposes: Iterable[Purpose],
    until: date,
    form: str | None = None,
    *,
    role: Role = Role.CITIZEN,
    given: Given | None = None,
    named: Iterable[str] = _NOBODY,
    refused: Iterable[Purpose] = (),
    renews: ConsentId | None = None,
) -> Consent:
    """Record that a person (a reference, never a CPR number) agreed to `purposes` until and with the day `until`.

    `named` are the colleagues who may give feedback; `refused` is what was said no to, and what was only told of is
    what else the wording asks about. `renews` is an older agreement with the same person: what rests on it rests on
    this one from now on. Who said no to everything is not stored at all. Raises `InvalidInput`, `ConsentNotFound`.
    """
    given = given or Given(form=form)
    agreed, said_no = frozenset(purposes), frozenset(refused)
    names = _names(named) if Purpose.FEEDBACK in agreed else ()
    _check(citizen.strip(), agreed, until, ws.today())
    if agreed & said_no:
        raise InvalidInput(field=_("Formål"), problem=_("Svar enten ja eller nej til hvert formål."))
    told = frozenset(ASKED) if given.wording is not None else frozenset()
    consent = Consent(
        id=ConsentId(str(uuid.uuid4())),
        citizen=citizen.strip(),
        purposes=agreed,
        until=until,
        given_at=ws.clock(),
        author=ws.actor,
        form=given.form or form,
        role=role,
        manner=given.manner,
        wording=given.wording,
        wording_language=given.wording_language,
        reading_aid=given.reading_aid,
        named=names,
        refused=said_no,
        informed=told - agreed - said_no,
    )
    with ws.library.change(ws.actor, "consent.added", consent.id) as change:
        consents.add(change, consent)
        for media_type, content in given.evidence:
            consents.put_evidence(change, _evidence(ws, consent.id, media_type, content))
        if renews is not None:
            _move(change, renews, consent)
    return consent


def _evidence(ws: Workspace, consent_id: ConsentId, media_type: str, content: bytes) -> Evidence:
    return Evidence(
        id=EvidenceId(str(uuid.uuid4())),
        consent_id=consent_id,
        kind=usual_kind(media_type),
        media_type=media_type,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        author=ws.actor,
        created_at=ws.clock(),
    )


def _move(change: Change, old_id: ConsentId, new: Consent) -> None:
    """Let what rests on an older agreement with the same person rest on the new one: their latest word counts.

    The older one ends, so that nothing new is made under it.
    """
    if consents.get(change, old_id).withdrawn_at is not None:
        raise ConsentWithdrawn
    for recording in recordings.with_consent(change, old_id):
        consents.rest_on(change, recording.id, old_id, new)
        reset_last_day(change, recording.id)
    consents.end(change, old_id, new.given_at.astimezone().date() - timedelta(days=1))


# --- looking ---------------------------------------------------------------------------------------------------------


def list_consents(ws: Workspace) -> list[Consent]:
    """Return every agreement, the newest first."""
    with ws.library.read() as reading:
        return consents.all(reading)


def get_consent(ws: Workspace, consent_id: ConsentId) -> Consent:
    """Return one agreement, or raise `ConsentNotFound`."""
    with ws.library.read() as reading:
        return consents.get(reading, consent_id)


def list_evidence(ws: Workspace, consent_id: ConsentId) -> list[Evidence]:
    """Return what proves an agreement, page after page; raises `ConsentNotFound`."""
    with ws.library.read() as reading:
        consents.get(reading, consent_id)
        return consents.evidence_of(reading, consent_id)


def resting_on(ws: Workspace, consent_id: ConsentId) -> list[Recording]:
    """Return the recordings in which the person is heard, the newest first; raises `ConsentNotFound`."""
    with ws.library.read() as reading:
        consents.get(reading, consent_id)
        return recordings.with_consent(reading, consent_id)


def resting_counts(ws: Workspace) -> dict[ConsentId, int]:
    """Return how many recordings rest on each agreement that any rest on."""
    with ws.library.read() as reading:
        return consents.resting_counts(reading)


def usual_names(found: Iterable[Consent]) -> tuple[str, ...]:
    """Return the colleagues that the newest agreement to name any names: they are likely the same next time."""
    return next((consent.named for consent in found if consent.named), ())


# --- taking back -----------------------------------------------------------------------------------------------------


def withdraw_consent(ws: Workspace, consent_id: ConsentId) -> Consent:
    """Mark an agreement as withdrawn: nothing more may be done under it. Raises `ConsentNotFound`."""
    with ws.library.change(ws.actor, "consent.withdrawn", consent_id) as change:
        return consents.withdraw(change, consent_id, ws.clock())


# --- what is no agreement --------------------------------------------------------------------------------------------


def check_reference(citizen: str) -> None:
    """Raise `InvalidInput` unless the text can stand for a person: short, and no CPR number."""
    if not citizen.strip():
        raise InvalidInput(field=_("Borger"), problem=_("Skriv en betegnelse, fx initialer eller et nummer."))
    if len(citizen) > LONGEST_REFERENCE:
        raise InvalidInput(field=_("Borger"), problem=_("Skriv en kortere betegnelse."))
    if holds_cpr(citizen):
        raise InvalidInput(field=_("Borger"), problem=_("Brug ikke CPR-nummeret. Skriv initialer eller et nummer."))


def _check(citizen: str, purposes: frozenset[Purpose], until: date, today: date) -> None:
    check_reference(citizen)
    if not purposes:
        raise InvalidInput(field=_("Formål"), problem=_("Vælg mindst ét formål, som borgeren har sagt ja til."))
    if until < today:
        raise InvalidInput(field=_("Til og med"), problem=_("Datoen er passeret. Vælg i dag eller en senere dag."))


def _names(named: Iterable[str]) -> tuple[str, ...]:
    """Return the colleagues' names as they are kept, each once."""
    kept = {folded(name): " ".join(name.split()) for name in named if name.strip()}
    if len(kept) > MOST_NAMED or any(len(name) > LONGEST_REFERENCE for name in kept.values()):
        raise InvalidInput(field=_("Kolleger"), problem=_("Skriv højst {most} navne.").format(most=MOST_NAMED))
    if any(holds_cpr(name) for name in kept.values()):
        raise InvalidInput(field=_("Kolleger"), problem=_("Skriv kun navne, ingen CPR-numre."))
    return tuple(kept.values())
