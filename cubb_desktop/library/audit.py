"""The audit log: who did what to which thing and when, without content, each line chained to the one before.

The newest line's number and seal, the log's *head*, are also kept outside this database (see `heads`), so that lines
cut off at the end are missed. Where old lines were removed by the rules, a sealed *checkpoint* says from where the
chain goes on.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa

from cubb_desktop.domain.audit import AuditLine, Sample
from cubb_desktop.library.access import Change, Reading
from cubb_desktop.library.tables import audit, audit_checkpoints, audit_samples

_ACTION = re.compile(r"[a-z]+(?:_[a-z]+)*(?:\.[a-z]+(?:_[a-z]+)*)+")
_OBJECT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]+(?:-[a-z]+)*|\d{4}-(?:0[1-9]|1[0-2])")
_OUTCOME = re.compile(r"[a-z]+(?:-[a-z]+)*(?:-[0-9]{1,4})?")  # a code, and at most a count


@dataclass(frozen=True, slots=True)
class Head:
    """A line's number and the seal of the chain up to it (32 bytes)."""

    number: int
    mac: bytes


START = Head(0, bytes(32))


class Fault(StrEnum):
    """What is wrong with a log at its first broken line."""

    ALTERED = "altered"  # the line's seal does not fit: changed, slipped in, moved, or made with another key
    MISSING = "missing"  # there is no such line
    CUT_OFF = "cut-off"  # the newest lines are gone, or others stand in their place
    UNANCHORED = "unanchored"  # the head that was kept outside is gone: nobody can tell whether the newest are all here


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a log found; `broken` is the number of the first broken line, None for a whole log."""

    head: Head
    lines: int
    broken: int | None = None
    fault: Fault | None = None


# --- writing ---------------------------------------------------------------------------------------------------------


def append(
    reading: Reading, key: bytes, *, actor: str, device: str, action: str, object_id: str | None, outcome: str = "done"
) -> Head:
    """Add a line in the transaction of `reading`; what could hold content is a bug (`ValueError`). Returns its head."""
    _require_contentless(action, object_id, outcome)
    previous = newest(reading)
    fields = {
        "number": previous.number + 1,
        "at": reading.now().astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor,
        "device": device,
        "action": action,
        "object_id": object_id,
        "outcome": outcome,
    }
    head = Head(previous.number + 1, _mac(key, previous.mac, fields))
    reading.connection.execute(audit.insert().values(**fields, mac=head.mac))
    return head


def _require_contentless(action: str, object_id: str | None, outcome: str) -> None:
    known = _ACTION.fullmatch(action) and _OUTCOME.fullmatch(outcome)
    if not known or (object_id is not None and not _OBJECT.fullmatch(object_id)):
        raise ValueError("an audit line holds an action's name and an id, nothing else")


def prune(change: Change, key: bytes, last: int) -> int:
    """Remove the lines up to and with number `last`, leaving a checkpoint; return how many went.

    This is the one door: the database refuses to delete a line that no checkpoint covers.
    """
    row = change.connection.execute(sa.select(audit.c.mac).where(audit.c.number == last)).first()
    if row is None:  # another process was faster
        return 0
    fields = {"number": last, "at": change.now().astimezone(UTC).isoformat(timespec="microseconds")}
    fields["actor"] = change.actor
    seal = _mac(key, b"checkpoint" + row.mac, fields)
    change.connection.execute(audit_checkpoints.insert().values(**fields, mac=row.mac, seal=seal))
    change.forgets = True
    return change.connection.execute(audit.delete().where(audit.c.number <= last)).rowcount


# --- reading ---------------------------------------------------------------------------------------------------------


def lines(
    reading: Reading,
    *,
    limit: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    objects: Iterable[str] | None = None,
) -> list[AuditLine]:
    """Return the newest `limit` lines (all without), newest first: from `since`, before `until`, about `objects`."""
    query = sa.select(audit).order_by(audit.c.number.desc()).limit(limit)
    if since is not None:
        query = query.where(audit.c.at >= _stamp(since))
    if until is not None:
        query = query.where(audit.c.at < _stamp(until))
    if objects is not None:
        query = query.where(audit.c.object_id.in_(list(objects)))
    return [_line(row) for row in reading.connection.execute(query)]


def numbered(reading: Reading, numbers: Sequence[int]) -> list[AuditLine]:
    """Return the lines with these numbers that are still there, oldest first."""
    rows = reading.connection.execute(sa.select(audit).where(audit.c.number.in_(numbers)).order_by(audit.c.number))
    return [_line(row) for row in rows]


def last_before(reading: Reading, moment: datetime) -> int:
    """Return the number of the last line of the log's beginning that is wholly older than `moment`, 0 for none."""
    first_kept = reading.connection.execute(sa.select(sa.func.min(audit.c.number)).where(audit.c.at >= _stamp(moment)))
    number = first_kept.scalar()
    first, last = reading.connection.execute(sa.select(sa.func.min(audit.c.number), sa.func.max(audit.c.number))).one()
    if first is None or number == first:
        return 0
    return int(last if number is None else number - 1)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _line(row: sa.Row[tuple[object, ...]]) -> AuditLine:
    r = row._mapping
    return AuditLine(
        number=r["number"],
        at=datetime.fromisoformat(r["at"]),
        actor=r["actor"],
        device=r["device"],
        action=r["action"],
        object_id=r["object_id"],
        outcome=r["outcome"],
    )


# --- checking --------------------------------------------------------------------------------------------------------


def check(reading: Reading, key: bytes, kept: Head | None) -> Verdict:
    """Follow the whole chain and hold it against `kept`, the head that was kept outside (None: it is gone)."""
    previous = start = _checkpoint(reading, key)
    for row in reading.connection.execute(sa.select(audit).order_by(audit.c.number)):
        expected = previous.number + 1
        if row.number > expected:
            return _broken(previous, start, expected, Fault.MISSING)
        fields = {name: value for name, value in row._mapping.items() if name != "mac"}
        mac = _mac(key, previous.mac, fields)
        if row.number != expected or not isinstance(row.mac, bytes) or not hmac.compare_digest(row.mac, mac):
            return _broken(previous, start, int(row.number), Fault.ALTERED)
        if kept is not None and row.number == kept.number and row.mac != kept.mac:
            return _broken(previous, start, expected, Fault.CUT_OFF)
        previous = Head(expected, mac)
    if kept is None:
        return _broken(previous, start, previous.number + 1, Fault.UNANCHORED)
    if previous.number < kept.number:
        return _broken(previous, start, previous.number + 1, Fault.CUT_OFF)
    return Verdict(previous, previous.number - start.number)


def holds(reading: Reading, head: Head) -> bool:
    """Whether the log still holds the line that `head` is of."""
    if head.number == 0:
        return head == START
    mac = reading.connection.execute(sa.select(audit.c.mac).where(audit.c.number == head.number)).scalar()
    return bool(mac == head.mac)


def first_broken(reading: Reading, key: bytes) -> int | None:
    """Return the number of the first line that breaks the chain itself, else None; see `check` for the whole."""
    return check(reading, key, START).broken


def _broken(whole: Head, start: Head, number: int, fault: Fault) -> Verdict:
    return Verdict(whole, whole.number - start.number, number, fault)


def _checkpoint(reading: Reading, key: bytes) -> Head:
    """Return where the chain begins: after the newest checkpoint whose seal holds, else at the very first line."""
    rows = reading.connection.execute(sa.select(audit_checkpoints).order_by(audit_checkpoints.c.number.desc()))
    for row in rows:
        fields = {"number": row.number, "at": row.at, "actor": row.actor}
        sealed = isinstance(row.mac, bytes) and isinstance(row.seal, bytes)
        if sealed and hmac.compare_digest(row.seal, _mac(key, b"checkpoint" + row.mac, fields)):
            return Head(row.number, row.mac)
    return START


def newest(reading: Reading) -> Head:
    """Return the head of the log, where the next line hangs on."""
    for table in (audit, audit_checkpoints):
        query = sa.select(table.c.number, table.c.mac).order_by(table.c.number.desc()).limit(1)
        last = reading.connection.execute(query).first()
        if last is not None:
            return Head(last.number, last.mac)
    return START


def _mac(key: bytes, previous: bytes, fields: Mapping[str, object]) -> bytes:
    entry = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=repr).encode()
    return hmac.new(key, previous + entry, hashlib.sha256).digest()


# --- the monthly sample ----------------------------------------------------------------------------------------------


def put_sample(change: Change, month: str, numbers: Sequence[int]) -> None:
    """Keep the numbers of the lines that were drawn for `month` ("2026-11")."""
    change.connection.execute(
        audit_samples.insert().values(
            month=month, numbers=sorted(numbers), remark="", author=change.actor, created_at=change.now()
        )
    )


def get_sample(reading: Reading, month: str) -> Sample | None:
    """Return what was drawn for `month`, None when nothing was."""
    row = reading.connection.execute(sa.select(audit_samples).where(audit_samples.c.month == month)).first()
    if row is None:
        return None
    return Sample(row.month, tuple(row.numbers), row.created_at, row.signed_by, row.signed_at, row.remark)


def sign_sample(change: Change, month: str, remark: str) -> None:
    """Enter who has looked the sample through, and what they remark; a signed one stays as it is."""
    signature = {"signed_by": change.actor, "signed_at": change.now(), "remark": remark}
    change.connection.execute(
        audit_samples.update().where(audit_samples.c.month == month).values(**signature, version=2)
    )
