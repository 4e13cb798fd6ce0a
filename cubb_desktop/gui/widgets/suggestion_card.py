"""One suggested place at a time, in a dashed card that looks like the suggestion it is: rule, threshold, source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, Choice, IconButton
from cubb_desktop.gui.widgets.text import PlainLabel, set_tooltip
from cubb_desktop.i18n import _

ALL = ""  # every rule


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """What the card says of a place: which rule's it is, what was found, where, and why."""

    place: str
    finder: str
    finder_name: str
    text: str
    where: str
    rule: str
    start_ms: int
    end_ms: int


class SuggestionCard(QFrame):
    """Walks through the places that rules point at; a person marks or dismisses each, or leaves it."""

    show_requested = Signal(str)  # the place's name
    accepted = Signal(str)
    dismissed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._views: tuple[SuggestionView, ...] = ()
        self._of_rule: tuple[SuggestionView, ...] = ()
        self._at = 0
        self.setProperty("role", "card-dashed")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(_("Forslag"))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.px(16), theme.px(10), theme.px(12), theme.px(12))
        rows.setSpacing(theme.px(6))
        rows.addLayout(self._top(theme))
        self.rules = Choice()
        self.rules.setAccessibleName(_("Regel"))
        self.rules.currentIndexChanged.connect(self._on_rule_chosen)
        self.text = PlainLabel("", "soft", wrap=True)
        self.rule = PlainLabel("", "sub", wrap=True)
        self.body = QWidget()
        inside = QVBoxLayout(self.body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.px(6))
        for widget in (self.rules, self.text, self.rule):
            inside.addWidget(widget)
        inside.addLayout(self._buttons())
        rows.addWidget(self.body)
        self._open(opened=False)
        self.hide()

    def _top(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.px(4))
        self.number = PlainLabel("", "sub")
        self.before = IconButton(theme, "back", _("Forslaget før"), size=14)
        self.next = IconButton(theme, "forward", _("Næste forslag"), size=14)
        self.before.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.opener = Button(_("Forslag"), "quiet")
        self.opener.setCheckable(True)
        self.opener.toggled.connect(lambda opened: self._open(opened=opened))
        row.addWidget(self.opener)
        row.addStretch(1)
        row.addWidget(self.number)
        row.addWidget(self.before)
        row.addWidget(self.next)
        return row

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.mark = Button(_("Mærk"), tooltip=_("Gør forslaget til et mærke"))
        self.mark.clicked.connect(lambda: self._say(self.accepted.emit))
        self.dismiss = Button(_("Afvis"), "quiet", tooltip=_("Stedet foreslås ikke igen"))
        self.dismiss.clicked.connect(lambda: self._say(self.dismissed.emit))
        self.leave = Button(_("Spring over"), "quiet")
        self.leave.clicked.connect(lambda: self.step(1))
        for button in (self.mark, self.dismiss, self.leave):
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _open(self, *, opened: bool) -> None:
        """Show the place that is suggested, or only that there are some: marks need the room more."""
        self.body.setVisible(opened)
        for widget in (self.number, self.before, self.next):
            widget.setVisible(opened)
        set_tooltip(self.opener, _("Skjul forslagene") if opened else _("Steder, som faste regler peger på"))

    # --- what it shows -----------------------------------------------------------------------------------------------

    def show_suggestions(self, views: Sequence[SuggestionView]) -> None:
        """Walk through these; the one that is shown stays, or the one that came after it."""
        before = self.current()
        self._views = tuple(views)
        self._offer_rules()
        self._pick()
        if before is not None:
            places = [view.place for view in self._of_rule]
            later = (n for n, view in enumerate(self._of_rule) if view.start_ms >= before.start_ms)
            self._at = places.index(before.place) if before.place in places else next(later, 0)
        self._renew()

    def current(self) -> SuggestionView | None:
        """The place that is shown."""
        return self._of_rule[self._at] if self._at < len(self._of_rule) else None

    def step(self, by: int) -> None:
        """Go on to another place, round and round, and show it in the text."""
        if self._of_rule:
            self.opener.setChecked(True)
            self._at = (self._at + by) % len(self._of_rule)
            self._renew()
            self._say(self.show_requested.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        if event.key() in steps:
            self.step(steps[Qt.Key(event.key())])
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._say(self.show_requested.emit)
        else:
            super().keyPressEvent(event)

    def _offer_rules(self) -> None:
        names = {view.finder: view.finder_name for view in self._views}
        chosen = self.rules.currentData()
        self.rules.blockSignals(True)  # filling it is nobody's choice
        self.rules.clear()
        self.rules.addItem(_("Alle regler"), ALL)
        for finder, name in names.items():
            self.rules.addItem(name, finder)
        self.rules.setCurrentIndex(max(0, self.rules.findData(chosen)))
        self.rules.blockSignals(False)

    def _on_rule_chosen(self) -> None:
        self._at = 0
        self._pick()
        self._renew()

    def _pick(self) -> None:
        finder = self.rules.currentData() or ALL
        self._of_rule = tuple(view for view in self._views if finder in {ALL, view.finder})

    def _renew(self) -> None:
        self._at = min(self._at, max(0, len(self._of_rule) - 1))
        view = self.current()
        self.setVisible(view is not None)
        if view is not None:
            self.number.setText(f"{self._at + 1} / {len(self._of_rule)}")
            self.text.setText(f"{view.text} ({view.where})")
            self.rule.setText(_("Regel: {rule}").format(rule=view.rule))
            self.setAccessibleDescription(f"{view.finder_name}, {view.where}: {view.text}. {self.rule.text()}")

    def _say(self, tell: Callable[[str], object]) -> None:
        view = self.current()
        if view is not None:
            tell(view.place)
