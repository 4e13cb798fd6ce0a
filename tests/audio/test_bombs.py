"""Files made to use up a computer: refused or heard in a sentence's time, in a child of bounded memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from cubb_desktop.audio.confinement import MEMORY_BYTES
from cubb_desktop.audio.files import SoundFile, decode
from cubb_desktop.domain.errors import CubbError, SourceNotSound, SourceTooDemanding, SourceTooLarge
from tests import bombs
from tests.audio import sounds

MB = 1 << 20


class Heard:
    """What became of a file, and the most memory that its child had."""

    def __init__(self, path: Path) -> None:
        self.refusal: type[CubbError] | None = None
        self.frames = 0
        self.peak_bytes = 0
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(over,))
        watcher.start()
        try:
            for block in decode(path):
                self.frames += len(block)
        except CubbError as error:
            self.refusal = type(error)
        finally:
            over.set()
            watcher.join()

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(0.05):
            for child in psutil.Process().children():
                try:
                    self.peak_bytes = max(self.peak_bytes, child.memory_info().rss)
                except psutil.Error:
                    continue


def test_eight_channels_at_655_khz_are_refused(tmp_path: Path) -> None:
    heard = Heard(bombs.fast_and_wide(tmp_path / "a.flac", 10, 655_350))
    assert (heard.refusal, heard.frames) == (SourceTooLarge, 0)
    assert heard.peak_bytes < 100 * MB


def test_the_widest_and_fastest_that_is_allowed_is_heard_in_little_memory(tmp_path: Path) -> None:
    heard = Heard(bombs.fast_and_wide(tmp_path / "a.flac", 20, 192_000))
    assert (heard.refusal, heard.frames) == (None, 20 * 192_000)
    assert heard.peak_bytes < 100 * MB


def test_ten_hours_of_silence_are_heard_in_little_memory(tmp_path: Path) -> None:
    bomb = bombs.silence(tmp_path / "a.flac", 10, rate_hz=4_000)
    assert bomb.stat().st_size < MB
    heard = Heard(bomb)
    assert (heard.refusal, heard.frames) == (None, 10 * 3600 * 4_000)
    assert heard.peak_bytes < 100 * MB


def test_more_than_twelve_hours_are_refused_whatever_the_header_says(tmp_path: Path) -> None:
    bomb = bombs.silence(tmp_path / "a.flac", 12.1, rate_hz=4_000)
    heard = Heard(bomb)
    assert (heard.refusal, heard.frames) == (SourceTooLarge, 0)
    heard = Heard(bombs.with_flac_count(bomb, 0))
    assert heard.refusal is SourceTooLarge
    assert heard.frames <= 12 * 3600 * 4_000
    assert heard.peak_bytes < 100 * MB


@pytest.mark.parametrize(("claim", "refusal"), [(2**36 - 1, SourceTooLarge), (0, None), (1, None)])
def test_a_flac_may_claim_what_it_likes(tmp_path: Path, claim: int, refusal: type[CubbError] | None) -> None:
    samples = sounds.noise(1, rate_hz=16_000)
    path = bombs.with_flac_count(sounds.write_file(tmp_path / "a.flac", samples, 16_000, "flac"), claim)
    heard = Heard(path)
    assert (heard.refusal, heard.frames) == (refusal, 0 if refusal else 16_000)
    assert heard.peak_bytes < 100 * MB


def test_a_thousand_tracks_cost_little(tmp_path: Path) -> None:
    heard = Heard(bombs.many_tracks(tmp_path / "a.mkv", 1_000))
    assert (heard.refusal, heard.frames) == (None, 800)
    assert heard.peak_bytes < 200 * MB


@pytest.mark.parametrize("kind", [b"TXXX", b"APIC"])
def test_a_huge_tag_is_no_hindrance(tmp_path: Path, kind: bytes) -> None:
    path = sounds.write_file(tmp_path / "a.mp3", sounds.noise(1, rate_hz=16_000), 16_000, "libmp3lame")
    path.write_bytes(bombs.id3_tag(30_000_000, kind) + path.read_bytes())
    heard = Heard(path)
    assert (heard.refusal, heard.frames) == (None, 16_000)
    assert heard.peak_bytes < MEMORY_BYTES


def test_a_tag_that_unfolds_to_a_thousand_times_its_size_does_no_harm(tmp_path: Path) -> None:
    path = sounds.write_file(tmp_path / "a.mp3", sounds.noise(1, rate_hz=16_000), 16_000, "libmp3lame")
    path.write_bytes(bombs.folded_id3_tag(260_000_000) + path.read_bytes())
    assert path.stat().st_size < MB
    heard = Heard(path)
    assert heard.refusal in {None, SourceTooDemanding}
    assert heard.frames == (0 if heard.refusal else 16_000)
    assert heard.peak_bytes < MEMORY_BYTES


def test_a_large_cover_is_no_hindrance(tmp_path: Path) -> None:
    path = sounds.write_file(tmp_path / "a.m4a", sounds.noise(1, rate_hz=16_000), 16_000, "aac")
    heard = Heard(bombs.with_huge_picture(path, 20 * MB))
    assert heard.refusal is None
    assert heard.frames >= 16_000


@pytest.mark.parametrize("depth", [100, 20_000])
def test_boxes_within_boxes_are_no_sound(tmp_path: Path, depth: int) -> None:
    assert Heard(bombs.nested_boxes(tmp_path / "a.mp4", depth)).refusal is SourceNotSound


def test_the_pictures_of_a_film_are_never_unfolded(tmp_path: Path) -> None:
    heard = Heard(bombs.film(tmp_path / "a.mp4", 4_000, 20))  # each picture 24 MB
    assert heard.refusal is None
    assert abs(heard.frames - 48_000) < 2_048
    assert heard.peak_bytes < 100 * MB


# --- cut off ---------------------------------------------------------------------------------------------------------

FORMATS = [
    ("wav", "pcm_s16le"),
    ("flac", "flac"),
    ("mp3", "libmp3lame"),
    ("m4a", "aac"),
    ("opus", "libopus"),
    ("webm", "libopus"),
    ("mkv", "pcm_s16le"),
    ("aiff", "pcm_s16be"),
    ("caf", "alac"),
]


@pytest.mark.parametrize(("ending", "codec"), FORMATS)
def test_a_file_cut_off_anywhere_ends_in_what_it_has_or_in_a_sentence(tmp_path: Path, ending: str, codec: str) -> None:
    path = sounds.write_file(tmp_path / f"a.{ending}", sounds.noise(4, rate_hz=48_000), 48_000, codec)
    whole = path.read_bytes()
    noticed = 0
    for part in np.linspace(0.02, 0.98, 7):
        path.write_bytes(whole[: int(len(whole) * part)])
        noticed += _is_noticed(lambda: SoundFile(path))
    assert noticed >= 5, ending  # where hardly anything is missing, nobody can tell


def _is_noticed(opened: Callable[[], SoundFile]) -> bool:
    try:
        with opened() as sound:
            frames = sum(len(block) for block in sound.blocks())
            return sound.is_cut_short or sound.damaged_packets > 0 or not frames
    except CubbError:
        return True


def test_a_whole_ogg_is_not_called_cut_off(tmp_path: Path) -> None:
    path = sounds.write_file(tmp_path / "a.opus", sounds.noise(4, rate_hz=48_000), 48_000, "libopus")
    whole = path.read_bytes()
    for content, cut in (
        (whole, False),
        (whole + b"TAG" + bytes(125), False),
        (whole[:-1], True),
        (whole[: len(whole) * 2 // 3], True),
    ):
        path.write_bytes(content)
        with SoundFile(path) as sound:
            assert sum(len(block) for block in sound.blocks())
            assert sound.is_cut_short is cut
