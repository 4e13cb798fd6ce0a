"""What a decode child and its parent say to each other, and the limits that both keep by themselves.

The child speaks in messages: one byte of kind, four of length, the content. The parent answers with plain bytes:

    READY       the child is confined and has not seen a byte of the file; answered with its size, eight bytes
    WANT        eight bytes: the number of a block of `BLOCK_BYTES` of the file; answered with the block
    FORMAT      JSON: rate_hz, channels, duration_ms or null, codec, format
    SOUND       eight bytes: the place in the file; then int16 samples, little end first, channels in turn
    END         JSON: damaged_packets, cut_short
    REFUSED     the name of an error of the `Source...` family
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO

LONGEST_HOURS = 12
MOST_CHANNELS = 8
LARGEST_RATE_HZ = 192_000

BLOCK_BYTES = 1 << 18
NUMBER = struct.Struct(">Q")
_HEAD = struct.Struct(">BI")
_LONGEST_SOUND = 1 << 20
_LONGEST_WORDS = 4_096


class Kind(IntEnum):
    """What a message is about."""

    READY = 1
    WANT = 2
    FORMAT = 3
    SOUND = 4
    END = 5
    REFUSED = 6


class GarbledError(Exception):
    """The other side said something that it can't mean."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the child; its content is untrusted."""

    kind: Kind
    untrusted: bytes


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What a sound file says it holds; `duration_ms` is None where the file does not know."""

    duration_ms: int | None
    rate_hz: int
    channels: int
    codec: str
    format: str


def pack(kind: Kind, *parts: bytes) -> bytes:
    """Return a message's bytes."""
    return b"".join((_HEAD.pack(kind, sum(map(len, parts))), *parts))


def receive(pipe: BinaryIO) -> Message | None:
    """Return the next message, None when the other side has ended; raises `GarbledError`."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    number, length = _HEAD.unpack(head)
    try:
        kind = Kind(number)
    except ValueError:
        raise GarbledError from None
    if length > (NUMBER.size + _LONGEST_SOUND if kind is Kind.SOUND else _LONGEST_WORDS):
        raise GarbledError
    content = pipe.read(length)
    return Message(kind, content) if len(content) == length else None


def block_length(index: int, size_bytes: int) -> int:
    """Return how many bytes block `index` of a file has; none when it lies outside."""
    return max(0, min(BLOCK_BYTES, size_bytes - index * BLOCK_BYTES))
