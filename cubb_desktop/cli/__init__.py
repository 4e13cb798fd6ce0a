"""The whole product without a window."""

from cubb_desktop.cli.main import main

__all__ = ["main"]
