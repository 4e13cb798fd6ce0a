"""The foot of the page: play and pause, where in the sound one is, how fast it goes, and the keys for all of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QSizePolicy, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, add_key
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel, set_tooltip
from cubb_desktop.i18n import N_, _, current_language, format_clock_ms

LEAST_RATE, MOST_RATE, RATE_STEP = 0.5, 1.5, 0.1
JUMP_MS = 2_000

# signal, key, what stands beside the key, what a screen reader says
_ACTS: tuple[tuple[str, str, str, str], ...] = (
    ("back_requested", "F1", N_("−2 s"), N_("To sekunder tilbage")),
    ("forward_requested", "F2", N_("+2 s"), N_("To sekunder frem")),
    ("slower_requested", "F3", N_("langsommere"), N_("Afspil langsommere")),
    ("faster_requested", "F4", N_("hurtigere"), N_("Afspil hurtigere")),
    ("repeat_requested", "L", N_("gentag linjen"), N_("Gentag linjen")),
)
_WINDOW_KEYS = ("F1", "F2", "F3", "F4")  # a letter would get in the way of writing: the page takes that


class _Act(Button):
    """A small quiet button that shows its key as a cap and its word behind it."""

    def __init__(self, theme: Theme, key: str, text: str, name: str) -> None:
        super().__init__("", "quiet", name=name, tooltip=f"{name} · {key}")
        self._theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(6), 0, theme.px(6), 0)
        row.setSpacing(theme.px(6))
        self._parts: list[QLabel] = [PlainLabel(key, "keycap"), PlainLabel(text, "sub")]
        for part in self._parts:
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        width = layout.sizeHint().width() if layout is not None else 0
        return QSize(width, self._theme.px(32))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_words(self, shown: bool) -> None:
        """Show the word behind the key, or the key alone."""
        self._parts[1].setVisible(shown)
        self.updateGeometry()


class PlayerBar(QFrame):
    """Shows and asks; the sound itself is elsewhere."""

    play_requested = Signal()
    back_requested = Signal()
    forward_requested = Signal()
    slower_requested = Signal()
    faster_requested = Signal()
    repeat_requested = Signal()
    usual_rate_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("role", "footer")
        self.setAccessibleName(_("Afspilning"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.px(24), theme.px(8), theme.px(24), theme.px(8))
        self._row.setSpacing(theme.px(10))
        self._row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # it gives way by itself, see _fit
        self._build_play()
        self._row.addStretch(1)
        self._acts = [self._build_act(*act) for act in _ACTS]
        self._row.addStretch(1)
        self.rate = Button("", name=_("Hastighed"), tooltip=_("Tilbage til almindelig hastighed"))
        self.rate.setProperty("kind", "quiet")
        self.rate.clicked.connect(self.usual_rate_requested)
        self._row.addWidget(self.rate)
        self._speakers: list[PlainLabel] = []
        self._playing = False
        self.set_playing(False)
        self.set_rate(1.0)
        self.set_times(0, 0)
        theme.changed.connect(self._on_theme_changed)

    def _build_play(self) -> None:
        self.play = Button(_("Esc"), "primary", name=_("Afspil"))
        self.play.clicked.connect(self.play_requested)
        add_key(self, "Esc", self.play.click)
        self.clock = PlainLabel("", "mono")
        self.total = PlainLabel("", "sub")
        self.note = ElidedLabel("", "sub")
        self.note.hide()
        for widget in (self.play, self.clock, self.total):
            self._row.addWidget(widget)
        self._row.addWidget(self.note, 100)

    def _build_act(self, signal: str, key: str, text: str, name: str) -> _Act:
        button = _Act(self._theme, key, _(text), _(name))
        button.clicked.connect(getattr(self, signal))
        if key in _WINDOW_KEYS:
            add_key(self, key, button.click)
        self._row.addWidget(button)
        return button

    # --- what it shows -----------------------------------------------------------------------------------------------

    def set_playing(self, playing: bool) -> None:
        """Show whether sound is heard."""
        self._playing = playing
        name = _("Pause") if playing else _("Afspil")
        token = "on-accent" if self.play.isEnabled() else "soft"
        self.play.setIcon(self._theme.icon("pause" if playing else "play", token, 16))
        self.play.setIconSize(QSize(self._theme.px(15), self._theme.px(15)))
        self.play.setAccessibleName(name)
        set_tooltip(self.play, f"{name} · Esc")

    def set_times(self, position_ms: int, duration_ms: int) -> None:
        """Show where in the sound one is, to a tenth of a second, and how long it is."""
        self.clock.setText(f"{format_clock_ms(position_ms)}.{max(0, position_ms) // 100 % 10}")
        self.total.setText(f"/ {format_clock_ms(duration_ms)}")

    def set_rate(self, rate: float) -> None:
        """Show how fast the sound goes."""
        text = f"{rate:.1f}×"
        text = text.replace(".", ",") if current_language() == "da" else text
        self.rate.setText(text)
        self.rate.setAccessibleName(_("Hastighed {rate}").format(rate=text))

    def set_speakers(self, labels: Sequence[tuple[str, str]]) -> None:
        """Show each speaker's label in its colour (label and token of the palette)."""
        for pill in self._speakers:
            self._row.removeWidget(pill)
            pill.deleteLater()
        self._speakers = []
        for label, token in labels:
            pill = PlainLabel(label, "pill")
            pill.setStyleSheet(f"color: {self._theme.color(token).name()};")
            pill.setProperty("token", token)
            self._row.addWidget(pill)
            pill.show()  # or it takes no room yet when the rest is fitted
            self._speakers.append(pill)
        self._fit()

    def set_sound(self, available: bool, reason: str = "") -> None:
        """Let the sound be played, or say in one sentence why it can't be."""
        for button in (self.play, self.rate, *self._acts):
            button.setEnabled(available)
        self.set_playing(self._playing)
        self.note.setText(reason)
        self.note.setVisible(bool(reason))
        self.clock.setVisible(not reason)
        self.total.setVisible(not reason)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self.sizeHint().height())

    def _fit(self) -> None:
        """Show keys with words, keys alone, or neither: the keys work all the same."""
        quiet = bool(self.note.text())
        for words, shown in ((True, True), (False, True), (False, False)):
            for act in self._acts:
                act.show_words(words)
                act.setVisible(shown and not quiet)
            self._row.invalidate()
            if self._row.minimumSize().width() <= self.width():
                break
        self._row.activate()

    def _on_theme_changed(self) -> None:
        self.set_playing(self._playing)
        for pill in self._speakers:
            pill.setStyleSheet(f"color: {self._theme.color(str(pill.property('token'))).name()};")
