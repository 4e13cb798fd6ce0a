"""Sound files from outside: nearly any of them, decoded in a confined child in constant memory; and WAV, written.

Files are untrusted. This process reads their bytes and takes their digest, but nothing here understands them: that is
`decoding`, in the child that `decoder` starts. Only the one opened file is read, and limits hold whatever it says.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import numpy as np

from cubb_desktop.audio.decode_messages import LONGEST_HOURS, FileInfo
from cubb_desktop.audio.decoder import DecodeChild
from cubb_desktop.audio.flac import Samples
from cubb_desktop.audio.sources import Source
from cubb_desktop.domain.errors import ImportCancelled

__all__ = ["LONGEST_HOURS", "FileInfo", "SoundFile", "decode", "probe", "write_wav"]


class SoundFile:
    """One opened sound file; `blocks` decodes it once. Use `with`, or `close`."""

    def __init__(self, path: Path, stopped: Callable[[], bool] = lambda: False) -> None:
        """Open `path`, take its digest and start to decode; `stopped` is asked several times a second.

        Raises the `Source...` family, `DecoderUnavailable`, and `ImportCancelled` if `stopped` says so, also later.
        """
        with ExitStack() as opened:
            self._source = Source(path)
            opened.callback(self._source.close)
            self._child = DecodeChild(stopped)
            opened.callback(self._child.close)
            digest = self._source.take_digest(stopped)
            if digest is None:
                raise ImportCancelled
            self.digest = digest
            self.info = self._child.begin(self._source)
            opened.pop_all()  # they stay open

    @property
    def frames(self) -> int:
        """How many frames have been decoded."""
        return self._child.frames

    @property
    def share_read(self) -> float:
        """How much of the file has been read, 0..1; an honest progress where the length is unknown."""
        return self._child.place / self._source.size_bytes

    @property
    def damaged_packets(self) -> int:
        """After decoding: how many parts could not be decoded and were left out."""
        return self._child.damaged_packets

    @property
    def is_cut_short(self) -> bool:
        """Whether, after decoding, clearly less sound came out than the file promised."""
        return self._child.is_cut_short

    def blocks(self) -> Iterator[Samples]:
        """Yield int16 samples (frames, channels) in order, missing stretches as silence.

        What can't be decoded is skipped and counted in `damaged_packets`. Raises `SourceDamaged` if nothing can be
        decoded, `SourceTooLarge` as soon as the limit is passed, `SourceChanged` if the file is no longer the one that
        the digest is of, and the rest of the family.
        """
        return self._child.blocks()

    def close(self) -> None:
        self._child.close()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def probe(path: Path) -> FileInfo:
    """Return what the file says it holds; raises as `SoundFile` does."""
    with SoundFile(path) as sound:
        return sound.info


def decode(path: Path) -> Iterator[Samples]:
    """Yield a file's sound as int16 samples (frames, channels), streamed; raises as `SoundFile` does."""
    with SoundFile(path) as sound:
        yield from sound.blocks()


def write_wav(samples: Samples, rate_hz: int) -> bytes:
    """Return int16 samples (frames, channels) as the bytes of a WAV file."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.ascontiguousarray(samples, dtype="<i2").tobytes())
    return written.getvalue()
