"""The words a person is told and asked with: one version in one language, kept for as long as somebody agreed to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.policy import LegalBasis, Policy


@dataclass(frozen=True, slots=True)
class Section:
    """One thing to know, with the name of its pictogram."""

    pictogram: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """One purpose as it is asked about."""

    purpose: Purpose
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Wording:
    """The whole text; `words` are its short labels by name, `sha256` is that of the file it stands in."""

    version: str
    language: str
    name: str
    right_to_left: bool
    sha256: str
    words: Mapping[str, str]
    sections: tuple[Section, ...]
    questions: tuple[Question, ...]


def filled(wording: Wording, policy: Policy) -> Wording:
    """Return the text with what the municipality has decided in its places."""
    words = wording.words
    basis = {
        None: words["basis_open"],
        LegalBasis.PUBLIC_TASK: words["basis_public_task"],
        LegalBasis.CONSENT: words["basis_consent"],
        LegalBasis.OTHER: words["basis_other"],
    }[policy.legal_basis if policy.is_settled else None]
    places = {
        "{basis}": _ended(basis.replace("{law}", policy.law).strip()),
        "{municipality}": policy.controller or policy.municipality or words["municipality"],
        "{contact}": policy.contact or words["someone"],
        "{days}": str(policy.retention.shortest_days),
    }
    return replace(wording, sections=tuple(replace(part, text=_put(part.text, places)) for part in wording.sections))


def _put(text: str, places: Mapping[str, str]) -> str:
    for place, value in places.items():
        text = text.replace(place, value)
    return text


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
