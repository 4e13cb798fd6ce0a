"""What may be opened as a sound file: regular files, and nothing that waits, acts or never ends."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from pathlib import Path

import pytest

from cubb_desktop.audio.decode_messages import BLOCK_BYTES
from cubb_desktop.audio.sources import Source
from cubb_desktop.domain.errors import CubbError, SourceEmpty, SourceNotFound, SourceNotSound, SourceUnreadable

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def refusal(path: Path) -> type[CubbError]:
    with pytest.raises(CubbError) as caught:
        Source(path)
    return caught.type


def test_blocks_and_digest_are_the_files(tmp_path: Path) -> None:
    content = os.urandom(2 * BLOCK_BYTES + 5)
    path = tmp_path / "a"
    path.write_bytes(content)
    with Source(path) as source:
        assert source.take_digest(lambda: False) == hashlib.sha256(content).hexdigest()
        assert b"".join(source.block(index) for index in range(3)) == content
        assert source.size_bytes == len(content)


def test_taking_the_digest_can_be_stopped(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(3 * BLOCK_BYTES))
    answers = iter((False, True))
    with Source(tmp_path / "a") as source:
        assert source.take_digest(lambda: next(answers)) is None


def test_folders_and_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "tom").touch()
    assert refusal(tmp_path) is SourceNotSound
    assert refusal(tmp_path / "findes ikke") is SourceNotFound
    assert refusal(tmp_path / "tom") is SourceEmpty


@posix
def test_pipes_devices_and_sockets_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rør")
    assert refusal(tmp_path / "rør") is SourceNotSound
    for device in ("/dev/zero", "/dev/null", "/dev/tty", "/dev/stdin"):
        assert refusal(Path(device)) in {SourceNotSound, SourceUnreadable, SourceNotFound, SourceEmpty}
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "sok"))
        assert refusal(tmp_path / "sok") is SourceNotSound


@posix
def test_a_link_is_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "lyd").write_bytes(b"lyd")
    os.mkfifo(tmp_path / "rør")
    for name, target in (("til lyd", "lyd"), ("til rør", "rør"), ("til intet", "intet"), ("i ring", "i ring")):
        (tmp_path / name).symlink_to(tmp_path / target)
    with Source(tmp_path / "til lyd") as source:
        assert source.size_bytes == 3
    assert refusal(tmp_path / "til rør") is SourceNotSound
    assert refusal(tmp_path / "til intet") is SourceNotFound
    assert refusal(tmp_path / "i ring") is SourceUnreadable


@posix
def test_a_pipe_put_in_a_files_place_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lyd").write_bytes(b"lyd")
    os.mkfifo(tmp_path / "rør")
    before = (tmp_path / "lyd").stat()
    monkeypatch.setattr(Path, "stat", lambda _path: before)
    assert refusal(tmp_path / "rør") is SourceNotSound
