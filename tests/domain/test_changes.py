"""What a change touched, and what a refused write means."""

from __future__ import annotations

import errno

import pytest

from cubb_desktop.domain.changes import Changes
from cubb_desktop.domain.errors import CubbError, DiskFull, FolderReadOnly, from_os_error
from cubb_desktop.domain.ids import RecordingId

A, B = frozenset({RecordingId("a")}), frozenset({RecordingId("b")})


def test_two_changes_join() -> None:
    first = Changes(recordings=A, transcripts=A, jobs=True)
    second = Changes(consents=True, recordings=B, annotations=B, excerpts=True, slots=True, concepts=True, exports=True)
    assert first | second == Changes(
        consents=True,
        recordings=A | B,
        transcripts=A,
        jobs=True,
        annotations=B,
        excerpts=True,
        slots=True,
        concepts=True,
        exports=True,
    )
    assert first | Changes() == first


def test_only_a_change_that_touched_something_counts() -> None:
    assert not Changes()
    assert Changes(jobs=True)
    assert Changes(transcripts=A)


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EFBIG, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EACCES, FolderReadOnly),
        (errno.EPERM, FolderReadOnly),
        (errno.EROFS, FolderReadOnly),
    ],
)
def test_a_refused_write_has_a_sentence(number: int, fault: type[CubbError]) -> None:
    told = from_os_error(OSError(number, "refused"))
    assert type(told) is fault
    assert str(told)


def test_another_failure_of_the_system_is_no_known_fault() -> None:
    assert from_os_error(OSError(errno.EBADF, "bug")) is None
