"""What this program puts on the clipboard: kept out of the system's clipboard history, and taken away again."""

from __future__ import annotations

import hashlib

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QClipboard, QGuiApplication

# Windows' history and cloud clipboard, and KDE's Klipper, leave alone what is marked so.
_UNRECORDED = {
    'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"': b"1",
    "x-kde-passwordManagerHint": b"secret",
}


class _Put:
    """The digest of the text that was put last; the text itself is not kept."""

    digest = ""


def put_text(text: str) -> None:
    """Put plain text on the clipboard."""
    data = QMimeData()
    data.setText(text)
    for kind, value in _UNRECORDED.items():
        data.setData(kind, value)
    _Put.digest = _digest(text)
    QGuiApplication.clipboard().setMimeData(data)


def clear_clipboard() -> None:
    """Empty the clipboard, and the selection of X11, of what this program has put there; leave others' alone.

    Some systems can't tell whose it is; there it is known by its text.
    """
    clipboard = QGuiApplication.clipboard()
    if clipboard.ownsClipboard() or (_Put.digest and _digest(clipboard.text()) == _Put.digest):
        clipboard.clear(QClipboard.Mode.Clipboard)
    if clipboard.supportsSelection() and clipboard.ownsSelection():
        clipboard.clear(QClipboard.Mode.Selection)
    _Put.digest = ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
