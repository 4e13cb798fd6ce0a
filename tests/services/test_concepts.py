"""The concept book: what is bundled, what people change, and its exchange with other programs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from lxml import etree

from cubb_desktop.domain.codebook import GROUPS, Concept, guid_of
from cubb_desktop.domain.errors import (
    CodebookUnreadable,
    ConceptNotFound,
    ConceptRetired,
    InvalidInput,
    SourceNotFound,
    TargetExists,
)
from cubb_desktop.domain.ids import ConceptId, RecordingId
from cubb_desktop.exchange import refi_qda
from cubb_desktop.i18n import Language, set_language
from cubb_desktop.library import codebook
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import concepts
from cubb_desktop.services.workspace import Workspace
from tests import builders

GOLDEN = Path(__file__).parents[1] / "golden"
GRIBNING, PAUSE, OVERLAP = ConceptId("gribning"), ConceptId("pause"), ConceptId("overlap")


@pytest.fixture
def recording_id(workspace: Workspace) -> RecordingId:
    return builders.stored_recording(workspace.library, duration_ms=60_000).id


def ids(found: list[Concept]) -> list[str]:
    return [concept.id for concept in found]


# --- the bundled book ------------------------------------------------------------------------------------------------


def test_the_bundled_book_has_all_concepts_in_both_languages() -> None:
    book = concepts.bundled_concepts()
    assert len(book) == len({concept.id for concept in book}) == 36
    assert {concept.group for concept in book} == set(GROUPS)
    assert [concept.group for concept in book] == sorted((c.group for c in book), key=GROUPS.index)
    for concept in book:
        assert all(concept.wording), concept.id
        assert concept.in_use is concept.starter
    assert sum(concept.starter for concept in book) == 8
    assert {c.id for c in book if c.awaits} == {"instrumentel-taletur", "ekstra-kommunikation", "appel", "tilslutning"}


def test_no_wording_of_the_book_evaluates() -> None:
    for concept in concepts.bundled_concepts():
        said = " ".join(concept.wording).casefold()
        assert not {"score", "karakter", "god til", "dårlig", "fejl", "performance"} & set(said.split()), concept.id


# --- in use, retired, merged -----------------------------------------------------------------------------------------


def test_what_is_switched_on_can_be_chosen(workspace: Workspace) -> None:
    assert OVERLAP not in ids(concepts.list_concepts(workspace))
    concepts.switch(workspace, OVERLAP, on=True)
    concepts.switch(workspace, GRIBNING, on=False)
    assert OVERLAP in ids(concepts.list_concepts(workspace))
    assert GRIBNING not in ids(concepts.list_concepts(workspace))
    assert len(concepts.concept_book(workspace)) == 36
    with pytest.raises(ConceptNotFound):
        concepts.switch(workspace, ConceptId("findes ikke"), on=True)


def test_a_retired_concept_keeps_its_marks_and_takes_no_more(workspace: Workspace, recording_id: RecordingId) -> None:
    mark = marks.annotate(workspace, recording_id, 0, 900, PAUSE)
    concepts.retire(workspace, PAUSE)
    assert PAUSE not in ids(concepts.list_concepts(workspace))
    assert marks.list_annotations(workspace, recording_id) == [mark]
    with pytest.raises(ConceptRetired):
        marks.annotate(workspace, recording_id, 0, 900, PAUSE)
    concepts.switch(workspace, PAUSE, on=True)
    assert marks.annotate(workspace, recording_id, 0, 900, PAUSE)


def test_a_concept_that_is_put_aside_can_still_be_named(workspace: Workspace, recording_id: RecordingId) -> None:
    assert marks.annotate(workspace, recording_id, 0, 900, OVERLAP).concept_id == OVERLAP
    assert not concepts.get_concept(workspace, OVERLAP).in_use


def test_merged_concepts_share_their_marks(workspace: Workspace, recording_id: RecordingId) -> None:
    own = concepts.add_concept(workspace, "Gribning", "Opfølgning", {"definition": "At gå videre med noget."})
    marks.annotate(workspace, recording_id, 0, 900, own.id)
    marks.annotate(workspace, recording_id, 0, 900, GRIBNING)
    concepts.merge(workspace, own.id, GRIBNING)
    assert {mark.concept_id for mark in marks.list_annotations(workspace, recording_id)} == {GRIBNING}
    merged = concepts.get_concept(workspace, own.id)
    assert (merged.retired, merged.merged_into) == (True, GRIBNING)
    with pytest.raises(InvalidInput):
        concepts.merge(workspace, GRIBNING, GRIBNING)
    with pytest.raises(ConceptRetired):
        concepts.merge(workspace, GRIBNING, own.id)


# --- own words -------------------------------------------------------------------------------------------------------


def test_an_own_concept_is_added_at_the_end(workspace: Workspace) -> None:
    texts = {"definition": "  Ventetid, der\nbliver nævnt. ", "listen_for": "»venter«", "source": "Os selv"}
    made = concepts.add_concept(workspace, "Egne", "Ventetid på Ø", texts)
    assert made.id == "ventetid-paa-oe"
    assert made.definition_da == made.definition_en == "Ventetid, der bliver nævnt."
    assert concepts.concept_book(workspace)[-1] == made
    assert made in concepts.list_concepts(workspace)
    again = concepts.add_concept(workspace, "Egne", "Ventetid, på ø!", {"definition": "x"})
    assert again.id == "ventetid-paa-oe-2"


def test_what_can_not_be_a_concept_is_refused(workspace: Workspace) -> None:
    before = concepts.concept_book(workspace)
    for name, definition in (
        ("", "noget"), ("Nyt", " "), ("Gribning", "noget"), ("UPTAKE", "x"), ("x" * 121, "x"), ("N", "x" * 2001),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            concepts.add_concept(workspace, "Egne", name, {"definition": definition})
    assert concepts.concept_book(workspace) == before


def test_every_wording_stays_in_the_history(workspace: Workspace) -> None:
    assert concepts.history(workspace, GRIBNING) == []
    original = concepts.get_concept(workspace, GRIBNING)
    concepts.switch(workspace, GRIBNING, on=True)
    concepts.revise(workspace, GRIBNING, {"definition": "Vores egne ord.", "source": ""})
    set_language("en")
    concepts.revise(workspace, GRIBNING, {"definition": "Our own words."})
    set_language("da")
    now = concepts.get_concept(workspace, GRIBNING)
    assert (now.definition_da, now.definition_en) == ("Vores egne ord.", "Our own words.")
    before = concepts.history(workspace, GRIBNING)
    assert [version.concept.definition_en for version in before] == [original.definition_en] * 2
    assert [version.concept.definition_da for version in before] == ["Vores egne ord.", original.definition_da]
    assert before[0].version > before[1].version
    assert before[0].author == builders.ACTOR
    with pytest.raises(InvalidInput):
        concepts.revise(workspace, GRIBNING, {"definition": ""})


def test_the_books_own_wording_is_the_first_of_the_history(workspace: Workspace) -> None:
    original = concepts.get_concept(workspace, OVERLAP)
    assert [wording.concept for wording in concepts.wordings(workspace, OVERLAP)] == [original]
    concepts.revise(workspace, OVERLAP, {"definition": "Vores."})
    workspace.actor = "anders"
    concepts.switch(workspace, OVERLAP, on=True)  # who switches it has not worded it
    workspace.actor = "sidsel"
    concepts.revise(workspace, OVERLAP, {"definition": "Vores egne."})
    now, ours, first = concepts.wordings(workspace, OVERLAP)
    assert (now.author, ours.author, first.author, first.since) == ("sidsel", builders.ACTOR, "", None)
    assert (now.concept.definition_da, ours.concept.definition_da) == ("Vores egne.", "Vores.")
    assert first.concept.wording == original.wording
    assert now.since is not None
    assert ours.since is not None
    assert ours.since < now.since
    assert concepts.is_reworded(concepts.get_concept(workspace, OVERLAP))


def test_a_language_that_is_left_blank_says_what_the_other_says(workspace: Workspace) -> None:
    texts = {"definition_da": "At vente.", "definition_en": "", "name_da": "Ventetid", "name_en": " "}
    made = concepts.add_concept(workspace, "Egne", "Ventetid", {**texts, "listen_for_da": "", "listen_for_en": "x"})
    assert (made.name_en, made.definition_en, made.listen_for_da) == ("Ventetid", "At vente.", "x")
    assert made.untranslated == ("definition", "listen_for")
    again = concepts.revise(workspace, made.id, {"definition_da": "At vente.", "definition_en": "To wait."})
    assert again.untranslated == ("listen_for",)
    with pytest.raises(InvalidInput):
        concepts.revise(workspace, made.id, {"definition_da": "", "definition_en": ""})
    with pytest.raises(InvalidInput):
        concepts.revise(workspace, made.id, {"name": "GRIBNING"})
    assert concepts.revise(workspace, made.id, {"name": "ventetid"}).name_da == "ventetid"


def test_what_was_merged_is_taken_apart_again(workspace: Workspace, recording_id: RecordingId) -> None:
    moved = marks.annotate(workspace, recording_id, 0, 900, OVERLAP)
    stays = marks.annotate(workspace, recording_id, 0, 900, GRIBNING)
    merged = concepts.merge(workspace, OVERLAP, GRIBNING)
    assert concepts.marks_with(workspace) == {GRIBNING: (2, 1)}
    later = marks.annotate(workspace, recording_id, 0, 900, GRIBNING)
    concepts.undo_merge(workspace, merged)
    by_id = {mark.id: mark.concept_id for mark in marks.list_annotations(workspace, recording_id)}
    assert by_id == {moved.id: OVERLAP, stays.id: GRIBNING, later.id: GRIBNING}
    back = concepts.get_concept(workspace, OVERLAP)
    assert (back.retired, back.merged_into, back.in_use) == (False, None, False)


def test_a_concept_is_put_away_and_back_as_it_was(workspace: Workspace) -> None:
    before = concepts.get_concept(workspace, OVERLAP)
    concepts.retire(workspace, OVERLAP)
    assert concepts.restore_state(workspace, before) == before


# --- exchange --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_exported_book_is_a_valid_codebook(workspace: Workspace, tmp_path: Path, language: Language) -> None:
    concepts.add_concept(workspace, "Egne & <andre>", 'Citat "æ" 😀', {"definition": "a < b & c\x01"})
    concepts.retire(workspace, PAUSE)
    set_language(language)
    file = tmp_path / "bog.qdc"
    assert concepts.export_codebook(workspace, file) == 36
    document = etree.parse(str(file))
    schema = etree.XMLSchema(etree.parse(str(GOLDEN / "refi_qda_codebook.xsd")))
    schema.assertValid(document)
    codes = refi_qda.read_codebook(file)
    assert guid_of(PAUSE) not in {code.guid for code in codes}
    uptake = next(code for code in codes if code.guid == guid_of(GRIBNING))
    concept = concepts.get_concept(workspace, GRIBNING)
    assert uptake.name == (concept.name_en if language == "en" else concept.name_da)
    assert uptake.said.texts["ask_yourself"] == (
        concept.ask_yourself_en if language == "en" else concept.ask_yourself_da
    )
    assert uptake.said.texts["source"] == concept.source
    with pytest.raises(TargetExists):
        concepts.export_codebook(workspace, file)
    set_language("da")


def test_what_was_exported_adds_nothing_where_it_is_known(workspace: Workspace, tmp_path: Path) -> None:
    own = concepts.add_concept(workspace, "Egne", "Ventetid", {"definition": "At vente.", "listen_for": "»vente«"})
    before = concepts.concept_book(workspace)
    concepts.export_codebook(workspace, tmp_path / "bog.qdc")
    result = concepts.import_codebook(workspace, tmp_path / "bog.qdc")
    assert (result.added, len(result.known)) == ((), 37)
    assert concepts.concept_book(workspace) == before
    elsewhere = builders.new_workspace(tmp_path / "et andet bibliotek")
    try:
        assert concepts.import_codebook(elsewhere, tmp_path / "bog.qdc").added == (own,)
        assert concepts.concept_book(elsewhere) == before
    finally:
        elsewhere.close()


WORDS = (
    "ventetid",
    "Lyt efter: noget",
    "In English: yes",
    "a < b & c",
    "»citat«",
    "(æøå)",
    "CUBB: x",
    "ord",
    "Kilde: os",
)


def _random_book(ws: Workspace, rng: random.Random) -> None:
    """Add, reword, regroup and put away some concepts, in either language."""

    def said(most: int = 6) -> str:
        return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, most)))

    for number in range(6):
        texts = {key: said() for key in ("definition", "definition_en", "listen_for", "ask_yourself_da", "source")}
        concepts.add_concept(ws, rng.choice((said(2), "Gribning")), f"{number} {said(2)}", texts)
    for concept in rng.sample(concepts.concept_book(ws), 12):
        set_language(rng.choice(("da", "en")))
        texts = {key: said() for key in ("name", "group", "definition", "source") if rng.random() < 0.6}
        concepts.revise(ws, concept.id, {**texts, **({"name": f"{concept.id} {said(1)}"} if "name" in texts else {})})
    for concept in rng.sample(concepts.concept_book(ws), 3):
        if not concepts.is_reworded(concept):  # its name is free again in the other library, if it was renamed
            concepts.retire(ws, concept.id)


@pytest.mark.parametrize("seed", range(3))
def test_a_random_book_comes_back_whole_in_an_empty_library(workspace: Workspace, tmp_path: Path, seed: int) -> None:
    rng, file = random.Random(seed), tmp_path / "bog.qdc"
    _random_book(workspace, rng)
    set_language(rng.choice(("da", "en")))
    concepts.export_codebook(workspace, file)
    schema = etree.XMLSchema(etree.parse(str(GOLDEN / "refi_qda_codebook.xsd")))
    schema.assertValid(etree.parse(str(file)))
    set_language("da")
    there = {c.id: c.wording for c in concepts.concept_book(workspace) if not c.retired}
    elsewhere = builders.new_workspace(tmp_path / "et andet bibliotek")
    try:
        concepts.import_codebook(elsewhere, file, take_wordings=True)
        here = {concept.id: concept.wording for concept in concepts.concept_book(elsewhere)}
        assert {id_: here.get(id_) for id_ in there} == there
        assert concepts.import_codebook(elsewhere, file).differing == ()
    finally:
        elsewhere.close()


def test_another_wording_is_told_and_taken_only_when_asked(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "bog.qdc"
    concepts.export_codebook(workspace, file)
    ours = concepts.revise(workspace, GRIBNING, {"definition": "Vores ord."})
    assert concepts.import_codebook(workspace, file).differing == (ours,)
    assert concepts.get_concept(workspace, GRIBNING) == ours
    taken = concepts.import_codebook(workspace, file, take_wordings=True)
    assert [concept.id for concept in taken.reworded] == [GRIBNING]
    assert not concepts.is_reworded(concepts.get_concept(workspace, GRIBNING))
    assert "Vores ord." in [version.concept.definition_da for version in concepts.history(workspace, GRIBNING)]


def test_a_book_that_lies_about_its_ids_is_only_another_programs(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "bog.qdc"
    concepts.export_codebook(workspace, file)
    text = file.read_text(encoding="utf-8").replace("CUBB: gribning", "CUBB: pause").replace("CUBB: pause<", "CUBB: <")
    file.write_text(text.replace("tager noget op", "synger"), encoding="utf-8")
    result = concepts.import_codebook(workspace, file, take_wordings=True)
    assert (result.added, result.reworded) == ((), ())


def test_another_programs_codebook_adds_what_is_new(workspace: Workspace) -> None:
    result = concepts.import_codebook(workspace, GOLDEN / "codebook_of_another_program.qdc")
    assert (result.added, [concept.id for concept in result.known]) == ((), ["gribning", "ugrebet-ytring"])


def _codebook(codes: str) -> str:
    return f'<CodeBook xmlns="{refi_qda.NAMESPACE}"><Codes>{codes}</Codes></CodeBook>'


def _code(number: int, name: str, inner: str = "") -> str:
    return f'<Code guid="{number:08x}-0000-4000-8000-000000000000" name="{name}" isCodable="true">{inner}</Code>'


def test_new_codes_lie_under_the_code_above_them(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "fremmed.qdc"
    inner = _code(2, "Barn", "<Description>Hvad det er.&#10;Og mere.&#10;Lyt efter: noget</Description>")
    file.write_text(_codebook(_code(1, "Øverst", inner)), encoding="utf-8")
    result = concepts.import_codebook(workspace, file)
    assert [(c.group, c.name_da, c.definition_da, c.listen_for_en) for c in result.added] == [
        ("Andre", "Øverst", "", ""), ("Øverst", "Barn", "Hvad det er. Og mere.", "noget"),
    ]  # fmt: skip


DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "content",
    [
        b"", b"ikke xml", b"<x/>", b"\xff\xfe\x00", b'<?xml version="1.0" encoding="kryptisk"?><x/>',
        _codebook("").encode(), _codebook('<Code guid="x" name="y" isCodable="true"/>').encode(),
        _codebook(_code(1, "")).encode(), _codebook(_code(1, "a") + _code(1, "b")).encode(),
        (DOCTYPE + _codebook(_code(1, "a", "<Description>&b;</Description>"))).encode(),
        _codebook(_code(1, "x").replace("</Code>", "") * 30 + "</Code>" * 30).encode(),
        _codebook("".join(_code(n, "x") for n in range(20_001))).encode(),
        _codebook(_code(1, "x", f"<Description>{'x' * 20_001}</Description>")).encode(),
        b" " * ((4 << 20) + 1),
    ],
)  # fmt: skip
def test_what_is_no_codebook_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.qdc"
    file.write_bytes(content)
    with pytest.raises(CodebookUnreadable):
        refi_qda.read_codebook(file)


def test_a_refused_codebook_adds_nothing(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "x.qdc"
    file.write_text(_codebook(_code(1, "nyt") + _code(1, "samme nummer")), encoding="utf-8")
    with pytest.raises(CodebookUnreadable):
        concepts.import_codebook(workspace, file)
    with workspace.library.read() as reading:
        assert codebook.all(reading) == []


def test_a_codebook_that_is_not_there(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        concepts.import_codebook(workspace, tmp_path / "væk.qdc")


def test_any_damage_ends_in_one_sentence(workspace: Workspace, tmp_path: Path) -> None:
    file, rng = tmp_path / "bog.qdc", random.Random(5)
    concepts.export_codebook(workspace, file)
    whole = file.read_bytes()
    for _ in range(300):
        broken = bytearray(whole)
        for _spot in range(rng.randint(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        file.write_bytes(bytes(broken[: rng.randint(0, len(broken))]) if rng.random() < 0.3 else bytes(broken))
        try:
            refi_qda.read_codebook(file)
        except CodebookUnreadable:
            continue
