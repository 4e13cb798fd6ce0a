"""The bare libraries, each in a process of its own, so that the product can be compared with what it is built on.

`python -m tests.benchmarks.bare whisper|pyannote MODEL SOUND THREADS SPEAKERS` prints one JSON line: wall seconds from
the first import to the last result, and the peak memory in MB. Settings are the product's own.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def run(kind: str, model: Path, sound: Path, threads: int, speakers: int | None = None) -> dict[str, Any]:
    """Run one bare library in a child and return what it printed plus `total_s`, the child's whole life in seconds."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.bare",
        kind,
        str(model),
        str(sound),
        str(threads),
        str(speakers or 0),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    total = time.monotonic() - started
    if done.returncode != 0:
        raise RuntimeError(f"bare {kind} ended with {done.returncode}: {done.stderr[-800:]}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    result["total_s"] = total
    return result


def whisper(model: str, sound: str, threads: int) -> int:
    """Bare faster-whisper over a file; returns the number of words."""
    from faster_whisper import WhisperModel

    recogniser = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True)
    segments, _ = recogniser.transcribe(
        _samples(sound), language="da", word_timestamps=True, vad_filter=True, condition_on_previous_text=False
    )
    return sum(len(segment.words or []) for segment in segments)


def pyannote(model: str, sound: str, threads: int, speakers: int | None) -> int:
    """Bare pyannote.audio over a file; returns the number of segments."""
    from cubb_desktop.speech import guards

    guards.go_offline()
    guards.allow_torchaudio()
    import torch
    from pyannote.audio import Pipeline

    torch.set_num_threads(threads)
    pipeline = Pipeline.from_pretrained(model)
    waveform = torch.from_numpy(_samples(sound))[None]
    output = pipeline({"waveform": waveform, "sample_rate": 16000}, **({"num_speakers": speakers} if speakers else {}))
    return len(list(output.speaker_diarization.itertracks()))


def _samples(sound: str) -> Any:
    import soundfile

    samples, _ = soundfile.read(sound, dtype="float32")
    return samples


def main(arguments: list[str]) -> int:
    """Run one library and print its figures."""
    kind, model, sound, threads, speakers = arguments
    started = time.monotonic()
    if kind == "whisper":
        count = whisper(model, sound, int(threads))
    else:
        count = pyannote(model, sound, int(threads), int(speakers) or None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall_s": time.monotonic() - started, "peak_mb": peak, "count": count}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
