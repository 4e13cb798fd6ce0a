"""A concept's description in a codebook is read back as it was written, whatever its words look like."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cubb_desktop.domain.codebook_text import TEXTS, description, read_description
from tests import builders

SIGNS = (
    "", "Lyt efter: ", "Listen for: ", "Definition: ", "Kilde: ", "Source: ", "In English: ", "På dansk: ", "CUBB: ",
)  # fmt: skip
letters = st.characters(categories=("L", "N", "P", "S")) | st.just(" ")
words = st.builds(lambda sign, text: " ".join(f"{sign}{text}".split()), st.sampled_from(SIGNS), st.text(letters))
names = words.filter(bool)


@given(
    st.fixed_dictionaries({f"{key}_{language}": words for key in TEXTS for language in ("da", "en")}),
    names, names, words, st.sampled_from(["da", "en"]),
)  # fmt: skip
def test_every_text_in_both_languages_comes_back(
    texts: dict[str, Any], name_da: str, name_en: str, source: str, language: str
) -> None:
    concept = builders.concept(**texts, name_da=name_da, name_en=name_en, source=source)
    said, other = read_description(description(concept, language)), "da" if language == "en" else "en"
    assert (said.other, said.book_id, said.texts["source"]) == (other, concept.id, source)
    assert said.other_texts["name"] == getattr(concept, f"name_{other}")
    for key in TEXTS:
        assert said.texts[key] == texts[f"{key}_{language}"]
        assert said.other_texts[key] == texts[f"{key}_{other}"]


@pytest.mark.parametrize(
    ("text", "definition", "listen_for"),
    [
        ("", "", ""),
        ("Hvad det er.\nOg mere.", "Hvad det er. Og mere.", ""),
        ("Hvad det er.\nListen for: noget\nLyt efter: mere", "Hvad det er.", "noget mere"),
    ],
)
def test_what_another_program_wrote_is_the_definition_but_for_what_is_labelled(
    text: str, definition: str, listen_for: str
) -> None:
    said = read_description(text)
    assert (said.texts["definition"], said.texts["listen_for"], said.other, said.book_id) == (
        definition, listen_for, "", "",
    )  # fmt: skip
