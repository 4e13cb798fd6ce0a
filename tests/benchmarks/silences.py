"""Measured silences against the truth, on clean and on noisy held-out conversations."""

from __future__ import annotations

import numpy as np

from cubb_desktop.speech.silences import listen
from tests.benchmarks import held_out
from tests.benchmarks.report import Report

LEAST_MS = 300


def measure(*, quick: bool = False) -> Report:
    """A silence is found when a measured one covers more than half of it; false when no true one covers half of it."""
    report = Report("Silences >= 0.3 s against truth")
    true_count = found_count = measured_count = false_count = 0
    length_errors: list[int] = []
    for number in range(2 if quick else 10):
        talk = held_out.conversation(120, 700 + number, ("da", "da+f2"), lively=number % 2 == 0)
        samples = talk.samples
        if number % 2:  # every other one with 30 dB of noise
            noise = np.random.default_rng(number).normal(0, 1, len(samples)).astype(np.float32)
            samples = samples + noise * np.float32(samples.std() * 10 ** (-30 / 20))
        truth = [(s.start_ms, s.end_ms) for s in talk.silences()]
        measured = [(s.start_ms, s.end_ms) for s in listen(samples).silences]
        for start, end in (t for t in truth if t[1] - t[0] >= LEAST_MS):
            true_count += 1
            best = max(measured, key=lambda m: min(end, m[1]) - max(start, m[0]), default=(0, 0))
            if min(end, best[1]) - max(start, best[0]) > (end - start) / 2:
                found_count += 1
                length_errors.append(abs((best[1] - best[0]) - (end - start)))
        for start, end in (m for m in measured if m[1] - m[0] >= LEAST_MS):
            measured_count += 1
            covered = max((min(end, t[1]) - max(start, t[0]) for t in truth), default=0)
            false_count += covered < (end - start) / 2
    report.at_least(f"found (of {true_count})", 100 * found_count / true_count, 95, " %", 1)
    report.at_most(f"false (of {measured_count})", 100 * false_count / max(1, measured_count), 5, " %", 1)
    report.at_most("error of length, median", float(np.median(length_errors)), 50, " ms", 0)
    return report
