"""What a screen reader is told: every control on every page has a name, as the accessibility tree gives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QApplication

from cubb_desktop.gui.main_window import PAGES, REVIEW
from cubb_desktop.gui.pages.review_page import ReviewPage
from tests.gui import review_seed
from tests.gui.conftest import OpenWindow

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

ROLES = {
    QAccessible.Role.Button,
    QAccessible.Role.ButtonMenu,
    QAccessible.Role.CheckBox,
    QAccessible.Role.ComboBox,
    QAccessible.Role.EditableText,
    QAccessible.Role.List,
    QAccessible.Role.ListItem,
    QAccessible.Role.PageTab,
    QAccessible.Role.RadioButton,
    QAccessible.Role.Slider,
    QAccessible.Role.SpinBox,
    QAccessible.Role.Table,
    QAccessible.Role.Tree,
}


def tree(top: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    """Everything in a part of the tree that is to be seen."""
    for n in range(top.childCount()):
        child = top.child(n)
        if child.isValid() and not child.state().invisible:
            yield child
            yield from tree(child)


def unnamed(top: QAccessibleInterface) -> list[str]:
    """What a person could use and would not be told the name of."""
    found = []
    for one in tree(top):
        role = one.role()
        inside = one.parent() is not None and one.parent().role() in {
            QAccessible.Role.SpinBox,
            QAccessible.Role.ComboBox,
        }
        if role in ROLES and not inside and not one.text(QAccessible.Text.Name).strip():
            found.append(f"{role.name} {type(one.object()).__name__} {one.rect()}")
    return found


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_control_on_every_page_has_a_name_in_the_tree(
    open_window: OpenWindow, qtbot: QtBot, language: str
) -> None:
    main = open_window(language=language).main
    recording = review_seed.marked_conversation(main.workspace())
    main.open_recording(recording.id)
    page = main.page(REVIEW)
    assert isinstance(page, ReviewPage)
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.view and page.playback.available)
    page.editing.begin()
    page.marks.begin()
    top = QAccessible.queryAccessibleInterface(main)
    assert top is not None
    seen = 0
    for key, _word in PAGES:
        main.show_page(key)
        QApplication.processEvents()
        seen += sum(one.role() in ROLES for one in tree(top))
        assert unnamed(top) == [], key
    assert seen > 100  # the tree was really walked
