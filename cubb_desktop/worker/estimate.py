"""How far a transcription is and how long it will take, from what this machine has learned and what it sees now."""

from __future__ import annotations

from dataclasses import dataclass

from cubb_desktop.domain.job import Phase, Progress

_TRUSTED_SHARE = 0.3  # from here on what is seen counts alone
_LEAST_SEEN_SHARE = 0.05
_LOADING_SECONDS = {Phase.RECOGNISING: 2.0, Phase.DIARISING: 9.0}  # before the first run has been timed


@dataclass
class Track:
    """One of the two children's work: its phase, how far that is, when it started (seconds on one clock)."""

    phase: Phase
    learned: float | None  # seconds of work per second of sound
    duration_s: float
    loading_s: float
    began: float | None = None
    share: float = 0.0
    done: bool = False

    def moved(self, share: float, now: float) -> None:
        """The phase itself has come to `share`."""
        if self.began is None:
            self.began = now
        self.share = max(self.share, share)

    def seconds_left(self, started: float, now: float) -> float | None:
        """Seconds of work left, None while nobody can know."""
        if self.done:
            return 0.0
        expected = None if self.learned is None else self.learned * self.duration_s
        if self.began is None:
            loading = max(0.5, self.loading_s - (now - started))
            return None if expected is None else loading + expected
        spent = now - self.began
        if self.share < _LEAST_SEEN_SHARE:
            return None if expected is None else max(0.5, expected - spent)
        seen = spent * (1 - self.share) / self.share
        if expected is None:
            return seen if self.share >= 2 * _LEAST_SEEN_SHARE else None
        weight = min(1.0, self.share / _TRUSTED_SHARE)
        return weight * seen + (1 - weight) * expected * (1 - self.share)


class Estimate:
    """The two tracks of one job; times are seconds on one monotonic clock."""

    def __init__(
        self, duration_ms: int, speeds: dict[Phase, float | None], loading: dict[Phase, float | None], now: float
    ) -> None:
        """`speeds` and `loading` are what was learned for recognising and diarising, None before the first run."""
        self._started = now
        self._share = 0.0
        self.tracks = {
            phase: Track(
                phase,
                speeds.get(phase),
                max(0.1, duration_ms / 1000),
                loading.get(phase) or _LOADING_SECONDS[phase],
            )
            for phase in (Phase.RECOGNISING, Phase.DIARISING)
        }

    def progress(self, now: float, *, text_ready: bool) -> Progress:
        """How far the whole is; the share never goes back."""
        lefts = {phase: track.seconds_left(self._started, now) for phase, track in self.tracks.items()}
        known = [left for left in lefts.values() if left is not None]
        left = max(known) if len(known) == len(lefts) else None
        if left is None:
            share = min(track.share if not track.done else 1.0 for track in self.tracks.values())
        else:
            elapsed = now - self._started
            share = elapsed / max(elapsed + left, 0.001)
        self._share = max(self._share, min(share, 0.99))
        return Progress(self._share, self._phase(lefts), left, text_ready)

    def _phase(self, lefts: dict[Phase, float | None]) -> Phase:
        """The phase that decides how long it takes."""
        if all(track.done for track in self.tracks.values()):
            return Phase.ALIGNING
        if all(track.began is None and not track.done for track in self.tracks.values()):
            return Phase.LOADING
        running = [phase for phase, track in self.tracks.items() if not track.done]
        return max(running, key=lambda phase: (lefts[phase] is None, lefts[phase] or 0.0))
