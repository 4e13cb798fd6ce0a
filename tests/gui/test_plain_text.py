"""Text is shown as text, everywhere: no code of the window uses a place that reads markup."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument

import cubb_desktop.gui
from cubb_desktop.gui.widgets.text import ElidedLabel, PlainLabel, plain_button_text, plain_tooltip

GUI = Path(cubb_desktop.gui.__file__).parent
MODULES = sorted(GUI.rglob("*.py"))
PLAIN = GUI / "widgets" / "text.py"
# names that read markup, or show a text in a box of the system that does
FORBIDDEN = {"QMessageBox", "QTextBrowser", "QTextEdit", "QErrorMessage", "setHtml", "insertHtml", "toHtml",
             "RichText", "AutoText", "MarkdownText", "setMarkdown"}  # fmt: skip


def breaches(source: str) -> list[str]:
    """Return what in a module could read markup: forbidden names, and tooltips of unknown texts."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name in FORBIDDEN:
                found.append(f"{name} in line {node.lineno}")
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "QLabel":
            found.append(f"QLabel in line {node.lineno}")
        is_tooltip = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "setToolTip"
        if is_tooltip and isinstance(node, ast.Call) and not _is_plain(node.args[0]):
            found.append(f"setToolTip in line {node.lineno}")
    return found


def _is_plain(argument: ast.expr) -> bool:
    """Whether a tooltip's text is written in the program or has been made plain."""
    if isinstance(argument, ast.Constant):
        return True
    if isinstance(argument, ast.IfExp):
        return _is_plain(argument.body) and _is_plain(argument.orelse)
    return isinstance(argument, ast.Call) and getattr(argument.func, "id", "") in {"plain_tooltip", "_"}


@pytest.mark.parametrize("module", [m for m in MODULES if m != PLAIN], ids=lambda m: m.relative_to(GUI).as_posix())
def test_no_module_uses_a_place_that_reads_markup(module: Path) -> None:
    assert breaches(module.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    ["QLabel(x)", "QtWidgets.QMessageBox.warning(None, 'a', x)", "widget.setToolTip(name)", "document.setHtml(x)",
     "label.setTextFormat(Qt.TextFormat.RichText)"],
)  # fmt: skip
def test_the_search_finds_such_places(line: str) -> None:
    assert breaches(line)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("kind", [PlainLabel, ElidedLabel])
def test_labels_show_markup_as_it_is(kind: type[PlainLabel]) -> None:
    label = kind("<b>fed</b> &amp;")
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.text() == "<b>fed</b> &amp;"
    label.deleteLater()


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    "text",
    ["<img src='http://192.0.2.1/x.png'>", "a < b & c", "&lt;b&gt;", "Mette & Anders", "<!-- -->x", "{\\rtf1}", "🙂"],
)
def test_a_tooltip_shows_the_same_text_whether_or_not_it_is_read_as_markup(text: str) -> None:
    shown = plain_tooltip(text)
    if shown == text:
        assert "<" not in text
        assert "&" not in text
        return
    document = QTextDocument()
    document.setHtml(shown)
    assert document.toPlainText() == text


def test_an_ampersand_on_a_button_is_an_ampersand() -> None:
    assert plain_button_text("Mette & Anders") == "Mette && Anders"
