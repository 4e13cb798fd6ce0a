"""The keyring child's main: one order, one answer, then exit; the only place that loads `keyring`.

It is a process of its own because a locked keyring may block for ever. Whatever goes wrong here ends it without an
answer, and the one who asked goes on with the passphrase.
"""

from __future__ import annotations

import json
import os
import threading
from typing import Any, BinaryIO

SERVICE = "CUBB Desktop"
LIFE_S = 10.0  # should whoever asked be gone, so that nobody ends it

# Those that keep what they are given encrypted under the person's login, by the name of their class. Everything else
# is refused: `null` and `fail` keep nothing, `keyrings.alt` and many others write plain text.
ACCEPTED = frozenset(
    {
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
    }
)


def run_keyring_child(stdin: BinaryIO, stdout: BinaryIO, accepted: frozenset[str] = ACCEPTED) -> int:
    """Do the order on `stdin` ({"do": "store", "name", "secret"}) and answer on `stdout` with {"state", "secret"}.

    Orders are `store`, `fetch` and `remove`; states are `done`, `missing` (no keyring that is accepted, or one that
    keeps nothing) and `forgot` (it has nothing under that name).
    """
    watchdog = threading.Timer(LIFE_S, os._exit, [1])
    watchdog.daemon = True
    watchdog.start()
    order = json.loads(stdin.readline())
    backend = _chosen(accepted)
    answer = {"state": "missing"} if backend is None else _obey(backend, order)
    stdout.write(json.dumps(answer).encode() + b"\n")
    stdout.flush()
    watchdog.cancel()
    return 0


def _chosen(accepted: frozenset[str]) -> Any:
    """Return the keyring that the system or the person has chosen, if it is accepted, else None.

    Where several are there, keyring offers a chain that asks each in turn; then it is the first of them that is.
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen = keyring.get_keyring()
    offered = chosen.backends if isinstance(chosen, ChainerBackend) else [chosen]
    return next((one for one in offered if f"{type(one).__module__}.{type(one).__qualname__}" in accepted), None)


def _obey(backend: Any, order: dict[str, str]) -> dict[str, str]:
    from keyring.errors import PasswordDeleteError

    name = order["name"]
    if order["do"] == "store":
        backend.set_password(SERVICE, name, order["secret"])
    if order["do"] == "remove":
        try:
            backend.delete_password(SERVICE, name)
        except PasswordDeleteError:
            return {"state": "forgot"}
        return {"state": "done"}
    kept = backend.get_password(SERVICE, name)
    if order["do"] == "store":
        return {"state": "done" if kept == order["secret"] else "missing"}
    return {"state": "forgot"} if kept is None else {"state": "done", "secret": kept}
