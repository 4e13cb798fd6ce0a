"""The municipality's decisions are kept; they move last days, and close the door only where they say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import InvalidInput, LegalBasisMissing
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.domain.policy import LegalBasis, Policy, Retention
from cubb_desktop.library import policies, recordings
from cubb_desktop.services.gate import gate, gate_start
from cubb_desktop.services.policy import get_policy, retention_of, set_policy, start_notice
from cubb_desktop.services.workspace import Workspace
from tests import builders


def settled(workspace: Workspace) -> Policy:
    return Policy(
        municipality="Herning",
        controller="Herning Kommune",
        contact="dpo@example.dk",
        legal_basis=LegalBasis.OTHER,
        law="Byrådets beslutning",
        signed_by="DPO",
        signed_on=workspace.today(),
        retention=Retention(90, 120, 150),
        require_legal_basis=True,
    )


def test_what_was_decided_is_kept_and_the_rest_has_its_defaults(workspace: Workspace) -> None:
    assert get_policy(workspace) == Policy()
    policy = settled(workspace)
    assert set_policy(workspace, policy) == policy
    assert get_policy(workspace) == policy
    again = replace(policy, municipality="  Holstebro   Kommune ", signed_on=policy.signed_on)
    assert set_policy(workspace, again).municipality == "Holstebro Kommune"
    with workspace.library.read() as reading:
        assert policies.get(reading, "municipality") == "Holstebro Kommune"
        assert policies.get(reading, "findes ikke") is None


def test_a_changed_basis_must_be_signed_off_anew(workspace: Workspace) -> None:
    policy = set_policy(workspace, settled(workspace))
    changed = set_policy(workspace, replace(policy, law="En anden lov"))
    assert (changed.signed_by, changed.signed_on, changed.is_settled) == ("", None, False)
    anew = set_policy(workspace, replace(changed, law="En tredje lov", signed_by="DPO", signed_on=workspace.today()))
    assert anew.is_settled


def test_decisions_that_are_none_are_refused(workspace: Workspace) -> None:
    policy = settled(workspace)
    with pytest.raises(InvalidInput):
        set_policy(workspace, replace(policy, law="x" * 501))
    with pytest.raises(InvalidInput):
        set_policy(workspace, replace(policy, signed_on=workspace.today() + timedelta(days=1)))
    with pytest.raises(InvalidInput):
        retention_of(0, 1, 1)
    assert retention_of(1, 2, 3) == Retention(1, 2, 3)
    assert get_policy(workspace) == Policy()


def test_a_shorter_term_brings_every_last_day_forward(workspace: Workspace) -> None:
    made = builders.stored_recording(workspace.library)
    set_policy(workspace, replace(Policy(), retention=Retention(10, 400, 400)))
    with workspace.library.read() as reading:
        assert recordings.get(reading, made.id).delete_after == workspace.today() + timedelta(days=10)


def test_an_open_basis_is_said_at_the_start_and_forbids_nothing_by_itself(
    workspace: Workspace, consent_id: ConsentId
) -> None:
    said = start_notice(workspace)
    assert said is not None
    assert "Du kan optage" in said
    assert [consent.id for consent in gate_start(workspace, [consent_id], Use.RECORD)] == [consent_id]


def test_where_the_municipality_demands_it_nothing_starts_before_the_basis_is_settled(
    workspace: Workspace, consent_id: ConsentId
) -> None:
    policy = settled(workspace)
    set_policy(workspace, replace(policy, signed_by="", signed_on=None))
    said = start_notice(workspace)
    assert said is not None
    assert "kræver" in said
    for use in (Use.RECORD, Use.IMPORT):
        with pytest.raises(LegalBasisMissing) as refused:
            gate_start(workspace, [consent_id], use)
        assert refused.value.exit_code == 3
    made = builders.stored_recording(workspace.library)
    assert gate(workspace, made.id, Use.ANNOTATE)  # what is stored already stays in use
    set_policy(workspace, policy)
    assert start_notice(workspace) is None
    assert gate_start(workspace, [consent_id], Use.RECORD)
