"""How many cores a transcription may use, and how its two children share them."""

from __future__ import annotations

import os

from cubb_desktop.worker.messages import Task

MOST_THREADS = 8  # more than the fast cores makes recognition slower, many times on some machines


def usable_cores() -> int:
    """Physical cores this process may use."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))


def share_cores(cores: int) -> dict[Task, int]:
    """Threads for each child; the diariser is usually the slower one and gets the odd core."""
    recogniser = max(1, cores // 2)
    return {
        "recognise": min(MOST_THREADS, recogniser),
        "diarise": min(MOST_THREADS, max(1, cores - recogniser)),
    }
