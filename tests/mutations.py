"""Sound files of many formats, and ways to break them: bytes, lengths, order, seams with other files."""

from __future__ import annotations

import random
from pathlib import Path

import soundfile

from tests.audio import sounds

# ending, codec, rate in Hz; None: written by libsndfile
_SEEDS = [
    ("wav", "pcm_s16le", 16_000),
    ("flac", "flac", 16_000),
    ("mp3", "libmp3lame", 16_000),
    ("m4a", "aac", 16_000),
    ("opus", "libopus", 48_000),
    ("webm", "libopus", 48_000),
    ("mkv", "pcm_s16le", 16_000),
    ("aiff", "pcm_s16be", 16_000),
    ("caf", "alac", 16_000),
    ("aac", "aac", 16_000),
]
_EXTREMES = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF)
# what lengths and counts stand beside in these formats
_LANDMARKS = (
    b"fmt ", b"data", b"RIFF", b"fLaC", b"Xing", b"Info", b"LAME", b"ID3", b"OggS", b"OpusHead", b"OpusTags",
    b"\x03vorbis", b"\x05vorbis", b"moov", b"trak", b"mdat", b"stsz", b"stco", b"stsc", b"stts", b"stsd",
    b"esds", b"elst", b"mvhd", b"mdhd", b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x15\x49\xa9\x66",
    b"\x16\x54\xae\x6b", b"\x1f\x43\xb6\x75", b"COMM", b"SSND", b"desc", b"pakt", b"kuki",
)  # fmt: skip


def seeds(folder: Path, seconds: float = 1.2) -> dict[str, bytes]:
    """Return one short whole file per format, by the ending of its name."""
    made = {}
    for ending, codec, rate_hz in _SEEDS:
        path = sounds.write_file(folder / f"seed.{ending}", sounds.noise(seconds, rate_hz=rate_hz), rate_hz, codec)
        made[ending] = path.read_bytes()
        path.unlink()
    path = folder / "seed.ogg"
    soundfile.write(path, sounds.noise(seconds, rate_hz=16_000, channels=2), 16_000, format="OGG", subtype="VORBIS")
    made["ogg"] = path.read_bytes()
    path.unlink()
    return made


def mutate(whole: bytes, others: list[bytes], drawn: random.Random) -> bytes:
    """Return `whole`, broken in one to three ways."""
    content = bytearray(whole)
    for _ in range(drawn.choice((1, 1, 1, 2, 3))):
        if len(content) > 16:
            drawn.choice(_WAYS)(content, others, drawn)
    return bytes(content)


def _change_bytes(content: bytearray, _others: list[bytes], drawn: random.Random) -> None:
    for _ in range(drawn.randrange(1, 30)):
        content[drawn.randrange(len(content))] = drawn.randrange(256)


def _flip_bits(content: bytearray, _others: list[bytes], drawn: random.Random) -> None:
    for _ in range(drawn.randrange(1, 8)):
        content[drawn.randrange(len(content))] ^= 1 << drawn.randrange(8)


def _cut(content: bytearray, _others: list[bytes], drawn: random.Random) -> None:
    del content[drawn.randrange(1, len(content)) :]


def _cut_in_front(content: bytearray, _others: list[bytes], drawn: random.Random) -> None:
    del content[: drawn.randrange(1, min(len(content), 4_096))]


def _splice(content: bytearray, others: list[bytes], drawn: random.Random) -> None:
    """Go on with another file from some place on, or put a piece of it in between."""
    other = drawn.choice(others)
    place = drawn.randrange(len(other))
    if drawn.random() < 0.5:
        content[drawn.randrange(len(content)) :] = other[place:]
    else:
        start = drawn.randrange(len(content))
        content[start:start] = other[place : place + drawn.randrange(1, 8_192)]


def _set_number(content: bytearray, _others: list[bytes], drawn: random.Random) -> None:
    """Put an extreme number beside a landmark or anywhere in the head."""
    found = [place for mark in _LANDMARKS if (place := content.find(mark)) >= 0]
    around = drawn.choice(found) if found and drawn.random() < 0.7 else drawn.randrange(min(512, len(content)))
    width = drawn.choice((1, 2, 4, 8))
    place = max(0, min(len(content) - width, around + drawn.randrange(-8, 40)))
    number = drawn.choice(_EXTREMES) & ((1 << 8 * width) - 1)
    content[place : place + width] = number.to_bytes(width, drawn.choice(("big", "little")))


def _swap_blocks(content: bytearray, _others: list[bytes], drawn: random.Random) -> None:
    length = drawn.randrange(1, max(2, min(4_096, len(content) // 3)))
    one, two = sorted(drawn.sample(range(len(content) - length), 2)) if len(content) - length > 2 else (0, 0)
    if two - one >= length:
        held = bytes(content[one : one + length])
        content[one : one + length] = content[two : two + length]
        content[two : two + length] = held


def _repeat_block(content: bytearray, _others: list[bytes], drawn: random.Random) -> None:
    start = drawn.randrange(len(content))
    block = bytes(content[start : start + drawn.randrange(1, 2_048)])
    content[start:start] = block * drawn.randrange(1, 20)


def _drop_block(content: bytearray, _others: list[bytes], drawn: random.Random) -> None:
    start = drawn.randrange(len(content))
    del content[start : start + drawn.randrange(1, 4_096)]


def _fill_block(content: bytearray, _others: list[bytes], drawn: random.Random) -> None:
    start = drawn.randrange(len(content))
    length = min(drawn.randrange(1, 1_024), len(content) - start)
    content[start : start + length] = bytes([drawn.choice((0, 0xFF, 0x41))]) * length


_WAYS = (
    _change_bytes,
    _flip_bits,
    _cut,
    _cut_in_front,
    _splice,
    _set_number,
    _set_number,
    _set_number,
    _swap_blocks,
    _repeat_block,
    _drop_block,
    _fill_block,
)
