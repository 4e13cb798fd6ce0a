"""Where a library may lie."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from cubb_desktop.library import places

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
srv:/share /mnt/nas nfs4 rw 0 0
//srv/h /home/me/H\\040drev cifs rw 0 0
/dev/sdb1 /mnt/nas/local ext4 rw 0 0
"""


@pytest.mark.parametrize(
    "folder",
    [
        "/home/me/OneDrive - Herning Kommune/cubb",
        "/home/me/Dropbox/cubb",
        "/home/me/Google Drive/x",
        "/Users/me/Library/Mobile Documents/iCloud~x",
        "/home/me/Nextcloud",
    ],
)
def test_synchronised_folders_are_known_by_name(folder: str) -> None:
    assert places.is_synchronised(PurePosixPath(folder))


def test_a_synchronised_folder_of_another_name_is_known_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OneDriveCommercial", "/home/me/Kommunen")
    assert places.is_synchronised(PurePosixPath("/home/me/Kommunen/cubb"))
    assert not places.is_synchronised(PurePosixPath("/home/me/Kommunen2/cubb"))


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/me/cubb", "ext4"),
        ("/mnt/nas/cubb", "nfs4"),
        ("/mnt/nas/local/cubb", "ext4"),
        ("/home/me/H drev/cubb", "cifs"),
        ("/home/me/H drevet", "ext4"),
        ("/tmp/x", "tmpfs"),
    ],
)
def test_the_innermost_mount_decides(folder: str, kind: str) -> None:
    assert places.filesystem_type(PurePosixPath(folder), MOUNTS) == kind


def test_a_network_drive_is_unsafe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(places, "_MOUNTS", mounts)
    mounts.write_text(f"srv:/x {tmp_path} nfs rw 0 0\n")
    assert places.is_unsafe(tmp_path / "bibliotek")
    mounts.write_text(f"/dev/x {tmp_path} ext4 rw 0 0\n")
    assert not places.is_unsafe(tmp_path / "bibliotek")


def test_a_link_into_a_synchronised_folder_does_not_hide_it(tmp_path: Path) -> None:
    (tmp_path / "Dropbox").mkdir()
    (tmp_path / "min mappe").symlink_to(tmp_path / "Dropbox")
    assert places.is_unsafe(tmp_path / "min mappe" / "bibliotek")


def test_an_ordinary_folder_is_safe(tmp_path: Path) -> None:
    assert not places.is_unsafe(tmp_path / "findes ikke endnu")
