"""Makes the scripts in packaging/ importable, and loads each demo model once for all tests here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT / "packaging") not in sys.path:
    sys.path.append(str(ROOT / "packaging"))


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """resources/demo of this checkout."""
    return ROOT / "resources" / "demo"
