"""What must go from the screen when the library is locked."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QToolTip, QWidget


def close_over(window: QWidget) -> bool:
    """Close dialogs, menus and lists that stand over `window`; return whether none is left.

    One that waits for its answer in a loop of its own (a choice of files) leaves that loop a moment later.
    """
    QToolTip.hideText()
    for over in QApplication.topLevelWidgets():
        if over is window or isinstance(over, QMainWindow) or not over.isVisible():
            continue
        if isinstance(over, QDialog):
            over.reject()
        else:
            over.close()
    return QApplication.activeModalWidget() is None and QApplication.activePopupWidget() is None
