"""Times that people agree on keep the zone they were agreed in: beside the moment in UTC stands the zone's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_OFFSET = "offset:"


def zone_name(time: datetime) -> str:
    """Return what `in_zone` needs to give `time` back: the zone's key (`Europe/Copenhagen`) or its offset."""
    if isinstance(time.tzinfo, ZoneInfo) and time.tzinfo.key:
        return time.tzinfo.key
    offset = time.utcoffset()
    if offset is None:
        raise ValueError("a time in the library carries its zone")
    return f"{_OFFSET}{int(offset.total_seconds() // 60)}"


def in_zone(time: datetime, name: str) -> datetime:
    """Return `time` in the zone that was named; UTC where this machine does not know it."""
    zone: tzinfo
    if name.startswith(_OFFSET):
        minutes = int(name.removeprefix(_OFFSET))
        zone = timezone(timedelta(minutes=minutes)) if minutes else UTC
    else:
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            zone = UTC
    return time.astimezone(zone)
