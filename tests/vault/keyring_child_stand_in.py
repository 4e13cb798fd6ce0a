"""The real keyring child with a keyring of the test's instead of the system's: `python -m ... KIND FILE`.

Kinds: `keeps` (in FILE), `chained` (behind a plain-text one), `plain` (not accepted), `forgets`, `blocks`, `raises`,
`garbles` and `silent`.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import PasswordDeleteError

from cubb_desktop.vault.keyring_child import run_keyring_child

FILE = Path(sys.argv[2]) if __name__ == "__main__" else Path()


class Keeping(KeyringBackend):
    """Keeps passwords in a file."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def _all(self) -> dict[str, str]:
        return json.loads(FILE.read_text()) if FILE.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self._all().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        FILE.write_text(json.dumps({**self._all(), f"{service}/{username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        kept = self._all()
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError
        FILE.write_text(json.dumps(kept))


class Plain(Keeping):
    """One that is not on the list."""


class Forgetting(Keeping):
    """Says yes to everything and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class Blocking(Keeping):
    """Waits for a prompt that nobody answers."""

    def get_password(self, service: str, username: str) -> str | None:
        threading.Event().wait()
        return None

    set_password = get_password  # type: ignore[assignment]
    delete_password = get_password  # type: ignore[assignment]


class Raising(Keeping):
    """Fails as a broken D-Bus does."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("The name org.freedesktop.secrets was not provided by any .service files")


class Chained(ChainerBackend):
    """What keyring offers where there are several."""

    backends: Any = (Plain(), Keeping())

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]


def main(kind: str) -> int:
    """Be the child with a keyring of that kind."""
    if kind == "garbles":
        sys.stdout.write("no JSON\n")
        return 0
    if kind == "silent":
        return 0
    backends: dict[str, Callable[[], KeyringBackend]] = {
        "keeps": Keeping, "chained": Chained, "plain": Plain, "forgets": Forgetting, "blocks": Blocking,
        "raises": Raising,
    }  # fmt: skip
    keyring.set_keyring(backends[kind]())
    accepted = {f"{__name__}.{one.__qualname__}" for one in (Keeping, Forgetting, Blocking, Raising)}
    return run_keyring_child(sys.stdin.buffer, sys.stdout.buffer, frozenset(accepted))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
