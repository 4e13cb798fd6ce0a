"""Indstillinger: models, language of speech, the person, how the window looks, microphone, and the library itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from cubb_desktop.domain.doubts import LEAST_DOUBT, MOST_DOUBT
from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.audit_card import AuditCard
from cubb_desktop.gui.widgets.backup_card import BackupCard
from cubb_desktop.gui.widgets.controls import Button, Card, Choice, Rule, field, key_text
from cubb_desktop.gui.widgets.keys_card import KeysCard
from cubb_desktop.gui.widgets.layouts import Columns, Page
from cubb_desktop.gui.widgets.library_card import LibraryCard
from cubb_desktop.gui.widgets.microphone import MicrophonePicker
from cubb_desktop.gui.widgets.model_chooser import ModelChooser
from cubb_desktop.gui.widgets.policy_card import PolicyCard
from cubb_desktop.gui.widgets.thresholds_card import ThresholdsCard
from cubb_desktop.i18n import _
from cubb_desktop.services.models import DIARISER, RECOGNISER
from cubb_desktop.settings import MOST_SPEAKERS

SCALES = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)


class SettingsPage(Page):
    """Every change counts at once; there is nothing to save."""

    lock_requested = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__(context.theme, _("Indstillinger"))
        self._context = context
        tooltip = _("Luk biblioteket, og spørg om adgangssætningen igen")
        lock = Button(_("Lås nu"), tooltip=f"{tooltip} · {key_text('Ctrl+L')}")  # the window has the key
        lock.clicked.connect(self.lock_requested)
        self.header.add(lock)
        self.policy, self.audit = PolicyCard(context), AuditCard(context)
        columns = Columns(context.theme, 820)
        self.thresholds = ThresholdsCard(context)
        shared = [self._transcript_card(), self._person_card(), self.thresholds, self.policy, self.audit]
        columns.add(self._column(shared), 1, top=True)
        columns.add(
            self._column(
                [
                    self._look_card(),
                    self._microphone_card(),
                    self._keys_card(),
                    self._library_card(),
                    self._backup_card(),
                ]
            ),
            1,
            top=True,
        )
        self.body.addWidget(columns)
        self.body.addStretch(1)

    def _column(self, cards: Sequence[QWidget]) -> QWidget:
        column = QWidget()
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(self._context.theme.px(18))
        for card in cards:
            rows.addWidget(card)
        return column

    # --- the cards ---------------------------------------------------------------------------------------------------

    def _transcript_card(self) -> Card:
        settings = self._context.settings_store.value
        card = Card(self._context.theme, _("Udskrift"))
        self.recogniser = ModelChooser(self._context, RECOGNISER, _("Genkender tale"))
        self.diariser = ModelChooser(self._context, DIARISER, _("Skelner stemmer"))
        card.add(self.recogniser)
        card.add(Rule())
        card.add(self.diariser)
        card.add(Rule())
        languages = (("da", _("Dansk")), ("en", _("Engelsk")), ("auto", _("Find sproget i lyden")))
        self.speech_language = self._choice(languages, settings.speech_language, "speech_language")
        self.speakers = QSpinBox()
        self.speakers.setRange(1, MOST_SPEAKERS)
        self.speakers.setValue(settings.speakers)
        self.speakers.valueChanged.connect(lambda number: self._context.settings_store.change(speakers=number))
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addLayout(field(_("Sprog i samtalerne"), self.speech_language), 3)
        row.addLayout(field(_("Antal talere"), self.speakers), 2)
        card.add(row)
        self.unsure = QSpinBox()
        self.unsure.setRange(round(LEAST_DOUBT * 100), round(MOST_DOUBT * 100))
        self.unsure.setSingleStep(5)
        self.unsure.setSuffix(_("{percent} %").format(percent=""))
        self.unsure.setValue(round(settings.unsure_below * 100))
        self.unsure.valueChanged.connect(
            lambda percent: self._context.settings_store.change(unsure_below=percent / 100)
        )
        hint = _("Ord, maskinen var mere usikker på, vises som gæt og står i køen af steder i tvivl.")
        card.add(field(_("Grænse for usikre ord"), self.unsure, hint))
        return card

    def _person_card(self) -> Card:
        settings = self._context.settings_store.value
        card = Card(self._context.theme, _("Dig"))
        self.person = QLineEdit(settings.person)
        self.person.setMaxLength(120)
        self.person.setPlaceholderText(settings.actor)
        self.person.editingFinished.connect(self._on_person)
        hint = _("Står ved dine mærker og aftaler, så dine makkere kan se, hvem der har skrevet.")
        card.add(field(_("Dit navn"), self.person, hint))
        return card

    def _look_card(self) -> Card:
        settings = self._context.settings_store.value
        card = Card(self._context.theme, _("Udseende og sprog"))
        appearances = (("system", _("Som computeren")), ("light", _("Lyst")), ("dark", _("Mørkt")))
        self.appearance = self._choice(appearances, settings.appearance, "appearance")
        scales = tuple((scale, _("{percent} %").format(percent=round(scale * 100))) for scale in SCALES)
        nearest = min(SCALES, key=lambda scale: abs(scale - settings.text_scale))
        self.text_scale = self._choice(scales, nearest, "text_scale")
        self.language = self._choice((("da", "Dansk"), ("en", "English")), settings.language, "language")
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addLayout(field(_("Farver"), self.appearance), 1)
        row.addLayout(field(_("Tekststørrelse"), self.text_scale), 1)
        card.add(row)
        card.add(field(_("Programmets sprog"), self.language))
        return card

    def _microphone_card(self) -> Card:
        card = Card(self._context.theme, _("Optagelse"))
        self.microphone = MicrophonePicker(self._context)
        card.add(self.microphone)
        return card

    def _keys_card(self) -> Card:
        self.keys = KeysCard(self._context)
        return self.keys

    def _library_card(self) -> Card:
        self.library = LibraryCard(self._context)
        return self.library

    def _backup_card(self) -> Card:
        self.backup = BackupCard(self._context)
        return self.backup

    def _choice(self, choices: Sequence[tuple[object, str]], chosen: object, setting: str) -> Choice:
        """Return a box whose choice is a setting."""
        box = Choice()
        for value, text in choices:
            box.addItem(text, value)
        box.setCurrentIndex(next((at for at, (value, _) in enumerate(choices) if value == chosen), 0))
        box.activated.connect(lambda _: self._context.settings_store.change(**{setting: box.currentData()}))
        return box

    # --- acting ------------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.microphone.reload()
        self.backup.reload()

    @Slot()
    def _on_person(self) -> None:
        self._context.settings_store.change(person=" ".join(self.person.text().split()))
