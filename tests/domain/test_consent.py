"""Where an agreement stands, and what it allows: every use, state and purpose against what the rule says in words."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from cubb_desktop.domain.consent import (
    ASKED,
    Consent,
    ConsentState,
    Purpose,
    PurposeState,
    Use,
    days_left,
    may,
    purpose_state,
    require_use,
    state_on,
    usual_until,
)
from cubb_desktop.domain.errors import (
    ConsentExpired,
    ConsentLacksPurpose,
    ConsentMissing,
    ConsentWithdrawn,
    NoCommonPurpose,
    RecipientNotNamed,
)
from tests import builders

TODAY = builders.MORNING.date()
VALID = builders.consent(purposes=frozenset({Purpose.OWN_LEARNING, Purpose.FEEDBACK}), until=TODAY)
EXPIRED = replace(VALID, until=TODAY - timedelta(days=1))
WITHDRAWN = replace(VALID, withdrawn_at=builders.MORNING)
OTHER = builders.consent(purposes=frozenset({Purpose.FLIP}), until=TODAY)


def expected(use: Use, heard: list[Consent], purpose: Purpose | None) -> type[Exception] | None:
    """The rule in the order a person would say it."""
    if not heard:
        return ConsentMissing
    if any(consent.withdrawn_at for consent in heard):
        return ConsentWithdrawn
    if use is Use.OPEN and purpose is None:
        return None
    if any(consent.until < TODAY for consent in heard):
        return ConsentExpired
    common = set(Purpose).intersection(*(consent.purposes for consent in heard))
    if purpose is None:
        return None if common else NoCommonPurpose
    return None if purpose in common else ConsentLacksPurpose


@pytest.mark.parametrize("use", Use)
@pytest.mark.parametrize("purpose", [None, *Purpose])
def test_every_use_asks_everybody_who_is_heard(use: Use, purpose: Purpose | None) -> None:
    people = (VALID, EXPIRED, WITHDRAWN, OTHER)
    for number in range(3):
        for heard in itertools.product(people, repeat=number):
            refusal = may(use, list(heard), TODAY, purpose)
            wanted = expected(use, list(heard), purpose)
            assert (None if refusal is None else type(refusal)) is wanted, (use, purpose, heard)


def test_a_refusal_is_raised_and_leads_to_exit_3() -> None:
    with pytest.raises(ConsentExpired) as refused:
        require_use(Use.RECORD, [EXPIRED], TODAY)
    assert refused.value.exit_code == 3
    assert refused.value.params["until"] == EXPIRED.until.isoformat()
    require_use(Use.RECORD, [VALID], TODAY)


@pytest.mark.parametrize("use", [Use.SHARE, Use.EXPORT])
def test_what_is_handed_on_for_feedback_goes_to_a_named_colleague_only(use: Use) -> None:
    named = replace(VALID, named=("Anders Holm", "Sidsel"))
    for recipient in ("Anders Holm", " anders  HOLM ", "Sidsel"):
        assert may(use, [named], TODAY, Purpose.FEEDBACK, recipient) is None
    for stranger in ("Anders", "", None):
        assert isinstance(may(use, [named], TODAY, Purpose.FEEDBACK, stranger), RecipientNotNamed)
    assert may(use, [VALID], TODAY, Purpose.FEEDBACK, "hvem som helst") is None
    other = replace(VALID, named=("Sidsel",))
    assert isinstance(may(use, [named, other], TODAY, Purpose.FEEDBACK, "Anders Holm"), RecipientNotNamed)
    assert may(use, [named], TODAY, Purpose.OWN_LEARNING, None) is None


def test_names_do_not_matter_where_nothing_is_handed_on() -> None:
    named = replace(VALID, named=("Sidsel",))
    assert may(Use.EXCERPT, [named], TODAY, Purpose.FEEDBACK) is None


def test_the_last_day_still_counts() -> None:
    assert state_on(VALID, TODAY) is ConsentState.VALID
    assert state_on(VALID, TODAY + timedelta(days=1)) is ConsentState.EXPIRED
    assert state_on(replace(EXPIRED, withdrawn_at=builders.MORNING), TODAY) is ConsentState.WITHDRAWN


def test_each_purpose_has_a_state_of_its_own() -> None:
    consent = replace(
        VALID,
        refused=frozenset({Purpose.RESEARCH}),
        informed=frozenset({Purpose.FLIP}),
        taken_back=frozenset({Purpose.LEARNING_ROOM}),
    )
    found = {purpose: purpose_state(consent, purpose, TODAY) for purpose in Purpose}
    assert found == {
        Purpose.OWN_LEARNING: PurposeState.AGREED,
        Purpose.FEEDBACK: PurposeState.AGREED,
        Purpose.LEARNING_ROOM: PurposeState.WITHDRAWN,
        Purpose.FLIP: PurposeState.INFORMED,
        Purpose.RESEARCH: PurposeState.REFUSED,
        Purpose.CASE_DOCUMENTATION: PurposeState.NOT_ASKED,
    }
    assert purpose_state(EXPIRED, Purpose.FEEDBACK, TODAY) is PurposeState.EXPIRED
    assert purpose_state(WITHDRAWN, Purpose.FEEDBACK, TODAY) is PurposeState.WITHDRAWN


def test_an_agreement_that_ends_within_a_fortnight_is_told() -> None:
    assert days_left(replace(VALID, until=TODAY + timedelta(days=15)), TODAY) is None
    assert days_left(replace(VALID, until=TODAY + timedelta(days=14)), TODAY) == 14
    assert days_left(VALID, TODAY) == 0
    assert days_left(EXPIRED, TODAY) is None
    assert days_left(WITHDRAWN, TODAY) is None


def test_half_a_year_is_proposed_and_case_documentation_is_nothing_to_say_yes_to() -> None:
    assert usual_until(TODAY) - TODAY == timedelta(days=182)
    assert set(Purpose) - set(ASKED) == {Purpose.CASE_DOCUMENTATION}
