"""Small files that want to be large: sound that unfolds, lengths that lie, tracks and pictures without end."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile


def silence(path: Path, hours: float, *, rate_hz: int = 16_000, channels: int = 1) -> Path:
    """Write hours of silence as FLAC: nearly nothing on disk."""
    with soundfile.SoundFile(path, "w", rate_hz, channels, format="FLAC", subtype="PCM_16") as file:
        hour = np.zeros((rate_hz * 60, channels), np.int16)
        for _minute in range(round(hours * 60)):
            file.write(hour)
    return path


def fast_and_wide(path: Path, seconds: float, rate_hz: int, channels: int = 8) -> Path:
    """Write silence at a rate that no microphone has."""
    with soundfile.SoundFile(path, "w", rate_hz, channels, format="FLAC", subtype="PCM_16") as file:
        for _second in range(round(seconds)):
            file.write(np.zeros((rate_hz, channels), np.int16))
    return path


def with_flac_count(path: Path, samples: int) -> Path:
    """Let a FLAC file claim a number of samples (36 bits)."""
    content = bytearray(path.read_bytes())
    content[21] = (content[21] & 0xF0) | (samples >> 32)
    content[22:26] = (samples & 0xFFFF_FFFF).to_bytes(4, "big")
    path.write_bytes(content)
    return path


def many_tracks(path: Path, tracks: int) -> Path:
    """Write a Matroska file with many tracks of sound."""
    with av.open(str(path), "w", format="matroska") as container:
        streams = []
        for _track in range(tracks):
            stream = container.add_stream("pcm_s16le", rate=8_000)
            stream.codec_context.layout = "mono"
            streams.append(stream)
        for stream in streams:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            frame.rate, frame.pts = 8_000, 0
            container.mux(stream.encode(frame))
    return path


def id3_tag(length: int, kind: bytes = b"TXXX") -> bytes:
    """Return an ID3 tag with one frame of that kind and length."""
    frame = kind + _seven_bits(length) + b"\0\0\x03" + b"x" * (length - 1)
    return b"ID3\x04\0\0" + _seven_bits(len(frame)) + frame


def folded_id3_tag(length: int) -> bytes:
    """Return an ID3 tag with a text of that length, compressed to a thousandth."""
    folded = zlib.compress(b"\x03" + b"x" * (length - 1), 9)
    frame = b"TXXX" + _seven_bits(len(folded) + 4) + b"\0\x09" + _seven_bits(length) + folded
    return b"ID3\x04\0\0" + _seven_bits(len(frame)) + frame


def _seven_bits(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def mp4_box(name: bytes, content: bytes) -> bytes:
    """Return an MP4 box."""
    return struct.pack(">I4s", len(content) + 8, name) + content


def with_huge_picture(path: Path, length: int) -> Path:
    """Give an M4A file a cover of so many bytes."""
    cover = mp4_box(b"covr", mp4_box(b"data", struct.pack(">II", 13, 0) + bytes(length)))
    meta = mp4_box(b"meta", bytes(4) + mp4_box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9)) + mp4_box(b"ilst", cover))
    content = path.read_bytes()
    place = content.index(b"moov") - 4
    size = int.from_bytes(content[place : place + 4], "big")
    added = mp4_box(b"udta", meta)
    assert place + size == len(content), "moov must be last, so that nothing moves"
    path.write_bytes(content[:place] + struct.pack(">I", size + len(added)) + content[place + 4 :] + added)
    return path


def nested_boxes(path: Path, depth: int) -> Path:
    """Write an MP4 file of boxes within boxes."""
    inner = b""
    for _level in range(depth):
        inner = mp4_box(b"moov", inner)
    path.write_bytes(mp4_box(b"ftyp", b"isom\0\0\2\0isom") + inner)
    return path


def film(path: Path, side: int, frames: int) -> Path:
    """Write a film of large black pictures beside a second of sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = side, side, "yuv420p"
        audio = container.add_stream("aac", rate=48_000)
        assert isinstance(audio, av.AudioStream)
        audio.codec_context.layout = "mono"
        picture = av.VideoFrame(side, side, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes(plane.buffer_size))
        for number in range(frames):
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        for start in range(0, 48_000, 1_024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1_024), np.float32), format="fltp", layout="mono")
            frame.rate, frame.pts = 48_000, start
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path
