"""Sound files from outside: everything FFmpeg reads, and nothing that is not sound."""

from __future__ import annotations

import hashlib
import os
import random
import wave
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from cubb_desktop.audio import decoder
from cubb_desktop.audio.files import SoundFile, decode, probe, write_wav
from cubb_desktop.audio.flac import Samples
from cubb_desktop.domain.errors import (
    CubbError,
    SourceDamaged,
    SourceEmpty,
    SourceNotFound,
    SourceNotSound,
    SourceTooLarge,
    SourceUnreadable,
)
from tests.audio import sounds
from tests.children import in_child

SEED = os.environ.get("CUBB_SEED", "1")
LARGE = os.environ.get("CUBB_CAMPAIGN") == "large"


def all_of(path: Path) -> Samples:
    return np.concatenate(list(decode(path)))


LOSSLESS = [("wav", "pcm_s16le"), ("flac", "flac"), ("aiff", "pcm_s16be"), ("caf", "pcm_s16le"), ("mkv", "pcm_s16le")]
LOSSY = [
    ("mp3", "libmp3lame"),
    ("m4a", "aac"),
    ("mp4", "aac"),
    ("oga", "libopus"),
    ("opus", "libopus"),
    ("webm", "libopus"),
]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("ending", "codec"), LOSSLESS)
def test_lossless_files_come_in_bit_for_bit(tmp_path: Path, ending: str, codec: str, channels: int) -> None:
    samples = sounds.noise(1.3, rate_hz=44_100, channels=channels)
    path = sounds.write_file(tmp_path / f"optagelse.{ending}", samples, 44_100, codec)
    assert (probe(path).rate_hz, probe(path).channels) == (44_100, channels)
    assert np.array_equal(all_of(path), samples)


@pytest.mark.parametrize(("ending", "codec"), LOSSY)
def test_lossy_files_keep_length_and_both_channels(tmp_path: Path, ending: str, codec: str) -> None:
    tone = sounds.tone(3, rate_hz=48_000, channels=2)
    path = sounds.write_file(tmp_path / f"optagelse.{ending}", tone, 48_000, codec)
    read = all_of(path)
    assert read.shape[1] == 2
    assert abs(len(read) - len(tone)) < 4_800
    for channel, hz in ((0, 440), (1, 484)):
        spectrum = np.abs(np.fft.rfft(read[48_000:96_000, channel].astype(float)))
        assert int(spectrum.argmax()) == hz


def test_ogg_vorbis_comes_in(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.ogg", sounds.tone(2, channels=2), 8_000, format="OGG", subtype="VORBIS")
    assert probe(tmp_path / "a.ogg").codec == "vorbis"
    read = all_of(tmp_path / "a.ogg")
    assert read.shape[1] == 2
    assert len(read) == pytest.approx(16_000, abs=256)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 32_000, 96_000])
def test_every_rate_is_kept(tmp_path: Path, rate_hz: int) -> None:
    samples = sounds.noise(0.5, rate_hz=rate_hz)
    path = sounds.write_file(tmp_path / "a.wav", samples, rate_hz)
    assert probe(path).rate_hz == rate_hz
    assert np.array_equal(all_of(path), samples)


@pytest.mark.parametrize("channels", [6, 8])
def test_many_channels_are_kept(tmp_path: Path, channels: int) -> None:
    samples = sounds.noise(0.5, channels=channels)
    assert np.array_equal(all_of(sounds.write_file(tmp_path / "a.wav", samples, 8_000)), samples)


@pytest.mark.parametrize("codec", ["pcm_s24le", "pcm_f32le", "pcm_u8"])
def test_other_sample_types_become_16_bits(tmp_path: Path, codec: str) -> None:
    samples = sounds.tone(0.5)
    read = all_of(sounds.write_file(tmp_path / "a.wav", samples, 8_000, codec))
    most = 256 if codec == "pcm_u8" else 1
    assert np.abs(read.astype(int) - samples).max() <= most


def test_sound_louder_than_full_is_clipped_and_does_not_wrap(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=8_000)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.full((1, 800), 1.5, np.float32), format="flt", layout="mono")
        frame.rate = 8_000
        container.mux(stream.encode(frame))
    assert (all_of(path) == 32_767).all()


def test_the_sound_track_of_a_video_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    tone = sounds.tone(1, rate_hz=48_000)
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", rate=48_000)
        assert isinstance(audio, av.AudioStream)
        audio.codec_context.layout = "mono"
        for _ in range(10):
            picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        for start in range(0, len(tone) - 1_023, 1_024):
            floats = (tone[start : start + 1_024].T / 32_768).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(floats, format="fltp", layout="mono")
            frame.rate, frame.pts = 48_000, start
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    read = all_of(path)
    assert abs(len(read) - 48_000) < 4_096
    assert int(np.abs(np.fft.rfft(read[8_000:40_000, 0].astype(float))).argmax()) == pytest.approx(293, abs=1)


def test_a_hole_in_the_time_stamps_becomes_silence_of_its_length(tmp_path: Path) -> None:
    path = tmp_path / "hul.mkv"
    tone = sounds.tone(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8_000)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.layout = "mono"
        for start in (0, 24_000):
            frame = av.AudioFrame.from_ndarray(tone.reshape(1, -1), format="s16", layout="mono")
            frame.rate, frame.pts = 8_000, start
            container.mux(stream.encode(frame))
    read = all_of(path)
    assert len(read) == 32_000
    assert not read[8_000:24_000].any()
    assert np.array_equal(read[24_000:], tone)


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    path = sounds.write_file(tmp_path / "a.flac", sounds.noise(2), 8_000, "flac")
    with SoundFile(path) as sound:
        assert sound.digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert np.array_equal(np.concatenate(list(sound.blocks())), sounds.noise(2))
        assert sound.share_read == 1.0


def test_wav_is_written_for_everyone(tmp_path: Path) -> None:
    samples = sounds.noise(0.5, channels=2)
    path = tmp_path / "ud.wav"
    path.write_bytes(write_wav(samples, 8_000))
    with wave.open(str(path)) as written:
        assert (written.getnchannels(), written.getframerate(), written.getnframes()) == (2, 8_000, 4_000)
    assert np.array_equal(all_of(path), samples)


# --- bad input -------------------------------------------------------------------------------------------------------


def refusal(path: Path) -> type[CubbError]:
    with pytest.raises(CubbError) as caught:
        all_of(path)
    return caught.type


def test_what_is_not_there_is_told_apart_from_what_is_empty(tmp_path: Path) -> None:
    (tmp_path / "tom.wav").touch()
    assert refusal(tmp_path / "tom.wav") is SourceEmpty
    assert refusal(tmp_path / "findes ikke.wav") is SourceNotFound
    assert refusal(tmp_path / "tom.wav" / "inde i en fil.wav") is SourceNotFound
    assert refusal(tmp_path / "nul\0.wav") is SourceUnreadable
    assert refusal(tmp_path) is SourceNotSound


@pytest.mark.parametrize(
    "content",
    [
        "Dette er et brev om en borger.\n" * 200,
        "1\n00:00:01,000 --> 00:00:02,000\nHej\n",
        "<html><body>hej</body></html>",
        '{"noget": "andet"}',
        "\0" * 5_000,
        "%PDF-1.4 ...",
    ],
)
def test_a_text_file_named_wav_is_no_sound(tmp_path: Path, content: str) -> None:
    path = tmp_path / "brev.wav"
    path.write_text(content, encoding="utf-8")
    assert refusal(path) is SourceNotSound


@pytest.mark.parametrize(
    "content",
    [
        "ffconcat version 1.0\nfile '{other}'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{other}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/lyd.mp3\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
    ],
)
@pytest.mark.parametrize("ending", ["m3u8", "wav", "ffconcat", "sdp"])
def test_a_playlist_opens_no_other_file_and_no_address(tmp_path: Path, content: str, ending: str) -> None:
    other = sounds.write_file(tmp_path / "hemmelig.wav", sounds.tone(1), 8_000)
    path = tmp_path / f"liste.{ending}"
    path.write_text(content.format(other=other), encoding="utf-8")
    assert refusal(path) is SourceNotSound


def test_a_picture_and_a_silent_film_are_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(video.encode(None))
    assert refusal(path) is SourceNotSound


def test_a_file_one_may_not_read_is_told(tmp_path: Path) -> None:
    path = sounds.write_file(tmp_path / "a.wav", sounds.tone(0.2), 8_000)

    def forbid() -> None:
        path.chmod(0o000)
        os.setuid(65_534)

    assert in_child(lambda: probe(path), forbid) == "SourceUnreadable"


@pytest.mark.parametrize("name", ["æøå ÆØÅ.wav", "to  ord.wav", "🎙️ samtale 🙂.wav", "-a.wav", "%s{x}.wav", "a:b.wav"])
def test_any_name_can_be_opened(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "mappe med mellemrum 🗂️"
    folder.mkdir()
    (folder / name).write_bytes(write_wav(sounds.tone(0.3), 8_000))
    assert len(all_of(folder / name)) == 2_400


def test_a_cut_off_file_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    samples = sounds.noise(20, rate_hz=48_000)
    for ending, codec in (("mp3", "libmp3lame"), ("flac", "flac"), ("wav", "pcm_s16le"), ("ogg", "libopus")):
        path = sounds.write_file(tmp_path / f"a.{ending}", samples, 48_000, codec)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with SoundFile(path) as sound:
            frames = sum(len(block) for block in sound.blocks())
            assert 5 * 48_000 < frames < 15 * 48_000, ending
            assert sound.is_cut_short or sound.damaged_packets, ending
        path.write_bytes(whole)
        with SoundFile(path) as sound:
            assert sum(len(block) for block in sound.blocks()) > len(samples) - 4_800
            assert not sound.is_cut_short
            assert not sound.damaged_packets


def test_an_mp3_without_its_length_in_front_is_not_called_cut_short(tmp_path: Path) -> None:
    half = np.concatenate([np.zeros((30 * 16_000, 1), np.int16), sounds.noise(10, rate_hz=16_000)])
    path = sounds.write_file(tmp_path / "a.mp3", half, 16_000, "libmp3lame", q="4")
    content = path.read_bytes()
    place = max(content.find(b"Xing"), content.find(b"Info"))
    path.write_bytes(content[:place] + b"\0" * 120 + content[place + 120 :])
    with SoundFile(path) as sound:
        assert sum(len(block) for block in sound.blocks()) > 39 * 16_000
        assert not sound.is_cut_short


def test_an_m4a_without_its_end_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = sounds.write_file(tmp_path / "a.m4a", sounds.noise(5, rate_hz=48_000), 48_000, "aac")
    path.write_bytes(path.read_bytes()[:20_000])
    assert refusal(path) in {SourceNotSound, SourceDamaged}


def test_a_wav_that_lies_about_its_size_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    content = bytearray(write_wav(sounds.noise(1), 8_000))
    content[40:44] = b"\xf0\xff\xff\xff"
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert np.array_equal(all_of(path), sounds.noise(1))


def test_nothing_but_a_header_gives_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(write_wav(sounds.noise(1)[:0], 8_000))
    assert list(decode(path)) == []


def test_more_than_is_allowed_is_refused_before_and_while_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = sounds.write_file(tmp_path / "hurtig.wav", sounds.tone(0.1, rate_hz=384_000), 384_000)
    assert refusal(fast) is SourceTooLarge
    many = tmp_path / "mange.wav"
    many.write_bytes(write_wav(np.zeros((800, 16), np.int16), 8_000))
    assert refusal(many) is SourceTooLarge
    long = sounds.write_file(tmp_path / "lang.wav", sounds.tone(20), 8_000)
    monkeypatch.setattr(decoder, "LONGEST_HOURS", 10 / 3600)
    assert refusal(long) is SourceTooLarge
    unknown = sounds.write_file(tmp_path / "ukendt.ogg", sounds.tone(20, rate_hz=48_000), 48_000, "libopus")
    taken: list[int] = []
    with SoundFile(unknown) as sound, pytest.raises(SourceTooLarge):
        taken.extend(len(block) for block in sound.blocks())
    assert sum(taken) <= 10 * 48_000


def test_a_flac_that_claims_a_year_costs_nothing(tmp_path: Path) -> None:
    path = sounds.write_file(tmp_path / "a.flac", sounds.noise(1), 8_000, "flac")
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F  # the 36-bit count of samples in STREAMINFO
    content[22:26] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert refusal(path) is SourceTooLarge


def test_ffmpeg_says_nothing_on_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = sounds.write_file(tmp_path / "a.mp3", sounds.noise(3, rate_hz=16_000), 16_000, "libmp3lame")
    capfd.readouterr()
    content = bytearray(path.read_bytes())
    content[3_000:6_000] = random.Random(1).randbytes(3_000)
    path.write_bytes(content)
    all_of(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("ending", "codec"), [*LOSSLESS[:2], *LOSSY])
def test_mutated_files_end_in_sound_or_in_a_sentence(tmp_path: Path, ending: str, codec: str) -> None:
    rate_hz = 48_000 if codec == "libopus" else 16_000
    path = sounds.write_file(tmp_path / f"a.{ending}", sounds.noise(2, rate_hz=rate_hz), rate_hz, codec)
    whole, drawn = path.read_bytes(), random.Random(f"{ending} {SEED}")
    for _ in range(1_250 if LARGE else 6):
        content = bytearray(whole)
        for _ in range(drawn.randrange(1, 30)):
            content[drawn.randrange(len(content))] = drawn.randrange(256)
        path.write_bytes(content[: drawn.randrange(1, len(content) + 1)] if drawn.random() < 0.3 else content)
        with suppress(CubbError):
            for block in decode(path):
                assert block.shape[1] > 0
