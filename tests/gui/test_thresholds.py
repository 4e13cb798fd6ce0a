"""The limits from which rules point at places, set by a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cubb_desktop.domain.finders import Thresholds
from cubb_desktop.domain.thresholds import LIMITS, can_be, thresholds_from, usual
from cubb_desktop.gui.main_window import MainWindow
from cubb_desktop.gui.pages.settings_page import SettingsPage
from cubb_desktop.i18n import _
from cubb_desktop.settings import Settings, read_settings, save_settings, settings_file
from tests.gui import review_seed
from tests.gui.review_desk import Desk, review_desk

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    with review_desk(qtbot, tmp_path) as made:
        made.open(review_seed.demo_conversation(made.workspace).id)
        yield made


def test_every_threshold_that_can_be_set_is_one_and_can_be_what_it_usually_is() -> None:
    known = asdict(Thresholds())
    assert set(LIMITS) <= set(known)
    assert all(can_be(name, usual(name)) for name in LIMITS)
    assert thresholds_from({}) == Thresholds()
    assert thresholds_from({"silence_ms": 700, "lapse_ms": -1, "nonsense": 3}) == Thresholds(silence_ms=700)


def test_a_limit_that_is_set_is_kept_and_the_usual_ones_come_back(main: MainWindow) -> None:
    main.show_page("settings")
    page = main.page("settings")
    assert isinstance(page, SettingsPage)
    card, store = page.thresholds, page._context.settings_store
    assert not card.usual.isEnabled()
    card.fields["silence_ms"].setValue(1_200)
    assert store.value.thresholds == {"silence_ms": 1_200}
    card.fields["silence_ms"].setValue(usual("silence_ms"))
    assert store.value.thresholds == {}
    card.fields["least_turns"].setValue(9)
    card.usual.click()
    assert (store.value.thresholds, card.fields["least_turns"].value()) == ({}, usual("least_turns"))
    assert [card.fields[name].accessibleName() for name in LIMITS] == [_(limit.name) for limit in LIMITS.values()]


def test_a_higher_limit_takes_suggestions_away_and_says_so_in_the_rule(desk: Desk) -> None:
    card = desk.page.panel.suggestion
    desk.qtbot.waitUntil(lambda: card.current() is not None)

    def of_rule() -> list[str]:
        return [view.rule for view in card._views if view.finder == "stilhed"]

    before = of_rule()
    desk.page._context.settings_store.change(thresholds={"silence_ms": 1_500})
    desk.qtbot.waitUntil(lambda: 0 < len(of_rule()) < len(before))
    assert all("1500" in rule for rule in of_rule())


def test_rubbish_in_the_file_leaves_the_usual_limits() -> None:
    save_settings(Settings(thresholds={"silence_ms": 700}))
    assert read_settings().settings.thresholds == {"silence_ms": 700}
    assert thresholds_from({"silence_ms": 10**9}) == Thresholds()


@pytest.mark.expected_log("the setting thresholds is not usable")
def test_a_limit_that_is_no_number_is_left_out() -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text('thresholds = { silence_ms = "x" }\n', encoding="utf-8")
    assert read_settings().settings.thresholds == {}
