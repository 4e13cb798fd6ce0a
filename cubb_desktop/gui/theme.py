"""Colours, type and icons of the window: light and dark, and text from 80 to 200 per cent, switched while it runs."""

from __future__ import annotations

import re
import sys
import tomllib
from functools import cache
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from cubb_desktop.settings import Appearance, resources_folder

Mode = Literal["light", "dark"]

BASE_PX = 15
MONO_FAMILY = "DejaVu Sans Mono"
SANS_FAMILY = "Inter"
_FONTS = ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")
_SANS_FONTS = ("Inter-Regular.otf", "Inter-SemiBold.otf")  # where the system's own sans can be anything
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)dp")
_NAME = re.compile(r"@([a-z]+(?:-[a-z]+)*)")


@cache
def palettes() -> dict[Mode, dict[str, str]]:
    """Return the colours of both modes by token, as "#RRGGBB"."""
    document = tomllib.loads((resources_folder() / "theme" / "palette.toml").read_text(encoding="utf-8"))
    return {"light": document["light"], "dark": document["dark"]}


@cache
def _icon_source(name: str) -> str:
    return (resources_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def style_sheet(mode: Mode, scale: float) -> str:
    """Return the window's style sheet with lengths scaled and colours of `mode` filled in."""
    source = (resources_folder() / "theme" / "window.qss").read_text(encoding="utf-8")
    values = {**palettes()[mode], "icons": (resources_folder() / "icons").as_posix()}
    scaled = _LENGTH.sub(lambda match: f"{max(1, round(float(match[1]) * scale))}px", source)
    scaled = scaled.replace("-@mode", f"-{mode}")
    return _NAME.sub(lambda match: values[match[1]], scaled)


class Theme(QObject):
    """What the window looks like now; `changed` says that painted widgets must paint again."""

    changed = Signal()

    def __init__(self, application: QApplication, appearance: Appearance = "system", scale: float = 1.0) -> None:
        super().__init__(application)
        self._application = application
        self._appearance: Appearance = appearance
        self.scale = scale
        self.mode: Mode = "light"
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        for font in (*_FONTS, *(_SANS_FONTS if sys.platform.startswith("linux") else ())):
            QFontDatabase.addApplicationFont(str(resources_folder() / "fonts" / font))
        application.setStyle("Fusion")
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self._apply()

    # --- what it looks like ------------------------------------------------------------------------------------------

    @property
    def dark(self) -> bool:
        """Whether the dark colours are on."""
        return self.mode == "dark"

    def tokens(self) -> dict[str, QColor]:
        """Return every colour by its token."""
        return {token: QColor(value) for token, value in palettes()[self.mode].items()}

    def color(self, token: str) -> QColor:
        """Return one colour; an unknown token is a bug."""
        return QColor(palettes()[self.mode][token])

    def px(self, length: float) -> int:
        """Return a length at 100 % in pixels at the chosen text size."""
        return max(1, round(length * self.scale))

    def font(self, size: float = BASE_PX, *, strong: bool = False) -> QFont:
        """Return the window's sans at `size` pixels (at 100 %); `strong` is the one weight for emphasis."""
        font = QFont(self._application.font())
        font.setPixelSize(self.px(size))
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        return font

    def mono_font(self, size: float = 14, *, strong: bool = False) -> QFont:
        """Return the shipped monospace that has the signs of conversation analysis."""
        font = QFont(MONO_FAMILY)
        font.setStyleHint(QFont.StyleHint.Monospace)
        font.setPixelSize(self.px(size))
        font.setBold(strong)
        return font

    def pixmap(self, name: str, tone: str = "ink", size: float = 22) -> QPixmap:
        """Return the line icon `name` in one colour, `size` pixels wide at 100 %."""
        ratio = self._application.devicePixelRatio()
        key = (name, self.color(tone).name(), self.px(size), ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = _drawn(_icon_source(name).replace("currentColor", key[1]), key[2], ratio)
        return self._pixmaps[key]

    def icon(self, name: str, tone: str = "ink", size: float = 20) -> QIcon:
        """Return the line icon `name` for a button."""
        return QIcon(self.pixmap(name, tone, size))

    # --- changing it -------------------------------------------------------------------------------------------------

    def set_appearance(self, appearance: Appearance) -> None:
        """Light, dark, or as the system has it now and later."""
        self._appearance = appearance
        self._apply()

    def set_scale(self, scale: float) -> None:
        """Text and everything around it at `scale` times its size."""
        self.scale = scale
        self._apply()

    @Slot()
    def _on_system_changed(self) -> None:
        if self._appearance == "system":
            self._apply()

    def _apply(self) -> None:
        system_dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        chosen_dark = self._appearance == "dark" or (self._appearance == "system" and system_dark)
        self.mode = "dark" if chosen_dark else "light"
        self._application.setFont(self._base_font())
        self._application.setPalette(self._palette())
        self._application.setStyleSheet(style_sheet(self.mode, self.scale))
        self.changed.emit()

    def _base_font(self) -> QFont:
        font = QFont(SANS_FAMILY) if sys.platform.startswith("linux") else QFont(self._application.font())
        font.setPixelSize(self.px(BASE_PX))
        return font

    def _palette(self) -> QPalette:
        roles = {
            QPalette.ColorRole.Window: "paper",
            QPalette.ColorRole.Base: "card",
            QPalette.ColorRole.AlternateBase: "rail",
            QPalette.ColorRole.Button: "card",
            QPalette.ColorRole.ToolTipBase: "card",
            QPalette.ColorRole.WindowText: "ink",
            QPalette.ColorRole.Text: "ink",
            QPalette.ColorRole.ButtonText: "ink",
            QPalette.ColorRole.ToolTipText: "ink",
            QPalette.ColorRole.PlaceholderText: "soft",
            QPalette.ColorRole.Highlight: "accent",
            QPalette.ColorRole.HighlightedText: "on-accent",
            QPalette.ColorRole.Link: "accent",
            QPalette.ColorRole.Mid: "line",
        }
        palette = QPalette()
        for role, token in roles.items():
            palette.setColor(role, self.color(token))
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.color("faint"))
        return palette


def _drawn(svg: str, size: int, ratio: float) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
