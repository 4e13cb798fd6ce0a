"""An agreement is made together in few clicks, kept with what proves it, shown, renewed; a full no leaves no trace."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import isValid

from cubb_desktop.domain.consent import ASKED, Consent, EvidenceKind, Manner, Purpose, ReadingAid
from cubb_desktop.domain.policy import LegalBasis, Policy, Retention
from cubb_desktop.domain.recording import Role
from cubb_desktop.gui.main_window import LIBRARY, RECORD, SETTINGS, MainWindow
from cubb_desktop.gui.pages.library_page import LibraryPage
from cubb_desktop.gui.pages.recording_page import RecordingPage
from cubb_desktop.gui.pages.settings_page import SettingsPage
from cubb_desktop.gui.widgets.agreements import AgreementsDialog
from cubb_desktop.gui.widgets.consents import ConsentForm
from cubb_desktop.gui.widgets.evidence_view import EvidenceView
from cubb_desktop.gui.widgets.sheet_print import SheetDialog
from cubb_desktop.gui.widgets.signature_pad import SignaturePad
from cubb_desktop.gui.widgets.start_notice import StartNotice
from cubb_desktop.gui.widgets.withdrawal_dialog import WithdrawalDialog
from cubb_desktop.services.consents import Given, add_consent, list_consents, list_evidence
from cubb_desktop.services.policy import get_policy, set_policy
from tests import builders
from tests.gui import hands

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


class Clicks(QObject):
    """Counts what a person does with the mouse, wherever it lands."""

    number = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() is QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            self.number += 1
        return False


@pytest.fixture
def form(main: MainWindow, qtbot: QtBot) -> Iterator[ConsentForm]:
    made = ConsentForm(main, main.context())
    made.open()
    qtbot.waitUntil(made.isVisible)
    yield made
    if isValid(made):
        made.reject()


def sign(pad: SignaturePad, length: int = 150) -> None:
    """Draw a line as a hand does."""
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(20, 60))
    for x in range(20, 20 + length, 10):
        at = QPointF(x, 60 + x % 20)
        none, left, keys = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(pad, QMouseEvent(QEvent.Type.MouseMove, at, at, none, left, keys))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(20 + length, 60))


def saved(form: ConsentForm, main: MainWindow, qtbot: QtBot) -> Consent:
    """Press the button and return what was stored."""
    with qtbot.waitSignal(form.made):
        hands.click(form.accept_button)
    return list_consents(main.workspace())[0]


def modal(kind: type[QDialog]) -> QDialog:
    found = QApplication.activeModalWidget()
    assert isinstance(found, kind), found
    return found


# --- making one ------------------------------------------------------------------------------------------------------


def test_the_usual_agreement_takes_less_than_ten_clicks(main: MainWindow, qtbot: QtBot) -> None:
    workspace = main.workspace()
    add_consent(workspace, "B-1", [Purpose.FEEDBACK], date(2036, 1, 1), named=["Anders Holm"])
    main.show_page(RECORD)
    page = main.page(RECORD)
    assert isinstance(page, RecordingPage)
    clicks = Clicks()
    QApplication.instance().installEventFilter(clicks)  # type: ignore[union-attr]
    try:
        hands.click(page.setup.present.rows[0].make)
        form = modal(ConsentForm)
        assert isinstance(form, ConsentForm)
        qtbot.waitUntil(lambda: form.named.text() == "Anders Holm")
        QTest.keyClicks(form.citizen, "B-42")
        for purpose in (Purpose.OWN_LEARNING, Purpose.FEEDBACK, Purpose.LEARNING_ROOM):
            hands.click(form.answers.rows[purpose].yes)
        for purpose in (Purpose.FLIP, Purpose.RESEARCH):
            hands.click(form.answers.rows[purpose].no)
        sign(form.manner.pad)
        made = saved(form, main, qtbot)
    finally:
        QApplication.instance().removeEventFilter(clicks)  # type: ignore[union-attr]
    assert clicks.number == 8
    assert made.purposes == {Purpose.OWN_LEARNING, Purpose.FEEDBACK, Purpose.LEARNING_ROOM}
    assert made.refused == {Purpose.FLIP, Purpose.RESEARCH}
    assert (made.citizen, made.named, made.manner) == ("B-42", ("Anders Holm",), Manner.SIGNATURE)
    assert (made.wording, made.wording_language, made.reading_aid) == ("2026-11", "da", ReadingAid.NONE)
    assert made.until == workspace.today() + timedelta(days=182)
    (proof,) = list_evidence(workspace, made.id)
    assert proof.kind is EvidenceKind.SIGNATURE
    picture = Image.open(io.BytesIO(proof.content))
    assert picture.size == (1200, 400)
    assert picture.getextrema()[0] < 50  # type: ignore[operator]  # something dark was drawn


def test_an_agreement_to_be_said_aloud_is_recorded_first(main: MainWindow, qtbot: QtBot) -> None:
    main.show_page(RECORD)
    page = main.page(RECORD)
    assert isinstance(page, RecordingPage)
    assert not page.setup.spoken.isChecked()
    hands.click(page.setup.present.rows[0].make)
    form = modal(ConsentForm)
    assert isinstance(form, ConsentForm)
    form.citizen.setText("B-42")
    hands.click(form.answers.rows[Purpose.OWN_LEARNING].yes)
    form.manner.choose(Manner.SPOKEN)
    saved(form, main, qtbot)
    qtbot.waitUntil(page.setup.spoken.isChecked)
    qtbot.waitUntil(lambda: page.setup.present.rows[0].chosen() is not None)


def test_yes_and_no_are_of_one_size_and_nothing_is_chosen_beforehand(form: ConsentForm) -> None:
    assert list(form.answers.rows) == list(ASKED)
    sizes = {button.size().toTuple() for row in form.answers.rows.values() for button in (row.yes, row.no)}
    assert len(sizes) == 1
    assert all(row.answer() is None for row in form.answers.rows.values())
    assert all(row.yes.accessibleName() != row.no.accessibleName() for row in form.answers.rows.values())


def test_a_no_to_everything_stores_nothing_and_logs_nothing(form: ConsentForm, main: MainWindow, qtbot: QtBot) -> None:
    before = main.workspace().library.data_version()
    form.citizen.setText("B-42")
    for row in form.answers.rows.values():
        hands.click(row.no)
    assert "Så bliver intet gemt" in form.problem.text()
    assert form.accept_button.text() == "Luk uden at gemme"
    hands.click(form.accept_button)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)
    assert list_consents(main.workspace()) == []
    assert main.workspace().library.data_version() == before


def test_what_is_missing_is_said_one_thing_at_a_time(form: ConsentForm) -> None:
    def asked() -> str:
        hands.click(form.accept_button)
        return form.problem.text()

    assert "betegnelse" in asked()
    form.citizen.setText("010190-1234")
    assert "CPR" in asked()
    form.citizen.setText("B-42")
    assert "mindst ét formål" in asked()
    hands.click(form.answers.rows[Purpose.FEEDBACK].yes)
    assert form.named_row.isVisible()
    assert "navnet på den kollega" in asked()
    form.named.setText("Anders")
    assert "skrive under" in asked()
    sign(form.manner.pad, 20)  # a slip of the hand is no signature
    assert "skrive under" in asked()
    sign(form.manner.pad)
    hands.click(form.manner.again)
    assert not form.manner.pad.is_signed()
    hands.click(form.manner.buttons[Manner.PAPER])
    assert "Vedhæft" in asked()


def test_a_paper_is_attached_and_stored_as_a_picture(
    form: ConsentForm, main: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    scan = tmp_path / "scan.png"
    Image.new("RGB", (400, 600), "white").save(scan)
    form.citizen.setText("B-42")
    form.case.setChecked(True)
    hands.click(form.answers.rows[Purpose.OWN_LEARNING].yes)
    form.manner.choose(Manner.PAPER)
    broken = tmp_path / "ikke et billede.pdf"
    broken.write_bytes(b"%PDF-nej")
    form.manner.set_files([broken])
    hands.click(form.accept_button)
    qtbot.waitUntil(lambda: "PNG, JPEG eller PDF" in form.problem.text())
    form.manner.set_files([scan])
    form.manner.place.setText("Mappe 4")
    made = saved(form, main, qtbot)
    assert (made.manner, made.form) == (Manner.PAPER, "Mappe 4")
    assert made.purposes == {Purpose.OWN_LEARNING, Purpose.CASE_DOCUMENTATION}
    assert [page.media_type for page in list_evidence(main.workspace(), made.id)] == ["image/jpeg"]


def test_the_questions_are_asked_in_the_citizens_language_and_direction(
    form: ConsentForm, main: MainWindow, qtbot: QtBot
) -> None:
    hands.click(form.answers.rows[Purpose.OWN_LEARNING].yes)
    form.language.setCurrentIndex(form.language.findData("ar"))
    row = form.answers.rows[Purpose.OWN_LEARNING]
    assert row.yes.text() == "نعم"
    assert row.answer() is True  # what was said stays said
    assert form.answers.layoutDirection() is Qt.LayoutDirection.RightToLeft
    qtbot.waitUntil(lambda: row.yes.mapTo(form, QPoint()).x() > row.no.mapTo(form, QPoint()).x())
    hands.click(form.turn)
    shown = QApplication.activeModalWidget()
    assert shown is not None
    assert shown.windowTitle() == "هل يمكننا تسجيل المحادثة؟"
    shown.close()
    form.aid.setCurrentIndex(form.aid.findData(ReadingAid.INTERPRETER.value))
    form.manner.choose(Manner.SPOKEN)
    form.citizen.setText("B-42")
    made = saved(form, main, qtbot)
    assert (made.wording_language, made.reading_aid, made.manner) == ("ar", ReadingAid.INTERPRETER, Manner.SPOKEN)


# --- looking at them -------------------------------------------------------------------------------------------------


@pytest.fixture
def agreed(main: MainWindow) -> Consent:
    png = io.BytesIO()
    Image.new("L", (300, 100), 255).save(png, "PNG")
    given = Given(Manner.SIGNATURE, "2026-11", "en", ReadingAid.READ_ALOUD, [("image/png", png.getvalue())])
    workspace = main.workspace()
    return add_consent(
        workspace,
        "Anders",
        [Purpose.FEEDBACK, Purpose.FLIP],
        workspace.today() + timedelta(days=9),
        role=Role.COLLEAGUE,
        given=given,
        named=["Mette"],
        refused=[Purpose.RESEARCH],
    )


def agreements(main: MainWindow, qtbot: QtBot) -> AgreementsDialog:
    page = main.page(LIBRARY)
    assert isinstance(page, LibraryPage)
    hands.click(page.agreements_button)
    shown = modal(AgreementsDialog)
    assert isinstance(shown, AgreementsDialog)
    qtbot.waitUntil(lambda: shown.list.count() == len(list_consents(main.workspace())))
    return shown


def test_an_agreement_is_shown_with_all_that_was_said(main: MainWindow, agreed: Consent, qtbot: QtBot) -> None:
    builders.stored_recording(main.workspace().library, consent_id=agreed.id, title="Åbent samtalerum")
    shown = agreements(main, qtbot)
    qtbot.waitUntil(lambda: "Åbent samtalerum" in shown.resting.text())
    assert shown.heading.text() == "Anders · kollega"
    assert shown.state.text() == "slutter om 9 dage"
    assert "forskning: nej" in shown.purposes.text()
    assert "læringsrum: fortalt, ikke svaret" in shown.purposes.text()
    assert "feedback fra: Mette" in shown.purposes.text()
    assert "underskrevet på skærmen · tekst 2026-11 (en) · læst højt" in shown.how.text()
    assert "behandlingsgrundlag" in shown.notice.text()
    hands.click(shown.proof)
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), EvidenceView))
    view = modal(EvidenceView)
    assert isinstance(view, EvidenceView)
    assert not view.pictures[0].pixmap().isNull()
    view.close()
    hands.click(shown.withdraw)
    modal(WithdrawalDialog).close()
    shown.close()


def test_an_agreement_is_renewed_with_what_rests_on_it(main: MainWindow, agreed: Consent, qtbot: QtBot) -> None:
    builders.stored_recording(main.workspace().library, consent_id=agreed.id)
    shown = agreements(main, qtbot)
    qtbot.waitUntil(shown.renew.isVisible)
    hands.click(shown.renew)
    form = modal(ConsentForm)
    assert isinstance(form, ConsentForm)
    assert (form.citizen.text(), form.language.currentData(), form.named.text()) == ("Anders", "en", "Mette")
    assert form.answers.said(True) == []  # it is said anew
    hands.click(form.answers.rows[Purpose.FLIP].yes)
    form.manner.choose(Manner.SPOKEN)
    with qtbot.waitSignal(form.made):
        hands.click(form.accept_button)
    qtbot.waitUntil(lambda: shown.list.count() == 2 and "1 samtale" in shown.list.item(0).text())
    assert shown.list.currentRow() == 0
    assert "0 samtaler" in shown.list.item(1).text()
    shown.close()


def test_without_agreements_the_list_says_what_to_do(main: MainWindow, qtbot: QtBot) -> None:
    shown = agreements(main, qtbot)
    assert "Lav en" in shown.heading.text()
    assert not shown.withdraw.isVisible()
    hands.click(shown.accept_button)
    modal(ConsentForm).close()
    shown.close()


def test_the_sheet_is_saved_where_the_person_says(main: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = SheetDialog(main, main.context(), "ar")
    dialog.open()
    assert dialog.language.currentData() == "ar"
    out = tmp_path / "ark.pdf"
    dialog.save_to(out)
    qtbot.waitUntil(out.exists)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)
    assert out.read_bytes().startswith(b"%PDF-")


def test_the_sheet_is_printed_without_a_file_on_the_way(main: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    from PySide6.QtPrintSupport import QPrinter

    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "udskrift.pdf"))  # stands for the paper
    SheetDialog(main, main.context()).print_on(printer)
    qtbot.waitUntil((tmp_path / "udskrift.pdf").exists)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["udskrift.pdf"]


# --- the municipality's decisions ------------------------------------------------------------------------------------


def test_the_municipalitys_decisions_are_written_and_quiet_the_notice(main: MainWindow, qtbot: QtBot) -> None:
    notice = StartNotice(main.context())
    qtbot.addWidget(notice)
    qtbot.waitUntil(lambda: "Du kan optage" in notice.text())
    main.show_page(SETTINGS)
    page = main.page(SETTINGS)
    assert isinstance(page, SettingsPage)
    card = page.policy
    qtbot.waitUntil(lambda: card.days[0].value() == 180)
    card.municipality.setText("Herning")
    card.basis.setCurrentIndex(card.basis.findData(LegalBasis.PUBLIC_TASK))
    card.law.setText("Lov om en aktiv beskæftigelsesindsats")
    card.signed_by.setText("DPO")
    card.days[0].setValue(90)
    hands.click(card.save)
    qtbot.waitUntil(lambda: "er godkendt" in card.standing.text())
    policy = get_policy(main.workspace())
    assert (policy.municipality, policy.is_settled, policy.retention.audio_days) == ("Herning", True, 90)
    qtbot.waitUntil(lambda: notice.text() == "")
    card.signed_on.setMaximumDate(card.signed_on.date().addDays(9))
    card.signed_on.setDate(card.signed_on.date().addDays(3))
    hands.click(card.save)
    qtbot.waitUntil(lambda: "fremtiden" in card.problem.text())


def test_the_card_shows_what_was_decided_elsewhere(main: MainWindow, qtbot: QtBot) -> None:
    main.show_page(SETTINGS)
    page = main.page(SETTINGS)
    assert isinstance(page, SettingsPage)
    set_policy(main.workspace(), Policy(controller="Silkeborg", retention=Retention(30, 40, 50)))
    page.policy.reload()
    qtbot.waitUntil(lambda: page.policy.controller.text() == "Silkeborg")
    assert [box.value() for box in page.policy.days] == [30, 40, 50]
    assert "ikke godkendt" in page.policy.standing.text()
