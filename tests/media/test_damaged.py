"""Damaged videos, made by code: what can be kept is kept, what is lost is said, or one line says why not."""

import logging
import random
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from headcast.errors import MediaError
from headcast.media.container import warn
from headcast.media.video import open_video
from headcast.media.writer import VideoWriter

NUM_FRAMES = 50
SUFFIXES = (".mp4", ".mkv", ".ts", ".avi", ".flv", ".mov", ".mpg")


def make(path: Path, *, num_frames: int = NUM_FRAMES, size: tuple[int, int] = (64, 48), seed: int = 0) -> bytes:
    """A small video with sound and a key frame every ten frames; each frame shows another grey."""
    texture = np.random.default_rng(seed).integers(0, 40, (size[1], size[0], 3), np.uint8)
    codec = "mpeg2video" if path.suffix == ".mpg" else "libx264"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options={"g": "10"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        sound = container.add_stream("mp2" if path.suffix == ".mpg" else "aac", rate=44100)
        sound.codec_context.layout = "stereo" if path.suffix == ".mpg" else "mono"
        for number in range(num_frames):
            frame = av.VideoFrame.from_ndarray(texture + np.uint8(30 + 3 * number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        samples = np.zeros((1, 1152), np.float32 if path.suffix != ".mpg" else np.int16)
        for number in range(44100 * num_frames // 25 // 1152):
            kind = ("fltp", "mono") if path.suffix != ".mpg" else ("s16", "stereo")
            block = samples if path.suffix != ".mpg" else np.zeros((1, 2304), np.int16)
            piece = av.AudioFrame.from_ndarray(block, format=kind[0], layout=kind[1])
            piece.sample_rate, piece.pts, piece.time_base = 44100, number * 1152, Fraction(1, 44100)
            container.mux(sound.encode(piece))
        container.mux(sound.encode(None))
    return path.read_bytes()


def times_of(path: Path) -> list[Fraction]:
    warn.cache_clear()
    with open_video(path) as video:
        return [frame.time for frame in video]


def test_a_clock_that_starts_again_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Two recordings in one transport stream: their frames and their sound are played in a row."""
    path = tmp_path / "joined.ts"
    path.write_bytes(make(tmp_path / "a.ts") + make(tmp_path / "b.ts", seed=1))
    assert times_of(path) == [Fraction(number, 25) for number in range(2 * NUM_FRAMES)]
    assert "has a clock that starts again (1 times); its parts are played in a row" in caplog.text
    with open_video(path) as video, VideoWriter(tmp_path / "o.mp4", video.size, video.rate, audio_from=path) as writer:
        for frame in video:
            writer.write(frame.image)
    with av.open(str(tmp_path / "o.mp4")) as container:
        sound = [packet for packet in container.demux(audio=0) if packet.size]
    assert len(sound) >= 2 * NUM_FRAMES / 25 * 44100 / 1024 - 4


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".flv", ".avi"])
def test_a_file_that_ends_early_gives_what_it_has_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str
):
    whole = make(tmp_path / f"whole{suffix}")
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(whole[: len(whole) * 3 // 4 // 188 * 188 + 60])
    times = times_of(path)
    assert NUM_FRAMES / 5 < len(times) < NUM_FRAMES and times == sorted(times)
    assert "is cut off" in caplog.text and str(path) in caplog.text
    caplog.clear()
    assert len(times_of(tmp_path / f"whole{suffix}")) == NUM_FRAMES
    assert caplog.text == ""


def test_what_is_lost_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    whole = make(tmp_path / "whole.mkv")
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    warn.cache_clear()
    for _ in range(3):
        open_video(tmp_path / "cut.mkv").close()
    assert len(caplog.records) == 1 and caplog.records[0].levelno == logging.WARNING


def test_a_bare_stream_without_times_is_read(tmp_path: Path):
    with av.open(str(tmp_path / "a.h264"), "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(NUM_FRAMES):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 4, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert times_of(tmp_path / "a.h264") == [Fraction(number, 25) for number in range(NUM_FRAMES)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_picture_shown_for_hours_is_named(make_video: Callable[..., Path], suffix: str):
    """18 hours do not fit into a file's clock, which has nothing to do with the space on the disk."""
    times = [40 * number + (18 * 3_600_000 if number > 9 else 0) for number in range(20)]
    path = make_video(f"long{suffix}", times, Fraction(1, 1000))
    with pytest.raises(MediaError, match=r"shows picture \d+ for 18.0 hours, expected at most 1; cut it"):
        open_video(path)


@pytest.mark.parametrize("suffix", [".ts", ".mkv", ".mp4"])
def test_a_pause_is_no_change_of_the_clock(make_video: Callable[..., Path], suffix: str):
    times = [Fraction(number + (300 if number > 9 else 0), 10) for number in range(20)]
    path = make_video(f"pause{suffix}", [int(time * 90_000) for time in times], Fraction(1, 90_000))
    assert [round(time, 3) for time in times_of(path)] == [round(time, 3) for time in times]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 10, 200))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _splice(content: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.randrange(len(content)) for _ in range(2))
    return chance.choice((content[:first] + content[second:], content[:second] + content[first:]))


def _swap(content: bytes, chance: random.Random) -> bytes:
    size = chance.choice((188, 1000, len(content) // 3))
    first, second = (chance.randrange(len(content)) for _ in range(2))
    changed = bytearray(content)
    changed[first : first + size], changed[second : second + size] = changed[second:][:size], changed[first:][:size]
    return bytes(changed)


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Two videos of each kind, of different sizes and pictures."""
    folder = tmp_path_factory.mktemp("whole")
    return {
        suffix: [
            make(folder / f"{seed}{suffix}", size=size, seed=seed) for seed, size in enumerate(((64, 48), (96, 64)))
        ]
        for suffix in SUFFIXES
    }


def _read_damaged(tmp_path: Path, whole_files: dict[str, list[bytes]], seed: int) -> str:
    """Read one damaged video as `animate` would; how it ended. Other errors than ours are what the test is for."""
    chance = random.Random(seed)
    suffix = chance.choice(SUFFIXES)
    first, second = whole_files[suffix]
    damage = chance.choice((_cut, _flip, _splice, _swap, lambda content, _: content + second))
    path = tmp_path / f"{seed}{suffix}"
    path.write_bytes(damage(first, chance))
    try:
        times = times_of(path)
    except MediaError as error:
        assert str(error).startswith(str(path)) and "\n" not in str(error) and len(str(error)) < len(str(path)) + 300
        return "refused"
    assert times and times[0] == 0 and all(a < b for a, b in pairwise(times)), f"seed {seed}"
    return "read"


def test_damaged_videos_are_read_as_far_as_can_be_or_refused_in_one_line(tmp_path: Path, whole_files):
    ends = [_read_damaged(tmp_path, whole_files, seed) for seed in range(20)]
    assert {"read", "refused"} == set(ends)


@pytest.mark.slow
def test_two_hundred_damaged_videos(tmp_path: Path, whole_files):
    ends = [_read_damaged(tmp_path, whole_files, seed) for seed in range(200)]
    print({end: ends.count(end) for end in set(ends)}, "of seeds 0 to 199")
    assert ends.count("read") > 100
