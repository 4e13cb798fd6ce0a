"""Where there is speech and where there is silence, measured on the signal itself and never on the recogniser's times.

Two measurements meet. The level in frames of 10 ms, compared with a noise floor and a speech level that follow the
room, says exactly when sound starts and stops; a voice detector (Silero VAD, in steps of 32 ms) says whether the sound
is a voice. A silence is a stretch where no voice sounds, whatever else may.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cubb_desktop.domain.transcript import Interval, Silence, SilenceMethod

RATE_HZ = 16_000
FRAME_MS = 10
LEAST_SILENCE_MS = 200

_FRAME = RATE_HZ * FRAME_MS // 1000
_QUIETEST_DB = -120.0
_ABSOLUTE_GATE_DB = -72.0  # below this nothing is called speech, however quiet the room
_ABOVE_NOISE_DB = 6.0
_BELOW_SPEECH_DB = 38.0
_HYSTERESIS_DB = 2.0
_NOISE_WINDOW_S, _NOISE_PERCENTILE = 30, 5
_SPEECH_WINDOW_S, _SPEECH_PERCENTILE = 60, 95
_LEAST_SOUND_MS = 30  # shorter bursts between silences are clicks
_VAD_STEP = 512
_VAD_BLOCK = _VAD_STEP * 10_000  # 320 s at a time, so that memory does not grow with the conversation
_VAD_ON, _VAD_OFF = 0.5, 0.35
_VAD_REACH_MS = 250  # the detector is late at soft onsets and offsets; sound this near to a voice belongs to it

Samples = NDArray[np.float32]
Mask = NDArray[np.bool_]
Levels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Listening:
    """What was measured: `speech` and `silences` cover the recording; `voiced` is one flag per 10 ms."""

    duration_ms: int
    voiced: Mask
    heard: Mask  # where the voice detector itself is sure, for telling missing words from noise
    speech: tuple[Interval, ...]
    silences: tuple[Silence, ...]
    method: SilenceMethod
    levels: Levels  # dB per 10 ms

    @property
    def speech_ms(self) -> int:
        """How much of the recording is speech."""
        return int(self.voiced.sum()) * FRAME_MS


def listen(samples: Samples) -> Listening:
    """Measure mono samples (n,) at 16 kHz in -1..1; any length, also none."""
    duration_ms = len(samples) * 1000 // RATE_HZ
    levels = frame_levels(samples)
    heard = voice_mask(samples, len(levels))
    sounding = sounding_mask(levels)
    voiced = _keep_runs_touching(sounding, _widened(heard, _VAD_REACH_MS // FRAME_MS))
    voiced = _without_short_runs(voiced, _LEAST_SOUND_MS // FRAME_MS)
    silent = _without_short_runs(~voiced, LEAST_SILENCE_MS // FRAME_MS) if voiced.any() else ~voiced
    return Listening(
        duration_ms=duration_ms,
        voiced=~silent,
        heard=heard & ~silent,
        speech=tuple(Interval(a, b) for a, b in runs_ms(~silent, duration_ms)),
        silences=tuple(Silence(a, b) for a, b in runs_ms(silent, duration_ms) if b - a >= LEAST_SILENCE_MS),
        method=SilenceMethod("silero-vad-6 + level, 10 ms", LEAST_SILENCE_MS, _ABOVE_NOISE_DB),
        levels=levels,
    )


def frame_levels(samples: Samples) -> Levels:
    """Level in dB of each 10 ms frame, rumble below about 60 Hz removed; the last frame may be shorter."""
    count = -(-len(samples) // _FRAME)
    levels = np.full(count, _QUIETEST_DB, np.float32)
    block = 6000  # frames: a minute
    for first in range(0, count, block):
        start = max(0, first * _FRAME - _FRAME)
        part = samples[start : (first + block) * _FRAME].astype(np.float64)
        part -= _moving_mean(part, _FRAME)
        part = part[first * _FRAME - start :]
        padded = np.zeros(-(-len(part) // _FRAME) * _FRAME)
        padded[: len(part)] = part
        power = (padded.reshape(-1, _FRAME) ** 2).mean(axis=1)
        levels[first : first + block] = 10 * np.log10(power + 10 ** (_QUIETEST_DB / 10))
    return levels


def sounding_mask(levels: Levels) -> Mask:
    """Which frames rise above the room: on above one threshold, off below a slightly lower one."""
    if len(levels) == 0:
        return np.zeros(0, bool)
    noise = _rolling_percentile(levels, _NOISE_WINDOW_S, _NOISE_PERCENTILE)
    speech = _rolling_percentile(levels, _SPEECH_WINDOW_S, _SPEECH_PERCENTILE)
    on = np.maximum(np.maximum(noise + _ABOVE_NOISE_DB, speech - _BELOW_SPEECH_DB), _ABSOLUTE_GATE_DB)
    above_on, above_off = levels > on, levels > on - _HYSTERESIS_DB
    return _keep_runs_touching(above_off, above_on)


def voice_mask(samples: Samples, frames: int) -> Mask:
    """Where the voice detector hears a voice, as one flag per 10 ms frame."""
    from faster_whisper.vad import get_vad_model

    model = get_vad_model()
    probabilities = []
    for start in range(0, len(samples), _VAD_BLOCK):
        part = samples[start : start + _VAD_BLOCK]
        padded = np.zeros(-(-len(part) // _VAD_STEP) * _VAD_STEP, np.float32)
        padded[: len(part)] = part
        probabilities.append(np.asarray(model(padded), np.float32).reshape(-1))
    if not probabilities:
        return np.zeros(frames, bool)
    likely = np.concatenate(probabilities)
    voiced = _keep_runs_touching(likely > _VAD_OFF, likely > _VAD_ON)
    middles = (np.arange(frames) * _FRAME + _FRAME // 2) // _VAD_STEP
    return np.asarray(voiced[np.minimum(middles, len(voiced) - 1)], bool)


def runs(mask: Mask) -> list[tuple[int, int]]:
    """The stretches of True as (first, one past last)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def runs_ms(mask: Mask, duration_ms: int) -> list[tuple[int, int]]:
    """The stretches of True in milliseconds, none beyond the end of the sound."""
    spans = [(a * FRAME_MS, min(b * FRAME_MS, duration_ms)) for a, b in runs(mask)]
    return [(a, b) for a, b in spans if b > a]


def _keep_runs_touching(mask: Mask, seeds: Mask) -> Mask:
    """Only those stretches of `mask` in which at least one of `seeds` is set."""
    kept = np.zeros_like(mask)
    if len(mask) == 0:
        return kept
    counts = np.concatenate(([0], np.cumsum(seeds)))
    for first, last in runs(mask):
        if counts[last] > counts[first]:
            kept[first:last] = True
    return kept


def _without_short_runs(mask: Mask, least: int) -> Mask:
    kept = mask.copy()
    for first, last in runs(mask):
        if last - first < least:
            kept[first:last] = False
    return kept


def _widened(mask: Mask, reach: int) -> Mask:
    wide = mask.copy()
    for first, last in runs(mask):
        wide[max(0, first - reach) : last + reach] = True
    return wide


def _moving_mean(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    if len(values) < width:
        return np.full_like(values, values.mean() if len(values) else 0.0)
    sums = np.concatenate(([0.0], np.cumsum(values)))
    means = (sums[width:] - sums[:-width]) / width
    left = (len(values) - len(means)) // 2
    return np.concatenate((np.full(left, means[0]), means, np.full(len(values) - len(means) - left, means[-1])))


def _rolling_percentile(levels: Levels, window_s: int, percentile: int) -> Levels:
    """A percentile over a window around each frame; computed every second and interpolated between."""
    per_second = 1000 // FRAME_MS
    reach = window_s * per_second // 2
    centres = np.arange(0, len(levels) + per_second, per_second)
    values = [np.percentile(levels[_window(int(c), reach, len(levels))], percentile) for c in centres]
    return np.interp(np.arange(len(levels)), centres, values).astype(np.float32)


def _window(centre: int, reach: int, length: int) -> slice:
    """A window of full width where the sound is long enough, moved inwards at its ends."""
    first = max(0, min(centre - reach, length - 2 * reach))
    return slice(first, max(first + 1, min(length, first + 2 * reach)))
