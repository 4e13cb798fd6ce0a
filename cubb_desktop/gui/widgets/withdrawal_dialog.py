"""Somebody takes an agreement back: what will be lost, the word that means it, then the copies, letters and receipt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.consent import PURPOSE_LABELS, Purpose
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import ConsentId, ExportId
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.forgetting import forget_elsewhere
from cubb_desktop.gui.widgets.controls import Button, Choice, Rule, field
from cubb_desktop.gui.widgets.dialogs import Form
from cubb_desktop.gui.widgets.text import PlainLabel
from cubb_desktop.i18n import Language, _, current_language, format_clock_ms, format_date, ngettext, sentence

if TYPE_CHECKING:
    from cubb_desktop.export.letters import Letter
    from cubb_desktop.services.erasure import Loss, Withdrawal
    from cubb_desktop.services.letters import RecallLetter
    from cubb_desktop.services.workspace import Workspace

_MANY = 3  # from so many conversations on the reference itself must be typed
_LANGUAGES: tuple[tuple[Language, str], ...] = (("da", "dansk"), ("en", "English"))

ChooseFile = Callable[[QWidget, str], Path | None]


def choose_file(parent: QWidget, name: str) -> Path | None:
    """Ask where a letter is to lie; the system's own dialog asks before another is replaced."""
    kinds = _("Word-dokument (*.docx);;Tekst (*.txt)")
    chosen, _kind = QFileDialog.getSaveFileName(parent, _("Gem"), name, kinds)
    return Path(chosen) if chosen else None


class WithdrawalDialog(Form):
    """Says plainly what will be lost, asks for all or some purposes and for a typed word, and does it."""

    withdrawn = Signal(object)  # Withdrawal

    def __init__(self, parent: QWidget, context: PageContext, consent_id: ConsentId) -> None:
        super().__init__(parent, context.theme, _("Aftalen trækkes tilbage"), _("Træk tilbage og slet"), kind="danger")
        self._context, self._consent_id = context, consent_id
        self._workspace = context.workspace()
        self._loss: Loss | None = None
        self._parent = parent
        self.widen(520)
        self.lost = PlainLabel(_("Ser efter, hvad der skal slettes …"), wrap=True)
        self.also = PlainLabel("", "soft", wrap=True)
        self.add(self.lost)
        self.add(self.also)
        self.whole = QRadioButton(_("Hele aftalen"))
        self.some = QRadioButton(_("Kun noget af det"))
        self.whole.setChecked(True)
        self.purposes: dict[Purpose, QCheckBox] = {}
        self._scope = QVBoxLayout()
        self._scope.setSpacing(context.theme.px(6))
        for choice in (self.whole, self.some):
            choice.setAccessibleName(choice.text())
            self._scope.addWidget(choice)
        self.add(self._scope)
        self.typed = QLineEdit()
        self._asked = PlainLabel("", "label", wrap=True)
        self._asked.setBuddy(self.typed)
        column = QVBoxLayout()
        column.setSpacing(context.theme.px(6))
        column.addWidget(self._asked)
        column.addWidget(self.typed)
        self.add(column)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(_("Sletter"))
        self.bar.hide()
        self.add(self.bar)
        self.finish_rows()
        self.cancel_button.setDefault(True)
        self.accept_button.setAutoDefault(False)
        self.accept_button.setEnabled(False)
        self.typed.textChanged.connect(self._on_typed)
        self.some.toggled.connect(self._on_scope)
        workspace = self._workspace
        context.background.run_read(lambda: _preview(workspace, consent_id), self._on_loss, self._on_refused)

    # --- what will be lost -------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_loss(self, loss: Loss) -> None:
        self._loss = loss
        also = also_text(loss)
        self.also.setText(also)
        self.also.setVisible(bool(also))
        agreed = [purpose for purpose in Purpose if purpose in loss.consent.purposes]
        for purpose in agreed:
            box = QCheckBox(_(PURPOSE_LABELS[purpose]))
            box.setAccessibleName(box.text())
            box.toggled.connect(self._on_scope)
            box.hide()
            box.setStyleSheet(f"margin-left: {self.theme.px(22)}px;")
            self.purposes[purpose] = box
            self._scope.addWidget(box)
        for choice in (self.whole, self.some):
            choice.setVisible(len(agreed) > 1)
        self._on_scope()
        self.typed.setFocus()
        self._fit()

    @property
    def word(self) -> str:
        """What must be typed, by weight: nothing where nothing is lost, the reference where it is much."""
        if self._loss is None or not self._whole or not self._loss.recordings:
            return ""
        if len(self._loss.recordings) >= _MANY:
            return self._loss.consent.citizen
        return _("SLET")

    @property
    def _whole(self) -> bool:
        return self.whole.isChecked() or len(self._chosen()) == len(self.purposes)

    def _chosen(self) -> list[Purpose]:
        return [purpose for purpose, box in self.purposes.items() if box.isChecked()]

    @Slot()
    def _on_scope(self) -> None:
        for box in self.purposes.values():
            box.setVisible(self.some.isChecked())
        if self._loss is not None:
            kept = _("Samtalerne bliver. De bruges ikke mere til det, du vælger her, og aftalen gælder for resten.")
            self.lost.setText(loss_text(self._loss) if self._whole else kept)
        word = self.word
        self.typed.setVisible(bool(word))
        self._asked.setVisible(bool(word))
        self._asked.setText(_("Skriv »{word}« for at gå videre").format(word=word))
        self.typed.setAccessibleName(self._asked.text())
        self.accept_button.setText(_("Træk tilbage og slet") if self._whole else _("Træk tilbage"))
        self._on_typed()

    @Slot()
    def _on_typed(self) -> None:
        chosen = self.whole.isChecked() or bool(self._chosen())
        said = self.typed.text().strip().casefold() == self.word.casefold()
        self.accept_button.setEnabled(self._loss is not None and chosen and said)

    # --- doing it ----------------------------------------------------------------------------------------------------

    def submit(self) -> None:
        if self._loss is None:
            return
        purposes = None if self._whole else self._chosen()
        self.accept_button.setEnabled(False)
        self.cancel_button.setEnabled(False)
        self.typed.setEnabled(False)
        self.bar.show()
        if purposes is None:
            going = frozenset(recording.id for recording in self._loss.recordings)
            self._context.background.forgetting.emit(going)
        workspace, consent_id = self._workspace, self._consent_id
        self._context.background.run_write(
            lambda: _withdraw(workspace, consent_id, purposes), self._on_withdrawn, self._on_refused
        )

    @Slot(object)
    def _on_withdrawn(self, withdrawal: Withdrawal) -> None:
        self._context.background.changed.emit(withdrawal.erased.changes | Changes(consents=True, exports=True))
        if withdrawal.whole:
            forget_elsewhere(self._context.background, self._workspace)
        self.withdrawn.emit(withdrawal)
        done = WithdrawnDialog(self._parent, self._context, withdrawal)
        self.accept()
        done.open()

    @Slot(object)
    def _on_refused(self, error: CubbError) -> None:
        self.bar.hide()
        self.cancel_button.setEnabled(True)
        self.typed.setEnabled(True)
        self._on_typed()
        self.say(sentence(error))


def loss_text(loss: Loss) -> str:
    """Say what goes for good."""
    number = len(loss.recordings)
    if not number:
        return _("Der er ingen samtaler under aftalen. Kun beviset for, at den har været der, bliver stående.")
    talks = ngettext("{number} samtale ({length})", "{number} samtaler ({length} i alt)", number).format(
        number=number, length=format_clock_ms(loss.duration_ms)
    )
    return _(
        "{talks} bliver slettet for altid, med lyd, udskrifter ({texts}), mærker ({marks}) og uddrag ({excerpts}). "
        "Ingen kan hente det tilbage, heller ikke fra en sikkerhedskopi."
    ).format(talks=talks, texts=loss.with_text, marks=loss.marks, excerpts=loss.excerpts)


def also_text(loss: Loss) -> str:
    """Say what else there is to know: what is held back, which copies have left, other agreements."""
    parts = []
    if loss.examples:
        text = ngettext(
            "{number} eksempel i begrebsbogen går med.",
            "{number} eksempler i begrebsbogen går med.",
            loss.examples,
        )
        parts.append(text.format(number=loss.examples))
    if loss.held:
        text = ngettext(
            "{number} samtale holdes tilbage (journalisering eller aktindsigt). Ingen kan bruge den imens.",
            "{number} samtaler holdes tilbage (journalisering eller aktindsigt). Ingen kan bruge dem imens.",
            len(loss.held),
        )
        parts.append(text.format(number=len(loss.held)))
    if loss.copies:
        text = ngettext(
            "{number} kopi har forladt programmet; bagefter får du brevet, der kalder den tilbage.",
            "{number} kopier har forladt programmet; bagefter får du brevene, der kalder dem tilbage.",
            len(loss.copies),
        )
        parts.append(text.format(number=len(loss.copies)))
    if loss.others:
        text = ngettext(
            "Der er {number} anden aftale med samme betegnelse; den gælder stadig.",
            "Der er {number} andre aftaler med samme betegnelse; de gælder stadig.",
            loss.others,
        )
        parts.append(text.format(number=loss.others))
    return " ".join(parts)


class WithdrawnDialog(Form):
    """What was done, a letter to each who has a copy, and the citizen's receipt."""

    def __init__(self, parent: QWidget, context: PageContext, withdrawal: Withdrawal) -> None:
        super().__init__(parent, context.theme, _("Aftalen er trukket tilbage"), _("Færdig"))
        self._context, self._withdrawal = context, withdrawal
        self._workspace = context.workspace()
        self.choose_file: ChooseFile = choose_file
        self.widen(560)
        self.done_text = PlainLabel(done_text(withdrawal), wrap=True)
        self.add(self.done_text)
        self.language = Choice()
        for code, name in _LANGUAGES:
            self.language.addItem(name, code)
        self.language.setCurrentIndex([code for code, _name in _LANGUAGES].index(current_language()))
        self.letter_buttons: list[Button] = []
        self.recalled_buttons: list[Button] = []
        if withdrawal.copies:
            self._add_copies()
        self.add(Rule())
        self.name = QLineEdit()
        self.name.setMaxLength(100)
        hint = _("Navnet kommer kun på papiret; det gemmes ikke.")
        self.add(field(_("Navn på kvitteringen (kan udelades)"), self.name, hint))
        self.add(field(_("Sprog i breve og kvittering"), self.language))
        self.receipt_button = Button(_("Gem kvittering til borgeren…"))
        self.receipt_button.clicked.connect(self._on_receipt)
        self.receipt_button.setAutoDefault(False)
        row = QHBoxLayout()
        row.addWidget(self.receipt_button)
        row.addStretch(1)
        self.add(row)
        self.told = PlainLabel("", "soft", wrap=True)
        self.told.hide()
        self.add(self.told)
        self.finish_rows()
        self.cancel_button.hide()

    def _add_copies(self) -> None:
        self.add(Rule())
        self.add(PlainLabel(_("Kopier, der skal kaldes tilbage"), "heading", wrap=True))
        for number, one in enumerate(self._letters("da")):
            self.add(PlainLabel(copies_text(one), wrap=True))
            letter = Button(_("Gem brev…"), name=_("Gem brev til {name}").format(name=recipient_text(one)))
            recalled = Button(
                _("Er kaldt tilbage"), "quiet", name=_("Kopierne er kaldt tilbage: {name}").format(
                    name=recipient_text(one)
                )
            )  # fmt: skip
            letter.clicked.connect(partial(self._on_letter, number))
            ids = [copy.id for copy in one.copies]
            recalled.clicked.connect(partial(self._on_recalled, ids, recalled))
            row = QHBoxLayout()
            row.setSpacing(self.theme.px(8))
            for button in (letter, recalled):
                button.setAutoDefault(False)
                row.addWidget(button)
            row.addStretch(1)
            self.add(row)
            self.letter_buttons.append(letter)
            self.recalled_buttons.append(recalled)

    def _letters(self, language: Language) -> list[RecallLetter]:
        from cubb_desktop.services.letters import recall_letters

        day = self._withdrawal.at.astimezone().date()
        return recall_letters(self._withdrawal.copies, day, self._context.settings_store.value.actor, language)

    def _chosen_language(self) -> Language:
        return "en" if self.language.currentData() == "en" else "da"

    def _on_letter(self, number: int) -> None:
        self._save(self._letters(self._chosen_language())[number].letter, _("Tilbagekaldelse.docx"))

    @Slot()
    def _on_receipt(self) -> None:
        from cubb_desktop.services.letters import receipt

        self._save(receipt(self._withdrawal, self._chosen_language(), self.name.text()), _("Kvittering.docx"))

    def _save(self, letter: Letter, name: str) -> None:
        out = self.choose_file(self, name)
        if out is not None:
            now = self._workspace.clock()
            self._context.background.run_read(lambda: _write(out, letter, now), self._on_saved, self._on_unsaved)

    @Slot(object)
    def _on_saved(self, out: Path) -> None:
        self._tell(_("Gemt: {file}").format(file=out.name))

    @Slot(object)
    def _on_unsaved(self, error: CubbError) -> None:
        self.say(sentence(error))

    def _on_recalled(self, ids: list[ExportId], button: Button) -> None:
        workspace = self._workspace
        button.setEnabled(False)
        self._context.background.run_write(
            lambda: _mark_recalled(workspace, ids),
            lambda _changes: self._tell(_("Skrevet ned: kopierne er kaldt tilbage.")),
            self._on_unsaved,
        )

    def _tell(self, text: str) -> None:
        self.say("")
        self.told.setText(text)
        self.told.show()
        self._fit()


def done_text(withdrawal: Withdrawal) -> str:
    """Say what was done."""
    if not withdrawal.whole:
        named = ", ".join(_(PURPOSE_LABELS[purpose]) for purpose in Purpose if purpose in withdrawal.purposes)
        return _("Trukket tilbage for: {purposes}. Resten af aftalen gælder stadig.").format(purposes=named)
    erased = withdrawal.erased
    number = len(erased.gone)
    parts = [
        ngettext("{number} samtale er slettet.", "{number} samtaler er slettet.", number).format(number=number)
        if number
        else _("Der var ingen samtaler at slette.")
    ]
    if erased.held:
        from cubb_desktop.services.keeping import DUTY

        text = ngettext(
            "{number} samtale venter på journalisering.",
            "{number} samtaler venter på journalisering.",
            len(erased.held),
        )
        parts += [text.format(number=len(erased.held)), _(DUTY)]
    if erased.busy:
        text = _("{number} optages lige nu og slettes, når optagelsen er stoppet.")
        parts.append(text.format(number=len(erased.busy)))
    return " ".join(parts)


def recipient_text(one: RecallLetter) -> str:
    """Return who has the copies."""
    return one.recipient or _("modtager ikke skrevet ned")


def copies_text(one: RecallLetter) -> str:
    """Return who has which copies, since when, and how to recognise them."""
    line = _("{file} · {purpose} · {date} · SHA-256 {sum}…")
    lines = [
        line.format(
            file=copy.file_name,
            purpose=_(PURPOSE_LABELS[copy.purpose]),
            date=format_date(copy.exported_at.astimezone().date()),
            sum=copy.sha256[:12],
        )
        for copy in one.copies
    ]
    return "\n".join([recipient_text(one), *lines])


# --- in the background -----------------------------------------------------------------------------------------------


def _preview(workspace: Workspace, consent_id: ConsentId) -> Loss:
    from cubb_desktop.services.erasure import preview

    return preview(workspace, consent_id)


def _withdraw(workspace: Workspace, consent_id: ConsentId, purposes: list[Purpose] | None) -> Withdrawal:
    from cubb_desktop.services.erasure import withdraw

    return withdraw(workspace, consent_id, purposes)


def _mark_recalled(workspace: Workspace, ids: list[ExportId]) -> Changes:
    from cubb_desktop.services.erasure import mark_recalled

    return mark_recalled(workspace, ids)


def _write(out: Path, letter: Letter, now: datetime) -> Path:
    from cubb_desktop.export.letters import docx_letter, text_letter
    from cubb_desktop.services.outfile import NewFile

    with NewFile(out, replace_existing=True) as file:
        file.write(text_letter(letter) if out.suffix.lower() == ".txt" else docx_letter(letter, now))
        file.keep()
    return out
