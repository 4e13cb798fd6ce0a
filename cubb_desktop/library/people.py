"""The names of the colleagues whom a library knows: from bookings, rounds, agreements, recordings, marks."""

from __future__ import annotations

import sqlalchemy as sa

from cubb_desktop.domain.annotating import may_see
from cubb_desktop.domain.recording import Role
from cubb_desktop.library import blind_rounds
from cubb_desktop.library.access import Reading
from cubb_desktop.library.tables import (
    annotation_replies,
    annotation_table,
    blind_people,
    consent_purposes,
    participants,
    slots,
)
from cubb_desktop.library.tables import blind_rounds as rounds

_COLLEAGUES = (Role.WORKER, Role.COLLEAGUE)


def names(reading: Reading, *, seen_by: str) -> list[str]:
    """Return the names in alphabetical order; who has marked what a person may not see yet is not told by it."""
    known = reading.connection
    at_work = participants.c.role.in_([role.value for role in _COLLEAGUES])
    found: set[str] = set()
    for query in (
        sa.select(slots.c.worker),
        sa.select(slots.c.partner),
        sa.select(rounds.c.author),
        sa.select(blind_people.c.name),
        sa.select(participants.c.label).where(at_work),
    ):
        found |= set(known.execute(query.distinct()).scalars())
    for named in known.execute(sa.select(consent_purposes.c.named)).scalars():
        found |= set(named)
    blind = blind_rounds.under_way(reading)
    place, author = annotation_table.c.recording_id, annotation_table.c.author
    replied = sa.select(place, annotation_replies.c.author).join(annotation_replies).distinct()
    for query in (sa.select(place, author).distinct(), replied):
        found |= {row[1] for row in known.execute(query) if may_see(row[1], seen_by, blind.get(row[0]))}
    return sorted((name for name in found if name.strip()), key=str.casefold)
