"""Sound files from outside: decode nearly any of them with FFmpeg in constant memory, and write WAV.

Files are untrusted. Only the one opened file is read (playlists and references are refused), only formats that hold
sound are recognised, and limits are counted here whatever the file says about itself.
"""

from __future__ import annotations

import hashlib
import io
import stat
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn, Self

import av
import av.logging
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from cubb_desktop.audio.flac import Samples
from cubb_desktop.domain.errors import (
    SourceDamaged,
    SourceEmpty,
    SourceNotFound,
    SourceNotSound,
    SourceTooLarge,
    SourceUnreadable,
)

LONGEST_HOURS = 12
MOST_CHANNELS = 8
LARGEST_RATE_HZ = 192_000
# Containers that hold sound themselves. Playlists (hls, concat, dash ...) and text (subtitles, ansi) are left out.
FORMATS = (
    "wav,w64,aiff,au,caf,flac,mp3,aac,ac3,eac3,ogg,oga,opus,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,amr,amrnb,"
    "amrwb,mpeg,mpegts,flv,ape,wv,tta,dsf,voc"
)
_BLOCK_BYTES = 1 << 20
_HEAD_BYTES = 4096
_GAP_TOLERANCE_S = 0.1  # a later time stamp than this is sound that is missing, and becomes silence
_LONGEST_FILLED_GAP_S = 600  # a larger jump is a clock that was set, not a pause
_CUT_SHORT_S = 1.0
_MOST_BROKEN_PLACES = 20
_MOST_WAV_CHUNKS = 32
_STREAMED_WAV = 0x7FFF_0000  # sizes from here on are written by those who did not know the size
_TIMED_EXACTLY = frozenset({"wav", "w64", "aiff", "au", "caf", "flac", "mov", "matroska", "asf", "ape", "wv", "tta"})

av.logging.set_level(None)  # FFmpeg's own lines never reach the person's terminal


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What a sound file says it holds; `duration_ms` is None where the file does not know."""

    duration_ms: int | None
    rate_hz: int
    channels: int
    codec: str
    format: str


class SoundFile:
    """One opened sound file; `blocks` decodes it once. Use `with`, or `close`."""

    def __init__(self, path: Path) -> None:
        """Open `path`, or raise `SourceNotFound`, `...Unreadable`, `...Empty`, `...NotSound` or `...TooLarge`."""
        self._file = _opened(path)
        try:
            self.size_bytes = self._file.seek(0, io.SEEK_END)
            self._file.seek(0)
            if not self.size_bytes:
                raise SourceEmpty
            self._wav_promise_ms = _wav_promise_ms(self._file)
            self._container = _container(self._file)
        except BaseException:
            self._file.close()
            raise
        try:
            self._stream = _sound_stream(self._container)
            self.info = _info(self._container, self._stream, self._is_duration_exact())
            _check_limits(self.info)
        except BaseException:
            self.close()
            raise
        self.frames = 0
        self.damaged_packets = 0

    @property
    def share_read(self) -> float:
        """How much of the file has been read, 0..1; an honest progress where the length is unknown."""
        return min(1.0, self._file.tell() / self.size_bytes)

    @property
    def is_cut_short(self) -> bool:
        """Whether, after decoding, clearly less sound came out than the file promised."""
        promised_ms = max(self.info.duration_ms or 0, self._wav_promise_ms or 0)
        return promised_ms / 1000 - self.frames / self.info.rate_hz > _CUT_SHORT_S

    def sha256(self, stopped: Callable[[], bool] = lambda: False) -> str | None:
        """Return the hex digest of the file's bytes, None if `stopped` says so on the way; call before `blocks`."""
        digest = hashlib.sha256()
        with _read_faults_told(), _place_kept(self._file):
            while block := self._file.read(_BLOCK_BYTES):
                digest.update(block)
                if stopped():
                    return None
        return digest.hexdigest()

    def blocks(self) -> Iterator[Samples]:
        """Yield int16 samples (frames, channels) in order, missing stretches as silence.

        What can't be decoded is skipped and counted in `damaged_packets`; raises `SourceDamaged` if nothing can be
        decoded, `SourceTooLarge` as soon as the limit is passed.
        """
        convert = _Converter(self._stream.layout, self.info)
        started_s: float | None = None
        for frame in self._decoded():
            if frame.time is not None:
                started_s = frame.time if started_s is None else started_s
                yield from self._silence_before(frame.time - started_s)
            converted = convert(frame)
            self.damaged_packets += converted is None
            for samples in converted or []:
                yield self._counted(samples)
        if not self.frames and self.damaged_packets:
            raise SourceDamaged

    def close(self) -> None:
        self._container.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _decoded(self) -> Iterator[AudioFrame]:
        with _read_faults_told():
            for packet in self._packets():
                try:
                    yield from packet.decode()
                except av.error.EOFError:
                    return
                except av.error.FFmpegError:
                    self.damaged_packets += 1

    def _packets(self) -> Iterator[av.Packet[AudioStream]]:
        """Yield packets; a few places where the container itself is broken are stepped over."""
        for _attempt in range(_MOST_BROKEN_PLACES):
            try:
                yield from self._container.demux(self._stream)
            except av.error.InvalidDataError:
                self.damaged_packets += 1
                continue
            except av.error.FFmpegError:
                self.damaged_packets += 1
            return

    def _counted(self, samples: Samples) -> Samples:
        self.frames += len(samples)
        if self.frames > LONGEST_HOURS * 3600 * self.info.rate_hz:
            raise SourceTooLarge(hours=LONGEST_HOURS)
        return samples

    def _silence_before(self, time_s: float) -> Iterator[Samples]:
        missing_s = time_s - self.frames / self.info.rate_hz
        if _GAP_TOLERANCE_S < missing_s <= _LONGEST_FILLED_GAP_S and self.frames:
            missing = round(missing_s * self.info.rate_hz)
            for start in range(0, missing, self.info.rate_hz):
                length = min(self.info.rate_hz, missing - start)
                yield self._counted(np.zeros((length, self.info.channels), np.int16))

    def _is_duration_exact(self) -> bool:
        """Whether the promised length is known and not FFmpeg's guess from bit rate and size."""
        name = self._container.format.name.split(",")[0]
        if name != "mp3":
            return name in _TIMED_EXACTLY
        with _place_kept(self._file):
            head = self._file.read(10)
            if head[:3] == b"ID3" and len(head) == 10:
                size = sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
                self._file.seek(10 + size)
            head += self._file.read(_HEAD_BYTES)
        return any(mark in head for mark in (b"Xing", b"Info", b"VBRI"))


class _Converter:
    """Turns decoded frames of any sample type into int16 of the file's first rate and channels."""

    def __init__(self, layout: AudioLayout, info: FileInfo) -> None:
        self._layout = layout
        self._info = info
        self._resampler = AudioResampler("s16", layout, info.rate_hz)
        self._shape: tuple[str, int, str] | None = None

    def __call__(self, frame: AudioFrame) -> list[Samples] | None:
        """Return samples (frames, channels) in parts, None for a broken frame that can't be what it says it is."""
        shape = (frame.format.name, frame.rate, frame.layout.name)
        if shape != self._shape:
            self._resampler = AudioResampler("s16", self._layout, self._info.rate_hz)
            self._shape = shape
        try:
            parts = [ready.to_ndarray() for ready in self._resampler.resample(frame)]
        except (av.error.FFmpegError, ValueError):
            self._shape = None
            return None
        return [part.astype(np.int16, copy=False).reshape(-1, self._info.channels) for part in parts]


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


# --- opening ---------------------------------------------------------------------------------------------------------


@contextmanager
def _read_faults_told() -> Iterator[None]:
    """Turn a file that can no longer be read (a stick pulled out, a share gone) into `SourceUnreadable`."""
    try:
        yield
    except OSError as error:
        if isinstance(error, av.error.FFmpegError):
            raise
        raise SourceUnreadable from None


def _opened(path: Path) -> BinaryIO:
    """Open a regular file; pipes and devices could wait for ever."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceNotSound
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise SourceNotFound from None
    except (OSError, ValueError):  # ValueError: a name no file can have
        raise SourceUnreadable from None


@contextmanager
def _place_kept(file: BinaryIO) -> Iterator[None]:
    """Read a file from its start, and put it back to where it was."""
    before = file.tell()
    file.seek(0)
    try:
        yield
    finally:
        file.seek(before)


def _wav_promise_ms(file: BinaryIO) -> int | None:
    """Return the length a WAV file's own header states: FFmpeg quietly takes the file's end for it. None if unknown."""
    with _read_faults_told(), _place_kept(file):
        if file.read(12)[::8] != b"RW":  # RIFF....WAVE
            return None
        bytes_per_second = 0
        for _chunk in range(_MOST_WAV_CHUNKS):
            name, size = file.read(4), int.from_bytes(file.read(4), "little")
            if name == b"data":
                return size * 1000 // bytes_per_second if bytes_per_second and size < _STREAMED_WAV else None
            if name == b"fmt ":
                bytes_per_second = int.from_bytes(file.read(16)[8:12], "little")
                size -= 16
            file.seek(max(0, size + size % 2), io.SEEK_CUR)
    return None


def _container(file: BinaryIO) -> InputContainer:
    options = {"format_whitelist": FORMATS, "protocol_whitelist": ""}
    try:
        return av.open(file, "r", io_open=_refuse, metadata_errors="replace", container_options=options)
    except (av.error.FFmpegError, ValueError):
        raise SourceNotSound from None


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise SourceNotSound


def _sound_stream(container: InputContainer) -> AudioStream:
    streams = [stream for stream in container.streams.audio if _has_codec(stream)]
    if not streams:
        raise SourceNotSound
    best = container.streams.best("audio")
    stream = next((stream for stream in streams if best is not None and stream.index == best.index), streams[0])
    stream.codec_context.thread_type = "NONE"
    return stream


def _has_codec(stream: AudioStream) -> bool:
    """Whether FFmpeg knows how to decode a track; one whose kind it does not know has None, whatever its type says."""
    context: AudioCodecContext | None = stream.codec_context
    return context is not None


def _info(container: InputContainer, stream: AudioStream, exact: bool) -> FileInfo:
    context = stream.codec_context
    if not context.sample_rate or not context.channels:
        raise SourceNotSound
    duration_ms = None
    if exact and stream.duration is not None and stream.time_base is not None:
        duration_ms = max(0, int(stream.duration * stream.time_base * 1000))
    elif exact and container.duration is not None:
        duration_ms = max(0, container.duration * 1000 // av.time_base)
    return FileInfo(duration_ms, context.sample_rate, context.channels, context.name, container.format.name)


def _check_limits(info: FileInfo) -> None:
    too_long = info.duration_ms is not None and info.duration_ms > LONGEST_HOURS * 3_600_000
    if too_long or info.channels > MOST_CHANNELS or info.rate_hz > LARGEST_RATE_HZ:
        raise SourceTooLarge(hours=LONGEST_HOURS)
