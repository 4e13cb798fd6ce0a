"""`demo`: the whole arrow from sound to export on the bundled, fictional conversation, measured against its truth."""

from __future__ import annotations

import json
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cubb_desktop.cli.opening import Run
from cubb_desktop.cli.speech import raise_failure, wait_for
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import FolderNotEmpty, TargetUnwritable
from cubb_desktop.domain.feedback import USUAL_MINUTES
from cubb_desktop.domain.ids import ConceptId
from cubb_desktop.domain.job import Phase, TranscribeOptions
from cubb_desktop.domain.measure import Accuracy, TrueWord, compare
from cubb_desktop.domain.notation import render
from cubb_desktop.domain.pack import ExportFormat
from cubb_desktop.domain.reading import read, short_labels
from cubb_desktop.domain.recording import Recording
from cubb_desktop.domain.transcript import Silence, Transcript
from cubb_desktop.i18n import _, format_number, format_share
from cubb_desktop.library import queue
from cubb_desktop.services import annotations as marks
from cubb_desktop.services import feedback, packs, transcripts
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.recordings import import_file
from cubb_desktop.services.workspace import Workspace, create_workspace
from cubb_desktop.settings import resources_folder
from cubb_desktop.vault import LEAST_COST

SOUND, TRUTH = "conversation.flac", "conversation.json"


@dataclass
class Steps:
    """What was done and how long each part took, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)
    inside: dict[str, float] = field(default_factory=dict)  # of the transcription; its two halves run side by side

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Count the time of one part."""
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started


def demo(run: Run) -> None:
    """Run everything once in a throw-away library, or in a new one that is kept."""
    keep: Path | None = run.options.keep
    if keep is not None:
        if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
            raise FolderNotEmpty
        try:
            keep.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise TargetUnwritable from None
        _demo_in(run, keep)
        return
    with tempfile.TemporaryDirectory(prefix="cubb-demo-") as folder:
        _demo_in(run, Path(folder))


def _demo_in(run: Run, folder: Path) -> None:
    output = run.output
    output.say(_("Demo: en opdigtet samtale, syntetiske stemmer og små modeller, der kun kender demoens ord."))
    steps = Steps()
    passphrase = secrets.token_urlsafe(18)
    with steps.timed(_("opret krypteret bibliotek")):
        workspace, _recovery = create_workspace(
            folder / "library", passphrase, actor=run.settings.actor, cost=LEAST_COST
        )
    with workspace:
        workspace.vault.confirm_recovery_key()  # a library to try things out in: nobody writes its key down
        recording, transcript = _listen(workspace, steps)
        made = _work_with(workspace, recording, transcript, folder, steps)
        truth = json.loads((resources_folder() / "demo" / TRUTH).read_text(encoding="utf-8"))
        transcript = transcripts.get_transcript(workspace, recording.id)
        accuracy = compare(transcript, _true_words(truth), _true_silences(truth))
        problems = workspace.library.verify()
    if run.options.keep is not None:
        made["passphrase"] = passphrase
    if output.as_json:
        output.document(
            {
                "id": recording.id,
                "transcript": transcripts.transcript_document(transcript),
                "accuracy": {**asdict(accuracy), "word_error_rate": accuracy.word_error_rate},
                "seconds": steps.seconds,
                "phase_seconds": steps.inside,
                "made": made,
                "problems": len(problems),
            }
        )
        return
    _show(run, recording, transcript, accuracy, steps)
    if run.options.keep is not None:
        output.say()
        output.say(_("Biblioteket ligger i {folder}. Adgangssætning: {passphrase}").format(
            folder=folder / "library", passphrase=passphrase
        ))  # fmt: skip


def _listen(workspace: Workspace, steps: Steps) -> tuple[Recording, Transcript]:
    """Agreement, import, transcription."""
    until = workspace.today() + timedelta(days=7)
    purposes = [Purpose.OWN_LEARNING, Purpose.FEEDBACK, Purpose.LEARNING_ROOM]
    consent = add_consent(workspace, _("Opdigtet borger"), purposes, until)
    source = resources_folder() / "demo" / SOUND
    with steps.timed(_("hent lydfilen ind")):
        recording = import_file(workspace, source, consent.id, _("Demo: opfølgning om lageret"))
    with steps.timed(_("udskriv og find talere")):
        job = transcripts.request_transcription(workspace, recording.id, TranscribeOptions(speakers=2))
        job = wait_for(workspace, job)
    raise_failure(job)
    transcript = transcripts.get_transcript(workspace, recording.id)
    steps.inside = _phases(workspace, recording, transcript)
    return recording, transcript


def _phases(workspace: Workspace, recording: Recording, transcript: Transcript) -> dict[str, float]:
    """What each phase of the only transcription so far took, in seconds, from what the library learned by it."""
    speech, voices = transcript.engine.recogniser_fingerprint, transcript.engine.diariser_fingerprint or ""
    asked = {
        _("tale: gør klar"): (Phase.LOADING, speech),
        _("tale: lytter"): (Phase.LISTENING, speech),
        _("tale: skriver ud"): (Phase.RECOGNISING, speech),
        _("stemmer: gør klar"): (Phase.LOADING, voices),
        _("stemmer: finder talere"): (Phase.DIARISING, voices),
    }
    sound_s = recording.duration_ms / 1000
    found = {}
    with workspace.library.read() as reading:
        for name, (phase, fingerprint) in asked.items():
            speed = queue.get_speed(reading, phase, fingerprint)
            if speed is not None:
                found[name] = speed if phase is Phase.LOADING else speed * sound_s
    return found


def _work_with(
    workspace: Workspace, recording: Recording, transcript: Transcript, folder: Path, steps: Steps
) -> dict[str, Any]:
    """Mark a passage, make an excerpt, export it, book feedback: the arrow to its end."""
    with steps.timed(_("mærk, lav uddrag, eksportér, book feedback")):
        passage = max(transcript.turns, key=lambda turn: turn.end_ms - turn.start_ms)
        start, end = max(0, passage.start_ms - 200), min(recording.duration_ms, passage.end_ms + 200)
        annotation = marks.annotate(workspace, recording.id, start, end, ConceptId("instrumentel-taletur"))
        excerpt = packs.add_excerpt(workspace, recording.id, start, end, _("Den længste tur"))
        files = {}
        for form in ExportFormat:
            out = folder / f"demo.{form.value}"
            files[form.value] = packs.export(workspace, excerpt.id, form, out, Purpose.LEARNING_ROOM).sha256
        starts_at = workspace.clock() + timedelta(days=3)
        slot = feedback.book_slot(workspace, starts_at, USUAL_MINUTES, _("Medarbejder"), _("Makker"))
        (folder / "demo.ics").write_bytes(feedback.slot_calendar(slot))
    return {"annotation": annotation.id, "excerpt": excerpt.id, "slot": slot.id, "files": files}


def _true_words(untrusted: dict[str, Any]) -> list[TrueWord]:
    return [
        TrueWord(word["text"], word["start_ms"], word["end_ms"], utterance["speaker"])
        for utterance in untrusted["utterances"]
        for word in utterance["words"]
    ]


def _true_silences(untrusted: dict[str, Any]) -> list[Silence]:
    return [Silence(silence["start_ms"], silence["end_ms"]) for silence in untrusted["silences"]]


def _show(run: Run, recording: Recording, transcript: Transcript, accuracy: Accuracy, steps: Steps) -> None:
    say = run.output.say
    say()
    say(render(read(transcript).rows, short_labels(transcript.speakers)))
    say()
    say(_("Målt mod det, der blev sagt:"))
    rate, near = format_share(accuracy.word_error_rate, 1), format_share(accuracy.starts_within_100_ms)
    say("  " + _("forkerte ord: {wrong} af {all} ({rate})").format(
        wrong=accuracy.word_errors, all=accuracy.words, rate=rate
    ))  # fmt: skip
    say("  " + _("ordenes begyndelse: {error} ms ved siden af (median), {near} inden for 100 ms").format(
        error=round(accuracy.start_error_ms), near=near
    ))  # fmt: skip
    say("  " + _("ord givet til den rigtige taler: {share}").format(share=format_share(accuracy.right_speaker, 1)))
    found = _("pauser på mindst 0,3 s: {found} af {all} fundet, {false} forkerte; længden {error} ms ved siden af")
    say("  " + found.format(
        found=accuracy.silences_found, all=accuracy.silences, false=accuracy.silences_false,
        error=round(accuracy.silence_error_ms),
    ))  # fmt: skip
    say()
    say(_("Hvor tiden gik:"))
    for name, seconds in steps.seconds.items():
        say(f"  {format_number(seconds):>6} s  {name}")
    say("  " + _("Under udskrivningen, to processer side om side:"))
    for name, seconds in steps.inside.items():
        say(f"    {format_number(seconds):>6} s  {name}")
    speed = recording.duration_ms / 1000 / max(0.001, sum(steps.seconds.values()))
    say("  " + _("i alt {speed} gange hurtigere end samtalen").format(speed=format_number(speed)))
