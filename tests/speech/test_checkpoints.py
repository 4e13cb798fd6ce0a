"""Checkpoints are looked at before they are loaded."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest
import torch

from cubb_desktop.domain.errors import ModelIncomplete, ModelUntrusted
from cubb_desktop.speech.checkpoints import check_checkpoints, checkpoint_files
from cubb_desktop.speech.diarizer import Diarizer
from tests.speech.conftest import DEMO

SEGMENTATION = Path("segmentation") / "pytorch_model.bin"


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.fixture
def folder(tmp_path: Path, diarizer: Diarizer) -> Path:
    copied = tmp_path / "diariser"
    shutil.copytree(DEMO / "diariser", copied)
    return copied


def test_the_bundled_checkpoints_hold_nothing_but_weights(folder: Path) -> None:
    assert len(checkpoint_files(folder)) == 2
    check_checkpoints(folder)


def test_a_checkpoint_that_would_run_code_is_refused_before_it_does(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "sprunget"
    torch.save({"state_dict": {}, "extra": Bomb(trap)}, folder / SEGMENTATION)
    with pytest.raises(ModelUntrusted):
        Diarizer(folder, threads=1)
    assert not trap.exists()
    check_checkpoints(folder, trust=True)


def test_an_old_style_pickle_that_would_run_code_is_refused_too(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "sprunget"
    (folder / SEGMENTATION).write_bytes(pickle.dumps(Bomb(trap)))
    with pytest.raises(ModelUntrusted):
        check_checkpoints(folder)
    assert not trap.exists()


def test_a_checkpoint_may_not_name_a_foreign_module(folder: Path) -> None:
    torch.save({"pyannote.audio": {"architecture": {"module": "antigravity", "class": "x"}}}, folder / SEGMENTATION)
    with pytest.raises(ModelUntrusted):
        check_checkpoints(folder)


@pytest.mark.parametrize("content", [b"version https://git-lfs.github.com/spec/v1\n", b"", b"PK\x03\x04half a zip"])
def test_a_broken_checkpoint_is_incomplete(folder: Path, content: bytes) -> None:
    (folder / SEGMENTATION).write_bytes(content)
    with pytest.raises(ModelIncomplete):
        check_checkpoints(folder)
