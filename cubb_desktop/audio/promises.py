"""What a file's own headers promise and FFmpeg does not tell: how long it should be, and whether it was finished."""

from __future__ import annotations

import io

from cubb_desktop.audio.offered import OfferedFile, from_the_start

_HEAD_BYTES = 4096
_MOST_WAV_CHUNKS = 32
_STREAMED_WAV = 0x7FFF_0000  # sizes from here on are written by those who did not know the size
_LONGEST_OGG_PAGE = 65_307
_OGG_HEAD_BYTES = 27
_OGG_LAST_PAGE = 0x04


def wav_promise_ms(file: OfferedFile) -> int | None:
    """Return the length a WAV file's own header states: FFmpeg quietly takes the file's end for it. None if unknown."""
    with from_the_start(file):
        if file.read_exactly(12)[::8] != b"RW":  # RIFF....WAVE
            return None
        bytes_per_second = 0
        for _chunk in range(_MOST_WAV_CHUNKS):
            name, size = file.read_exactly(4), int.from_bytes(file.read_exactly(4), "little")
            if name == b"data":
                return size * 1000 // bytes_per_second if bytes_per_second and size < _STREAMED_WAV else None
            if name == b"fmt ":
                bytes_per_second = int.from_bytes(file.read_exactly(16)[8:12], "little")
                size -= 16
            file.seek(max(0, size + size % 2), io.SEEK_CUR)
    return None


def is_ogg_cut(file: OfferedFile) -> bool:
    """Whether an Ogg file's last page is not whole or not marked as the last: FFmpeg quietly stops at the end."""
    with from_the_start(file):
        if file.read_exactly(4) != b"OggS":
            return False
        file.seek(-min(_LONGEST_OGG_PAGE, file.size_bytes), io.SEEK_END)
        tail = file.read_exactly(_LONGEST_OGG_PAGE)
    page = tail[max(0, tail.rfind(b"OggS\0")) :]
    lacing = page[_OGG_HEAD_BYTES : _OGG_HEAD_BYTES + page[26]] if len(page) >= _OGG_HEAD_BYTES else b""
    whole = len(page) >= _OGG_HEAD_BYTES + len(lacing) + sum(lacing) and len(lacing) == page[26]
    return not (whole and page[5] & _OGG_LAST_PAGE)


def knows_mp3_length(file: OfferedFile) -> bool:
    """Whether an MP3 file states its length, so that FFmpeg need not guess it from bit rate and size."""
    with from_the_start(file):
        head = file.read_exactly(10)
        if head[:3] == b"ID3" and len(head) == 10:
            size = sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
            file.seek(10 + size)
        head += file.read_exactly(_HEAD_BYTES)
    return any(mark in head for mark in (b"Xing", b"Info", b"VBRI"))
