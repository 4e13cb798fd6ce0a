"""Small sounds for tests: speech-like noise and tones as int16 (frames, channels), and files of many formats."""

from __future__ import annotations

import uuid
from pathlib import Path

import av
import numpy as np

from cubb_desktop.audio.chunk_index import write_index
from cubb_desktop.audio.chunks import SegmentWriter, SoundFormat, recording_folder
from cubb_desktop.audio.flac import Samples
from cubb_desktop.domain.ids import RecordingId

KEY = bytes(range(32))
RATE_HZ = 8_000


def new_id() -> RecordingId:
    return RecordingId(str(uuid.uuid4()))


def noise(seconds: float, *, rate_hz: int = RATE_HZ, channels: int = 1, seed: int = 1) -> Samples:
    """Noise that swells and fades like syllables."""
    frames = round(seconds * rate_hz)
    envelope = np.sin(2 * np.pi * 2.3 * np.arange(frames) / rate_hz)[:, None] ** 2
    drawn = np.random.default_rng(seed).standard_normal((frames, channels)) * 5_000 * envelope
    return np.asarray(np.clip(drawn, -32_768, 32_767), np.int16)


def tone(seconds: float, *, hz: float = 440, rate_hz: int = RATE_HZ, channels: int = 1) -> Samples:
    """A sine; each channel a little higher than the one before."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    waves = [np.sin(2 * np.pi * hz * (1 + 0.1 * channel) * time) for channel in range(channels)]
    return np.round(np.stack(waves, axis=1) * 12_000).astype(np.int16)


def store(
    folder: Path,
    samples: Samples,
    *,
    rate_hz: int = RATE_HZ,
    segment: int = 0,
    recording: RecordingId | None = None,
    indexed: bool = False,
) -> RecordingId:
    """Write samples as one finished segment and return the recording they belong to."""
    recording_id = recording or new_id()
    sound_format = SoundFormat(rate_hz, samples.shape[1])
    with SegmentWriter.create(folder, recording_id, segment, KEY, sound_format) as writer:
        writer.append(samples)
    if indexed:
        assert writer.trail is not None
        write_index(recording_folder(folder, recording_id), recording_id, KEY, [writer.trail])
    return recording_id


def segment_path(audio_folder: Path, recording_id: RecordingId, segment: int = 0) -> Path:
    return recording_folder(audio_folder, recording_id) / f"{segment:06d}.cba"


def write_file(path: Path, samples: Samples, rate_hz: int, codec: str = "pcm_s16le", **options: str) -> Path:
    """Encode samples with FFmpeg; the name's ending chooses the container."""
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[samples.shape[1]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, options=options)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.layout = layout
        coder = stream.codec_context
        coder.open()
        resampler = av.AudioResampler(coder.format, layout, rate_hz, coder.frame_size or None)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.rate = rate_hz
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return path
