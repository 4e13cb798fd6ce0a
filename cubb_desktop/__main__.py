"""Starts as window, command line, or capture, decode, keyring or job child; the only place that knows all."""

from __future__ import annotations

import sys

from cubb_desktop.hardening import harden


def main(arguments: list[str] | None = None) -> int:
    """Start what the first word asks for and return the exit code; children load nothing they don't need."""
    harden()
    arguments = sys.argv[1:] if arguments is None else arguments
    first = arguments[0] if arguments else ""
    if first == "capture":
        from cubb_desktop.audio.capture import run_capture

        return run_capture(sys.stdin.buffer, sys.stdout.buffer)
    if first == "decode-child":
        from cubb_desktop.audio.decoding import run_decoding

        run_decoding(sys.stdin.buffer, sys.stdout.buffer)
    if first == "keyring-child":
        from cubb_desktop.vault.keyring_child import run_keyring_child

        return run_keyring_child(sys.stdin.buffer, sys.stdout.buffer)
    if first == "job-child":
        from cubb_desktop.worker.child import run_child

        return run_child(sys.stdin, sys.stdout)
    if _only_window(arguments):
        return _open_window(arguments)
    from cubb_desktop import cli

    return cli.main(arguments, open_window=_open_window)


def _only_window(arguments: list[str]) -> bool:
    """Whether nothing but the window is asked for, so that it need not wait for the command line to load."""
    rest = iter(arguments)
    for argument in rest:
        if argument in {"--library", "--lang"} and next(rest, None):
            continue
        if argument not in {"window", "--until-ready"}:
            return False
    return True


def _open_window(arguments: list[str]) -> int:
    from cubb_desktop.gui.app import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
