"""Agreements and the gate."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import (
    ConsentExpired,
    ConsentLacksPurpose,
    ConsentMissing,
    ConsentNotFound,
    ConsentWithdrawn,
    InvalidInput,
)
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.services.consents import (
    add_consent,
    get_consent,
    list_consents,
    require_consent,
    withdraw_consent,
)
from cubb_desktop.services.workspace import Workspace
from tests import builders

FAR = date(2036, 12, 31)


def test_an_agreement_is_kept_as_it_was_made(workspace: Workspace) -> None:
    made = add_consent(workspace, "  B-17 æøå ", [Purpose.FLIP, Purpose.FEEDBACK], FAR, form="Underskrevet ark nr. 4")
    assert made.citizen == "B-17 æøå"
    assert made.author == builders.ACTOR
    assert get_consent(workspace, made.id) == made
    assert list_consents(workspace) == [made]


def test_the_newest_agreement_is_listed_first(tmp_path: Path) -> None:
    moments = iter(datetime(2026, 11, day, 9, tzinfo=UTC) for day in range(1, 28))
    with builders.new_workspace(tmp_path / "bibliotek", clock=lambda: next(moments)) as workspace:
        first = add_consent(workspace, "B-1", [Purpose.FLIP], FAR)
        second = add_consent(workspace, "B-2", [Purpose.FLIP], FAR)
        assert [consent.id for consent in list_consents(workspace)] == [second.id, first.id]


@pytest.mark.parametrize(
    ("citizen", "purposes", "until"),
    [
        ("", [Purpose.FLIP], FAR),
        ("   ", [Purpose.FLIP], FAR),
        ("x" * 201, [Purpose.FLIP], FAR),
        ("010190-1234", [Purpose.FLIP], FAR),
        ("Jens 0101901234", [Purpose.FLIP], FAR),
        ("B-17", [], FAR),
        ("B-17", [Purpose.FLIP], date(2020, 1, 1)),
    ],
)
def test_what_is_no_agreement_is_refused_with_the_field_named(
    workspace: Workspace, citizen: str, purposes: list[Purpose], until: date
) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_consent(workspace, citizen, purposes, until)
    assert refused.value.params["field"]
    assert "0101" not in str(refused.value)
    assert list_consents(workspace) == []


def test_a_valid_agreement_opens_the_gate_for_its_purposes_only(workspace: Workspace) -> None:
    made = add_consent(workspace, "B-17", [Purpose.FLIP], FAR)
    assert require_consent(workspace, made.id) == made
    assert require_consent(workspace, made.id, Purpose.FLIP) == made
    with pytest.raises(ConsentLacksPurpose):
        require_consent(workspace, made.id, Purpose.RESEARCH)


def test_no_agreement_and_an_unknown_one_stop_at_the_gate(workspace: Workspace) -> None:
    with pytest.raises(ConsentMissing):
        require_consent(workspace, None)
    with pytest.raises(ConsentNotFound) as missing:
        require_consent(workspace, ConsentId("findes ikke"))
    assert missing.value.exit_code == 3


def test_an_agreement_counts_to_the_end_of_its_last_day(tmp_path: Path) -> None:
    now = [datetime(2026, 11, 23, 12, tzinfo=UTC)]
    with builders.new_workspace(tmp_path / "bibliotek", clock=lambda: now[0]) as workspace:
        made = add_consent(workspace, "B-17", [Purpose.FLIP], workspace.today())
        assert require_consent(workspace, made.id) == made
        now[0] += timedelta(days=1)
        with pytest.raises(ConsentExpired):
            require_consent(workspace, made.id)


def test_a_withdrawn_agreement_stops_everything_and_stays_on_record(workspace: Workspace) -> None:
    made = add_consent(workspace, "B-17", [Purpose.FLIP], FAR)
    withdrawn = withdraw_consent(workspace, made.id)
    assert withdrawn.withdrawn_at is not None
    assert withdrawn.purposes == made.purposes
    with pytest.raises(ConsentWithdrawn):
        require_consent(workspace, made.id, Purpose.FLIP)
    assert withdraw_consent(workspace, made.id) == withdrawn


def test_withdrawing_what_does_not_exist_is_told(workspace: Workspace) -> None:
    with pytest.raises(ConsentNotFound):
        withdraw_consent(workspace, ConsentId("findes ikke"))
