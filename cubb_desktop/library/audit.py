"""The audit log: who did what to which thing and when, without content, each line chained to the one before."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from cubb_desktop.library.access import Reading
from cubb_desktop.library.tables import audit

_ACTION = re.compile(r"[a-z]+(?:_[a-z]+)*(?:\.[a-z]+(?:_[a-z]+)*)+")
_OBJECT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]+(?:-[a-z]+)*")
_START = bytes(32)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the log; `object_id` is the id of the thing, never its name."""

    number: int
    at: datetime
    actor: str
    device: str
    action: str
    object_id: str | None
    outcome: str


def append(
    reading: Reading, key: bytes, *, actor: str, device: str, action: str, object_id: str | None, outcome: str = "done"
) -> None:
    """Add a line in the transaction of `reading`; an action or id that could hold content is a bug (`ValueError`)."""
    if not _ACTION.fullmatch(action) or (object_id is not None and not _OBJECT.fullmatch(object_id)):
        raise ValueError("an audit line holds an action's name and an id, nothing else")
    last = reading.connection.execute(
        sa.select(audit.c.number, audit.c.mac).order_by(audit.c.number.desc()).limit(1)
    ).first()
    number, previous = (last.number + 1, last.mac) if last else (1, _START)
    fields = {
        "number": number,
        "at": reading.now().astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor,
        "device": device,
        "action": action,
        "object_id": object_id,
        "outcome": outcome,
    }
    reading.connection.execute(audit.insert().values(**fields, mac=_mac(key, previous, fields)))


def lines(reading: Reading, *, limit: int | None = None) -> list[AuditLine]:
    """Return the newest `limit` lines (all without), newest first."""
    rows = reading.connection.execute(sa.select(audit).order_by(audit.c.number.desc()).limit(limit))
    return [
        AuditLine(r.number, datetime.fromisoformat(r.at), r.actor, r.device, r.action, r.object_id, r.outcome)
        for r in rows
    ]


def first_broken(reading: Reading, key: bytes) -> int | None:
    """Return the number of the first line that was altered, inserted, moved or has lost its predecessor, else None."""
    previous, expected = _START, 1
    for row in reading.connection.execute(sa.select(audit).order_by(audit.c.number)):
        fields = {name: value for name, value in row._mapping.items() if name != "mac"}
        if row.number != expected or not hmac.compare_digest(row.mac, _mac(key, previous, fields)):
            return min(expected, int(row.number))
        previous, expected = row.mac, expected + 1
    return None


def _mac(key: bytes, previous: bytes, fields: dict[str, object]) -> bytes:
    entry = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    return hmac.new(key, previous + entry, hashlib.sha256).digest()
