"""A file that leaves the house: whole under its name, or not there at all."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
from pathlib import Path

import pytest

from cubb_desktop.domain.errors import DiskFull, TargetExists, TargetUnwritable
from cubb_desktop.services.outfile import NewFile, check_place, make_folder


def test_a_kept_file_has_its_name_and_its_sum(tmp_path: Path) -> None:
    with NewFile(tmp_path / "ø.bin") as file:
        file.write(b"lyd")
        file.write(b"bid")
        assert list(tmp_path.glob("ø*")) == []
        file.keep()
    assert (tmp_path / "ø.bin").read_bytes() == b"lydbid"
    assert file.sha256 == hashlib.sha256(b"lydbid").hexdigest()
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    def write_and_fail() -> None:
        with NewFile(tmp_path / "a") as file:
            file.write(b"halvt")
            file.seal()
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "a"
    with NewFile(out) as file:
        out.write_bytes(b"andres")
        file.write(b"mit")
        with pytest.raises(TargetExists):
            file.keep()
    assert out.read_bytes() == b"andres"
    assert len(list(tmp_path.iterdir())) == 1


def test_without_links_the_name_is_still_given_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(_source: object, _target: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", unsupported)
    for expected in (b"1", b"1"):
        try:
            with NewFile(tmp_path / "a") as file:
                file.write(expected)
                file.keep()
        except TargetExists:
            continue
    assert (tmp_path / "a").read_bytes() == b"1"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_older_file_gives_way_where_that_was_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "a"
    out.write_bytes(b"gammelt")
    with NewFile(out, replace_existing=True) as file:
        file.write(b"nyt")
        assert out.read_bytes() == b"gammelt"
        file.keep()
    assert out.read_bytes() == b"nyt"


def test_places_that_can_not_be_written_say_so(tmp_path: Path) -> None:
    there = tmp_path / "fil"
    there.write_bytes(b"")
    for place in (tmp_path, there / "under", tmp_path / "ingen" / "x", tmp_path / ("å" * 300)):
        with pytest.raises(TargetUnwritable), NewFile(place):
            pytest.fail("opened")
    with pytest.raises(TargetExists), NewFile(there):
        pytest.fail("opened")
    with pytest.raises(TargetUnwritable):
        make_folder(there / "under")


def test_a_place_is_checked_and_nothing_stays(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    check_place(tmp_path / "a" / "b" / "ny")
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with NewFile(tmp_path / "a") as file:
        file._opened().close()
        with Path("/dev/full").open("wb", buffering=0) as full:  # really full, in place of the temporary file
            monkeypatch.setattr(file, "_file", full)
            with pytest.raises(DiskFull):
                file.write(b"x" * 100_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows guards files by lists, not by modes")
@pytest.mark.parametrize("replace_existing", [False, True])
def test_the_file_is_for_its_owner_alone(tmp_path: Path, replace_existing: bool) -> None:
    with NewFile(tmp_path / "a.wav", replace_existing=replace_existing) as file:
        file.write(b"lyd")
        file.keep()
    assert stat.S_IMODE((tmp_path / "a.wav").stat().st_mode) == 0o600
