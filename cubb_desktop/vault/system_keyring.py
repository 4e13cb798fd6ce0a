"""Unlocking by the system's keyring, for convenience: a child process asks it, and is killed if it does not answer.

Whoever can use the person's account on the computer can then open the library, so it is off until it is asked for.
Call nothing here on a thread that must answer: each call may take as long as the limit.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import cubb_desktop
from cubb_desktop.domain.errors import CubbError, KeyringForgot, KeyringMissing, KeyringTrouble
from cubb_desktop.vault.keyfile import read
from cubb_desktop.vault.sealing import KEY_BYTES
from cubb_desktop.vault.unlocking import Vault, unlock_with_keyring_secret

KEYRING_COMMAND = (sys.executable, "-m", "cubb_desktop", "keyring-child")
LIMIT_S = 3.0


class SystemKeyring:
    """The system's keyring, asked through a child process that has at most `limit_s` seconds."""

    def __init__(self, command: Sequence[str] = KEYRING_COMMAND, limit_s: float = LIMIT_S) -> None:
        self._command, self._limit_s = list(command), limit_s

    def store(self, name: str, secret: bytes) -> None:
        """Let the keyring keep `secret` under `name` and see that it does; raises `KeyringTrouble` and its kinds."""
        self._ask({"do": "store", "name": name, "secret": secret.hex()})

    def fetch(self, name: str) -> bytes:
        """Return what the keyring keeps under `name`; raises `KeyringForgot` for nothing, and as `store`."""
        answer = self._ask({"do": "fetch", "name": name})
        try:
            return bytes.fromhex(str(answer["secret"]))
        except (LookupError, ValueError):
            raise KeyringForgot from None

    def remove(self, name: str) -> None:
        """Let the keyring forget `name`; that it has forgotten it already is well; raises as `store`."""
        with suppress(KeyringForgot):
            self._ask({"do": "remove", "name": name})

    def _ask(self, order: dict[str, str]) -> dict[str, Any]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CUBB_PASSPHRASE")}
        try:
            done = subprocess.run(
                self._command,
                input=json.dumps(order).encode() + b"\n",
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self._limit_s,
                check=True,
                env=environment,
                cwd=Path(cubb_desktop.__file__).resolve().parent.parent,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            answer: dict[str, Any] = json.loads(done.stdout)
            state = answer["state"]
        except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
            raise KeyringTrouble from None
        if state == "done":
            return answer
        raise {"missing": KeyringMissing, "forgot": KeyringForgot}.get(state, KeyringTrouble)


def unlock_with_keyring(folder: Path, keyring: SystemKeyring | None = None) -> Vault:
    """Return the vault of `folder`, opened by what the keyring keeps; raises `KeyringTrouble` and its kinds."""
    keyring = keyring or SystemKeyring()
    return unlock_with_keyring_secret(folder, keyring.fetch(str(read(folder)["library"])))


def use_keyring(vault: Vault, keyring: SystemKeyring | None = None) -> None:
    """Let the keyring open the library from now on; after a fault nothing is changed, here or there."""
    keyring = keyring or SystemKeyring()
    secret = secrets.token_bytes(KEY_BYTES)
    keyring.store(vault.library_id, secret)
    try:
        vault.add_keyring_secret(secret)
    except CubbError:
        with suppress(KeyringTrouble):
            keyring.remove(vault.library_id)
        raise


def leave_keyring(vault: Vault, keyring: SystemKeyring | None = None) -> bool:
    """Let the keyring open the library no more; return whether its secret is gone too (else it opens nothing)."""
    keyring = keyring or SystemKeyring()
    vault.remove_keyring_secret()
    try:
        keyring.remove(vault.library_id)
    except KeyringTrouble:
        return False
    return True
