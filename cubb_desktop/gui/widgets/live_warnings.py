"""What must be said in time while it is recorded: lost sound, another microphone, little room, little power."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cubb_desktop.audio.recorder import DiskLow, Event, Gap, Moved
from cubb_desktop.i18n import _, format_clock_ms, format_number, ngettext

BYTES_PER_HOUR = 48_000 * 2 * 3600  # one channel; what is sealed is smaller
LOW_BATTERY_PERCENT = 20
_POWER_EVERY_MS = 20_000


def event_sentence(event: Event) -> str:
    """Return what an event means to the person, "" where there is nothing to say."""
    if isinstance(event, Moved):
        text = _("Mikrofonen forsvandt. Nu optages der med {device}.").format(device=event.device_name)
        return f"{text} {missing_sentence(event.lost_ms)}".strip()
    if isinstance(event, Gap):
        where = format_clock_ms(event.position_ms)
        if event.lost_ms:
            return _("Der mangler {seconds} s lyd ved {where}. Stedet er mærket.").format(
                seconds=seconds_text(event.lost_ms), where=where
            )
        return _("Lydkortet tabte lidt lyd ved {where}. Stedet er mærket.").format(where=where)
    if isinstance(event, DiskLow):
        text = ngettext(
            "Der er kun plads til {number} minut mere. Ryd op, eller stop i tide; alt indtil da er gemt.",
            "Der er kun plads til {number} minutter mere. Ryd op, eller stop i tide; alt indtil da er gemt.",
            event.minutes_left,
        )
        return text.format(number=event.minutes_left)
    return ""


def missing_sentence(lost_ms: int) -> str:
    """Return "her mangler 0,8 s lyd" as a sentence, "" where nothing is missing."""
    return _("Her mangler {seconds} s lyd.").format(seconds=seconds_text(lost_ms)) if lost_ms else ""


def seconds_text(ms: int) -> str:
    """Return a length as "0,8"."""
    return format_number(ms / 1000, 1)


def room_hours(folder: Path) -> float:
    """Return for how many hours of recording there is room beside `folder`."""
    return shutil.disk_usage(folder).free / BYTES_PER_HOUR


def room_sentence(hours: float) -> str:
    """Return how much room there is, in words."""
    if hours < 2:
        minutes = max(0, int(hours * 60))
        return ngettext("Plads til {number} minut", "Plads til {number} minutter", minutes).format(number=minutes)
    if hours > 100:
        return _("Plads til over 100 timer")
    return _("Plads til {number} timer").format(number=int(hours))


def battery() -> tuple[float, bool] | None:
    """Return how full the battery is, in percent, and whether it is being fed; None where there is none."""
    import psutil

    found = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return None if found is None else (float(found.percent), found.power_plugged is not False)


def power_sentence(found: tuple[float, bool] | None) -> str:
    """Return the warning about the power, "" while there is enough."""
    if found is None or found[1] or found[0] >= LOW_BATTERY_PERCENT:
        return ""
    return _("Batteriet er på {percent} %. Sæt strøm til nu, så optagelsen ikke stopper.").format(
        percent=round(found[0])
    )


class PowerWatch(QObject):
    """Looks at the battery now and then while it runs."""

    said = Signal(str)  # a warning, or "" when it is over

    def __init__(self, parent: QObject, look: Callable[[], tuple[float, bool] | None] = battery) -> None:
        super().__init__(parent)
        self._look = look
        self._last = ""
        self._timer = QTimer(self, interval=_POWER_EVERY_MS)
        self._timer.timeout.connect(self._on_time)

    def start(self) -> None:
        """Look now, and from now on."""
        self._last = ""
        self._timer.start()
        self._on_time()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    @Slot()
    def _on_time(self) -> None:
        text = power_sentence(self._look())
        if text != self._last:
            self._last = text
            self.said.emit(text)
