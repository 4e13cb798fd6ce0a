"""What the municipality has decided for this library: one named value per row."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

import sqlalchemy as sa

from cubb_desktop.domain.policy import LegalBasis, Policy, Retention
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import policies

TEXTS = ("municipality", "controller", "contact", "law", "signed_by")


def put(change: Change, name: str, value: object) -> None:
    """Store a value (anything JSON holds) under its name, instead of an earlier one."""
    known = change.connection.execute(sa.select(policies.c.version).where(policies.c.name == name)).scalar()
    if known is None:
        change.connection.execute(
            policies.insert().values(name=name, value=value, author=change.actor, created_at=change.now())
        )
    else:
        values = {"value": value, "author": change.actor, "created_at": change.now(), "version": known + 1}
        change.connection.execute(policies.update().where(policies.c.name == name).values(**values))
    change.touched(consents=True)  # what may be done depends on it


def get(reading: Reading, name: str) -> Any:
    """Return the value under a name, None where nothing was decided."""
    return reading.connection.execute(sa.select(policies.c.value).where(policies.c.name == name)).scalar()


def all(reading: Reading) -> dict[str, Any]:  # noqa: A001 - reads as `policies.all(reading)`
    """Return every value by its name."""
    return {row.name: row.value for row in reading.connection.execute(sa.select(policies))}


def policy_in(reading: Reading) -> Policy:
    """Return the municipality's decisions together; defaults where nothing was decided."""
    stored = all(reading)
    usual = Policy()
    signed_on, basis = stored.get("signed_on"), stored.get("legal_basis")
    return Policy(
        **{name: stored.get(name, "") for name in TEXTS},
        legal_basis=LegalBasis(basis) if basis is not None else None,
        signed_on=date.fromisoformat(signed_on) if signed_on is not None else None,
        retention=Retention(**{name: stored.get(name, days) for name, days in asdict(usual.retention).items()}),
        require_legal_basis=bool(stored.get("require_legal_basis", False)),
    )
