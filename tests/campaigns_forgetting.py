"""kill -9 of a process that withdraws an agreement, and how long forgetting a three-hour conversation takes.

Run small by the tests and large by `bench forgetting`. Real processes, SQLCipher, SIGKILL; each run begins with a fresh
copy of the same library and ends by looking at every page of it without the cipher.
"""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from cubb_desktop.audio.chunks import SoundState
from cubb_desktop.domain.consent import Purpose
from cubb_desktop.domain.ids import ConsentId, RecordingId
from cubb_desktop.services import erasure, forgetting, keeping, recordings, tombstone_file
from cubb_desktop.services.consents import add_consent, get_consent
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders, residue
from tests.audio import sounds
from tests.services import forgettable, sealed

CONVERSATIONS = 3
LONG_HOURS = 3
WORDS_PER_HOUR = 9_000


@dataclass(frozen=True)
class Template:
    """A library with a citizen to forget and a bystander, and how long forgetting takes undisturbed."""

    folder: Path
    consent_id: ConsentId
    going: frozenset[RecordingId]
    bystander: RecordingId
    seconds: float


@dataclass
class Outcome:
    """What a campaign found; an empty `faults` is the bar. `midway` counts the kills that left something to finish."""

    kills: int = 0
    midway: int = 0
    faults: list[str] = field(default_factory=list)


def make_template(place: Path) -> Template:
    """Make the library and let a copy of it forget undisturbed."""
    folder = place / "template"
    with builders.new_workspace(folder) as ws:
        bystander = recordings.import_file(ws, sealed.wav(place), lasting_agreement(ws), "Et andet sted").id
        someone = forgettable.citizen(ws, place)
        more = [
            recordings.import_file(ws, sealed.wav(place), someone.consent_id, forgettable.TITLE).id
            for _ in range(CONVERSATIONS - 1)
        ]
        with ws.library.change(builders.ACTOR, "transcript.made", more[0]) as change:
            builders.store_transcript(change, builders.long_transcript(more[0], words=3_000))
    quiet = place / "undisturbed"
    shutil.copytree(folder, quiet)
    with open_workspace(quiet, builders.PASSPHRASE, actor=builders.ACTOR) as ws:
        started = time.monotonic()
        erasure.withdraw(ws, someone.consent_id)
        seconds = time.monotonic() - started
    going = frozenset({someone.recording_id, *more})
    return Template(folder, someone.consent_id, going, bystander, seconds)


def lasting_agreement(ws: Workspace) -> ConsentId:
    """Return a new agreement that nobody takes back."""
    return add_consent(ws, "B-99", [Purpose.OWN_LEARNING], forgettable.FAR).id


def run_campaign(place: Path, kills: int, seed: int = 1) -> Outcome:
    """Kill at `kills` random moments of a withdrawal; what was begun must be complete after the next opening."""
    template = make_template(place)
    rng = random.Random(seed)
    outcome = Outcome()
    while outcome.kills < kills:
        folder = place / "run"
        shutil.copytree(template.folder, folder)
        if _kill_one(folder, template, rng.uniform(0, template.seconds)):
            outcome.kills += 1
            outcome.faults += [f"kill {outcome.kills}: {fault}" for fault in _judge(folder, template, outcome)]
        shutil.rmtree(folder)
    return outcome


def _kill_one(folder: Path, template: Template, then_s: float) -> bool:
    """Let a forked process withdraw and kill it `then_s` after it began; False when it had ended by then."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ws = open_workspace(folder, builders.PASSPHRASE, actor=builders.ACTOR)
            os.write(writer, b"begun")
            erasure.withdraw(ws, template.consent_id)
        finally:  # a forked child must never run on into the parent's test session
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        if pipe.read(5) != b"begun":
            raise RuntimeError("the process did not begin")
        select.select([pipe], [], [], then_s)  # it becomes readable when the process ends
        os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _judge(folder: Path, template: Template, outcome: Outcome) -> list[str]:
    """Open the library as the window does and say what is wrong with it."""
    faults = []
    with open_workspace(folder, builders.PASSPHRASE, actor=builders.ACTOR) as ws:
        begun = get_consent(ws, template.consent_id).withdrawn_at is not None
        outcome.midway += forgetting.finish(ws)
        left = {recording.id for recording in recordings.list_recordings(ws)}
        expected = {template.bystander} if begun else {template.bystander, *template.going}
        if left != expected:
            faults.append(f"{len(left)} conversations, {len(expected)} expected")
        if ws.keys.ids() != expected:
            faults.append(f"{len(ws.keys.ids())} keys, {len(expected)} expected")
        if begun:
            faults += _residue(ws, template)
        if keeping.is_unfinished(ws):
            faults.append("something is unfinished after the opening")
        faults += [f"verify: {problem.check} {problem.detail}" for problem in ws.library.verify()]
        with recordings.open_sound(ws, template.bystander) as sound:
            if sound.state is not SoundState.COMPLETE:
                faults.append("the bystander's sound is damaged")
    return faults


def _residue(ws: Workspace, template: Template) -> list[str]:
    faults = []
    if found := residue.hits(forgettable.plain_database(ws), forgettable.CANARIES):
        faults.append(f"{found} canaries in the database")
    sought = [*forgettable.CANARIES, *(recording_id.encode() for recording_id in template.going)]
    if files := residue.scan([ws.folder], sought):
        faults.append(f"canaries in {sorted(files)}")
    wanted = {template.consent_id, *template.going}
    if not wanted <= {stone.id for stone in tombstone_file.read_machine(ws.vault.library_id)}:
        faults.append("the machine was not told")
    return faults


def forget_long_ones(place: Path, runs: int) -> list[float]:
    """Return the seconds it took to withdraw from a conversation of three hours, in a library that has two more."""
    seconds = []
    words = LONG_HOURS * WORDS_PER_HOUR
    with builders.new_workspace(place / "long") as ws:
        sound = sealed.wav(place, sounds.noise(LONG_HOURS * 3600), name="lang.wav")
        stays = lasting_agreement(ws)
        for number in range(runs + 2):
            consent_id = stays if number < 2 else lasting_agreement(ws)
            recording = recordings.import_file(ws, sound, consent_id, "Lang samtale")
            with ws.library.change(builders.ACTOR, "transcript.made", recording.id) as change:
                builders.store_transcript(change, builders.long_transcript(recording.id, words=words))
            if number < 2:
                continue
            started = time.monotonic()
            withdrawal = erasure.withdraw(ws, consent_id)
            seconds.append(time.monotonic() - started)
            if [gone.id for gone in withdrawal.erased.gone] != [recording.id]:
                raise RuntimeError("the conversation is still there")
    return seconds
