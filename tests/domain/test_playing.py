"""Which stretches of a conversation are played."""

from __future__ import annotations

A_B = "?"
