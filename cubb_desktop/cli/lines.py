"""`lines`: keep a transcript's line numbers for good, and see whether a text follows the Jefferson notation."""

from __future__ import annotations

from pathlib import Path

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain import notation
from cubb_desktop.domain.errors import InvalidInput
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.i18n import _
from cubb_desktop.services.lines import freeze_lines, frozen_note

_LARGEST_BYTES = 20_000_000  # some hundred hours of talk


def freeze(run: Run) -> None:
    """Say that a transcript has been used in a meeting: its lines keep their numbers."""
    with run.open() as workspace:
        frozen = freeze_lines(workspace, RecordingId(run.options.recording))
    document = {"id": run.options.recording, "lines": len(frozen.lines), "by": frozen.by, "at": frozen.at.isoformat()}
    run.output.made(document, frozen_note(frozen))


def check(run: Run) -> None:
    """Read a text file by the grammar of the notation; the first thing that does not fit is the error."""
    found = notation.check(_text_of(run.options.file))
    document = {
        "turns": len(found.turns),
        "words": sum(len(turn.words) for turn in found.turns),
        "silences": len(found.silences),
        "overlaps": len(found.overlaps),
        "unheard": found.unheard,
    }
    text = _("Filen følger notationen: {turns} ture, {silences} stilheder, {overlaps} overlap.")
    run.output.made(document, text.format(**document))


def _text_of(file: Path) -> str:
    problem = ""
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            problem = _("Filen er for stor til at være en udskrift.")
        else:
            return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problem = _("Filen findes ikke.")
    except OSError:
        problem = _("Filen kan ikke læses.")
    except UnicodeDecodeError:
        problem = _("Filen er ikke en tekstfil i UTF-8.")
    raise InvalidInput(field=_("Fil"), problem=problem)
