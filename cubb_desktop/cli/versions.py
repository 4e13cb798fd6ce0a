"""`versions`: the transcripts of a conversation; read one, choose one, compare two, take words over."""

from __future__ import annotations

from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.domain.comparing import Difference
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.domain.transcript import Version
from cubb_desktop.export.documents import text_of
from cubb_desktop.i18n import _, format_clock_ms, format_date, format_time
from cubb_desktop.services import versions as service
from cubb_desktop.services.transcripts import transcript_document


def list_all(run: Run) -> None:
    """Show the versions, the oldest first."""
    with run.open() as workspace:
        found = service.list_versions(workspace, _recording(run))
    if run.output.as_json:
        run.output.document([_document(one) for one in found])
        return
    rows = [
        (
            _("version {number}").format(number=one.number),
            f"{format_date(one.created_at)} {format_time(one.created_at)}",
            one.engine.recogniser,
            _("gældende") if one.current else "",
            _("rettet") if one.corrected else "",
        )
        for one in found
    ]
    run.output.table(rows, _("Samtalen har ingen udskrift endnu. Lav en udskrift først."))


def show(run: Run) -> None:
    """Show one version as text or JSON."""
    with run.open() as workspace:
        found = service.get_version(workspace, _recording(run), run.options.number)
    if run.output.as_json:
        run.output.document(transcript_document(found, vouched=True))
    else:
        run.output.say(text_of(found))


def use(run: Run) -> None:
    """Choose the version that people see."""
    number = run.options.number
    with run.open() as workspace:
        service.choose_version(workspace, _recording(run), number)
    run.output.made({"id": _recording(run), "number": number}, _("Version {number} er nu den gældende.").format(
        number=number
    ))  # fmt: skip


def compare(run: Run) -> None:
    """Show where two versions differ, numbered."""
    with run.open() as workspace:
        found = service.compare(workspace, _recording(run), run.options.other, run.options.one)
    if run.output.as_json:
        run.output.document([_difference(n, one) for n, one in enumerate(found, 1)])
        return
    rows = [
        (str(n), format_clock_ms(one.start_ms), one.said_before or "–", "→", one.said_after or "–")
        for n, one in enumerate(found, 1)
    ]
    run.output.table(rows, _("De to versioner siger det samme."))


def take(run: Run) -> None:
    """Take what another version says at one place into the current one."""
    with run.open() as workspace:
        one = service.take(workspace, _recording(run), run.options.number, run.options.place)
    told = _("Taget: {said}. Det kan fortrydes med »correct --undo«.").format(said=one.said_after or "–")
    run.output.made({"id": _recording(run), **_difference(run.options.place, one)}, told)


def _recording(run: Run) -> RecordingId:
    return RecordingId(run.options.recording)


def _document(one: Version) -> dict[str, Any]:
    return {
        "number": one.number,
        "id": one.id,
        "created_at": one.created_at.isoformat(),
        "recogniser": one.engine.recogniser,
        "diariser": one.engine.diariser,
        "language": one.engine.language,
        "demo": one.engine.demo,
        "current": one.current,
        "corrected": one.corrected,
        "chosen_by": one.chosen_by or None,
        "chosen_at": one.chosen_at.isoformat() if one.chosen_at is not None else None,
    }


def _difference(number: int, one: Difference) -> dict[str, Any]:
    return {
        "place": number,
        "start_ms": one.start_ms,
        "end_ms": one.end_ms,
        "before": one.said_before,
        "after": one.said_after,
    }
