"""Agreements with citizens: one row each, and one per purpose, so that each purpose can have a state of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.consent import Consent, Manner, Purpose, ReadingAid
from cubb_desktop.domain.errors import ConsentNotFound
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.recording import Role
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import consent_purposes, consents

AGREED = "agreed"


def add(change: Change, consent: Consent) -> None:
    """Store a new agreement and the purposes that were agreed to."""
    change.connection.execute(
        consents.insert().values(
            id=consent.id,
            citizen=consent.citizen,
            until=consent.until,
            given_at=consent.given_at,
            form=consent.form,
            withdrawn_at=consent.withdrawn_at,
            role=consent.role.value,
            manner=consent.manner.value,
            wording=consent.wording,
            wording_language=consent.wording_language,
            reading_aid=consent.reading_aid.value,
            author=consent.author,
            created_at=change.now(),
            version=consent.version,
        )
    )
    rows = [
        {
            "consent_id": consent.id,
            "purpose": purpose.value,
            "state": AGREED,
            "decided_at": consent.given_at,
            "named": list(consent.named) if purpose is Purpose.FEEDBACK else [],
            "author": consent.author,
            "created_at": change.now(),
            "version": 1,
        }
        for purpose in sorted(consent.purposes)
    ]
    if rows:
        change.connection.execute(consent_purposes.insert(), rows)
    change.touched(consents=True)


def get(reading: Reading, consent_id: ConsentId) -> Consent:
    """Return one agreement, or raise `ConsentNotFound`."""
    row = reading.connection.execute(sa.select(consents).where(consents.c.id == consent_id)).first()
    if row is None:
        raise ConsentNotFound
    return _consent(row, _purposes(reading, consent_id).get(consent_id, {}))


def all(reading: Reading) -> list[Consent]:  # noqa: A001 - reads as `consents.all(reading)`
    """Return every agreement, the newest first."""
    purposes = _purposes(reading)
    rows = reading.connection.execute(sa.select(consents).order_by(consents.c.given_at.desc(), consents.c.id))
    return [_consent(row, purposes.get(ConsentId(row.id), {})) for row in rows]


def withdraw(change: Change, consent_id: ConsentId, at: datetime) -> Consent:
    """Mark an agreement as withdrawn (a second time changes nothing) and return it; raises `ConsentNotFound`."""
    change.connection.execute(
        consents.update()
        .where(consents.c.id == consent_id, consents.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at, version=consents.c.version + 1)
    )
    change.touched(consents=True)
    return get(change, consent_id)


def _purposes(reading: Reading, consent_id: ConsentId | None = None) -> dict[ConsentId, dict[Purpose, tuple[str, ...]]]:
    """Return what was agreed to, and for each purpose the colleagues it names."""
    query = sa.select(consent_purposes).where(consent_purposes.c.state == AGREED)
    if consent_id is not None:
        query = query.where(consent_purposes.c.consent_id == consent_id)
    found: dict[ConsentId, dict[Purpose, tuple[str, ...]]] = {}
    for row in reading.connection.execute(query):
        found.setdefault(ConsentId(row.consent_id), {})[Purpose(row.purpose)] = tuple(row.named)
    return found


def _consent(row: sa.Row[Any], purposes: dict[Purpose, tuple[str, ...]]) -> Consent:
    return Consent(
        id=ConsentId(row.id),
        citizen=row.citizen,
        purposes=frozenset(purposes),
        until=row.until,
        given_at=row.given_at,
        author=row.author,
        form=row.form,
        withdrawn_at=row.withdrawn_at,
        role=Role(row.role),
        manner=Manner(row.manner),
        wording=row.wording,
        wording_language=row.wording_language,
        reading_aid=ReadingAid(row.reading_aid),
        named=purposes.get(Purpose.FEEDBACK, ()),
        version=row.version,
    )
