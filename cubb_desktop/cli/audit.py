"""`audit`: check the log, look at it, draw and sign the month's sample, write an extract, remove what is too old."""

from __future__ import annotations

from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.output import warn
from cubb_desktop.domain.ids import RecordingId
from cubb_desktop.i18n import _
from cubb_desktop.services import audit
from cubb_desktop.services.audit import SampleView, Told


def verify(run: Run) -> int:
    """Check the chain of the log and its end; exit 2 and the first broken line when something was altered."""
    with run.open() as workspace:
        verdict = audit.verify_log(workspace)
    problems = [] if verdict.broken is None else [{"check": "audit", "detail": str(verdict.broken)}]
    if run.output.as_json:
        fault = verdict.fault.value if verdict.fault is not None else None
        run.output.document({"problems": problems, "lines": verdict.lines, "fault": fault})
    elif verdict.broken is None:
        run.output.say(_("Logbogen er hel."))
    if verdict.broken is None or verdict.fault is None:
        return 0
    warn(audit.fault_sentence(verdict))
    return 2


def listing(run: Run) -> None:
    """Show the log, newest first."""
    recording = run.options.recording
    with run.open() as workspace:
        found = audit.list_log(workspace, RecordingId(recording) if recording else None, run.options.since)
    _show(run, found, [line.document() for line in found])


def sample(run: Run) -> None:
    """Draw a month's sample, or show it when it was drawn."""
    with run.open() as workspace:
        view = audit.draw_sample(workspace, run.options.month, run.options.size)
    _show(run, view.lines, _document(view))
    for note in audit.sample_notes(view):
        run.output.say(note)


def sign(run: Run) -> None:
    """Sign that a month's sample has been looked through."""
    with run.open() as workspace:
        view = audit.sign_sample(workspace, run.options.month, run.options.remark)
    month = audit.month_name(view.sample.month)
    run.output.made(_document(view), _("Stikprøven for {month} er skrevet under.").format(month=month))


def extract(run: Run) -> None:
    """Write what the log says about a conversation to a file."""
    options = run.options
    with run.open() as workspace:
        recording = RecordingId(options.recording)
        lines = audit.extract(workspace, recording, options.out, with_names=options.with_names)
    document = {"file": str(options.out), "lines": lines}
    run.output.made(document, _("{lines} linjer er gemt i {file}.").format(lines=lines, file=options.out))


def prune(run: Run) -> None:
    """Remove the lines that are older than the log is kept; with `--years`, decide that first."""
    with run.open() as workspace:
        if run.options.years is not None:
            audit.set_log_kept_years(workspace, run.options.years)
        years, removed = audit.log_kept_years(workspace), audit.prune_log(workspace)
    text = _("Linjer gemmes i {years} år. {removed} er fjernet.").format(years=years, removed=removed)
    run.output.made({"years": years, "removed": removed}, text)


def _show(run: Run, lines: list[Told] | tuple[Told, ...], document: object) -> None:
    if run.output.as_json:
        run.output.document(document)
        return
    rows = [(str(told.line.number), told.day, told.time, told.who, told.what) for told in lines]
    run.output.table(rows, _("Ingen linjer."))


def _document(view: SampleView) -> dict[str, Any]:
    sample = view.sample
    return {
        "month": sample.month,
        "final": view.final,
        "removed": view.removed,
        "signed_by": sample.signed_by,
        "signed_at": sample.signed_at.isoformat() if sample.signed_at is not None else None,
        "remark": sample.remark,
        "lines": [told.document() for told in view.lines],
    }
