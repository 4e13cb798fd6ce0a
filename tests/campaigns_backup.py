"""The restore drill: a random library is backed up, wiped and restored, and must be the same to the last bit."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from cubb_desktop.library import queue
from cubb_desktop.services.backup import backup_library
from cubb_desktop.services.restore import restore_library
from cubb_desktop.services.workspace import open_workspace
from tests import builders
from tests.library_states import content, populate


def drill(place: Path, seed: int) -> list[str]:
    """Do one drill in the empty folder `place`; return what came back otherwise than it was."""
    library, backup = place / "library", place / "backup"
    with builders.new_workspace(library) as ws:
        populate(ws, random.Random(seed))
        backup_library(ws, backup)
        with ws.library.change(ws.actor, None) as change:
            queue.take_back(change)  # as a restore does: what was being done waits again
        before = content(ws)
    shutil.rmtree(library)
    restore_library(backup, library, passphrase=builders.PASSPHRASE, actor=builders.ACTOR)
    with open_workspace(library, builders.PASSPHRASE, actor=builders.ACTOR) as ws:
        after = content(ws)
        problems = [str(problem) for problem in ws.library.verify()]
    problems += [f"rows of {name}" for name in before.rows if before.rows[name] != after.rows[name]]
    for what in ("index", "keys", "sound"):
        if getattr(before, what) != getattr(after, what):
            problems.append(what)
    logged = before.audit[:-1]  # the line that says a backup was made came after it
    if after.audit[: len(logged)] != logged or "library.restored" not in {row[4] for row in after.audit[len(logged) :]}:
        problems.append("audit")
    return problems
