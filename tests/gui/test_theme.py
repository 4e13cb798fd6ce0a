"""Colours keep their contrast, the style sheet is complete in both modes and at every size."""

from __future__ import annotations

import re

import pytest
from defusedxml import ElementTree
from PySide6.QtGui import QColor, QFontDatabase, QFontMetrics, QRawFont

from cubb_desktop.gui.theme import Mode, Theme, palettes, style_sheet
from cubb_desktop.settings import resources_folder
from tests.gui.conftest import OpenWindow

AA_TEXT, AA_LARGE = 4.5, 3.0

# text on the grounds it stands on
TEXTS = [
    *[("ink", ground) for ground in ("paper", "card", "rail", "accent-soft", "heard")],
    *[("soft", ground) for ground in ("paper", "card", "rail")],
    *[("accent-ink", ground) for ground in ("accent-soft", "card", "paper", "rail")],
    *[("recording", ground) for ground in ("paper", "card", "recording-bg", "rail")],
    ("on-accent", "accent"), ("on-recording", "recording"), ("accent", "card"),
    ("worker", "worker-bg"), ("citizen", "citizen-bg"), ("third", "third-bg"),
    ("worker", "paper"), ("citizen", "paper"), ("third", "paper"),
]  # fmt: skip
# what must be seen but is no text: borders of things to choose, focus rings, bars
SHAPES = [("edge", "card"), ("accent", "paper"), ("accent", "card"), ("accent", "line"), ("recording", "card")]


def luminance(color: str) -> float:
    """The relative luminance of WCAG 2.2."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_every_text_can_be_read_on_its_ground(mode: Mode, text: str, ground: str) -> None:
    palette = palettes()[mode]
    assert contrast(palette[text], palette[ground]) >= AA_TEXT


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_every_border_and_bar_can_be_seen(mode: Mode, shape: str, ground: str) -> None:
    palette = palettes()[mode]
    assert contrast(palette[shape], palette[ground]) >= AA_LARGE


def test_both_modes_have_the_same_tokens() -> None:
    assert palettes()["light"].keys() == palettes()["dark"].keys()
    assert all(re.fullmatch("#[0-9A-F]{6}", color) for mode in palettes().values() for color in mode.values())


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_style_sheet_names_only_colours_and_files_there_are(mode: Mode) -> None:
    sheet = style_sheet(mode, 1.0)
    assert "@" not in sheet
    assert not re.search(r"\ddp", sheet)
    files = re.findall(r'url\("([^"]+)"\)', sheet)
    assert files
    for name in files:
        assert name.startswith(resources_folder().as_posix())
        ElementTree.parse(name)


def test_lengths_follow_the_text_size_and_hairlines_do_not() -> None:
    plain, large = style_sheet("light", 1.0), style_sheet("light", 2.0)
    assert 'QLabel[role="title"] { font-size: 20px' in plain
    assert 'QLabel[role="title"] { font-size: 40px' in large
    assert large.count("border: 1px solid") == plain.count("border: 1px solid") > 5


def test_every_icon_is_drawn_in_the_colour_it_is_asked_for(main_theme: Theme) -> None:
    for path in (resources_folder() / "icons").glob("*.svg"):
        if "currentColor" not in path.read_text(encoding="utf-8"):
            continue
        image = main_theme.pixmap(path.stem, "recording", 48).toImage()
        pixels = [image.pixelColor(x, y) for x in range(48) for y in range(48)]
        seen = {pixel.name() for pixel in pixels if pixel.alpha() == 255}
        assert QColor(palettes()["light"]["recording"]).name() in seen, path.name


def test_the_shipped_mono_has_the_signs_of_conversation_analysis(main_theme: Theme) -> None:
    metrics = QFontMetrics(main_theme.mono_font())
    raw = QRawFont.fromFont(main_theme.mono_font())
    assert "DejaVu Sans Mono" in QFontDatabase.families()
    for sign in "[]()=↑↓°£⌈⌉⌊⌋·æøåÆØÅ<>×":
        assert raw.supportsCharacter(ord(sign)), sign
    assert len({metrics.horizontalAdvance(sign) for sign in "i⌈£°Wå"}) == 1


def test_appearance_and_size_switch_while_the_window_runs(open_window: OpenWindow) -> None:
    window = open_window(appearance="light")
    theme = window.theme
    before = theme.px(15)
    window.settings_store.change(appearance="dark")
    assert theme.dark
    assert theme.color("paper") == QColor(palettes()["dark"]["paper"])
    window.settings_store.change(text_scale=2.0)
    assert theme.px(15) == 2 * before
    assert theme.font().pixelSize() == 30


@pytest.fixture
def main_theme(open_window: OpenWindow) -> Theme:
    return open_window(unlocked=False, appearance="light").theme
