"""The foot of the page: play and pause, where in the sound one is, how fast it goes, and the keys for all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QPushButton, QSizePolicy, QWidget

from cubb_desktop.gui.theme import Theme
from cubb_desktop.gui.widgets.controls import Button, key_text
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel, plain_button_text, set_tooltip
from cubb_desktop.i18n import N_, _, current_language, format_clock_ms

EVERY_VOICE = -1
LEAST_RATE, MOST_RATE, RATE_STEP = 0.5, 1.5, 0.1
JUMP_MS = 2_000

# act (of `gui.keys`), signal, what stands beside the key, what a screen reader says
_ACTS: tuple[tuple[str, str, str, str], ...] = (
    ("back", "back_requested", N_("−2 s"), N_("To sekunder tilbage")),
    ("forward", "forward_requested", N_("+2 s"), N_("To sekunder frem")),
    ("slower", "slower_requested", N_("langsommere"), N_("Afspil langsommere")),
    ("faster", "faster_requested", N_("hurtigere"), N_("Afspil hurtigere")),
    ("repeat", "repeat_requested", N_("gentag"), N_("Gentag linjen eller det valgte")),
)


class _Act(Button):
    """A small quiet button that shows its key as a cap and its word behind it."""

    def __init__(self, theme: Theme, text: str, name: str) -> None:
        super().__init__("", "quiet", name=name)
        self._theme, self._name = theme, name
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(6), 0, theme.px(6), 0)
        row.setSpacing(theme.px(6))
        self._parts: list[QLabel] = [PlainLabel("", "keycap"), PlainLabel(text, "sub")]
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

    def show_key(self, key: str) -> None:
        """Show the key that does the same, none where "" is given."""
        self._parts[0].setText(key)
        self._parts[0].setVisible(bool(key))
        set_tooltip(self, f"{self._name} · {key}" if key else self._name)
        self.updateGeometry()

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
    skip_toggled = Signal(bool)
    voice_chosen = Signal(int)  # the place of the voice among the speakers, EVERY_VOICE for all of them

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
        self.buttons: dict[str, QPushButton] = {"play": self.play}  # by act of `gui.keys`
        self._acts = [self._build_act(*act) for act in _ACTS]
        self._build_skip()
        self._row.addStretch(1)
        self.rate = Button("", name=_("Hastighed"), tooltip=_("Tilbage til almindelig hastighed"))
        self.rate.setProperty("kind", "quiet")
        self.rate.clicked.connect(self.usual_rate_requested)
        self._row.addWidget(self.rate)
        self._voices: list[Button] = []
        self._playing = False
        self.set_playing(False)
        self.set_rate(1.0)
        self.set_times(0, 0)
        theme.changed.connect(self._on_theme_changed)

    def _build_play(self) -> None:
        self._play_key = ""
        self.play = Button("", "primary", name=_("Afspil"))
        self.play.clicked.connect(self.play_requested)
        self.clock = PlainLabel("", "mono")
        self.total = PlainLabel("", "sub")
        self.note = ElidedLabel("", "sub")
        self.note.hide()
        for widget in (self.play, self.clock, self.total):
            self._row.addWidget(widget)
        self._row.addWidget(self.note, 100)

    def _build_act(self, act: str, signal: str, text: str, name: str) -> _Act:
        button = _Act(self._theme, _(text), _(name))
        button.clicked.connect(getattr(self, signal))
        self._row.addWidget(button)
        self.buttons[act] = button
        return button

    def _build_skip(self) -> None:
        self.skip = _Act(self._theme, _("uden stilhed"), _("Spring lange stilheder over"))
        self.skip.setCheckable(True)
        self.skip.toggled.connect(self.skip_toggled)
        self._row.addWidget(self.skip)
        self.buttons["skip"] = self.skip
        self._acts.append(self.skip)

    # --- what it shows -----------------------------------------------------------------------------------------------

    def set_playing(self, playing: bool) -> None:
        """Show whether sound is heard."""
        self._playing = playing
        name = _("Pause") if playing else _("Afspil")
        token = "on-accent" if self.play.isEnabled() else "soft"
        self.play.setIcon(self._theme.icon("pause" if playing else "play", token, 16))
        self.play.setIconSize(QSize(self._theme.px(15), self._theme.px(15)))
        self.play.setAccessibleName(name)
        set_tooltip(self.play, f"{name} · {self._play_key}" if self._play_key else name)

    def show_keys(self, key: Callable[[str], str]) -> None:
        """Show which key does what; `key` gives an act's."""
        self._play_key = key_text(key("play"))
        self.play.setText(plain_button_text(self._play_key))
        self.set_playing(self._playing)
        for act, button in self.buttons.items():
            if isinstance(button, _Act):
                button.show_key(key_text(key(act)))
        self._fit()

    def show_round(self, on: bool) -> None:
        """Show whether a passage is played over and over."""
        repeat = self.buttons["repeat"]
        repeat.setCheckable(on)
        repeat.setChecked(on)

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
        """Show each speaker's label in its colour (label and token of the palette); a press lets only them be heard."""
        chosen = next((n for n, button in enumerate(self._voices) if button.isChecked()), EVERY_VOICE)
        for button in self._voices:
            self._row.removeWidget(button)
            button.deleteLater()
        self._voices = [self._voice(n, label, token) for n, (label, token) in enumerate(labels)]
        if 0 <= chosen < len(self._voices):
            self._voices[chosen].setChecked(True)
        elif chosen != EVERY_VOICE:
            self.voice_chosen.emit(EVERY_VOICE)
        self._fit()

    def _voice(self, place: int, label: str, token: str) -> Button:
        name = _("Hør kun {label}").format(label=label)
        button = Button(label, "voice", name=name, tooltip=name)
        button.setCheckable(True)
        button.setProperty("token", token)
        self._colour(button)
        button.clicked.connect(lambda on: self._on_voice(place, on))
        self._row.addWidget(button)
        button.show()  # or it takes no room yet when the rest is fitted
        return button

    def _on_voice(self, place: int, on: bool) -> None:
        for n, button in enumerate(self._voices):
            button.setChecked(on and n == place)
        self.voice_chosen.emit(place if on else EVERY_VOICE)

    def every_voice(self) -> None:
        """Let all be heard again: another conversation comes."""
        for button in self._voices:
            button.setChecked(False)

    def _colour(self, button: Button) -> None:
        button.setStyleSheet(f"color: {self._theme.color(str(button.property('token'))).name()};")

    def set_sound(self, available: bool, reason: str = "") -> None:
        """Let the sound be played, or say in one sentence why it can't be."""
        for button in (self.play, self.rate, *self._acts, *self._voices):
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
        for button in self._voices:
            self._colour(button)
