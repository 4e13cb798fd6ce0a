"""Agreements: one row each, one per purpose, so that each purpose has a state of its own, and what proves them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.consent import Consent, Evidence, EvidenceKind, Manner, Purpose, ReadingAid
from cubb_desktop.domain.errors import ConsentNotFound
from cubb_desktop.domain.ids import ConsentId, EvidenceId, RecordingId
from cubb_desktop.domain.recording import Role
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import consent_evidence, consent_purposes, consents, participants, recordings

AGREED, REFUSED, INFORMED, WITHDRAWN = "agreed", "refused", "informed", "withdrawn"


def add(change: Change, consent: Consent) -> None:
    """Store a new agreement and what was said to each purpose."""
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
    decided = {
        AGREED: consent.purposes,
        REFUSED: consent.refused,
        INFORMED: consent.informed,
        WITHDRAWN: consent.taken_back,
    }
    rows = [
        {
            "consent_id": consent.id,
            "purpose": purpose.value,
            "state": state,
            "decided_at": consent.given_at,
            "named": list(consent.named) if purpose is Purpose.FEEDBACK else [],
            "author": consent.author,
            "created_at": change.now(),
            "version": 1,
        }
        for state, purposes in decided.items()
        for purpose in sorted(purposes)
    ]
    if rows:
        change.connection.execute(consent_purposes.insert(), rows)
    change.touched(consents=True)


def get(reading: Reading, consent_id: ConsentId) -> Consent:
    """Return one agreement, or raise `ConsentNotFound`."""
    row = reading.connection.execute(sa.select(consents).where(consents.c.id == consent_id)).first()
    if row is None:
        raise ConsentNotFound
    return _consent(row, _purposes(reading, consent_id).get(consent_id, _Decided({})))


def all(reading: Reading) -> list[Consent]:  # noqa: A001 - reads as `consents.all(reading)`
    """Return every agreement, the newest first."""
    purposes = _purposes(reading)
    rows = reading.connection.execute(sa.select(consents).order_by(consents.c.given_at.desc(), consents.c.id))
    return [_consent(row, purposes.get(ConsentId(row.id), _Decided({}))) for row in rows]


def withdraw(change: Change, consent_id: ConsentId, at: datetime) -> Consent:
    """Mark an agreement as withdrawn (a second time changes nothing) and return it; raises `ConsentNotFound`."""
    change.connection.execute(
        consents.update()
        .where(consents.c.id == consent_id, consents.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at, version=consents.c.version + 1)
    )
    change.touched(consents=True)
    return get(change, consent_id)


def take_back(change: Change, consent_id: ConsentId, purpose: Purpose, at: datetime) -> Consent:
    """Mark one purpose that was agreed to as withdrawn and return the agreement; raises `ConsentNotFound`."""
    change.connection.execute(
        consent_purposes.update()
        .where(
            consent_purposes.c.consent_id == consent_id,
            consent_purposes.c.purpose == purpose.value,
            consent_purposes.c.state == AGREED,
        )
        .values(state=WITHDRAWN, decided_at=at, version=consent_purposes.c.version + 1)
    )
    change.touched(consents=True)
    return get(change, consent_id)


def end(change: Change, consent_id: ConsentId, last: date) -> None:
    """Let an agreement that another has replaced end on `last`, if it has not ended before."""
    change.connection.execute(
        consents.update()
        .where(consents.c.id == consent_id, consents.c.until > last)
        .values(until=last, version=consents.c.version + 1)
    )
    change.touched(consents=True)


def rest_on(change: Change, recording_id: RecordingId, old_id: ConsentId, new: Consent) -> None:
    """Let a recording that rests on one agreement rest on another of the same person."""
    change.connection.execute(
        participants.update()
        .where(participants.c.recording_id == recording_id, participants.c.consent_id == old_id)
        .values(consent_id=new.id, label=new.citizen)
    )
    change.connection.execute(
        recordings.update()
        .where(recordings.c.id == recording_id, recordings.c.consent_id == old_id)
        .values(consent_id=new.id, version=recordings.c.version + 1)
    )
    change.touched(recordings=[recording_id], consents=True)


def resting_counts(reading: Reading) -> dict[ConsentId, int]:
    """Return how many recordings rest on each agreement that any rest on."""
    heard = sa.union(
        sa.select(recordings.c.id, recordings.c.consent_id),
        sa.select(participants.c.recording_id, participants.c.consent_id).where(participants.c.consent_id.is_not(None)),
    ).subquery()
    query = sa.select(heard.c.consent_id, sa.func.count()).group_by(heard.c.consent_id)
    return {ConsentId(row[0]): row[1] for row in reading.connection.execute(query)}


def forget(change: Change, consent_id: ConsentId) -> None:
    """Leave of a withdrawn agreement only what proves that there was one: no reference, no names, no picture.

    What stays is its random id, role, purposes, wording, how and when it was given, taken and withdrawn, and who took
    it. Copies of the database that a migration left aside are removed after the commit.
    """
    change.connection.execute(consent_evidence.delete().where(consent_evidence.c.consent_id == consent_id))
    change.connection.execute(
        consent_purposes.update()
        .where(consent_purposes.c.consent_id == consent_id)
        .values(named=[], version=consent_purposes.c.version + 1)
    )
    change.connection.execute(
        consents.update()
        .where(consents.c.id == consent_id)
        .values(citizen="", form=None, version=consents.c.version + 1)
    )
    change.forgets = True
    change.touched(consents=True)


def put_evidence(change: Change, evidence: Evidence) -> None:
    """Store a picture that proves an agreement."""
    change.connection.execute(
        consent_evidence.insert().values(
            id=evidence.id,
            consent_id=evidence.consent_id,
            kind=evidence.kind.value,
            media_type=evidence.media_type,
            content=evidence.content,
            sha256=evidence.sha256,
            author=evidence.author,
            created_at=evidence.created_at,
        )
    )
    change.touched(consents=True)


def evidence_of(reading: Reading, consent_id: ConsentId) -> list[Evidence]:
    """Return what proves an agreement, page after page."""
    query = (
        sa.select(consent_evidence)
        .where(consent_evidence.c.consent_id == consent_id)
        .order_by(consent_evidence.c.created_at, sa.literal_column("rowid"))
    )
    return [
        Evidence(
            EvidenceId(row.id),
            ConsentId(row.consent_id),
            EvidenceKind(row.kind),
            row.media_type,
            row.content,
            row.sha256,
            row.author,
            row.created_at,
        )
        for row in reading.connection.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class _Decided:
    """The purposes of one agreement by their state, and the colleagues that feedback names."""

    by_state: dict[str, set[Purpose]]
    named: tuple[str, ...] = ()


def _purposes(reading: Reading, consent_id: ConsentId | None = None) -> dict[ConsentId, _Decided]:
    query = sa.select(consent_purposes)
    if consent_id is not None:
        query = query.where(consent_purposes.c.consent_id == consent_id)
    found: dict[ConsentId, _Decided] = {}
    for row in reading.connection.execute(query):
        decided = found.get(ConsentId(row.consent_id), _Decided({}))
        decided.by_state.setdefault(row.state, set()).add(Purpose(row.purpose))
        found[ConsentId(row.consent_id)] = _Decided(decided.by_state, decided.named or tuple(row.named))
    return found


def _consent(row: sa.Row[Any], decided: _Decided) -> Consent:
    def those(state: str) -> frozenset[Purpose]:
        return frozenset(decided.by_state.get(state, ()))

    return Consent(
        id=ConsentId(row.id),
        citizen=row.citizen,
        purposes=those(AGREED),
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
        named=decided.named,
        refused=those(REFUSED),
        informed=those(INFORMED),
        taken_back=those(WITHDRAWN),
        version=row.version,
    )
