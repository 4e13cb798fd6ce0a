"""A job child without models: it says what a test wants said, at once, and behaves as badly as asked.

`python acting_child.py "{'recognise': PART, 'diarise': PART}" FOLDER`, PART one of:
well (default), crash, killed, wait (says half, then waits for stop), deaf (the same, but ignores stop), garbage,
failure, blank, crash_once, bug.
"""

from __future__ import annotations

import ast
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

WORDS = [["Goddag.", 500, 900, 0.9], ["Hvordan", 1200, 1500, 0.9], ["går", 1500, 1700, 0.8], ["det?", 1700, 2000, 0.7]]
ANSWER = [["Det", 3000, 3200, 0.9], ["går", 3200, 3500, 0.9], ["fint.", 3500, 4000, 0.4]]


def say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def listened(heard: list[list[int]]) -> None:
    say(
        type="listened", duration_ms=10_000, speech_ms=2000, silences=[[2000, 3000], [4000, 10_000]], heard=heard,
        method="acted", least_ms=200, threshold_db=6.0,
    )  # fmt: skip


def recognise(part: str) -> None:
    if part == "blank":
        listened([[500, 8000]])
        say(type="recognised", language="da", flagged=[[500, 8000]], blank=True)
        return
    listened([[500, 2000], [3000, 4000], [6000, 7000]])
    say(type="segment", segment=[500, 2000, WORDS, []])
    misbehave(part, "recognising")
    say(type="segment", segment=[3000, 4000, ANSWER, ["empty"]])
    say(type="recognised", language="da", flagged=[[2900, 4100]], blank=False)


def diarise(part: str) -> None:
    misbehave(part, "diarising")
    rows = [[400, 2100, "SPEAKER_00"], [2900, 4100, "SPEAKER_01"]]
    say(type="diarised", overlapping=rows, exclusive=rows)


def misbehave(part: str, phase: str) -> None:
    say(type="progress", phase=phase, share=0.5)
    if part == "crash":
        os._exit(7)
    if part == "garbage":
        sys.stdout.write("ja, hvad?\n")
        sys.stdout.flush()
        threading.Event().wait(60)
    if part == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if part == "bug":
        say(type="bug", where="ValueError x.py:1")
        os._exit(1)
    if part == "failure":
        say(type="failure", code="ModelUntrusted", params={"file": "pytorch_model.bin"})
        say(type="done", seconds={}, network_attempts=0)
        os._exit(0)
    if part == "deaf":
        threading.Event().wait(60)
    if part == "wait":
        while "stop" not in sys.stdin.readline():
            pass
        os._exit(4)


def main() -> None:
    work = json.loads(sys.stdin.readline())
    task, folder = work["task"], Path(sys.argv[2])
    part = ast.literal_eval(sys.argv[1]).get(task, "well")
    with (folder / f"{task}.starts").open("a") as starts:
        starts.write("x")
    if part == "crash_once":
        part = "crash" if (folder / f"{task}.starts").stat().st_size == 1 else "well"
    recognise(part) if task == "recognise" else diarise(part)
    phase = "recognising" if task == "recognise" else "diarising"
    say(type="done", seconds={"loading": 1.5, phase: 2.0}, network_attempts=0)


main()
