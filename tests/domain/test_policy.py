"""When a legal basis counts as settled, and what is put into the citizen's text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from cubb_desktop.domain.policy import LegalBasis, Policy, Retention
from cubb_desktop.domain.retention import LONGEST_DAYS
from cubb_desktop.domain.wording import filled
from cubb_desktop.services.wordings import wording

SETTLED = Policy(
    municipality="Vesthimmerlands Kommune",
    contact="dpo@example.dk",
    legal_basis=LegalBasis.PUBLIC_TASK,
    law="Lov om en aktiv beskæftigelsesindsats",
    signed_by="DPO",
    signed_on=date(2026, 11, 1),
)


def test_nothing_is_settled_from_the_start() -> None:
    assert not Policy().is_settled
    assert not Policy().require_legal_basis
    assert SETTLED.is_settled


@pytest.mark.parametrize(
    "missing",
    [{"legal_basis": None}, {"law": ""}, {"signed_by": ""}, {"signed_on": None}],
    ids=lambda one: next(iter(one)),
)
def test_a_basis_needs_its_law_and_somebody_who_answers_for_it(missing: dict[str, object]) -> None:
    assert not replace(SETTLED, **missing).is_settled  # type: ignore[arg-type]


def test_consent_as_a_basis_is_its_own_law() -> None:
    assert replace(SETTLED, legal_basis=LegalBasis.CONSENT, law="").is_settled


@pytest.mark.parametrize("days", [(0, 1, 1), (1, LONGEST_DAYS + 1, 1), (1, 1, -5)])
def test_nothing_is_kept_without_an_end_or_for_more_than_three_years(days: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="three years"):
        Retention(*days)


def test_the_shortest_term_decides() -> None:
    assert Retention().shortest_days == 180
    assert Retention(400, 300, 200).shortest_days == 200


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Policy(), "Den kan du spørge kommunen om."),
        (replace(SETTLED, signed_on=None), "Den kan du spørge kommunen om."),
        (SETTLED, "Lov om en aktiv beskæftigelsesindsats."),
        (replace(SETTLED, legal_basis=LegalBasis.CONSENT), "Dit samtykke"),
        (
            replace(SETTLED, legal_basis=LegalBasis.OTHER, law="Byrådets beslutning!"),
            "Lovens grund: Byrådets beslutning!",
        ),
    ],
)
def test_the_text_says_the_basis_only_when_it_is_settled(policy: Policy, said: str) -> None:
    text = " ".join(section.text for section in filled(wording("da"), policy).sections)
    assert said in text
    assert "{" not in text


def test_the_text_names_who_answers_and_for_how_long() -> None:
    text = " ".join(section.text for section in filled(wording("da"), SETTLED).sections)
    assert "Vesthimmerlands Kommune har ansvaret" in text
    assert "dpo@example.dk" in text
    assert "180 dage" in text
    general = " ".join(section.text for section in filled(wording("da"), Policy(controller="Herning")).sections)
    assert "Herning har ansvaret" in general
    assert "Spørg os." in general
