"""Decoding with FFmpeg, in the decode child only: one file, its best track of sound, int16 samples in constant memory.

FFmpeg follows no reference to another file, recognises formats that hold sound only, and has decoders for sound only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

import av
import av.logging
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard

from cubb_desktop.audio.decode_messages import LARGEST_RATE_HZ, LONGEST_HOURS, MOST_CHANNELS, FileInfo
from cubb_desktop.audio.offered import OfferedFile
from cubb_desktop.audio.promises import is_ogg_cut, knows_mp3_length, wav_promise_ms
from cubb_desktop.domain.errors import SourceDamaged, SourceNotSound, SourceTooLarge

# Containers that hold sound themselves. Playlists (hls, concat, dash ...) and text (subtitles, ansi) are left out.
FORMATS = (
    "wav,w64,aiff,au,caf,flac,mp3,aac,ac3,eac3,ogg,oga,opus,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,amr,amrnb,"
    "amrwb,mpeg,mpegts,flv,ape,wv,tta,dsf,voc"
)
# Decoders of what is found in them; none of pictures, so that a film costs no more than its sound.
CODECS = (
    "aac,aac_latm,ac3,eac3,alac,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,ape,dca,flac,gsm,gsm_ms,mp1,mp1float,"
    "mp2,mp2float,mp3,mp3float,libopus,opus,nellymoser,speex,truehd,mlp,tta,vorbis,wavpack,wmav1,wmav2,wmapro,"
    "wmavoice,wmalossless,g722,g726,g726le,qdm2,mace3,mace6,dsd_lsbf,dsd_lsbf_planar,dsd_msbf,dsd_msbf_planar,"
)
CODEC_FAMILIES = ("pcm_", "adpcm_")
_MOST_STREAMS = 64
_SILENCE_BYTES = 1 << 17
_FFMPEG_BUFFER_BYTES = 1 << 17
_GAP_TOLERANCE_S = 0.1  # a later time stamp than this is sound that is missing, and becomes silence
_LONGEST_FILLED_GAP_S = 600  # a larger jump is a clock that was set, not a pause
_CUT_SHORT_S = 1.0
_MOST_BROKEN_PLACES = 20
_TIMED_EXACTLY = frozenset({"wav", "w64", "aiff", "au", "caf", "flac", "mov", "matroska", "asf", "ape", "wv", "tta"})

av.logging.set_level(None)  # FFmpeg's own lines never reach the person's terminal


class DecodedFile:
    """One sound file; `samples` decodes it once."""

    def __init__(self, file: OfferedFile) -> None:
        """Look at `file`; raises `SourceNotSound`, `SourceTooLarge`, or `MemoryError`."""
        self.file = file
        self._wav_promise_ms = wav_promise_ms(file)
        self._is_ogg_cut = is_ogg_cut(file)
        self._container = _container(file)
        self._stream = _sound_stream(self._container)
        self.info = _info(self._container, self._stream, self._is_duration_exact())
        _check_limits(self.info)
        self.frames = 0
        self.damaged_packets = 0

    @property
    def is_cut_short(self) -> bool:
        """Whether, after decoding, clearly less sound came out than the file promised, or an Ogg has no last page."""
        promised_ms = max(self.info.duration_ms or 0, self._wav_promise_ms or 0)
        return self._is_ogg_cut or promised_ms / 1000 - self.frames / self.info.rate_hz > _CUT_SHORT_S

    def samples(self) -> Iterator[bytes]:
        """Yield int16 samples in order, channels in turn, missing stretches as silence.

        What can't be decoded is skipped and counted in `damaged_packets`; raises `SourceDamaged` if nothing can be
        decoded, `SourceTooLarge` as soon as the limit is passed, `MemoryError`.
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

    def _decoded(self) -> Iterator[AudioFrame]:
        for packet in self._packets():
            try:
                yield from packet.decode()
            except av.error.EOFError:
                return
            except MemoryError:
                raise
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
            except MemoryError:
                raise
            except av.error.FFmpegError:
                self.damaged_packets += 1
            return

    def _counted(self, samples: bytes) -> bytes:
        self.frames += len(samples) // (2 * self.info.channels)
        if self.frames > LONGEST_HOURS * 3600 * self.info.rate_hz:
            raise SourceTooLarge(hours=LONGEST_HOURS)
        return samples

    def _silence_before(self, time_s: float) -> Iterator[bytes]:
        missing_s = time_s - self.frames / self.info.rate_hz
        if _GAP_TOLERANCE_S < missing_s <= _LONGEST_FILLED_GAP_S and self.frames:
            missing, at_once = round(missing_s * self.info.rate_hz), _SILENCE_BYTES // (2 * self.info.channels)
            for start in range(0, missing, at_once):
                yield self._counted(bytes(min(at_once, missing - start) * 2 * self.info.channels))

    def _is_duration_exact(self) -> bool:
        """Whether the promised length is known and not FFmpeg's guess from bit rate and size."""
        name = self._container.format.name.split(",")[0]
        return knows_mp3_length(self.file) if name == "mp3" else name in _TIMED_EXACTLY


class _Converter:
    """Turns decoded frames of any sample type into int16 of the file's first rate and channels."""

    def __init__(self, layout: AudioLayout, info: FileInfo) -> None:
        self._layout = layout
        self._info = info
        self._resampler = AudioResampler("s16", layout, info.rate_hz)
        self._shape: tuple[str, int, str] | None = None

    def __call__(self, frame: AudioFrame) -> list[bytes] | None:
        """Return samples in parts, None for a broken frame that can't be what it says it is."""
        shape = (frame.format.name, frame.rate, frame.layout.name)
        if shape != self._shape:
            self._resampler = AudioResampler("s16", self._layout, self._info.rate_hz)
            self._shape = shape
        try:
            return [self._bytes(ready) for ready in self._resampler.resample(frame)]
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError):
            self._shape = None
            return None

    def _bytes(self, ready: AudioFrame) -> bytes:
        length = ready.samples * 2 * self._info.channels
        return bytes(memoryview(ready.planes[0])[:length])


# --- opening ---------------------------------------------------------------------------------------------------------


def _container(file: OfferedFile) -> InputContainer:
    decoders = ",".join(name for name in av.codecs_available if name.startswith(CODEC_FAMILIES))
    options = {
        "format_whitelist": FORMATS,
        "codec_whitelist": CODECS + decoders,
        "protocol_whitelist": "",
        "max_streams": str(_MOST_STREAMS),
    }
    try:
        return av.open(
            file,
            "r",
            io_open=_refuse,
            metadata_errors="replace",
            container_options=options,
            buffer_size=_FFMPEG_BUFFER_BYTES,
        )
    except MemoryError:
        raise
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
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
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
