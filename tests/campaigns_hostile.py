"""Broken sound files brought into a real library, one by one: each ends in sound or in a sentence, without a trace.

Run small by the tests and large by `bench hostile`; `python -m tests.campaigns_hostile FOLDER SEED RUNS` writes what it
found as JSON. Everything is real: files, the decode child, SQLCipher, keys.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import psutil

from cubb_desktop.audio.chunks import SoundState
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.errors import CubbError
from cubb_desktop.domain.ids import ConsentId
from cubb_desktop.services.consents import add_consent
from cubb_desktop.services.recordings import delete_recording, import_sound, list_recordings, open_sound
from cubb_desktop.services.workspace import create_workspace
from cubb_desktop.vault import LEAST_COST
from tests.mutations import mutate, seeds

LONGEST_STILL_S = 5.0  # without a step forward; a few kilobytes may well unfold to an hour, and that takes its time
_COME_AND_GO = frozenset({".db-wal", ".db-shm"})


@dataclass
class Outcome:
    """What a campaign found; the three lists of `draws`, which repeat a run, are empty at best."""

    runs: int = 0
    stored: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    crashes: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    longest_still_s: float = 0.0

    @property
    def clean(self) -> bool:
        """True when nothing crashed, hung or was left behind."""
        return not (self.crashes or self.hangs or self.left_behind)

    def add(self, other: Outcome) -> None:
        """Count another campaign's findings in."""
        self.runs += other.runs
        self.stored += other.stored
        self.refused = dict(Counter(self.refused) + Counter(other.refused))
        self.crashes += other.crashes
        self.hangs += other.hangs
        self.left_behind += other.left_behind
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.longest_still_s = max(self.longest_still_s, other.longest_still_s)


class Campaign:
    """A library that broken files are brought into."""

    def __init__(self, place: Path) -> None:
        self._files = place / "files"
        self._temp = place / "temp"
        self._files.mkdir()
        self._temp.mkdir()
        self._seeds = seeds(place)
        self.workspace, _ = create_workspace(
            place / "library", "fire tilfældige ord her", actor="test", cost=LEAST_COST
        )
        until = self.workspace.today() + timedelta(days=2)
        self._consent: ConsentId = add_consent(self.workspace, "B-7", [Purpose.OWN_LEARNING], until).id
        self._before = self._traces()

    def run(self, draws: list[str]) -> Outcome:
        """Bring in one broken file for each of `draws`; the same one always for the same draw."""
        outcome = Outcome()
        kept, tempfile.tempdir = tempfile.tempdir, str(self._temp)
        try:
            for draw in draws:
                if self._run_one(draw, outcome) > LONGEST_STILL_S:
                    again_s = self._run_one(draw, Outcome())  # a busy machine stands still at any file, once
                    if again_s > LONGEST_STILL_S:
                        outcome.hangs.append(f"{draw}: {again_s:.1f} s")
        finally:
            tempfile.tempdir = kept
        return outcome

    def broken(self, draw: str) -> tuple[str, bytes]:
        """Return the ending and the bytes of the broken file that a draw stands for."""
        drawn = random.Random(draw)
        ending = drawn.choice(sorted(self._seeds))
        return ending, mutate(self._seeds[ending], list(self._seeds.values()), drawn)

    def _run_one(self, draw: str, outcome: Outcome) -> float:
        """Bring one file in, look at what it did, and return its longest time in s without a step forward."""
        ending, content = self.broken(draw)
        path = self._files / f"lyd.{ending}"
        path.write_bytes(content)
        outcome.runs += 1
        steps = [time.monotonic()]
        try:
            self._import(path, outcome, steps)
        except CubbError as error:
            outcome.refused[error.code] = outcome.refused.get(error.code, 0) + 1
        except Exception as error:
            outcome.crashes.append(f"{draw}: {type(error).__name__}")
        steps.append(time.monotonic())
        still_s = max(later - earlier for earlier, later in pairwise(steps))
        outcome.slowest_s = max(outcome.slowest_s, steps[-1] - steps[0])
        outcome.longest_still_s = max(outcome.longest_still_s, still_s)
        path.unlink()
        if (traces := self._traces()) != self._before:
            outcome.left_behind.append(f"{draw}: {sorted(traces ^ self._before)}")
            self._before = traces
        return still_s

    def _import(self, path: Path, outcome: Outcome, steps: list[float]) -> None:
        def on_progress(_share: float) -> None:
            steps.append(time.monotonic())

        recording = import_sound(self.workspace, path, self._consent, on_progress=on_progress).recording
        on_progress(1.0)
        with open_sound(self.workspace, recording.id) as reader:
            if reader.state is not SoundState.COMPLETE or not reader.frames:
                raise AssertionError("what was brought in can't be heard")
        on_progress(1.0)
        outcome.stored += 1
        delete_recording(self.workspace, recording.id)

    def _traces(self) -> set[str]:
        """What there is on disk, in the key store, in the library, and of processes."""
        rows = [str(recording.id) for recording in list_recordings(self.workspace)]
        keys = [str(recording_id) for recording_id in self.workspace.keys.ids()]
        children = [str(child.pid) for child in psutil.Process().children()]
        places = (self.workspace.folder, self._temp, self._files)
        files = [str(path) for place in places for path in place.rglob("*") if path.suffix not in _COME_AND_GO]
        return {*rows, *keys, *children, *files}


def main(arguments: list[str]) -> int:
    """Run a campaign in a process of its own."""
    place, seed, runs = Path(arguments[0]), arguments[1], int(arguments[2])
    campaign = Campaign(place)
    with campaign.workspace:
        outcome = campaign.run([f"{seed}-{number}" for number in range(runs)])
    print(json.dumps(asdict(outcome)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
