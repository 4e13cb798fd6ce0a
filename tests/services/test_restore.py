"""The restore drill: random libraries are backed up, lost and brought back the same; what was forgotten stays away."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cubb_desktop.library import queue
from cubb_desktop.services.backup import backup_library
from cubb_desktop.services.restore import restore_library
from cubb_desktop.services.workspace import Workspace, open_workspace
from tests import builders
from tests.library_states import content, populate

STATES = 25


def come_back(backup: Path, target: Path) -> Workspace:
    restore_library(backup, target, passphrase=builders.PASSPHRASE, actor=builders.ACTOR)
    return open_workspace(target, builders.PASSPHRASE, actor=builders.ACTOR)


@pytest.mark.parametrize("seed", range(STATES))
def test_a_lost_library_comes_back_as_it_was(tmp_path: Path, seed: int) -> None:
    with builders.new_workspace(tmp_path / "library") as ws:
        populate(ws, random.Random(seed))
        backup_library(ws, tmp_path / "backup")
        with ws.library.change(ws.actor, None) as change:
            queue.take_back(change)
        before = content(ws)
    shutil.rmtree(tmp_path / "library")
    with come_back(tmp_path / "backup", tmp_path / "library") as ws:
        after = content(ws)
        assert ws.library.verify() == []
    assert replace(after, audit=[]) == replace(before, audit=[])
    backed_up = before.audit[:-1]
    assert after.audit[: len(backed_up)] == backed_up
    assert "library.restored" in {row[4] for row in after.audit[len(backed_up) :]}
