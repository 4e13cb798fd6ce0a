"""Which marks are shown: chosen in a menu, said in words, cleared with one click or the key 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from cubb_desktop.domain.annotating import MarkFilter
from cubb_desktop.domain.codebook import MarkStatus
from cubb_desktop.domain.errors import N_
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, KeyCap
from cubb_desktop.gui.widgets.text import PlainLabel, plain_button_text
from cubb_desktop.i18n import _

STATUS_WORDS = {MarkStatus.OPEN: N_("åbne"), MarkStatus.DISCUSSED: N_("drøftede")}


class MarkFilterBar(QWidget):
    """Keeps the filter that a person has chosen."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.value = MarkFilter()
        self._people: tuple[str, ...] = ()
        self._concepts: tuple[tuple[ConceptId, str], ...] = ()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.px(6))
        self.top = QHBoxLayout()
        self.top.setSpacing(theme.px(6))
        self.opener = Button(_("Vis: alle"), "quiet", tooltip=_("Vælg, hvilke mærker der vises · F"))
        self.opener.clicked.connect(self.open_menu)
        self.top.addWidget(self.opener)
        self.top.addStretch(1)
        rows.addLayout(self.top)
        self.state = self._state(theme)
        rows.addWidget(self.state)
        self.color()
        theme.changed.connect(self.color)
        self._renew()

    def _state(self, theme: Theme) -> QFrame:
        state = QFrame()
        state.setObjectName("filter")
        row = QHBoxLayout(state)
        row.setContentsMargins(theme.px(12), theme.px(4), theme.px(6), theme.px(4))
        row.setSpacing(theme.px(6))
        self.words = PlainLabel("", wrap=True)
        row.addWidget(self.words, 1)
        row.addWidget(KeyCap("0"))
        self.clear_button = Button(_("Vis alle"), "quiet")
        self.clear_button.clicked.connect(self.clear)
        row.addWidget(self.clear_button)
        return state

    def color(self) -> None:
        """Take the colours of the theme."""
        ground, ink = (self._theme.color(token).name() for token in ("accent-soft", "accent-ink"))
        self.state.setStyleSheet(
            f"#filter {{ background: {ground}; border-radius: {self._theme.px(9)}px; }} QLabel {{ color: {ink}; }}"
        )

    def offer(self, people: Sequence[str], concepts: Sequence[tuple[ConceptId, str]]) -> None:
        """Offer the authors and the concepts of the marks that there are."""
        self._people, self._concepts = tuple(people), tuple(concepts)
        self._renew()

    @Slot()
    def clear(self) -> None:
        """Show all marks again."""
        self.set_filter(MarkFilter())

    def set_filter(self, value: MarkFilter) -> None:
        """Show only what passes."""
        if value != self.value:
            self.value = value
            self._renew()
            self.changed.emit()

    # --- choosing ----------------------------------------------------------------------------------------------------

    @Slot()
    def open_menu(self) -> None:
        """Show what can be chosen."""
        menu = self.menu()
        menu.popup(self.opener.mapToGlobal(self.opener.rect().bottomLeft()))

    def menu(self) -> QMenu:
        """Return the menu with what is chosen now ticked."""
        now, menu = self.value, QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        self._add(menu, _("Alle mærker"), on=not now, chosen=MarkFilter())
        menu.addSeparator()
        self._add(menu, _("Mine"), on=now.mine, chosen=replace(now, mine=not now.mine))
        self._add(menu, _("Nævner mig"), on=now.mentions_me, chosen=replace(now, mentions_me=not now.mentions_me))
        self._add(menu, _("Uden svar"), on=now.unanswered, chosen=replace(now, unanswered=not now.unanswered))
        menu.addSeparator()
        for status, text in ((MarkStatus.OPEN, _("Åbne")), (MarkStatus.DISCUSSED, _("Drøftede"))):
            on = now.status is status
            self._add(menu, text, on=on, chosen=replace(now, status=None if on else status))
        menu.addSeparator()
        people = menu.addMenu(_("Person"))
        for name in self._people:
            on, others = name in now.people, now.people ^ {name}
            self._add(people, name, on=on, chosen=replace(now, people=others))
        concepts = menu.addMenu(_("Begreb"))
        for concept_id, name in self._concepts:
            on = concept_id in now.concepts
            self._add(concepts, name, on=on, chosen=replace(now, concepts=now.concepts ^ {concept_id}))
        people.setEnabled(bool(self._people))
        concepts.setEnabled(bool(self._concepts))
        return menu

    def _add(self, menu: QMenu, text: str, *, on: bool, chosen: MarkFilter) -> None:
        action = menu.addAction(plain_button_text(text))
        action.setCheckable(True)
        action.setChecked(on)
        choose: Callable[[], None] = lambda: self.set_filter(chosen)  # noqa: E731 - typed for the signal
        action.triggered.connect(choose)

    # --- saying it ---------------------------------------------------------------------------------------------------

    def sentence(self) -> str:
        """Say which marks are shown; nothing where it is all."""
        now, names = self.value, dict(self._concepts)
        parts = [text for on, text in (
            (now.mine, _("mine")), (now.mentions_me, _("nævner mig")), (now.unanswered, _("uden svar")),
        ) if on]  # fmt: skip
        if now.status is not None:
            parts.append(_(STATUS_WORDS[now.status]))
        parts += [" / ".join(sorted(now.people, key=str.casefold))] if now.people else []
        parts += [" / ".join(names.get(one, one) for one in sorted(now.concepts))] if now.concepts else []
        return _("Viser: {what}").format(what=" · ".join(parts)) if parts else ""

    def _renew(self) -> None:
        said = self.sentence()
        self.words.setText(said)
        self.state.setVisible(bool(said))
        self.state.setAccessibleName(said)
        self.opener.setText(_("Vis: nogle") if said else _("Vis: alle"))
        self.opener.setAccessibleDescription(said)
