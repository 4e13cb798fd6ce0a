"""Letters and receipt: what they say, to whom, in which language, and whom they never name."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from docx import Document

from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.export.letters import Letter, docx_letter, text_letter
from cubb_desktop.i18n import format_date
from cubb_desktop.services import erasure
from cubb_desktop.services.letters import recall_letters, receipt
from cubb_desktop.services.workspace import Workspace
from tests import builders
from tests.services.forgettable import NAME, REFERENCE, citizen


@pytest.fixture
def withdrawal(workspace: Workspace, tmp_path: Path) -> erasure.Withdrawal:
    return erasure.withdraw(workspace, citizen(workspace, tmp_path, export=True).consent_id)


def words(letter: Letter) -> str:
    return text_letter(letter).decode()


def test_each_recipient_gets_a_letter_with_what_they_have_and_nobody_is_named(withdrawal: erasure.Withdrawal) -> None:
    day = withdrawal.at.date()
    known, unknown = recall_letters(withdrawal.copies, day, "Mette Holm", "da")
    assert (known.recipient, unknown.recipient) == ("Vidensmægleren", None)
    text = words(known.letter)
    for part in ("Til Vidensmægleren", known.copies[0].sha256, known.copies[0].file_name, "Mette Holm", "læringsrum"):
        assert part in text
    assert "Til den, der har fået kopien" in words(unknown.letter)
    for letter in (known.letter, unknown.letter):
        assert NAME not in words(letter)
        assert REFERENCE not in words(letter)
    english = words(recall_letters(withdrawal.copies, day, "Mette Holm", "en")[0].letter)
    assert english.startswith("Recall of copies")
    assert "learning room" in english


def test_the_receipt_says_what_went_and_that_what_was_before_was_lawful(withdrawal: erasure.Withdrawal) -> None:
    text = words(receipt(withdrawal, "da"))
    latest = format_date(withdrawal.at.astimezone().date() + timedelta(days=30))
    for part in ("samtalen den", "Vidensmægleren", latest, "artikel 7, stk. 3", withdrawal.consent_id, "Datatilsynet"):
        assert part in text
    assert REFERENCE not in text
    assert "Til " not in text.split("\n\n")[1]
    assert "Til Karen" in words(receipt(withdrawal, "da", " Karen "))
    assert "article 7(3)" in words(receipt(withdrawal, "en"))


def test_the_receipt_tells_of_what_is_held_busy_or_was_never_there(withdrawal: erasure.Withdrawal) -> None:
    waiting = (RecordingId(builders.new_id()),)
    held = replace(withdrawal, erased=erasure.Erased(held=waiting, busy=waiting), copies=())
    text = words(receipt(held, "da"))
    assert "Holdt tilbage: 1" in text
    assert "Optages lige nu: 1" in text
    assert "ikke givet kopier videre" in text
    assert "ingen samtaler at slette" in words(receipt(replace(withdrawal, erased=erasure.Erased()), "da"))


def test_the_receipt_of_an_earlier_withdrawal_claims_only_what_is_known(
    workspace: Workspace, withdrawal: erasure.Withdrawal
) -> None:
    again = erasure.withdraw(workspace, withdrawal.consent_id)
    assert again.earlier
    assert again.settled_at is not None
    assert again.at <= again.settled_at <= withdrawal.at
    assert again.copies == withdrawal.copies
    text = words(receipt(again, "da"))
    assert "Alt, hvad der hvilede på aftalen, er slettet" in text
    assert "ingen samtaler at slette" not in text
    waiting = replace(again, erased=erasure.Erased(held=(RecordingId(builders.new_id()),)), copies=())
    text = words(receipt(waiting, "da"))
    assert "Holdt tilbage: 1" in text
    assert "Alt andet, der hvilede på aftalen" in text
    assert "Er der givet kopier videre" in text
    assert "ikke givet kopier" not in text


def test_a_part_that_is_taken_back_leaves_the_rest(withdrawal: erasure.Withdrawal) -> None:
    part = replace(withdrawal, whole=False, purposes=frozenset({Purpose.LEARNING_ROOM}))
    text = words(receipt(part, "da"))
    assert "tilbage for: læringsrum" in text
    assert "Samtalerne bliver" in text
    assert "Sikkerhedskopier" not in text


def test_a_letter_is_a_word_document_without_a_writer(withdrawal: erasure.Withdrawal) -> None:
    letter = recall_letters(withdrawal.copies, withdrawal.at.date(), "Mette", "en")[0].letter
    document = Document(io.BytesIO(docx_letter(replace(letter, heading="Kald\x07 tilbage"), builders.MORNING)))
    assert document.paragraphs[0].text == "Kald tilbage"
    assert document.tables[0].rows[1].cells[3].text in {copy.sha256 for copy in withdrawal.copies}
    assert document.core_properties.author == ""
    assert document.core_properties.language == "en"
