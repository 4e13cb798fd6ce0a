"""Tombstones stay, and the first word stands."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from cubb_desktop.domain.tombstone import Reason
from cubb_desktop.library import tombstones
from cubb_desktop.library.session import Library
from tests import builders


def test_a_tombstone_is_set_once_and_found(library: Library) -> None:
    first, second = builders.new_id(), builders.new_id()
    with library.change(builders.ACTOR, None) as change:
        tombstones.add(change, first, Reason.EXPIRED)
        tombstones.add(change, second, Reason.WITHDRAWN)
        tombstones.add(change, first, Reason.DELETED)
    with library.read() as reading:
        assert {stone.id: stone.reason for stone in tombstones.all(reading)} == {
            first: Reason.EXPIRED, second: Reason.WITHDRAWN,
        }  # fmt: skip
        found = tombstones.find(reading, first)
        assert found is not None
        assert found.reason is Reason.EXPIRED
        assert tombstones.find(reading, builders.new_id()) is None


@pytest.mark.parametrize("act", ["DELETE FROM tombstones", "UPDATE tombstones SET reason = 'deleted'"])
def test_the_database_lets_nobody_change_or_remove_one(library: Library, act: str) -> None:
    with library.change(builders.ACTOR, None) as change:
        tombstones.add(change, builders.new_id(), Reason.EXPIRED)
    with pytest.raises(IntegrityError), library.change(builders.ACTOR, None) as change:
        change.connection.exec_driver_sql(act)
    with library.read() as reading:
        assert [stone.reason for stone in tombstones.all(reading)] == [Reason.EXPIRED]
