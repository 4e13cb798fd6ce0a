"""Speed and memory with full-size models (made-up weights) on two minutes of sound."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import bare
from tests.benchmarks.report import Report, spread
from tests.benchmarks.transcribing import library_with, product, sound_of


def measure(*, quick: bool = False) -> Report:
    """Product against each library bare with its share of the cores, and against the two in turn with all cores."""
    report = Report("transcribe with a Whisper small shape and a community-1 shape (random weights)")
    cores = os.cpu_count() or 2
    half = max(1, cores // 2)
    side_by_side, in_turn, memory = [], [], []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        builder = [sys.executable, "-m", "tests.benchmarks.full_size_models", str(folder / "models")]
        subprocess.run(builder, check=True, stdout=subprocess.DEVNULL)
        recogniser, diariser = folder / "models" / "recogniser", folder / "models" / "diariser"
        sound = sound_of(folder / "sound.wav", 0.5 if quick else 2)
        recording = library_with(folder / "library", sound)
        for _ in range(1 if quick else 3):
            hear = bare.run("whisper", recogniser, sound, half)
            split = bare.run("pyannote", diariser, sound, half, 2)
            hear_alone = bare.run("whisper", recogniser, sound, cores)["total_s"]
            split_alone = bare.run("pyannote", diariser, sound, cores, 2)["total_s"]
            models = ["--model", str(recogniser), "--diariser", str(diariser), "--speakers", "2"]
            ours = product(folder / "library", recording, folder / "config", *models)
            side_by_side.append(ours.seconds / max(hear["total_s"], split["total_s"]))
            in_turn.append(ours.seconds / (hear_alone + split_alone))
            memory.append(ours.peak_mb / (hear["peak_mb"] + split["peak_mb"]))
            alone = f"{hear['total_s']:.1f} / {split['total_s']:.1f}"
            report.note(
                "bare recogniser / bare diariser (half the cores each), in turn with all cores, ours, s",
                f"{alone}, {hear_alone:.1f} + {split_alone:.1f}, {ours.seconds:.1f}",
            )
            report.note(
                "peak memory: bare + bare, ours, MB",
                f"{hear['peak_mb']:.0f} + {split['peak_mb']:.0f}, {ours.peak_mb:.0f}",
            )
    report.note("ratio to the slower bare run, all", spread(side_by_side))
    report.at_most("ratio to the slower bare run, median", statistics.median(side_by_side), 1.15)
    report.at_most("ratio to the two in turn with all cores, median", statistics.median(in_turn), 0.85)
    report.at_most("peak memory against both bare runs together, worst", max(memory), 1.0)
    return report
