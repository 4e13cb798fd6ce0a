"""Fixtures that give a test a real, encrypted library of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cubb_desktop.library.session import Library
from cubb_desktop.services.workspace import Workspace
from tests import builders


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A new, open database without vault or sound."""
    opened = Library.create(tmp_path, builders.KEY, builders.SALT, builders.AUDIT_KEY)
    yield opened
    opened.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A new, open library in a folder whose name has spaces and Danish letters; passphrase `builders.PASSPHRASE`."""
    opened = builders.new_workspace(tmp_path / "mit bibliotek æøå")
    yield opened
    opened.close()
