"""How loud the microphone is, as a bar and in words: silence and sound that is too loud are said before it matters."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cubb_desktop.audio.recorder import SILENT_DB
from cubb_desktop.gui.theme import Theme
from cubb_desktop.i18n import _

_FLOOR_DB = -60.0
_FAINT_DB = -38.0
_SILENT_AFTER, _LOUD_FOR = 12, 8  # levels in a row


class LevelBar(QWidget):
    """A bar from silence to full scale; it moves with every level it is given."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._share = self._peak = 0.0
        self._clipped = False
        self.setAccessibleName(_("Lydniveau"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self._theme.px(14))

    def show_level(self, rms_db: float, peak_db: float, *, clipped: bool) -> None:
        """Show one level in dB below full scale."""
        self._share, self._peak, self._clipped = _share(rms_db), _share(peak_db), clipped
        self.setAccessibleDescription(_("{percent} procent").format(percent=round(self._share * 100)))
        self.update()

    def clear(self) -> None:
        """Show that nothing is heard."""
        self.show_level(_FLOOR_DB, _FLOOR_DB, clipped=False)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        radius = frame.height() / 2
        painter.setPen(self._theme.color("line"))
        painter.setBrush(self._theme.color("rail"))
        painter.drawRoundedRect(frame, radius, radius)
        token = "citizen" if self._clipped else "accent"
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(token))
        if self._share > 0:
            bar = QRectF(frame.left(), frame.top(), max(frame.height(), frame.width() * self._share), frame.height())
            painter.drawRoundedRect(bar, radius, radius)
        if self._peak > 0:
            at = frame.left() + radius + (frame.width() - 2 * radius) * self._peak
            painter.drawRect(QRectF(at - 1, frame.top() + 2, 2, frame.height() - 4))
        painter.end()


def _share(level_db: float) -> float:
    return min(1.0, max(0.0, 1 - level_db / _FLOOR_DB))


class LevelWords:
    """Turns levels into one calm sentence that does not flicker."""

    def __init__(self) -> None:
        self._quiet = self._loud = 0
        self._heard = False

    def sentence(self, rms_db: float, *, clipped: bool) -> str:
        """Return what to say after one more level."""
        self._loud = _LOUD_FOR if clipped else max(0, self._loud - 1)
        self._quiet = self._quiet + 1 if rms_db < SILENT_DB else 0
        self._heard = self._heard or rms_db >= _FAINT_DB
        if self._loud:
            return _("Det er for højt. Flyt mikrofonen lidt væk, eller skru ned for den.")
        if self._quiet >= _SILENT_AFTER:
            return _("Mikrofonen hører ingenting. Sig et par ord, og se, om den er slået til.")
        if not self._heard:
            return _("Sig et par ord i det tempo, I plejer at tale.")
        return _("Fint niveau.")
