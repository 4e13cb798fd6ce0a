"""What is left of somebody: a scan of folders as they lie there, and of the database's pages with the cipher taken off.

The library is encrypted, so that a scan of its files alone could never find anything. `decrypted` opens every page of a
SQLCipher file and of its write-ahead log, free pages and slack included, as one who held the key could.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE = 4096
_RESERVED, _IV, _SALT = 80, 16, 16  # SQLCipher 4: IV and HMAC-SHA512 at a page's end, the salt before the first page
_WAL_HEADER, _FRAME_HEADER = 32, 24
OPEN_FILES = (b"WAVEfmt ", b"fLaC\x00\x00\x00\x22", b"SQLite format 3\x00")


def decrypted(path: Path, key: bytes) -> bytes:
    """Return the content of every page of a database file (`key`: 32 bytes) and of its log, as it lies there."""
    stored = path.read_bytes()
    pages = [_page(stored[at : at + PAGE], key, first=at == 0) for at in range(0, len(stored), PAGE)]
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        frames = log.read_bytes()
        for at in range(_WAL_HEADER, len(frames), _FRAME_HEADER + PAGE):
            number = int.from_bytes(frames[at : at + 4], "big")
            body = frames[at + _FRAME_HEADER : at + _FRAME_HEADER + PAGE]
            if len(body) == PAGE:
                pages.append(_page(body, key, first=number == 1))
    return b"".join(pages)


def _page(page: bytes, key: bytes, *, first: bool) -> bytes:
    start, end = _SALT if first else 0, PAGE - _RESERVED
    opened = Cipher(algorithms.AES(key), modes.CBC(page[end : end + _IV])).decryptor()
    return opened.update(page[start:end]) + opened.finalize()


def needles(*texts: str) -> list[bytes]:
    """Return each text as programs write it: UTF-8 and UTF-16, both orders, as it is and in small letters."""
    forms = {form for text in texts for form in (text, text.lower())}
    return sorted(form.encode(code) for form in forms for code in ("utf-8", "utf-16-le", "utf-16-be"))


def hits(content: bytes, sought: Iterable[bytes]) -> int:
    """Return how often anything of `sought` occurs in `content`."""
    return sum(content.count(needle) for needle in sought)


def scan(folders: Iterable[Path], sought: Iterable[bytes]) -> dict[str, int]:
    """Return the files under `folders` in whose bytes or path something of `sought` occurs, and how often."""
    wanted = list(sought)
    found = {}
    for path in _files(folders):
        number = hits(path.read_bytes(), wanted) + hits(str(path).encode("utf-8", "surrogateescape"), wanted)
        if number:
            found[str(path)] = number
    return found


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
